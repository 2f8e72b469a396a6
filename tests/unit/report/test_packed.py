"""What packing did: in JSON there and back, in the schema, and in one sentence."""

import json
from dataclasses import replace

import pytest
from reports import of, sample

from ci_slim.report.details import packed
from ci_slim.report.json import from_json, to_json
from ci_slim.report.markdown import to_markdown
from ci_slim.report.packed import packed_words
from ci_slim.report.text import to_text
from ci_slim.result import NotPacked, Packed, PackedFile, PlatformReport

FILE = PackedFile("/bin/app", "strip, upx", 8_000_000, 2_000_000, 2_500_000, 1_900_000)
DONE = Packed(
    11_000_000,
    5_000_000,
    3_000_000,
    2_400_000,
    250,
    1_200,
    (FILE,),
    (NotPacked("UPX: it is not executable", ("/bin/b", "/bin/a")),),
)
SENTENCE = "packed 1 file: disk 11 MB → 5 MB, pull 3 MB → 2.4 MB, start-up 250 ms → 1.2 s"


def platform(did: Packed | None) -> PlatformReport:
    return replace(sample().images[0].platforms[0], packed=did)


@pytest.mark.parametrize(
    "did", [None, DONE, replace(DONE, pull_before=None, pull_after=None, files=(), given_up="x")]
)
def test_json_and_back(did: Packed | None) -> None:
    report = of(platform(did))
    assert from_json(to_json(report)) == report
    written = json.loads(to_json(report))["images"][0]["platforms"][0]
    assert ("packed" in written) == (did is not None)


@pytest.mark.parametrize(
    ("did", "words"),
    [
        (None, ""),
        (DONE, SENTENCE),
        (replace(DONE, files=()), "packing made no file smaller"),
        (
            replace(DONE, pull_before=None),
            SENTENCE.replace("3 MB → 2.4 MB", "not known"),
        ),
        (
            replace(DONE, given_up="it crashed"),
            "packing was given up, and the image is delivered unpacked: it crashed",
        ),
    ],
)
def test_one_sentence(did: Packed | None, words: str) -> None:
    assert packed_words(platform(did)) == words


def test_the_terminal_and_the_comment_say_it() -> None:
    assert f"note: linux/arm/v6: {SENTENCE}" in " ".join(to_text(of(platform(DONE))).split())
    assert f"- ✅ `linux/arm/v6`: {SENTENCE}" in to_markdown(of(platform(DONE)))
    failed = of(platform(replace(DONE, given_up="it crashed")))
    assert "⚠️ `linux/arm/v6`: packing was given up" in to_markdown(failed)
    assert "warning: linux/arm/v6: packing was given up" in to_text(failed)


def test_the_details_list_files_and_reasons() -> None:
    assert packed(platform(None)) == ""
    assert packed(platform(DONE)) == (
        "| packed | by | disk | pull |\n|---|---|---|---|\n"
        "| `/bin/app` | strip, upx | 8 MB → 2 MB | 2.5 MB → 1.9 MB |\n\n"
        "- not packed: 2 files: UPX: it is not executable\n"
    )
    assert packed(platform(replace(DONE, files=()))) == (
        "- not packed: 2 files: UPX: it is not executable\n"
    )
