"""What a change loosens of the target branch's settings."""

from typing import Any

import pytest
from settings_texts import flags

from ci_slim.commands.edge import Edge
from ci_slim.commands.gate import judgement
from ci_slim.forges import Absent, Approvals, Found, NotFound, NotPublished
from ci_slim.judge.gate import Approval, loosened
from ci_slim.options import FAILURES
from ci_slim.requests import RunRequest
from ci_slim.result import Gate, Loosened
from ci_slim.settings import make, parse
from ci_slim.settings.gate import rules_of

BEFORE = """\
version: 1
protect: true
fail_on: [budget, warning]
approval: {label: size-approved, users: [alice, bob]}
images:
  app:
    build: {platforms: [linux/arm64, linux/amd64]}
    probes: [{http: GET /}, {exec: app --version}]
    keep: [/etc/app/**]
    drop: [/usr/share/doc/**]
    budget: {pull: 4 MB, growth: 2%, layers: 5, platforms: {linux/arm64: {disk: 9 MB}}}
"""


def rules(text: str) -> Any:
    settings = parse(text, ".ci-slim.yml", {})
    return rules_of(settings, settings.fail_on)


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("pull: 4 MB", "pull: 5 MB", "budget.pull",
         "the limit `pull` is raised from 4 MB to 5 MB"),
        ("pull: 4 MB, ", "", "budget.pull", "the limit `pull` of 4 MB is removed"),
        ("growth: 2%", "growth: 3%", "budget.growth",
         "the limit `growth` is raised from 2 % to 3 %"),
        ("growth: 2%", "growth: 10 kB", "budget.growth",
         "the limit `growth` is raised from 2 % to 10 kB"),
        ("layers: 5", "layers: 6", "budget.layers", "the limit `layers` is raised from 5 to 6"),
        ("disk: 9 MB", "disk: 10 MB", "budget.platforms.linux/arm64.disk",
         "the limit `disk` is raised from 9 MB to 10 MB on linux/arm64"),
        ("disk: 9 MB", "disk: 9 MB, pull: 6 MB", "budget.platforms.linux/arm64.pull",
         "the limit `pull` is raised from 4 MB to 6 MB on linux/arm64"),
        (", {exec: app --version}", "", "probes", "the probe exec app --version is removed"),
        ("{http: GET /}", "{http: GET /, expect: {status: 500}}", "probes",
         "the probe GET / is changed"),
        ("/doc/**]", "/doc/**, /usr/lib/**]", "drop", "/usr/lib/** is always dropped"),
        ("keep: [/etc/app/**]", "keep: []", "keep",
         "/etc/app/** is no longer always kept"),
        ("keep: [/etc/app/**]", "keep: [/etc/app/**, /opt]", "keep", "/opt is always kept"),
        ("[linux/arm64, linux/amd64]", "[linux/arm64]", "platforms",
         "the platform linux/amd64 is no longer built"),
        ("    budget:", "    slim: {enabled: false}\n    budget:", "slim.enabled",
         "the image is no longer slimmed and proved"),
    ],
)  # fmt: skip
def test_what_allows_more_is_loosened(old: str, new: str, key: str, message: str) -> None:
    assert old in BEFORE
    after = BEFORE.replace(old, new)
    assert loosened(rules(BEFORE), rules(after)) == (Loosened("app", key, message),)


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        ("protect: true", "protect: false", "protect", "`protect` is removed"),
        ("protect: true\n", "", "protect", "`protect` is removed"),
        (
            "[alice, bob]",
            "[mallory]",
            "approval",
            "the users or the label that approve are changed",
        ),
        ("[budget, warning]", "[budget]", "fail_on", "`fail_on` no longer names warning"),
        ("[budget, warning]", "[warning, never]", "fail_on", "`fail_on` no longer names budget"),
    ],
)
def test_what_holds_for_all_images_is_loosened_too(
    old: str, new: str, key: str, message: str
) -> None:
    found = loosened(rules(BEFORE), rules(BEFORE.replace(old, new)))
    assert found == (Loosened("", key, message),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pull: 4 MB", "pull: 3 MB"),
        ("pull: 4 MB", "pull: 4 MB, disk: 8 MB"),
        ("growth: 2%", "growth: 1%"),
        ("{http: GET /}", "{http: GET /}, {http: GET /more}"),
        ("[/usr/share/doc/**]", "[]"),
        ("[budget, warning]", "[budget, warning, unknown]"),
        ("[linux/arm64, linux/amd64]", "[linux/arm64, linux/amd64, linux/arm/v6]"),
        ("images:\n", "images:\n  more: {image: more}\n"),
        ("version: 1", "version: 1\nbaseline: {ref: main}"),
    ],
)
def test_what_asks_for_more_or_for_nothing_is_not_loosened(old: str, new: str) -> None:
    assert old in BEFORE
    assert loosened(rules(BEFORE), rules(BEFORE.replace(old, new))) == ()


def test_an_image_that_is_left_out_is_loosened() -> None:
    after = BEFORE.replace("  app:", "  renamed:")
    (one,) = loosened(rules(BEFORE), rules(after))
    assert one == Loosened("app", "images", "the image is no longer judged")


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (Approval(), ""),
        (Approval("x"), "the label x"),
        (Approval(users=("a", "b")), "an approval by a or b"),
        (Approval("x", ("a",)), "the label x or an approval by a"),
    ],
)
def test_what_would_approve_is_said(approval: Approval, words: str) -> None:
    assert str(approval) == words


# -- what a run is judged by ----------------------------------------------------------------------


