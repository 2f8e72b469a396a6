"""Where a report is from, and what its change loosens: said in the comment, kept in JSON."""

from dataclasses import replace

import pytest
from reports import sample

from ci_slim.errors import UsageError
from ci_slim.report import merge, render
from ci_slim.report.json import from_json, to_json
from ci_slim.report.markdown import LENGTH_MAX, to_markdown
from ci_slim.report.origin import gate_markdown, gate_text, origin_markdown, run_of
from ci_slim.result import Gate, Loosened, Origin, Report

SHA = "c3d0be41ecbe669545ee3e94d31ed9a4bc91ee3c"
RUN = "https://github.example/o/r/actions/runs/900"
ORIGIN = Origin(SHA, f"https://github.example/o/r/commit/{SHA}", 900, RUN, f"{RUN}#artifacts")
RAISED = Loosened("app", "budget.pull", "the limit `pull` is raised from 4 MB to 5 MB")
GATE = Gate("main", (RAISED, Loosened("", "fail_on", "`fail_on` no longer names budget")))


def report(origin: Origin | None = None, gate: Gate | None = None) -> Report:
    return replace(sample(), origin=origin, gate=gate)


def passing(gate: Gate | None = None) -> Report:
    """A report in which every budget is kept."""
    (image, *_) = sample().images
    platforms = tuple(replace(p, verdicts=()) for p in image.platforms if p.outcome == "slimmed")
    return replace(sample(), images=(replace(image, platforms=platforms),), gate=gate)


def test_the_comment_ends_with_commit_run_and_report() -> None:
    text = to_markdown(report(ORIGIN))
    assert text.endswith(
        f"<sub>commit [`c3d0be41ecbe`](<https://github.example/o/r/commit/{SHA}>) · "
        f"[run 900](<{RUN}>) · [report](<{RUN}#artifacts>)</sub><!-- ci-slim run=900 -->\n"
    )
    assert run_of(text) == 900


def test_a_report_from_a_laptop_names_no_commit() -> None:
    assert origin_markdown(report()) == ""
    assert run_of(to_markdown(report())) == 0


def test_a_report_of_a_forks_own_run_says_so() -> None:
    line = origin_markdown(report(replace(ORIGIN, fork=True)))
    assert line.startswith("<sub>⚠️ reported by the fork's own run, which the fork can change · ")


LOOSENED = """\
⚠️ **This change loosens the rules of main**
- app: the limit &#96;pull&#96; is raised from 4 MB to 5 MB
- &#96;fail&#95;on&#96; no longer names budget
"""


def test_what_is_loosened_is_said_first() -> None:
    assert gate_markdown(GATE, 20, 300) == LOOSENED
    lines = to_markdown(report(gate=GATE)).split("\n")
    assert lines[1].startswith("### ❌ ci-slim: ")
    assert "loosens the rules of the target branch" in lines[1].replace("&#", "")
    assert "\n".join(lines[3:6]) + "\n" == LOOSENED
    assert gate_text(GATE) == (
        "This change loosens the rules of main\n"
        "  app: the limit `pull` is raised from 4 MB to 5 MB\n"
        "  `fail_on` no longer names budget\n"
    )
    assert (
        gate_text(GATE).splitlines()[0]
        == render(report(gate=GATE), "text").split("\n\n")[1].split("\n")[0]
    )


@pytest.mark.parametrize(
    ("gate", "head"),
    [
        (replace(GATE, protected=True),
         "❌ **This change loosens the rules of main, and is not approved**"),
        (replace(GATE, protected=True, approved="the label size-approved"),
         "⚠️ **This change loosens the rules of main; approved by the label size-approved**"),
        (Gate("main", unknown="there is no such file"),
         "⚠️ **The change could not be compared with the settings of main**"),
        (Gate("main", protected=True, unknown="there is no such file"),
         "❌ **The change could not be compared with the settings of main, and is not "
         "approved**"),
    ],
)  # fmt: skip
def test_who_must_approve_is_said(gate: Gate, head: str) -> None:
    assert gate_markdown(gate, 20, 300).split("\n")[0] == head


def test_a_change_that_loosens_nothing_is_no_word_worth() -> None:
    assert gate_markdown(Gate("main", protected=True), 20, 300) == ""
    assert to_markdown(report(gate=Gate("main"))) == to_markdown(report())


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [
        (None, "passed"),
        (GATE, "passed"),
        (Gate("main", protected=True), "passed"),
        (replace(GATE, protected=True), "over-budget"),
        (Gate("main", protected=True, unknown="why"), "over-budget"),
        (replace(GATE, protected=True, approved="the label x"), "passed"),
    ],
)
def test_a_protected_rule_that_is_loosened_fails_unless_it_is_approved(
    gate: Gate | None, outcome: str
) -> None:
    assert passing(gate).outcome == outcome


def test_json_keeps_both() -> None:
    made = report(ORIGIN, replace(GATE, protected=True, approved="a", unknown="u"))
    assert from_json(to_json(made)) == made


@pytest.mark.parametrize(
    "origin",
    [
        Origin(commit="main"),
        Origin(run_url="javascript:alert(1)"),
        Origin(report_url="https://x/>) [evil](https://y"),
        Origin(commit_url="https://x/\nnew line"),
    ],
)
def test_an_address_that_could_leave_its_link_is_refused(origin: Origin) -> None:
    with pytest.raises(UsageError, match=r"is not a valid (commit|address)"):
        from_json(to_json(report(origin)))


def test_many_loosened_rules_fit_into_a_comment() -> None:
    many = tuple(Loosened("a" * 300, "budget.pull", "`" * 1000 + str(n)) for n in range(500))
    text = to_markdown(report(ORIGIN, Gate("b" * 300, many)))
    assert len(text) <= LENGTH_MAX
    assert "- 480 more\n" in text


def test_the_gates_of_a_matrix_are_one() -> None:
    other = Loosened("web", "probes", "a probe is removed")
    approved = replace(GATE, protected=True, approved="the label x")
    one = replace(passing(approved), origin=ORIGIN)
    two = replace(passing(Gate("main", (RAISED, other), protected=True)), images=())
    joined = merge([one, two])
    assert joined.gate == Gate("main", (*GATE.loosened, other), True, "")
    assert merge([one]).gate == approved
    assert joined.origin == ORIGIN
