"""What a pull as zstd:chunked downloads, by the tables of contents."""

from typing import Any

from bench.other_updates import lacking


def file(name: str, start: int, end: int, **more: str) -> dict[str, Any]:
    return {
        "type": "reg", "name": name, "size": 9, "digest": name, "offset": start, "endOffset": end,
        **more,
    }  # fmt: skip


def chunk(digest: str, start: int) -> dict[str, Any]:
    return {"type": "chunk", "offset": start, "chunkDigest": digest}


FOLDER = {"type": "dir", "name": "etc"}


def test_a_file_with_a_known_digest_costs_nothing_under_any_name() -> None:
    old = [FOLDER, file("same", 10, 400)]
    new = [FOLDER, {**file("same", 700, 900), "name": "moved"}, file("other", 900, 930)]
    assert lacking(new, old) == 30
    assert lacking(new, []) == 230


def test_of_a_file_in_chunks_only_the_unknown_ones_count() -> None:
    old = [file("old", 0, 1000, chunkDigest="a"), chunk("b", 300), chunk("c", 600)]
    new = [file("new", 0, 1100, chunkDigest="a"), chunk("x", 300), chunk("c", 700)]
    assert lacking(new, old) == 400


def test_an_empty_file_costs_nothing() -> None:
    assert lacking([{"type": "reg", "name": "empty", "size": 0}], []) == 0
