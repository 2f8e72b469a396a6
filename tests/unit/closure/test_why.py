"""Tests the report of what takes most space, why it is kept, and how to remove it."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.closure.close import KeepSet
from ci_slim.closure.why import heaviest, heavy_listings, weights
from ci_slim.observe.observation import How

LIB = "/usr/lib/x86_64-linux-gnu"


def database() -> KeepSet:
    """A folder of plugins was listed, and one of them needs a large library."""
    image = SmallImage(
        {
            "/usr/lib/pg/llvmjit.so": elf_file("libLLVM.so"),
            f"{LIB}/libLLVM.so": elf_file() + b"x" * 5_000_000,
            "/etc/big.conf": "x" * 2_000_000,
            "/etc/small.conf": "x",
        }
    )
    return image.keep("/usr/lib/pg", how=How.LIST, keep=("/etc/*.conf",))


def test_a_library_counts_for_the_file_that_needs_it() -> None:
    first, second, *_ = weights(database())
    assert (first.first, first.reason) == ("/usr/lib/pg/llvmjit.so", "listed: in /usr/lib/pg")
    assert first.files == (f"{LIB}/libLLVM.so", "/usr/lib/pg/llvmjit.so")
    assert (second.first, second.bytes) == ("/etc", 2_000_001)


def test_each_line_says_why_and_how_to_remove_it() -> None:
    lines = heaviest(database())
    assert lines[0].startswith("5.00 MB: /usr/lib/pg/llvmjit.so (2 files: ")
    assert lines[0].endswith(
        "Kept because of listed: in /usr/lib/pg. To remove it: "
        f"`drop: [/usr/lib/pg/llvmjit.so, {LIB}/libLLVM.so]`"
    )
    assert lines[1].endswith(
        "Kept because of keep: /etc/*.conf. To remove it: remove `keep: /etc/*.conf`; "
        "`drop: [/etc/big.conf, /etc/small.conf]`"
    )


def test_a_rule_that_keeps_more_than_was_seen_can_be_switched_off() -> None:
    image = SmallImage(
        {"/app/run": "x", "/app/page": "xx"}, history=({"created_by": "COPY . / # buildkit"},)
    )
    (line, *_) = heaviest(image.keep("/app/run", safety="balanced"))
    assert "`slim: {without: [own files]}`; `drop: [/app/page]`" in line


@pytest.mark.parametrize(
    ("library", "other", "said"),
    [
        (12_000_000, 1_000, "12.0 MB of the slim image's 12.0 MB are kept only because the run"),
        (5_000_000, 1_000, ""),
        (12_000_000, 90_000_000, ""),
    ],
)
def test_a_folder_of_heavy_files_that_was_only_listed_is_said(
    library: int, other: int, said: str
) -> None:
    image = SmallImage(
        {
            "/usr/lib/pg/llvmjit.so": elf_file("libLLVM.so"),
            f"{LIB}/libLLVM.so": elf_file() + b"x" * library,
            "/etc/big.conf": "x" * other,
        }
    )
    found = heavy_listings(image.keep("/usr/lib/pg", how=How.LIST, keep=("/etc/*.conf",)))
    assert len(found) == bool(said)
    for line in found:
        assert line.startswith(said)
        assert f"/usr/lib/pg (2 files, the largest: {LIB}/libLLVM.so, " in line
