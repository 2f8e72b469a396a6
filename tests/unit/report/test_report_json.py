import json
from copy import deepcopy
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from reports import AMD64, ARM64, ARMV6, of, replaced, sample

from ci_slim.errors import UsageError
from ci_slim.image.inventory import Growth, Inventory, LayerFileSizes, SizeChange
from ci_slim.report import RENDERINGS, merge, render
from ci_slim.report.checked import FILE_MAX, TEXT_MAX
from ci_slim.report.json import from_json, to_json
from ci_slim.result import STAGES, Baseline, DockerfileLines, PlatformReport, Point, Report

SCHEMA = json.loads(files("ci_slim.report").joinpath("report-v1.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def value() -> Any:
    return json.loads(to_json(sample()))


def test_schema_is_draft_2020_12_and_allows_no_other_members() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    def objects(node: object) -> list[dict[str, Any]]:
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        here = [node] if isinstance(node, dict) and "required" in node else []
        return here + [found for item in inner for found in objects(item)]

    found = objects(SCHEMA)
    assert len(found) > 10
    assert all(node["additionalProperties"] is False for node in found)


def test_what_is_written_meets_the_schema_and_reads_back_the_same() -> None:
    report = with_baseline()
    text = to_json(report)
    VALIDATOR.validate(json.loads(text))
    assert from_json(text) == report
    assert from_json(text.encode()) == report
    assert to_json(from_json(text)) == text


NOON = "2026-11-02T12:00:00Z"


def with_baseline() -> Report:
    p = sample().images[0].platforms[0]
    held = Inventory(
        {"curl": 3}, {"/usr": 4}, (LayerFileSizes(-1, {}), LayerFileSizes(0, {"/a\udcff": 4})), 2
    )
    gone, came = SizeChange("/a", 2, None), SizeChange("/b", None, 7, 1)
    grown = Growth((came,), (), (came, gone))
    baseline = Baseline("artifact of main", "", "", 2_700_000, None, "changed", -7, grown, (0, 2))
    past = (Point("2026-11-01T10:00:00Z", "", None, 3), Point(NOON, 40 * "a", 5, 6))
    first = replaced(
        p,
        baseline=baseline,
        inventory=held,
        history=past,
        update_bytes=1,
        warnings=("\x1b[31mred",),
    )
    other = replaced(p, platform=ARM64, no_baseline="there is none", next_baseline="So it comes.")
    report = of(first, other)
    lines = DockerfileLines("Dockerfile", 3, {"COPY part0 /": 4})
    return replace(report, images=(replace(report.images[0], dockerfile=lines),))


def test_text_starts_with_schema_tool_time_and_outcome() -> None:
    assert to_json(sample()).startswith(
        '{\n  "schema": "ci-slim/report/v1",\n  "tool": {\n    "name": "ci-slim",\n'
        '    "version": "0.1.0"\n  },\n  "created": "2026-11-23T10:20:30Z",\n'
        '  "outcome": "over-budget",\n  "images": [\n'
    )


def test_a_skipped_platform_as_json() -> None:
    assert value()["images"][0]["platforms"][2] == {
        "platform": "linux/amd64",
        "emulated": False,
        "host": "",
        "outcome": "skipped",
        "reason": "no handler is registered",
        "fat": None,
        "slim": None,
        "baseline": None,
        "no_baseline": "",
        "next_baseline": "",
        "update_bytes": None,
        "verified": False,
        "rounds": 0,
        "probes": [],
        "kept": None,
        "dropped_nearby": [],
        "named_unused": [],
        "literal_dropped": [],
        "healed": [],
        "explained": [],
        "held_out": [],
        "warnings": [],
        "verdicts": [
            {
                "rule": rule,
                "limit": limit,
                "actual": None,
                "status": "unknown",
                "message": f"{rule} unknown: the platform was skipped (limit {shown})",
            }
            for rule, limit, shown in (
                ("pull", 12_000_000, "12 MB"),
                ("disk", 30_000_000, "30 MB"),
                ("layers", 10, "10"),
            )
        ],
        "seconds": dict.fromkeys(STAGES),
        "timings": {},
        "artifacts": {"oci_layout": None, "seccomp": None, "apparmor": None, "files": None},
        "history": [],
        "inventory": None,
    }


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=40))
def test_any_text_of_an_image_can_be_written_and_read_back(text: str) -> None:
    p = replaced(
        sample().images[0].platforms[0], healed=(text,), explained=(text,), timings={text: 1.0}
    )
    written = to_json(of(p))
    assert written.isascii()
    VALIDATOR.validate(json.loads(written))
    assert to_json(from_json(written)) == written


def test_paths_that_are_no_utf8_survive_and_long_texts_are_cut() -> None:
    p = replaced(sample().images[0].platforms[0], healed=("/\udcff\udcfe", "x" * 70_000))
    (read,) = from_json(to_json(of(p))).images[0].platforms
    assert read.healed == ("/\udcff\udcfe", "x" * (TEXT_MAX - 1) + "…")


DELETE = object()
FIRST = ("images", 0, "platforms", 0)
BIG = "an integer from 0 to 9007199254740991 is needed"


