# ruff: noqa: RUF001 - the signs for minus and nothing are meant as they are
"""What differs between two images, and how it is shown."""

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from reports import AMD64, ARM64, ARMV6, digest

from ci_slim.image.inventory import SizeChange
from ci_slim.image.sizes import LayerSize, image_sizes
from ci_slim.image.space import Share
from ci_slim.measure.diff import Diff, LayerChange, diff, pairs
from ci_slim.measure.measured import LayerDetails, Measured
from ci_slim.platforms import Platform
from ci_slim.report.diffed import render

SCHEMA = json.loads(files("ci_slim.report").joinpath("diff-v1.schema.json").read_text())


def layer(letter: str, pull: int | None, made: str, *, base: bool = False) -> LayerSize:
    disk = None if pull is None else 3 * pull
    return LayerSize(digest(letter), pull, disk, made, digest(letter), base)


DEBIAN = layer("d", 30_000_000, "# debian.sh", base=True)
NEWER = layer("e", 31_000_000, "# debian.sh", base=True)
APP = layer("a", 400_000, "COPY app /")
APP2 = layer("b", 450_000, "COPY app /")
DOCS = layer("c", 2_000, "COPY docs /")
NAMELESS = layer("1", 10, "")
NAMELESS2 = layer("2", 20, "")


def inside(
    folders: dict[str, int], packages: dict[str, int], paths: dict[str, int]
) -> LayerDetails:
    return LayerDetails(
        len(paths),
        0,
        tuple(Share(name, size, 1) for name, size in folders.items()),
        tuple(Share(name, size, 1) for name, size in packages.items()),
        sorted(paths.items()),
    )


def image(
    name: str,
    *layers: LayerSize,
    platform: Platform = AMD64,
    read: LayerDetails | None = None,
    exact: bool = True,
) -> Measured:
    sizes = image_sizes(
        name,
        digest("f"),
        1000,
        layers,
        files=None,
        pull_exact=exact,
        config_digest=digest(str(len(name))),
    )
    return Measured(platform, sizes, read)


OLD = image(
    "app:1",
    DEBIAN,
    APP,
    DOCS,
    read=inside(
        {"/usr/lib": 900, "/app": 50, "/docs": 7},
        {"libc6": 700, "zlib1g": 20},
        {"/app/a": 50, "/docs/b": 7, "/empty": 0, "/usr/lib/c": 900},
    ),
)
NEW = image(
    "app:22",
    DEBIAN,
    APP2,
    read=inside(
        {"/usr/lib": 850, "/app": 150},
        {"libc6": 650, "curl": 300},
        {"/app/a": 150, "/usr/lib/c": 850},
    ),
)


def test_what_differs_stands_largest_first() -> None:
    found = diff(OLD, NEW)
    assert found.packages == (
        SizeChange("curl", None, 300),
        SizeChange("libc6", 700, 650),
        SizeChange("zlib1g", 20, None),
    )
    assert found.folders == (
        SizeChange("/app", 50, 150),
        SizeChange("/usr/lib", 900, 850),
        SizeChange("/docs", 7, None),
    )
    assert found.files == (
        SizeChange("/app/a", 50, 150),
        SizeChange("/usr/lib/c", 900, 850),
        SizeChange("/docs/b", 7, None),
        SizeChange("/empty", 0, None),
    )
    assert [change.growth for change in found.files] == [100, -50, -7, 0]
    assert found.update.bytes == 451_000


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ((DEBIAN, APP), (DEBIAN, APP), [("same", DEBIAN, DEBIAN), ("same", APP, APP)]),
        ((DEBIAN, APP), (NEWER, APP), [("changed", DEBIAN, NEWER), ("same", APP, APP)]),
        (
            (DEBIAN, APP, DOCS),
            (DEBIAN, APP2),
            [("same", DEBIAN, DEBIAN), ("changed", APP, APP2), ("removed", DOCS, None)],
        ),
        ((APP,), (DOCS, APP), [("added", None, DOCS), ("same", APP, APP)]),
        ((APP, APP), (APP,), [("same", APP, APP), ("removed", APP, None)]),
        ((NAMELESS,), (NAMELESS2,), [("added", None, NAMELESS2), ("removed", NAMELESS, None)]),
        ((), (), []),
    ],
    ids=["same", "base", "changed, removed", "added below", "twice", "no history", "none"],
)
def test_layers_meet_by_content_then_by_what_made_them(
    before: tuple[LayerSize, ...],
    after: tuple[LayerSize, ...],
    changes: list[tuple[str, LayerSize | None, LayerSize | None]],
) -> None:
    found = diff(image("a", *before), image("bb", *after)).layers
    assert found == tuple(LayerChange(*change) for change in changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ((DEBIAN, APP), (DEBIAN, APP2), False),
        ((DEBIAN, APP), (NEWER, APP), True),
        ((APP,), (NEWER, APP), False),
    ],
)
def test_another_base_image_is_told(
    before: tuple[LayerSize, ...], after: tuple[LayerSize, ...], changed: bool
) -> None:
    assert diff(image("a", *before), image("bb", *after)).base_changed is changed


def test_slim_images_of_one_base_may_hold_other_files_of_it() -> None:
    before, after = image("a", DEBIAN, APP), image("bb", NEWER, APP)
    assert diff(before, after).base_changed
    assert not diff(replace(before, slimmed=True), after).base_changed
    assert not diff(before, replace(after, slimmed=True)).base_changed


def test_images_that_were_not_read_tell_nothing_of_files() -> None:
    found = diff(OLD, replace(NEW, inside=None))
    assert (found.packages, found.folders, found.files) == (None, None, None)


