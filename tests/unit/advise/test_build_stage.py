"""The stage that runs: what it installs, and what it copies from the stage that builds."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ci_slim.advise.finding import Context, Facts, Hidden
from ci_slim.advise.origins import Origins, Same
from ci_slim.advise.patch import SourceFile, Sources, applied, patched
from ci_slim.advise.rules import RULES
from ci_slim.advise.rules.build_stage import find
from ci_slim.advise.subject import Subject
from ci_slim.image.instructions import read_dockerfile

BASE = {"/bin/sh": 0, "/usr/local/man": 0}


def origins(
    layers: int,
    files: Mapping[str, int],
    packages: Mapping[str, str],
    installed: Mapping[str, int],
    needs: Mapping[str, tuple[str, ...]] | None = None,
    links: Mapping[str, str] | None = None,
    interpreters: Mapping[str, str] | None = None,
    same: tuple[Same, ...] = (),
) -> Origins:
    known = {**BASE, **files}

    def real(path: str) -> str | None:
        path = (links or {}).get(path, path)
        return path if path in known else None

    return Origins(
        layers,
        known,
        packages,
        {"dash": 0, **installed},
        needs or {},
        interpreters or {},
        frozenset(),
        same,
        real,
    )


def changed(text: str, found: Origins) -> list[str]:
    facts = Facts({}, origins=found)
    findings = find(Subject(read_dockerfile(text), facts=facts))
    return [applied(text, finding.edits) for finding in findings]


C = """\
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y gcc libsqlite3-dev ca-certificates
RUN useradd app
WORKDIR /src
COPY . .
RUN make && make install
RUN make docs
USER app
CMD ["version"]
"""
C_IMAGE = origins(
    7,
    {
        "/usr/bin/gcc": 1,
        "/usr/lib/libsqlite3.so.0": 1,
        "/etc/passwd": 2,
        "/src/main.c": 4,
        "/src/main.o": 5,
        "/usr/local/bin/version": 5,
        "/usr/local/share/version/words": 5,
        "/usr/local/share/doc/version": 6,
    },
    {"/usr/bin/gcc": "gcc", "/usr/lib/libsqlite3.so.0": "libsqlite3-0"},
    {"gcc": 1, "libsqlite3-0": 1, "ca-certificates": 1, "libc6": 0},
    {"/usr/local/bin/version": ("libc6", "libsqlite3-0")},
)


def test_a_program_in_machine_code_leaves_the_sources_behind() -> None:
    alone, with_sources = changed(C, C_IMAGE)
    assert (
        alone
        == C.replace("slim\n", "slim AS build\n", 1)
        + """