@pytest.mark.parametrize(
    ("path", "new", "where", "message"),
    [
        (("schema",), "ci-slim/report/v2", "", "the member 'schema' is not 'ci-slim/report/v1'"),
        (("outcome",), "passed", "outcome", "makes its outcome over-budget"),
        (("outcome",), "fine", "outcome", "'fine' is not one of passed, over-budget, failed"),
        (("created",), "yesterday", "created", "'yesterday' is not a valid time"),
        (("tool",), None, "tool", "an object is needed, not null"),
        (("images",), {}, "images", "a list is needed, not an object"),
        (("images", 0, "name"), "", "images[0].name", "'' is not a valid name"),
        ((*FIRST, "platfrom"), 1, "[0]", "unknown member 'platfrom'; did you mean 'platform'?"),
        ((*FIRST, "fat"), DELETE, "[0]", "the member 'fat' is missing"),
        ((*FIRST, "fat"), None, "[0]", "needs the sizes of its fat image"),
        ((*FIRST, "platform"), "arm\n", "[0].platform", "'arm\\n' is not a valid platform"),
        ((*FIRST, "platform"), "linux/arm64", "[1]", "the same platform is listed twice"),
        ((*FIRST, "emulated"), 1, "[0].emulated", "true or false is needed, not a number"),
        ((*FIRST, "reason"), 1, "[0].reason", "a string is needed, not a number"),
        ((*FIRST, "reason"), "x" * 65_537, "[0].reason", "a string of more than 65536"),
        ((*FIRST, "reason"), "\ud800", "[0].reason", "half a surrogate pair"),
        ((*FIRST, "fat", "pull_bytes"), -1, "[0].fat.pull_bytes", BIG),
        ((*FIRST, "fat", "pull_bytes"), 2**53, "[0].fat.pull_bytes", BIG),
        ((*FIRST, "fat", "pull_bytes"), True, "[0].fat.pull_bytes", "not true or false"),
        ((*FIRST, "fat", "files"), 1.5, "[0].fat.files", "an integer is needed, not a number"),
        (
            (*FIRST, "fat", "digest"),
            "sha256:x",
            "[0].fat.digest",
            "'sha256:x' is not a valid digest",
        ),
        ((*FIRST, "fat", "layers", 1, "disk_bytes"), "9", "fat.layers[1].disk_bytes", "a string"),
        ((*FIRST, "probes", 0, "slim", "status"), "200", "probes[0].slim.status", "a string"),
        ((*FIRST, "verdicts", 0, "actual"), 10**9, "verdicts[0].status", "make it fail"),
        (
            (*FIRST, "verdicts", 0, "rule"),
            "Col|our",
            "verdicts[0].rule",
            "is not a valid name of a rule",
        ),
        ((*FIRST, "kept", "by_reason", "a\nb"), -1, "kept.by_reason.'a\\nb'", BIG),
        ((*FIRST, "seconds", "build"), -1, "seconds.build", "a number of seconds"),
        ((*FIRST, "timings", "x"), 1e300, "timings.'x'", "a number of seconds"),
        ((*FIRST, "timings", "x"), 10**400, "timings.'x'", "a number of seconds"),
        ((*FIRST, "healed"), [""] * 100_001, "[0].healed", "more than 100000 values"),
    ],
)
def test_a_hostile_report_is_refused_with_its_json_path(
    path: tuple[str | int, ...], new: object, where: str, message: str
) -> None:
    changed = deepcopy(value())
    at = changed
    for key in path[:-1]:
        at = at[key]
    if new is DELETE:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    with pytest.raises(UsageError) as caught:
        from_json(json.dumps(changed), "a.json")
    assert message in caught.value.message
    assert caught.value.where.startswith("a.json")
    assert caught.value.where.endswith(where)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1, column 1: Expecting value"),
        (b"[]", "an object is needed, not a list"),
        (b"{}", "this is not a report"),
        (b"\xff{}", "byte 0 is not UTF-8"),
        (b'{"a": 1, "a": 2}', "the member 'a' is used twice in one object"),
        (b'{"schema": NaN}', "NaN is not a JSON number"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b" " * (FILE_MAX + 1), "the file has more than 32 MiB"),
    ],
)
def test_what_is_no_report_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_json(text, "a.json")
    assert message in caught.value.message


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_other_value_in_any_member_is_refused_or_read(other: object) -> None:
    changed = value()
    changed["images"][0]["platforms"][0]["fat"] = other
    with pytest.raises(UsageError):
        from_json(json.dumps(changed))


def test_reports_of_a_matrix_become_one() -> None:
    first, second, third = sample().images[0].platforms
    merged = merge([of(second), of(third, name="other"), of(first)])
    assert [(image.name, [p.platform for p in image.platforms]) for image in merged.images] == [
        ("listener", [ARMV6, ARM64]),
        ("other", [AMD64]),
    ]
    assert merged.outcome == "over-budget"


def test_the_same_platform_twice_is_refused() -> None:
    first: PlatformReport = sample().images[0].platforms[0]
    with pytest.raises(UsageError, match="two reports have linux/arm/v6 of the image 'listener'"):
        merge([of(first), of(first)])
    with pytest.raises(UsageError, match="no report to merge"):
        merge([])


def test_render_knows_the_formats_that_people_read() -> None:
    assert {"text", "json", "markdown"} <= set(RENDERINGS)
    assert render(sample(), "json") == to_json(sample())
    assert render(sample(), "markdown").startswith("<!-- ci-slim key=default -->\n### ")
    assert render(sample(), "text").startswith("ci-slim: over budget")