def test_images_are_compared_platform_by_platform() -> None:
    old = [image("a", platform=ARMV6), image("a", platform=AMD64)]
    v7 = Platform("linux", "arm", "v7")
    new = [image("b", platform=p) for p in (ARM64, AMD64, v7, ARMV6)]
    assert pairs(old, new) == ((old[1], new[1]), (old[0], new[3]))


TEXT = """\
app:1 → app:22, linux/amd64

          before    after            change
------  --------  -------  ----------------
pull     30.4 MB  30.5 MB   +48 kB (+0.2 %)
disk     91.2 MB  91.4 MB  +144 kB (+0.2 %)
files          4        2                −2
update             451 kB

    layer           before    after    change  created by
--  ------------  --------  -------  --------  ------------
=   dddddddddddd     30 MB    30 MB      ±0 B  # debian.sh
~   bbbbbbbbbbbb    400 kB   450 kB    +50 kB  COPY app /
-   cccccccccccc      2 kB        –     −2 kB  COPY docs /

  before    after    change  package
--------  -------  --------  ---------
       –    300 B    +300 B  curl
   700 B    650 B     −50 B  libc6
    20 B        –     −20 B  zlib1g

  before    after    change  folder
--------  -------  --------  --------
    50 B    150 B    +100 B  /app
   900 B    850 B     −50 B  /usr/lib
     7 B        –      −7 B  /docs

  before    after    change  file
--------  -------  --------  ----------
    50 B    150 B    +100 B  /app/a
   900 B    850 B     −50 B  /usr/lib/c
     7 B        –      −7 B  /docs/b
     0 B        –      ±0 B  /empty
"""

MARKDOWN = """\
### `app:1` → `app:22`, linux/amd64

|  | before | after | change |
|---|---|---|---|
| pull | 30.4 MB | 30.5 MB | +48 kB (+0.2 %) |
| disk | 91.2 MB | 91.4 MB | +144 kB (+0.2 %) |
| files | 4 | 2 | −2 |
| update |  | 451 kB |  |

|  | layer | before | after | change | created by |
|---|---|---|---|---|---|
| `=` | `dddddddddddd` | 30 MB | 30 MB | ±0 B | `# debian.sh` |
| `~` | `bbbbbbbbbbbb` | 400 kB | 450 kB | +50 kB | `COPY app /` |
| `-` | `cccccccccccc` | 2 kB | – | −2 kB | `COPY docs /` |

| before | after | change | package |
|---|---|---|---|
| – | 300 B | +300 B | `curl` |
| 700 B | 650 B | −50 B | `libc6` |
| 20 B | – | −20 B | `zlib1g` |

| before | after | change | folder |
|---|---|---|---|
| 50 B | 150 B | +100 B | `/app` |
| 900 B | 850 B | −50 B | `/usr/lib` |
| 7 B | – | −7 B | `/docs` |

| before | after | change | file |
|---|---|---|---|
| 50 B | 150 B | +100 B | `/app/a` |
| 900 B | 850 B | −50 B | `/usr/lib/c` |
| 7 B | – | −7 B | `/docs/b` |
| 0 B | – | ±0 B | `/empty` |
"""

UNREAD = """\
a → bb, linux/amd64

          before     after    change
------  --------  --------  --------
pull           –  ≈31.0 MB         –
disk           –     93 MB         –
update            ≈31.0 MB

The base image is another one.

    layer           before    after    change  created by
--  ------------  --------  -------  --------  ------------
~   eeeeeeeeeeee     30 MB   ≈31 MB     +1 MB  # debian.sh
-   aaaaaaaaaaaa         –        –         –  RUN x

≈ is an estimate: the compressed size is not available locally.

Disk sizes, files and packages need the layers: --read fetches them, without the daemon.
"""


def test_text() -> None:
    assert render([diff(OLD, NEW)], "text") == TEXT


def test_markdown() -> None:
    assert render([diff(OLD, NEW)], "markdown") == MARKDOWN


def test_unread_and_estimated_images_say_so() -> None:
    before = image("a", DEBIAN, layer("a", None, "RUN x"))
    after = image("bb", NEWER, exact=False)
    assert render([diff(before, after)], "text") == UNREAD


def test_many_changes_are_cut_and_summed_up() -> None:
    old = image("a", APP, read=inside({}, {}, {}))
    new = image("bb", APP, read=inside({}, {}, {f"/{n:02}": 1000 + n for n in range(20)}))
    text = render([diff(old, new)], "text")
    cut = "\n       –  1.01 kB  +1.01 kB  /05\n5 smaller changes not shown, +5.01 kB together\n"
    assert cut in text
    assert len(json.loads(render([diff(old, new)], "json"))["diffs"][0]["files"]) == 20


NASTY = image(
    "app|`\x1b[31m",
    replace(APP, created_by="RUN <b>|`\n\udcff"),
    read=inside({"/a|\udcff": 1}, {"p`|": 2}, {"/\x1b]0;t\x07\udcff": 3}),
)


@pytest.mark.parametrize(
    "found", [diff(OLD, NEW), diff(OLD, NASTY), diff(NASTY, replace(NEW, inside=None))]
)
def test_json_meets_its_schema_and_foreign_text_stays_text(found: Diff) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    written = render([found], "json")
    Draft202012Validator(SCHEMA).validate(json.loads(written))
    json.loads(written)["diffs"][0]["layers"][0]["created_by"].encode()
    text = render([found], "text")
    assert all(line.isprintable() for line in text.split("\n"))
    rows = [
        r for r in render([found], "markdown").split("\n") if r.startswith("| ") and "---" not in r
    ]
    assert {row.count("|") for row in rows} <= {5, 7}
