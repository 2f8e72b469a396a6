"""Which diffs are suggestions, and where they fit."""

import pytest

from ci_slim.report.suggestion import fits, is_named, suggestion
from ci_slim.result import Suggestion

HEAD = "--- a/Dockerfile\n+++ b/Dockerfile\n"


@pytest.mark.parametrize(
    ("hunk", "found"),
    [
        (
            "@@ -1,3 +1,3 @@\n FROM a\n-RUN b\n+RUN c\n CMD d\n",
            Suggestion(2, ("RUN b",), ("RUN c",)),
        ),
        (
            "@@ -4,3 +4,3 @@\n-A\n+B\n C\n-D\n+E\n F\n",
            Suggestion(4, ("A", "C", "D"), ("B", "C", "E")),
        ),
        ("@@ -1,2 +1,1 @@\n FROM a\n-RUN b\n", Suggestion(2, ("RUN b",), ())),
        ("@@ -1,1 +1,2 @@\n FROM a\n+RUN b\n", Suggestion(1, ("FROM a",), ("FROM a", "RUN b"))),
        ("@@ -1,1 +1,2 @@\n+RUN b\n FROM a\n", None),
        ("@@ -1 +1 @@\n-A\n+B\n@@ -9 +9 @@\n-C\n+D\n", None),
        ("@@ -1,50 +1,0 @@\n" + "-A\n" * 50, None),
        ("", None),
    ],
)
def test_what_a_diff_replaces(hunk: str, found: Suggestion | None) -> None:
    assert suggestion(HEAD + hunk, "Dockerfile") == found


def test_a_diff_of_another_file_is_none() -> None:
    diff = "--- /dev/null\n+++ b/.dockerignore\n@@ -0,0 +1 @@\n+.git\n"
    assert suggestion(diff, "Dockerfile") is None
    assert suggestion(diff, ".dockerignore") is None


def test_lines_fit_where_one_hunk_shows_them() -> None:
    patch = "@@ -1,2 +1,2 @@\n A\n-x\n+B\n@@ -3,2 +3,2 @@\n C\n D"
    assert fits(Suggestion(1, ("A", "B"), ()), patch)
    assert not fits(Suggestion(1, ("A", "x"), ()), patch)
    assert not fits(Suggestion(2, ("B", "C"), ()), patch)
    assert not fits(Suggestion(4, ("D", "E"), ()), patch)
    assert not fits(Suggestion(1, ("A",), ()), "")


def test_a_path_begins_at_the_settings_file() -> None:
    assert is_named("./Dockerfile", "Dockerfile") and is_named("a/Dockerfile", "web/a/Dockerfile")
    assert not is_named("Dockerfile", "MyDockerfile")
