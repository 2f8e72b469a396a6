"""The gate: compare the settings of a change with those of its target branch."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ci_slim.commands.edge import Edge
from ci_slim.errors import UsageError
from ci_slim.forges import Absent, Forge, Found, NotFound
from ci_slim.judge.gate import Approval, loosened
from ci_slim.requests import BuildRequest, RunRequest
from ci_slim.result import Gate
from ci_slim.settings import Settings, parse
from ci_slim.settings.gate import judged_by, rules_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """The settings that a run is judged by."""

    settings: Settings
    fail_on: tuple[str, ...]
    gate: Gate | None = None


def judgement(request: RunRequest | BuildRequest, settings: Settings, edge: Edge) -> Judgement:
    """The settings to judge this run by: its own; or those of the target branch, if these are
    protected and the change loosens them without approval."""
    own = Judgement(settings, _fail_on(request, settings))
    forge = edge.forge()
    branch = forge.target if forge is not None else ""
    path = PurePosixPath(request.config)
    if forge is None or not branch or path.is_absolute() or ".." in path.parts:
        return own
    target = _target(request, settings, forge, branch, edge)
    if target is None:
        return own
    if isinstance(target, NotFound):
        gate = Gate(branch, protected=True, unknown=target.reason)
        return replace(own, gate=gate) if settings.protect else own
    before = rules_of(target, _fail_on(request, target))
    found = loosened(before, rules_of(settings, own.fail_on))
    gate = Gate(branch, found, before.protect)
    if not (gate.protected and found):
        return replace(own, gate=gate)
    approved, lacking = _approved(before.approval, forge)
    gate = replace(gate, approved=approved, needs=lacking or str(before.approval))
    if approved:
        return replace(own, gate=gate)
    return Judgement(judged_by(settings, before), tuple(before.fail_on), gate)


def _fail_on(request: RunRequest | BuildRequest, settings: Settings) -> tuple[str, ...]:
    """What fails the run: as the request says, else as the settings say, else broken budgets."""
    asked = request.asked.gave("fail_on")
    return request.fail_on if asked else settings.fail_on or request.fail_on


def _target(
    request: RunRequest | BuildRequest, settings: Settings, forge: Forge, branch: str, edge: Edge
) -> Settings | NotFound | None:
    """The settings on the target branch; None if it has no settings file."""
    found = forge.file(request.config, branch)
    if isinstance(found, Absent):
        return None
    if isinstance(found, NotFound):
        return found
    named = {image.name for image in settings.images}
    try:
        text = found.content.decode("utf-8-sig")
        asked = request.asked.without("images")
        target = parse(text, request.config, edge.environment, asked, _reader(forge, branch))
    except (UsageError, UnicodeDecodeError) as error:
        return NotFound(f"{request.config} on {branch}: {error}")
    if not request.images:
        return target
    # Only the requested images; the target branch may not have all of them.
    images = tuple(image for image in target.images if image.name in named)
    return replace(target, images=images)


def _reader(forge: Forge, branch: str) -> Callable[[str], bytes]:
    """A function that reads the files that these settings name, from the same branch."""

    def read(path: str) -> bytes:
        found = forge.file(path, branch)
        if isinstance(found, Found):
            return found.content
        raise OSError(found.reason if isinstance(found, NotFound) else "no such file")

    return read


def _approved(wanted: Approval, forge: Forge) -> tuple[str, str]:
    """What approves the change, or ""; and why that could not be found out, or ""."""
    found = forge.approvals()
    if isinstance(found, NotFound):
        return "", found.reason
    if wanted.label is not None and wanted.label in found.labels:
        return f"the label {wanted.label}", ""
    by = [user for user in wanted.users if user.lower() in {each.lower() for each in found.users}]
    return (f"an approval by {by[0]}" if by else ""), ""
