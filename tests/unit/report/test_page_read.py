"""The lists of files are read out of report.html as they were written into it."""

import base64
import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import of, replaced, sample
from small_image import SmallImage

from ci_slim.errors import UsageError
from ci_slim.report.page import read
from ci_slim.report.page.files import FileTable, file_table
from ci_slim.report.page.read import is_page, read_page, read_table
from ci_slim.report.page.render import to_html

ARMV6, ARM64, _ = sample().images[0].platforms
HOSTILE = '/usr/</section></script><script class="data">'
IMAGE = SmallImage(
    {
        "/usr/bin/app": "x" * 40,
        HOSTILE: "y",
        "/usr/bin/curl": "z",
        "/var/lib/dpkg/info/curl.list": "/usr/bin/curl\n",
    }
)
TABLE = file_table(IMAGE.index(), IMAGE, {"/usr/bin/app": ("exec",)})
WHERE = "report.html"


def page(packed: bytes = b"", name: str = "listener") -> str:
    """The page that a run writes, with the list of one platform."""
    packed = packed or TABLE.to_bytes()
    return to_html(of(ARMV6, ARM64, name=name), {(name, "linux/arm/v6"): packed})


def tables(text: str) -> list[FileTable]:
    return [each.table() for each in read_page(text.encode(), WHERE)]


def test_a_page_gives_back_what_was_written_into_it() -> None:
    (found,) = read_page(page().encode(), WHERE)
    assert (found.image, found.platform, found.slim) == ("listener", "linux/arm/v6", True)
    assert found.layers == ("COPY part0 /", "COPY part1 /")
    assert found.table() == replace(TABLE, maps={})
    assert HOSTILE in found.table().paths


def test_every_image_and_platform_is_found_and_whether_it_was_slimmed() -> None:
    report = of(ARMV6, replaced(ARM64, outcome="built", slim=None, verified=False))
    other = replace(report.images[0], name="web")
    whole = replace(report, images=(*report.images, other))
    packed = TABLE.to_bytes()
    lists = {
        (name, f"linux/{a}"): packed for name in ("listener", "web") for a in ("arm/v6", "arm64")
    }
    found = list(read_page(to_html(whole, lists).encode(), WHERE))
    assert [(each.image, each.platform, each.slim) for each in found] == [
        ("listener", "linux/arm/v6", True),
        ("listener", "linux/arm64", False),
        ("web", "linux/arm/v6", True),
        ("web", "linux/arm64", False),
    ]


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_hostile_names_change_nothing(name: str) -> None:
    made = replaced(ARMV6, reason=name)
    assert made.fat is not None
    fat = replace(made.fat, layers=(replace(made.fat.layers[0], created_by=name),))
    text = to_html(
        of(replaced(made, fat=fat), name=name), {(name, "linux/arm/v6"): TABLE.to_bytes()}
    )
    (found,) = read_page(text.encode(), WHERE)
    assert found.table().paths == TABLE.paths
    assert len(found.layers) == 1


def test_a_page_without_a_map_has_no_list() -> None:
    assert list(read_page(to_html(sample()).encode(), WHERE)) == []


@pytest.mark.parametrize(
    ("start", "wanted"),
    [(b"<!doctype html>\n<html", True), (b"\n <!DOCTYPE HTML>", True), (b"{", False), (b"", False)],
)
def test_a_page_is_known_by_its_start(start: bytes, wanted: bool) -> None:
    assert is_page(start) is wanted