FROM debian:trixie-slim
RUN apt-get update \\
    && apt-get install -y --no-install-recommends ca-certificates libsqlite3-0 \\
    && rm -rf /var/lib/apt/lists/*
RUN useradd app
WORKDIR /src
COPY --from=build /usr/local/bin /usr/local/bin
COPY --from=build /usr/local/share /usr/local/share
USER app
CMD ["version"]
"""
    )
    assert with_sources == alone.replace(
        "WORKDIR /src\nCOPY --from", "WORKDIR /src\nCOPY . .\nCOPY --from"
    )


NODE = """\
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nodejs npm g++
WORKDIR /app
COPY . .
RUN npm ci
CMD node index.js
"""


def test_node_takes_its_modules_along_without_those_for_development() -> None:
    image = origins(
        5,
        {
            "/usr/bin/node": 1,
            "/app/index.js": 3,
            "/app/package-lock.json": 4,
            "/app/node_modules/a/a.node": 4,
            "/app/node_modules/b/b.js": 4,
        },
        {"/usr/bin/node": "nodejs"},
        {"nodejs": 1, "npm": 1, "g++": 1, "libstdc++6": 1},
        {"/app/node_modules/a/a.node": ("libstdc++6",)},
    )
    (made,) = changed(NODE, image)
    assert (
        made
        == NODE.replace("slim\n", "slim AS build\n", 1)
        + """\
RUN npm prune --omit=dev

FROM debian:trixie-slim
RUN apt-get update \\
    && apt-get install -y --no-install-recommends libstdc++6 nodejs \\
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
COPY --from=build /app/node_modules /app/node_modules
CMD node index.js
"""
    )


def test_an_addon_is_taken_out_of_what_its_compiler_left() -> None:
    image = origins(
        5,
        {
            "/usr/bin/node": 1,
            "/app/index.js": 3,
            "/app/build/Makefile": 4,
            "/app/build/Release/addon.node": 4,
            "/app/build/Release/obj.target/addon.node": 4,
            "/app/build/Release/obj.target/addon/addon.o": 4,
            "/app/node_modules/b/b.js": 4,
            "/app/node_modules/b/build/b.o": 4,
        },
        {"/usr/bin/node": "nodejs"},
        {"nodejs": 1},
    )
    (made,) = changed(NODE, image)
    addon, modules = "/app/build/Release/addon.node", "/app/node_modules"
    copies = "".join(f"COPY --from=build {each} {each}\n" for each in (addon, modules))
    assert f"\nCOPY . .\n{copies}CMD" in made


PYTHON = """\
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y gcc python3-dev python3-venv
RUN python3 -m venv /opt/app && /opt/app/bin/pip install a
ENV PATH=/opt/app/bin:$PATH
CMD ["serve"]
"""


def test_the_interpreter_of_a_virtual_environment_is_installed() -> None:
    image = origins(
        3,
        {"/usr/bin/python3": 1, "/opt/app/bin/serve": 2, "/opt/app/bin/python3": 2,
         "/opt/app/lib/a.py": 2},
        {"/usr/bin/python3": "python3-minimal"},
        {"python3": 1, "python3-minimal": 1, "gcc": 1},
        links={"/opt/app/bin/python3": "/usr/bin/python3"},
        interpreters={"/opt/app/bin/serve": "/opt/app/bin/python3"},
    )  # fmt: skip
    (made,) = changed(PYTHON, image)
    assert "--no-install-recommends python3 \\" in made
    assert "\nCOPY --from=build /opt /opt\nENV PATH" in made


def test_an_interpreter_that_env_starts_is_searched_for() -> None:
    image = origins(
        3,
        {"/usr/bin/node": 1, "/usr/local/bin/serve": 2},
        {"/usr/bin/node": "nodejs"},
        {"nodejs": 1, "gcc": 1},
        interpreters={"/usr/local/bin/serve": "node"},
    )
    text = "FROM a\nRUN apt-get install gcc\nRUN make\nCMD serve\n"
    (made,) = changed(text, image)
    assert "--no-install-recommends nodejs \\" in made


def test_of_many_parts_of_a_folder_the_whole_is_copied() -> None:
    site = "/usr/local/lib/python3.12/site-packages"
    files = {f"{site}/pip/a.py": 0, **{f"{site}/{name}/a.py": 2 for name in "abcdefgh"}}
    text = "FROM python\nRUN apt-get install gcc\nRUN pip install -r a\nCMD python3 -m a\n"
    (made,) = changed(text, origins(3, files, {}, {"gcc": 1}))
    assert f"\nCOPY --from=build {site} {site}\nCMD" in made
    del files[f"{site}/a/a.py"], files[f"{site}/b/a.py"]
    (made,) = changed(text, origins(3, files, {}, {"gcc": 1}))
    assert made.count("COPY --from=build") == 6


def test_configuration_is_copied_and_sources_are_not() -> None:
    text = C.replace("USER app", "COPY a.conf /etc/\nUSER app")
    image = replace(C_IMAGE, layers=8, files={**C_IMAGE.files, "/etc/a.conf": 7})
    assert "COPY a.conf /etc/\n" in changed(text, image)[0].rpartition("\nFROM ")[2]


@pytest.mark.parametrize(
    "text",
    [
        C.replace("RUN apt-get update", "RUN curl https://a | bash - && apt-get update"),
        C.replace("RUN make docs", "RUN make docs && sed -i s/a/b/ /etc/a.conf"),
    ],
)
def test_a_run_that_changes_the_system_is_left_alone(text: str) -> None:
    image = replace(C_IMAGE, files={**C_IMAGE.files, "/etc/a.conf": 6})
    image = image if "a.conf" in text else C_IMAGE
    (only,) = find(Subject(read_dockerfile(text), facts=Facts({}, origins=image)))
    assert not only.changes


def test_what_is_not_understood_is_only_told() -> None:
    for text in (
        C.replace("RUN make docs", 'RUN ["make", "docs"]'),
        C.replace("RUN make docs", "RUN make docs\nONBUILD RUN make docs"),
    ):
        (only,) = find(Subject(read_dockerfile(text), facts=Facts({}, origins=C_IMAGE)))
        assert not only.changes
    (only,) = find(Subject(read_dockerfile(C)))
    assert not only.changes and "gcc, libsqlite3-dev" in only.message


def test_changes_of_the_build_stage_are_not_made_as_well() -> None:
    given = Subject(read_dockerfile(C), facts=Facts({}, origins=C_IMAGE))
    split, lists = next(find(given)), next(RULES["apt-lists"](given))
    sources = Sources(SourceFile("Dockerfile", C), SourceFile(".dockerignore", "", False))
    assert patched(sources, [split, lists]).conflicts == (lists,)
    assert patched(sources, [lists, split]).conflicts == (split,)


DATA = {"/data/model": 1, "/app/model": 2, "/srv/model": 3}


def duplicates(text: str, *paths: str, packages: tuple[str, ...] = ()) -> list[str]:
    found = origins(
        4,
        {**dict.fromkeys(paths, 2), **DATA},
        dict.fromkeys(packages, "a"),
        {},
        same=(Same(2_000_000, paths),),
    )
    context = Context({"model": 2_000_000})
    given = Subject(read_dockerfile(text), facts=Facts({}, origins=found), context=context)
    return [
        f"{each.line}: {each.message}\n{applied(text, each.edits) if each.changes else ''}"
        for each in RULES["duplicate-files"](given)
    ]


def test_a_file_that_is_copied_in_the_image_becomes_a_link() -> None:
    text = "FROM a\nCOPY model /data/\nRUN cp -p /data/model /app/model && b\nRUN c\n"
    assert duplicates(text, "/data/model", "/app/model") == [
        "3: /app/model is /data/model again: 2 MB twice in the image\n"
        + text.replace("cp -p", "cp -s -p")
    ]


def test_a_file_that_is_copied_in_twice_becomes_a_link() -> None:
    text = "FROM a\nCOPY model /data/\nRUN c\nCOPY model /srv/model\n"
    assert duplicates(text, "/data/model", "/srv/model") == [
        "4: /srv/model is /data/model again: 2 MB twice in the image\n"
        "FROM a\nCOPY model /data/\nRUN c\nRUN mkdir -p /srv && ln -s /data/model /srv/model\n"
    ]


def test_other_copies_are_told_and_those_of_packages_and_bases_are_not() -> None:
    text = "FROM a\nCOPY model /data/\nRUN fetch model\nRUN c\n"
    assert duplicates(text, "/data/model", "/app/model") == [
        "3: /app/model is /data/model again: 2 MB twice in the image\n"
    ]
    assert (
        duplicates(text, "/data/model", "/app/model", packages=("/data/model", "/app/model")) == []
    )
    cache = "/var/cache/debconf/templates.dat"
    assert duplicates(text, cache, f"{cache}-old") == []
    assert duplicates("FROM a\nCOPY x /y\n", "/data/model", "/app/model") == []
    assert [*RULES["duplicate-files"](Subject(read_dockerfile(text)))] == []


SITE = "/usr/local/lib/python3.13/dist-packages"
LEFT = "FROM a\nRUN apt-get install -y python3\nRUN pip install b && c\nRUN d\n"


@pytest.mark.parametrize(
    ("path", "layer", "size", "expected"),
    [
        (f"{SITE}/b/__pycache__/x.pyc", 2, 10**6, "__pycache__"),
        (f"{SITE}/b/tests/x/y.py", 2, 10**6, "tests"),
        (f"{SITE}/b/x.py", 2, 10**6, ""),
        (f"{SITE}/b/__pycache__/x.pyc", 2, 10**6 - 1, ""),
        (f"{SITE}/b/__pycache__/x.pyc", 0, 10**6, ""),  # the base image has it
        (f"{SITE}/b/__pycache__/x.pyc", 1, 10**6, ""),  # of another RUN
        ("/srv/tests/x.py", 2, 10**6, ""),
        ("/a b/site-packages/tests/x.py", 2, 10**6, ""),
    ],
)
def test_what_pip_leaves_is_removed_where_it_weighs(
    path: str, layer: int, size: int, expected: str
) -> None:
    facts = Facts({path: size}, origins=origins(4, {path: layer}, {}, {}))
    found = [*RULES["pip-leftovers"](Subject(read_dockerfile(LEFT), facts=facts))]
    if not expected:
        assert found == []
        return
    (one,) = found
    removed = f"find {SITE} -depth -type d -name {expected} -exec rm -rf {{}} +"
    assert applied(LEFT, one.edits) == LEFT.replace("&& c", f"&& c && {removed}")
    assert one.takes == (f"{SITE}/b/{expected}",) and one.line == 3


def test_files_of_packages_and_images_that_are_not_built_have_no_leftovers() -> None:
    path = f"{SITE}/b/tests/x.py"
    packaged = Facts({path: 10**7}, origins=origins(4, {path: 2}, {path: "python3-b"}, {}))
    for facts in (packaged, None):
        assert [*RULES["pip-leftovers"](Subject(read_dockerfile(LEFT), facts=facts))] == []


OVERWRITTEN = "FROM a\nCOPY . /src\nRUN make\nWORKDIR /x\nRUN strip /app\n"


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        ((Hidden("/app", 900_000, 2, 4), Hidden("/lib", 200_000, 2, 4)), "1.1 MB of what line 3"),
        ((Hidden("/app", 900_000, 2, 4), Hidden("/src/a", 200_000, 1, 4)), ""),  # of two lines
        ((Hidden("/app", 2_000_000, 0, 4),), ""),  # the base image has it
        ((Hidden("/var/cache/x", 2_000_000, 2, 4),), ""),
    ],
)
def test_what_is_overwritten_later_is_told_where_it_weighs(
    hidden: tuple[Hidden, ...], expected: str
) -> None:
    facts = Facts({}, hidden, origins=origins(5, {}, {}, {}))
    found = [*RULES["overwritten-files"](Subject(read_dockerfile(OVERWRITTEN), facts=facts))]
    assert [(each.line, each.changes) for each in found] == [(5, False)] * bool(expected)
    assert all(each.message.startswith(expected) for each in found)
    assert all(each.message.endswith("its layer: /app") for each in found)


def test_what_another_rule_changes_is_not_told_again() -> None:
    for text in (
        OVERWRITTEN.replace("WORKDIR /x\n", "RUN a\n").replace("strip", "rm"),
        OVERWRITTEN.replace("RUN make\nWORKDIR /x\nRUN strip /app", "RUN chown -R 1:1 /src"),
    ):
        read = Subject(read_dockerfile(text))
        layers = len(read.lineage[0].instructions)
        facts = Facts({}, (Hidden("/app", 10**7, 1, layers - 1),))
        given = replace(read, facts=replace(facts, origins=origins(layers, {}, {}, {})))
        assert [*RULES["overwritten-files"](given)] == []
