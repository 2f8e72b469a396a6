"""What the explorer shows of a tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.explore.listing import (
    FOLDER_MOST,
    UNFOLDED_MOST,
    Choice,
    Line,
    Listing,
    cells,
    details,
    headline,
    name_of,
)
from ci_slim.explore.tree import Explored, ImageFile, Row

FILES = (
    ImageFile("/usr/bin/app", 600_000, 600_000, 1, "app", "exec: /usr/bin/app"),
    ImageFile("/usr/bin/cc", 300_000, None, 0, "gcc"),
    ImageFile("/usr/lib/x.so", 80_000, 50_000, 0, "libc", "needed"),
    ImageFile("/etc/new", None, 7, 1),
)
PAIR = Explored("shop", "linux/arm/v6", FILES, ("FROM debian", "COPY app /"), both=True)


def shown(listing: Listing) -> list[str]:
    return ["  " * line.depth + name_of(line) for line in listing.lines()]


def test_at_first_all_folders_are_closed() -> None:
    assert shown(Listing.of(PAIR, Choice())) == ["▸ usr/", "▸ etc/"]


def test_a_folder_opens_and_closes() -> None:
    listing = Listing.of(PAIR, Choice()).toggled("/usr").toggled("/usr/bin")
    assert shown(listing) == ["▾ usr/", "  ▾ bin/", "    app", "    cc", "  ▸ lib/", "▸ etc/"]
    # What is open in a closed folder stays open.
    assert shown(listing.toggled("/usr")) == ["▸ usr/", "▸ etc/"]
    assert shown(listing.toggled("/usr").toggled("/usr")) == shown(listing)


def test_a_filter_opens_what_is_left_of_the_tree() -> None:
    assert shown(Listing.of(PAIR, Choice("BIN/A"))) == ["▾ usr/", "  ▾ bin/", "    app"]
    assert shown(Listing.of(PAIR, Choice("nothing"))) == []


def test_a_filter_that_leaves_much_opens_nothing() -> None:
    files = tuple(ImageFile(f"/lib/{n}", 1, 1) for n in range(UNFOLDED_MOST + 1))
    assert shown(Listing.of(Explored("a", "p", files), Choice("lib"))) == ["▸ lib/"]


@pytest.mark.parametrize(
    ("view", "names"),
    [("kept", {"/usr/bin/app", "/usr/lib/x.so", "/etc/new"}), ("gone", {"/usr/bin/cc"})],
)
def test_a_view_leaves_what_is_kept_or_gone(view: str, names: set[str]) -> None:
    listing = Listing.of(PAIR, Choice(view=view))
    opened = Listing(listing.tree, listing.choice, frozenset(listing.tree.folders()))
    assert {line.row.file.path for line in opened.lines() if line.row and line.row.file} == names


def test_a_large_folder_is_cut_and_says_so() -> None:
    files = tuple(ImageFile(f"/{n:05}", 9, 9) for n in range(FOLDER_MOST + 5))
    lines = Listing.of(Explored("a", "p", files), Choice()).lines()
    assert len(lines) == FOLDER_MOST + 1
    assert name_of(lines[-1]) == "… 5 more entries; filter with /"
    assert details(lines[-1], PAIR)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (Row("", "", 600_000, 600_000, 1, 1), ("600 kB", "600 kB", "same")),
        (Row("", "", 300_000, 0, 1, 0), ("300 kB", "–", "gone")),  # noqa: RUF001
        (Row("", "", 80_000, 50_000, 1, 1), ("80 kB", "50 kB", "-38 %")),
        (Row("", "", 0, 7, 0, 1), ("–", "7 B", "new")),  # noqa: RUF001
        (Row("", "", 0, 0, 1, 1), ("0 B", "0 B", "same")),
        (Row("", "", 0, 5, 1, 1), ("0 B", "5 B", "same")),
    ],
)
def test_the_cells_of_a_pair(row: Row, wanted: tuple[str, ...]) -> None:
    assert cells(row, True, 10**6) == wanted


def test_the_cells_of_a_single_image() -> None:
    assert cells(Row("", "", 250_000, 250_000, 1, 1), False, 10**6) == ("250 kB", "25 %")
    assert cells(Row("", "", 0, 0, 1, 1), False, 0) == ("0 B", "")


def test_the_details_say_why_a_file_is_kept_and_where_it_is_from() -> None:
    rows = {line.row.file.path: line for line in opened() if line.row and line.row.file}
    assert details(rows["/usr/bin/app"], PAIR) == (
        "/usr/bin/app",
        "600,000 bytes, package app, layer 2: COPY app /",
        "kept: exec: /usr/bin/app",
    )
    assert details(rows["/usr/bin/cc"], PAIR)[2] == "not kept"
    assert details(rows["/etc/new"], PAIR)[1:] == ("7 bytes, layer 2: COPY app /", "kept")
    folder = next(line for line in opened() if line.row and line.row.key == "/usr")
    assert details(folder, PAIR) == ("/usr", "folder with 3 files, 2 of them in the slim image")


def opened() -> list[Line]:
    listing = Listing.of(PAIR, Choice())
    return Listing(listing.tree, listing.choice, frozenset(listing.tree.folders())).lines()


def test_the_headline_says_what_is_shown() -> None:
    listing = Listing.of(PAIR, Choice())
    assert headline(PAIR, Choice(), listing.tree.row()) == (
        "3 files: fat 980 kB, slim 650.0 kB · by folder, size first"
    )
    gone = Choice("cc", "gone", "layer", "name")
    assert headline(PAIR, gone, Listing.of(PAIR, gone).tree.row()) == (
        "1 file: fat 300 kB, slim 0 B · by layer, by name · not in the slim image · with “cc”"
    )
    many = Explored("a", "p", FILES[:1], left=1200)
    assert headline(many, Choice(), Listing.of(many, Choice()).tree.row()) == (
        "1 file: 600 kB · by folder, size first · 1,200 small files are not listed"
    )


@given(st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=60))
def test_no_name_reaches_the_terminal_as_a_control_sequence(text: str) -> None:
    file = ImageFile(f"/{text}", 1, 1, 0, text, text)
    explored = Explored(text, text, (file,), (text,), both=True)
    listing = Listing.of(explored, Choice())
    lines = Listing(listing.tree, listing.choice, frozenset(listing.tree.folders())).lines()
    texts = [
        *map(name_of, lines),
        *(each for line in lines for each in details(line, explored)),
        headline(explored, Choice(text), listing.tree.row()),
    ]
    assert all(each.isprintable() for each in texts)


def test_nothing_of_a_name_is_left_out() -> None:
    hostile = "\x1b[31mred\x1b[0m [bold]x[/] \u202e"
    line = Line(0, Row("/" + hostile, hostile, 1, 1, 1, 1, ImageFile("/" + hostile, 1, 1)))
    assert name_of(line) == r"\x1b[31mred\x1b[0m [bold]x[/] \u{202e}"