class OneForge:
    """A forge with one file and these approvals."""

    name, key = "double", "default"

    def __init__(
        self,
        file: Found | NotFound | Absent,
        approvals: Approvals | NotFound | None = None,
        target: str = "main",
    ) -> None:
        self._file, self.target = file, target
        self._approvals = approvals or Approvals()
        self.asked: list[tuple[str, str]] = []

    def file(self, path: str, branch: str) -> Found | NotFound | Absent:
        self.asked.append((path, branch))
        return self._file

    def approvals(self) -> Approvals | NotFound:
        return self._approvals

    def publish_comment(self, markdown: str, key: str = "default") -> NotPublished:
        raise AssertionError

    def baseline(self, key: str = "", branch: str = "") -> NotFound:
        raise AssertionError


def judged(after: str, forge: OneForge | None, **given: Any) -> Any:
    request = make(RunRequest, flags(**given))
    settings = parse(after, request.config, {}, request.asked)
    return judgement(request, settings, Edge(own_forge=lambda: forge))


RAISED = BEFORE.replace("pull: 4 MB", "pull: 5 MB").replace("[budget, warning]", "[never]")
LOOSENED = (
    Loosened("", "fail_on", "`fail_on` no longer names budget"),
    Loosened("", "fail_on", "`fail_on` no longer names warning"),
    Loosened("app", "budget.pull", "the limit `pull` is raised from 4 MB to 5 MB"),
)
NEEDS = "the label size-approved or an approval by alice or bob"


def on_main(text: str = BEFORE, **more: Any) -> OneForge:
    return OneForge(Found(text.encode(), "main"), **more)


def test_a_protected_branch_judges_by_its_own_settings_and_fails() -> None:
    forge = on_main()
    found = judged(RAISED, forge)
    assert found.gate == Gate("main", LOOSENED, True, "", NEEDS)
    assert found.gate.failed
    assert found.settings.images[0].budget.limits == rules(BEFORE).images["app"].budget.limits
    assert set(found.fail_on) == {"budget", "warning"}
    assert forge.asked == [(".ci-slim.yml", "main")]


@pytest.mark.parametrize(
    ("approvals", "approved"),
    [
        (Approvals(frozenset({"size-approved", "bug"})), "the label size-approved"),
        (Approvals(users=frozenset({"Bob"})), "an approval by bob"),
    ],
)
def test_an_approved_change_is_judged_by_its_own_settings(
    approvals: Approvals, approved: str
) -> None:
    found = judged(RAISED, on_main(approvals=approvals))
    assert (found.gate.approved, found.gate.failed) == (approved, False)
    assert found.fail_on == ("never",)
    assert found.settings.images[0].budget.limits.by_rule["pull"] == 5_000_000


@pytest.mark.parametrize(
    "approvals",
    [
        Approvals(frozenset({"bug"}), frozenset({"mallory"})),
        NotFound("GitHub answers 403"),
    ],
)
def test_what_does_not_approve_fails(approvals: Approvals | NotFound) -> None:
    assert judged(RAISED, on_main(approvals=approvals)).gate.failed


def test_the_change_cannot_name_its_own_approver() -> None:
    after = RAISED.replace("size-approved", "bug")
    assert judged(after, on_main(approvals=Approvals(frozenset({"bug"})))).gate.failed


def test_the_change_cannot_take_the_protection_away() -> None:
    found = judged(RAISED.replace("protect: true\n", ""), on_main())
    assert found.gate.failed


def test_without_protection_it_is_said_and_nothing_fails() -> None:
    free = BEFORE.replace("protect: true\n", "")
    found = judged(RAISED.replace("protect: true\n", ""), on_main(free))
    assert (found.gate.loosened, found.gate.failed) == (LOOSENED, False)
    assert found.fail_on == ("never",)


def test_a_change_that_loosens_nothing_is_judged_by_itself() -> None:
    after = BEFORE.replace("pull: 4 MB", "pull: 3 MB")
    found = judged(after, on_main())
    assert found.gate == Gate("main", (), True)
    assert found.settings.images[0].budget.limits.by_rule["pull"] == 3_000_000


@pytest.mark.parametrize("protect", [True, False])
def test_settings_that_cannot_be_compared_fail_where_they_are_protected(protect: bool) -> None:
    after = BEFORE if protect else BEFORE.replace("protect: true\n", "")
    for forge in (OneForge(NotFound("GitHub answers 403")), on_main("version: 1\nimages: []\n")):
        gate = judged(after, forge).gate
        assert (gate is not None and gate.failed) is protect


@pytest.mark.parametrize(
    ("forge", "given"),
    [
        (None, {}),
        (OneForge(Found(b"", ""), target=""), {}),
        (OneForge(Absent()), {}),
        (OneForge(Found(b"", "")), {"config": "/elsewhere/.ci-slim.yml"}),
    ],
)
def test_without_a_branch_to_compare_with_there_is_no_gate(
    forge: OneForge | None, given: dict[str, str]
) -> None:
    assert judged(BEFORE, forge, **given).gate is None


def test_what_a_flag_says_holds_for_both() -> None:
    found = judged(RAISED, on_main(), fail_on="budget", budget="pull: 2 MB")
    assert found.gate.loosened == ()
    assert found.fail_on == ("budget",)


def test_only_the_images_that_were_asked_for_are_compared() -> None:
    two = BEFORE + "  other: {image: other, budget: {pull: 1 MB}}\n"
    after = two.replace("pull: 1 MB", "pull: 2 MB")
    assert judged(after, on_main(two), images=("app",)).gate.loosened == ()


def test_every_failure_can_be_named_in_the_file() -> None:
    text = f"version: 1\nfail_on: [{', '.join(FAILURES)}]\nimages: {{a: {{image: a}}}}\n"
    assert parse(text, "f.yml", {}).fail_on == FAILURES
