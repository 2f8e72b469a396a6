"""The first run of `ci-slim init`: build and slim once, leave out probes that do not work, and take
budgets from what was measured."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ci_slim import settings
from ci_slim.build.dockerfiles import read_dockerfiles
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import say
from ci_slim.commands.run_once import run_once
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.errors import CiSlimError, Interrupted, ProbeFailed, UsageError
from ci_slim.image.instructions import fields_of
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.options import RUN, SETTINGS_FILE, option_of
from ci_slim.platforms import Platform
from ci_slim.requests import Asked, Given, InitRequest, RunRequest
from ci_slim.result import Report
from ci_slim.settings import ImageSettings, Settings, document
from ci_slim.settings.document import Node, Scalar, Sequence, Table
from ci_slim.start import (
    BuildSecret,
    Proposal,
    failed_probes,
    settings_text,
    skipped,
    with_budgets,
    with_given_secrets,
    without_guesses,
    without_probes,
)

HEADROOM = GrowthLimit(percent=15)
"""With this, the measured size is below 90 % of the limit, from which on a verdict warns."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class FirstRun:
    """The result: the changed proposal, the last report, notes for the reader, and the error that
    could not be avoided."""

    proposal: Proposal
    report: Report | None = None
    notes: tuple[str, ...] = ()
    error: CiSlimError | None = None


def first_run(proposal: Proposal, request: InitRequest, edge: Edge) -> FirstRun:
    """Build and slim each image once, on one platform. Without a Docker daemon, run nothing."""
    try:
        native = _native(edge)
    except CiSlimError as error:
        note = f"nothing was built, so there are no budgets yet: {error}"
        return FirstRun(without_guesses(proposal), notes=(note,))
    notes: list[str] = []
    report: Report | None = None
    errors: tuple[CiSlimError, ...] = ()
    say(edge.hide, "building and slimming once; --no-build leaves this out")
    for _ in range(_TRIES):
        chosen = _on_one_platform(proposal, edge, native)
        texts = read_dockerfiles({image.name: image.build for image in chosen.images})
        try:
            report, errors = run_once(_request(request), chosen, edge, dockerfiles=texts)
        except Interrupted:
            raise
        except CiSlimError as error:
            note = f"nothing was measured, so there are no budgets yet: {error}"
            return FirstRun(without_guesses(proposal), notes=(*notes, note))
        failed = _failed(proposal, chosen, errors, edge)
        if not failed:
            break
        for image, numbers in failed.items():
            probes = next(each.probes for each in proposal.images if each.name == image)
            for number in numbers:
                value = probes[number].value
                kind = next(iter(value))
                if probes[number].is_guess:
                    continue
                notes.append(
                    f"{image}: the probe `{kind}: {value[kind]}` ({probes[number].why}) is left "
                    "out, because the image does not answer it as expected"
                )
            proposal = without_probes(proposal, image, numbers)
    assert report is not None
    proposal = without_guesses(proposal, report)
    headroom = request.budget_headroom or HEADROOM
    earlier = {image.name: image.budget for image in _earlier_images(edge.environment)}
    proposal = with_budgets(proposal, report, headroom, earlier)
    notes += skipped(report)
    return FirstRun(proposal, report, tuple(notes), errors[0] if errors else None)


def _native(edge: Edge) -> Platform:
    engine = Engine.connect(edge.environment, Owner.this_process().run_id("init"))
    with edge.held.closing(engine):
        return engine.platform


def _request(request: InitRequest) -> RunRequest:
    """A run that compares with nothing and writes nothing."""
    nothing = Given(option_of(RUN, "baseline"), ("none",), "init")
    made: RunRequest = settings.make(RunRequest, Asked((nothing,)))
    return replace(made, quiet=request.quiet)


def _on_one_platform(proposal: Proposal, edge: Edge, native: Platform) -> Settings:
    """The proposed settings, each image on the daemon's own platform, or on its first platform."""
    read = _read(proposal, edge)
    images = (
        replace(each, platforms=(native if native in each.platforms else each.platforms[0],))
        for each in read.images
    )
    return replace(read, images=tuple(images))


def _read(proposal: Proposal, edge: Edge) -> Settings:
    text = settings_text(with_given_secrets(proposal))
    return settings.parse(text, SETTINGS_FILE, edge.environment, read=settings.read_file)


def _failed(
    proposal: Proposal, chosen: Settings, errors: tuple[CiSlimError, ...], edge: Edge
) -> Mapping[str, frozenset[int]]:
    """The proposed probes that failed on the fat image, by the name of their image."""
    found: dict[str, frozenset[int]] = {}
    lines = [line for e in errors if isinstance(e, ProbeFailed) for line in (e.where, *e.details)]
    if not lines:
        return found
    for image, read in zip(proposal.images, chosen.images, strict=True):
        names = [probe.name for probe in read.probes]
        bad = frozenset(
            number
            for number, mine in enumerate(_shares(proposal, image.name, names, edge))
            if failed_probes(mine, lines)
        )
        if bad:
            found[image.name] = bad
    return found


def _shares(proposal: Proposal, name: str, names: list[str], edge: Edge) -> list[list[str]]:
    """The names of the probes that each proposed probe became: a probe file has several."""
    (image,) = (each for each in proposal.images if each.name == name)
    shares, at = [], 0
    for number in range(len(image.probes)):
        others = frozenset(range(len(image.probes))) - {number}
        alone = _read(without_probes(proposal, name, others), edge)
        (read,) = (each for each in alone.images if each.name == name)
        shares.append(names[at : at + len(read.probes)])
        at += len(read.probes)
    return shares


def earlier_secrets(environment: Mapping[str, str]) -> Mapping[str, BuildSecret]:
    """The secrets of builds in an existing settings file, by their id, as they are written there:
    their variables are not filled in."""
    if not _earlier_images(environment):
        return {}
    root = document.read(
        settings.read_file(SETTINGS_FILE).decode("utf-8-sig"), SETTINGS_FILE, {}, variables=False
    )
    found: dict[str, BuildSecret] = {}
    for text in _secret_texts(root):
        name = fields_of(text).get("id")
        if name:
            found[name] = BuildSecret(name, text, is_given=False)
    return found


def _secret_texts(root: Node | None) -> Iterator[str]:
    images = root.entries.get("images") if isinstance(root, Table) else None
    for image in images.entries.values() if isinstance(images, Table) else ():
        build = image.entries.get("build") if isinstance(image, Table) else None
        secrets = build.entries.get("secrets") if isinstance(build, Table) else None
        for each in secrets.items if isinstance(secrets, Sequence) else (secrets,):
            if isinstance(each, Scalar):
                yield each.text


def _earlier_images(environment: Mapping[str, str]) -> tuple[ImageSettings, ...]:
    """The images of an existing settings file."""
    if not Path(SETTINGS_FILE).exists():
        return ()
    try:
        return settings.load(SETTINGS_FILE, environment).images
    except UsageError:
        return ()