DAMAGED: dict[str, tuple[Callable[[str], str], str]] = {
    "cut in the list": (lambda text: text[: text.index('class="data">') + 20], "only a part"),
    "cut before the list": (lambda text: text[: text.index('class="made">')], "only a part"),
    "no list": (lambda text: text.replace('class="data"', ""), "only a part"),
    "no base64": (lambda text: text.replace('class="data">', 'class="data">ü'), "cannot be read"),
    "layers": (lambda text: re.sub('(class="made">)[^<]*', r"\1{}", text), "list of layers"),
    "deep layers": (
        lambda text: re.sub('(class="made">)[^<]*', r"\1" + "[" * 99_999, text), "list of layers",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "problem"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_page_is_refused(damage: Callable[[str], str], problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        tables(damage(page()))
    assert refused.value.where == WHERE
    assert "ci-slim run" in refused.value.hint


def test_a_name_that_is_too_long_is_no_image() -> None:
    digits = f"&#{'1' * 5000};"  # more than Python makes a number of
    assert tables(page().replace('data-image="', f'data-image="{digits}', 1)) == []


def test_many_sections_without_an_end_share_one() -> None:
    start = '<section data-map data-image="" data-platform="linux" data-slim="no"'
    end = ' class="made">[]</script> class="data"></script></section>'
    (found,) = read_page((page()[:20] + start * 50_000 + end).encode(), WHERE)
    assert found.platform == "linux"


GOOD = json.loads(gzip.decompress(TABLE.to_bytes()))
LISTS = {
    "no gzip": b"x",
    "cut": TABLE.to_bytes()[:-9],
    "no JSON": gzip.compress(b"{"),
    "deep": gzip.compress(b"[" * 100_000),
    "a list": gzip.compress(b"[]"),
    "no paths": gzip.compress(b"{}"),
    "a text as paths": gzip.compress(json.dumps({**GOOD, "paths": "abcd"}).encode()),
    "a number as a path": gzip.compress(json.dumps({**GOOD, "paths": [1, 2, 3, 4]}).encode()),
    "a short column": gzip.compress(json.dumps({**GOOD, "sizes": [1]}).encode()),
    "a number as a column": gzip.compress(json.dumps({**GOOD, "sizes": 4}).encode()),
    "a negative size": gzip.compress(json.dumps({**GOOD, "sizes": [-1] * 4}).encode()),
    "true as a size": gzip.compress(json.dumps({**GOOD, "sizes": [True] * 4}).encode()),
    "no such package": gzip.compress(json.dumps({**GOOD, "packages": [7] * 4}).encode()),
    "no such reason": gzip.compress(json.dumps({**GOOD, "reasons": [-2] * 4}).encode()),
    "deep paths": gzip.compress(
        json.dumps({**GOOD, "paths": ["/a" * 20_000, "/b", "/c", "/d"]}).encode()
    ),
    "endlessly many left": gzip.compress(json.dumps({**GOOD, "left": 1e999}).encode()),
}


@pytest.mark.parametrize("packed", LISTS.values(), ids=LISTS)
def test_a_hostile_list_is_refused(packed: bytes) -> None:
    with pytest.raises(UsageError, match="the list of files cannot be read: "):
        tables(page(packed))
    with pytest.raises(UsageError, match="the list of files cannot be read: "):
        read_table(io.BytesIO(packed), "files.json.gz")


def test_a_list_or_a_page_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(gzip.compress(b" " * 5_000))
    monkeypatch.setattr(read, "_TABLE_MOST", 4_999)
    with pytest.raises(UsageError, match="it is too large"):
        tables(text)
    monkeypatch.setattr(read, "PAGE_MOST", 100)
    with pytest.raises(UsageError, match="the page has more than"):
        tables(text)


def test_many_lists_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(gzip.compress(b" " * 5_000))
    start = text.index("<section data-map")
    section = text[start : text.index("</section>") + len("</section>")]
    monkeypatch.setattr(read, "_LISTS_MOST", 10_000)
    with pytest.raises(UsageError, match="it is too large"):
        tables(text.replace(section, 3 * section))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_page_or_are_refused(raw: bytes) -> None:
    data = base64.b64encode(raw).decode()
    text = page().partition('class="data">')[0] + f'class="data">{data}</script></section>'
    with pytest.raises(UsageError):
        tables(text)
    assert list(read_page(raw, WHERE)) == []
