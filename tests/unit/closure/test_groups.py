"""Tests how often files change: which group of `layers: split` each path is in."""

from collections.abc import Sequence

import pytest
from tarballs import index_of

from ci_slim.closure.application import Application
from ci_slim.closure.groups import grouping
from ci_slim.closure.owners import Owners
from ci_slim.closure.steps import steps
from ci_slim.image.ancestry import base_layers
from ci_slim.image.grouping import Group, Grouping

DEBIAN = "f 0644 0:0 /usr/lib/os-release debian\nf 0755 0:0 /bin/sh sh"
MANIFEST = "f 0644 0:0 /app/requirements.txt flask"
PIP = "d 0755 0:0 /app\nf 0644 0:0 /usr/lib/python3/site-packages/flask.py f"
APP = "d 0755 0:0 /app\nf 0644 0:0 /app/main.py print()\nf 0644 0:0 /app/config/level 3"
HISTORY = ("debian.sh", '(CMD ["bash"])', "COPY requirements.txt /app/ # buildkit",
           "RUN /bin/sh -c pip install -r requirements.txt # buildkit",
           "COPY . /app/ # buildkit", '(CMD ["python3", "/app/main.py"])')  # fmt: skip


def made(*created_by: str) -> list[dict[str, object]]:
    """A history. Entries in parentheses made no layer."""
    return [
        {"created_by": text.strip("()"), **({"empty_layer": True} if text[0] == "(" else {})}
        for text in created_by
    ]


def found(
    layers: Sequence[str],
    history: Sequence[str],
    owned: Sequence[str] = (),
    own: Sequence[str] = (),
    dockerfile: str = "",
) -> Grouping:
    index, entries = index_of(*layers), made(*history)
    owners = Owners(dict.fromkeys(owned, "package"), {}, {}, {})
    read = steps(entries, base_layers(entries), dockerfile)
    return grouping(index, read, owners, Application(frozenset(own)), list(index))


def words(group: Grouping, *paths: str) -> list[str]:
    return [group.paths[path].label for path in paths]


def test_the_usual_dockerfile_of_an_interpreted_language() -> None:
    group = found([DEBIAN, MANIFEST, PIP, APP], HISTORY)
    assert words(
        group,
        "/bin/sh",
        "/app/requirements.txt",
        "/usr/lib/python3/site-packages/flask.py",
        "/app/main.py",
        "/app/config/level",
        "/app",
    ) == ["base", "dependencies", "dependencies", "application", "configuration", "application"]
    assert [each.label for each in group.layers] == [
        "base",
        "dependencies",
        "dependencies",
        "application",
    ]


def test_what_is_installed_after_the_application_is_apart() -> None:
    late = "f 0644 0:0 /usr/lib/python3/site-packages/late.py f\nf 0755 0:0 /usr/bin/git g"
    late += "\nf 0644 0:0 /app/made m"
    group = found(
        [DEBIAN, APP, late],
        (HISTORY[0], HISTORY[1], HISTORY[4], HISTORY[3], HISTORY[5]),
        owned=["/usr/bin/git"],
    )
    places = ("/usr/lib/python3/site-packages/late.py", "/usr/bin/git", "/app/made")
    assert words(group, *places) == ["later dependencies", "later dependencies", "application"]


def test_packages_that_a_step_copies_from_another_stage_are_dependencies() -> None:
    venv = "f 0755 0:0 /venv/bin/run r\nf 0644 0:0 /venv/lib/site-packages/flask.py " + "f" * 90
    history = (*HISTORY[:2], "COPY /venv /venv # buildkit", *HISTORY[4:])
    group = found([DEBIAN, venv, APP], history)
    assert words(group, "/venv/bin/run", "/app/main.py") == ["dependencies", "application"]


def test_an_application_with_its_packages_in_one_step_is_divided() -> None:
    both = "f 0644 0:0 /app/node_modules/a.js a\nf 0644 0:0 /app/server.js " + "s" * 90
    group = found([DEBIAN, both], (*HISTORY[:2], *HISTORY[4:]))
    assert words(group, "/app/node_modules/a.js", "/app/node_modules", "/app/server.js") == [
        "later dependencies",
        "later dependencies",
        "application",
    ]


def test_a_base_image_without_a_command_is_seen_by_its_distribution() -> None:
    alpine = ("ADD alpine-minirootfs.tar.gz / # buildkit", *HISTORY[4:])
    assert words(found([DEBIAN, APP], alpine), "/bin/sh", "/app/main.py") == ["base", "application"]


def test_a_step_of_the_base_image_that_the_dockerfile_does_not_have_is_the_base_s() -> None:
    golang = ("debian.sh", "RUN /bin/sh -c apt-get install gcc", HISTORY[3], *HISTORY[4:])
    text = "FROM golang\nRUN pip install -r requirements.txt\nCOPY . /app/\n"
    group = found([DEBIAN, "f 0755 0:0 /bin/gcc g", PIP, APP], golang, dockerfile=text)
    assert words(group, "/bin/gcc", "/usr/lib/python3/site-packages/flask.py") == [
        "base",
        "dependencies",
    ]


def test_an_image_from_scratch_is_the_application() -> None:
    group = found(["f 0755 0:0 /server s"], ("COPY /out/server / # buildkit", HISTORY[5]))
    assert words(group, "/server") == ["application"]


@pytest.mark.parametrize("history", [(), ("imported",), (*HISTORY, "RUN more")])
def test_without_a_history_of_each_layer_the_names_decide(history: tuple[str, ...]) -> None:
    group = found([DEBIAN, PIP + "\n" + APP], history, own=["/app/main.py", "/app/config/level"])
    assert words(
        group,
        "/bin/sh",
        "/usr/lib/python3/site-packages/flask.py",
        "/app/main.py",
        "/app/config/level",
    ) == ["base", "dependencies", "application", "configuration"]


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/app/settings.yaml", "configuration"),
        ("/etc/nginx/site", "configuration"),
        ("/app/main.json", "application"),
        ("/app/yaml", "application"),
        ("/app/config.py", "application"),
    ],
)
def test_settings_are_known_by_their_ending_or_folder(path: str, group: str) -> None:
    made_by = (*HISTORY[:2], *HISTORY[4:])
    assert words(found([DEBIAN, f"f 0644 0:0 {path} x"], made_by), path) == [group]


def test_groups_are_in_the_order_in_which_they_change() -> None:
    assert [group.label for group in Group] == [
        "base",
        "dependencies",
        "later dependencies",
        "application",
        "configuration",
    ]
