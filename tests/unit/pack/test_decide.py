"""Which files are made smaller, and which are left alone, with the reason."""

import pytest
from small_elf import elf_file
from small_image import SmallImage

from ci_slim.image.files import FileIndex, Kind
from ci_slim.pack.decide import Decision, Skipped, by_reason, decide, worse
from ci_slim.result import NotPacked
from ci_slim.settings.plans import PackPlan

ALL = PackPlan(strip=True, upx=("/**",))
LIBRARY = elf_file()
PROGRAM = elf_file(interpreter="/lib/ld.so")


class Bytes:
    """The contents of a small image."""

    def __init__(self, image: SmallImage) -> None:
        self._image = image

    def expect(self, paths: object) -> None:
        list(paths)  # type: ignore[call-overload]

    def read(self, path: str, offset: int = 0, size: int = -1) -> bytes:
        content = self._image.files[self._image.hardlinks.get(path, path)]
        data = content.encode() if isinstance(content, str) else content or b""
        return data[offset:] if size < 0 else data[offset : offset + size]


def with_symbols(elf: bytes) -> bytes:
    """The same 64-bit ELF file with a section header table of an empty and a symbol section."""
    empty = bytes(64)
    symbols = bytearray(64)
    symbols[4] = 2
    head = bytearray(elf)
    head[40:48] = len(elf).to_bytes(8, "little")
    head[58:60] = (64).to_bytes(2, "little")
    head[60:62] = (2).to_bytes(2, "little")
    return bytes(head) + empty + bytes(symbols)


def decided(image: SmallImage, plan: PackPlan = ALL, signed: tuple[str, ...] = ()) -> Decision:
    index: FileIndex = image.index()
    kept = [path for path in index if index[path].kind is Kind.FILE]
    return decide(index, Bytes(image), kept, plan, signed)


def test_programs_and_libraries_are_stripped_and_only_programs_are_packed() -> None:
    found = decided(
        SmallImage(
            {
                "/bin/app": with_symbols(PROGRAM),
                "/bin/small": PROGRAM,
                "/lib/libx.so.1": with_symbols(LIBRARY),
                "/lib/liby.so.1": LIBRARY,
            }
        )
    )
    assert [(task.path, task.library, task.strip, task.upx) for task in found.tasks] == [
        ("/bin/app", False, True, True),
        ("/bin/small", False, False, True),
        ("/lib/libx.so.1", True, True, False),
    ]
    reason = "UPX: shared libraries are never packed"
    assert found.skipped == (Skipped("/lib/libx.so.1", reason), Skipped("/lib/liby.so.1", reason))


def test_hard_links_are_one_task() -> None:
    image = SmallImage({"/bin/b": PROGRAM}, hardlinks={"/bin/a": "/bin/b"})
    (task,) = decided(image).tasks
    assert task.paths == ("/bin/a", "/bin/b")


@pytest.mark.parametrize("name", ["script", "text", "empty"])
def test_what_is_no_elf_file_is_named_only_where_a_pattern_asks_for_it(name: str) -> None:
    content = {"script": "#!/bin/sh\nexit 0\n", "text": "\x7fEL", "empty": ""}[name]
    image = SmallImage({"/bin/x": content})
    assert decided(image, PackPlan(strip=True)) == Decision((), ())
    asked = decided(image).skipped
    assert asked == ((Skipped("/bin/x", "it is not an ELF file"),) if content else ())


@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        ("/opt/app.sig", "/opt/app.sig checks its integrity"),
        ("/opt/.app.hmac", "/opt/.app.hmac checks its integrity"),
        ("/opt/app.sha256", "/opt/app.sha256 checks its integrity"),
        ("/usr/lib/fipscheck/app.hmac", "/usr/lib/fipscheck/app.hmac checks its integrity"),
        ("/opt/SHA256SUMS", "/opt/SHA256SUMS may check its integrity"),
    ],
)
def test_what_is_checked_is_left_alone(beside: str, reason: str) -> None:
    found = decided(SmallImage({"/opt/app": with_symbols(PROGRAM), beside: "x"}))
    assert found.tasks == ()
    assert Skipped("/opt/app", reason) in found.skipped


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("/lib/modules/x.ko", with_symbols(LIBRARY), "it is a kernel module"),
        (
            "/lib/x",
            with_symbols(LIBRARY) + b"~Module signature appended~\n",
            "it is a kernel module",
        ),
        ("/opt/bundle", PROGRAM + bytes(5000), "data is appended after the program"),
        (
            "/opt/object",
            LIBRARY[:16] + b"\1" + LIBRARY[17:],
            "it is neither an executable nor a shared library",
        ),
        ("/opt/cut", with_symbols(PROGRAM)[:-1], "its headers describe more bytes than it has"),
        ("/opt/short", PROGRAM[:30], "its headers are invalid"),
        ("/lib/ossl-modules/fips.so", LIBRARY, "OpenSSL checks the integrity of its FIPS module"),
    ],
)
def test_what_is_no_plain_program_is_left_alone(path: str, data: bytes, reason: str) -> None:
    found = decided(SmallImage({path: data}))
    assert (found.tasks, found.skipped) == ((), (Skipped(path, reason),))


def test_the_kernel_s_signatures_are_left_alone() -> None:
    image = SmallImage({"/bin/b": PROGRAM}, hardlinks={"/bin/a": "/bin/b"})
    found = decided(image, signed=("/bin/b",))
    reason = "the kernel checks its integrity (IMA, EVM)"
    assert (found.tasks, found.skipped) == ((), (Skipped("/bin/a", reason),))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (0o4755, "UPX: it runs with its own privileges"),
        (0o2755, "UPX: it runs with its own privileges"),
        (0o644, "UPX: it is not executable"),
    ],
)
def test_upx_leaves_privileged_programs_alone_and_strip_does_not(mode: int, reason: str) -> None:
    image = SmallImage({"/bin/su": with_symbols(PROGRAM)}, owners={"/bin/su": (mode, 0, 0)})
    found = decided(image)
    assert [(task.path, task.strip, task.upx) for task in found.tasks] == [("/bin/su", True, False)]
    assert found.skipped == (Skipped("/bin/su", reason),)


def test_a_result_is_taken_only_if_it_is_the_same_program_and_smaller() -> None:
    before = with_symbols(elf_file("liba.so", interpreter="/lib/ld.so"))
    assert worse(before, elf_file("liba.so", interpreter="/lib/ld.so"), upx=False) == ""
    assert worse(before, before, upx=False) == "it does not become smaller"
    assert worse(before, before[:-1], upx=True) == "it saves less than 1 %"
    assert worse(before, b"x", upx=False) == "the result is not an ELF file"
    other = elf_file(interpreter="/lib/ld.so", machine=183)
    assert worse(before, other, upx=True) == "the result is for another processor"
    needs = elf_file("libb.so", interpreter="/lib/ld.so")
    assert worse(before, needs, upx=False) == "the result needs other libraries"
    assert worse(before, needs, upx=True) == ""


def test_reasons_are_told_with_the_most_paths_first() -> None:
    skipped = [Skipped("/b", "one"), Skipped("/a", "two"), Skipped("/c", "two")]
    assert by_reason(skipped) == (NotPacked("two", ("/a", "/c")), NotPacked("one", ("/b",)))
