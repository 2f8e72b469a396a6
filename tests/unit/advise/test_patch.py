"""Edits, their conflicts, and a diff that patch(1) applies."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.advise.dockerignore import ignored
from ci_slim.advise.finding import Edit, Finding
from ci_slim.advise.patch import SourceFile, Sources, applied, patched


def finding(*edits: Edit, ignores: tuple[str, ...] = ()) -> Finding:
    return Finding("rule", 1, "message", edits, ignores)


def sources(text: str, ignore: str | None = None) -> Sources:
    return Sources(
        SourceFile("app/Dockerfile", text),
        SourceFile("app/.dockerignore", ignore or "", exists=ignore is not None),
    )


def test_edits_at_one_place_stand_in_their_order() -> None:
    edits = [Edit(3, 3, "1"), Edit(3, 3, "2"), Edit(1, 3, ""), Edit(0, 0, "<")]
    assert applied("abcdef", edits) == "<a12def"


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        (Edit(0, 3, "x"), Edit(2, 4, "y"), True),
        (Edit(0, 3, "x"), Edit(1, 1, "y"), True),
        (Edit(0, 3, "x"), Edit(3, 3, "y"), False),
        (Edit(0, 3, "x"), Edit(0, 0, "y"), False),
        (Edit(0, 3, "x"), Edit(3, 5, "y"), False),
        (Edit(0, 3, "x"), Edit(0, 3, "x"), False),  # the same change
        (Edit(1, 1, "x"), Edit(1, 1, "y"), False),
    ],
)
def test_what_changes_the_same_place_is_told(one: Edit, other: Edit, conflict: bool) -> None:
    first, second = finding(one), finding(other)
    patch = patched(sources("abcdef"), [first, second])
    assert patch.conflicts == ((second,) if conflict else ())
    if conflict:
        assert patch.texts["app/Dockerfile"] == applied("abcdef", [one])


def test_the_diff_of_a_new_file_and_of_one_without_a_last_newline() -> None:
    patch = patched(sources("FROM a"), [finding(Edit(5, 6, "b"), ignores=(".git",))])
    assert patch.diff == (
        "--- a/app/Dockerfile\n+++ b/app/Dockerfile\n@@ -1 +1 @@\n-FROM a\n"
        "\\ No newline at end of file\n+FROM b\n\\ No newline at end of file\n"
        "--- /dev/null\n+++ b/app/.dockerignore\n@@ -0,0 +1 @@\n+.git\n"
    )


LINE = st.text(alphabet="ab\r\x0c\u2028-+ ", max_size=5)


@given(
    st.lists(LINE, max_size=12).map("\n".join),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8), LINE), min_size=1, max_size=4),
)
def test_patch_makes_of_the_old_file_the_new_one(
    text: str, changes: list[tuple[int, int, str]]
) -> None:
    import tempfile

    edits = [
        Edit(min(start, len(text)), min(start + length, len(text)), new)
        for start, length, new in changes
    ]
    patch = patched(sources(text, "old"), [finding(each, ignores=("new",)) for each in edits])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "app")
        folder.mkdir()
        (folder / "Dockerfile").write_bytes(text.encode())
        (folder / ".dockerignore").write_bytes(b"old")
        subprocess.run(
            ["patch", "-p1", "--binary", "--quiet"],
            cwd=name,
            input=patch.diff.encode(),
            check=True,
            capture_output=True,
        )
        expected = patch.texts.get("app/Dockerfile", text)
        path = folder / "Dockerfile"
        assert (path.read_bytes() if path.exists() else b"") == expected.encode()
        assert (folder / ".dockerignore").read_bytes() == b"old\nnew\n"


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        (".git", ".git/pack", True),
        (".git", "sub/.git/pack", False),
        ("**/.git", "sub/.git/pack", True),
        ("**/.git", ".git", True),
        ("/docs/", "docs/a", True),
        ("*.md", "README.md", True),
        ("*.md", "docs/a.md", False),
        ("*\n!src", "src/a", False),
        ("*\n!src\nsrc/*.tmp", "src/a.tmp", True),
        ("# a\n\n  b  ", "b", True),
        ("a?c", "abc", True),
        ("[ab]c", "bc", True),
        ("a/**/z", "a/z", True),
        ("a/**", "a/b/c", True),
    ],
)
def test_dockerignore(text: str, path: str, out: bool) -> None:
    assert ignored(text)(path) is out
