"""`ci-slim init`: write a first settings file and pipeline from what the repository contains."""

import difflib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from ci_slim import settings
from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import say, show, tell
from ci_slim.commands.first_run import FirstRun, earlier_secrets, first_run
from ci_slim.commands.repository_files import read_repository
from ci_slim.deliver import write_text
from ci_slim.errors import CiSlimError, UsageError
from ci_slim.image.instructions import fields_of
from ci_slim.options import SETTINGS_FILE
from ci_slim.platforms import Platform, parse
from ci_slim.redact import foreign
from ci_slim.requests import InitRequest
from ci_slim.settings.files import told
from ci_slim.start import (
    BuildSecret,
    Forge,
    NewFile,
    Proposal,
    Repository,
    ignore_file,
    pipeline_file,
    propose,
    settings_text,
    unreached,
    unreached_after,
    without_guesses,
)
from ci_slim.start.propose import DEFAULT_PLATFORM, found_platforms


@dataclass(frozen=True, slots=True)
class _Change:
    """A file before and after; `before` is None for a new one."""

    path: str
    before: str | None
    after: str


def init(request: InitRequest, edge: Edge) -> int:
    """Propose the settings and the pipeline, show them, and write them. Returns the exit code."""
    edge = edge.without_secrets()
    asks = sys.stdin is not None and sys.stdin.isatty() and not request.yes
    repository = read_repository(Path.cwd())
    proposal = _proposal(repository, request, asks, edge)
    forge: Forge = request.forge or repository.forge or (_asked_forge() if asks else "none")
    ran = FirstRun(without_guesses(proposal))
    if request.build:
        ran = first_run(proposal, request, edge)
    text = settings_text(ran.proposal)
    settings.parse(text, SETTINGS_FILE, edge.environment, read=settings.read_file)
    pipeline = pipeline_file(repository, forge)
    ignored = ignore_file({each.context for each in ran.proposal.images}, _ignored())
    wanted = [NewFile(SETTINGS_FILE, text), *filter(None, (pipeline, ignored))]
    changes = [change for change in map(_change, wanted) if change is not None]
    _show(changes, wanted)
    for note in (*ran.notes, *unreached(ran.proposal, repository), *_lost(ran)):
        say(edge.hide, note)
    _tell_missing_secrets(edge, ran.proposal)
    if request.build:
        _tell_earlier_secrets(edge, ran.proposal)
    if changes and not request.yes:
        if not asks:
            raise UsageError(
                "nothing was written, because nobody can be asked",
                where="stdin",
                hint="call `ci-slim init --yes` to write these files",
            )
        if not click.confirm("Write these files?", default=True, err=True):
            return 0
    for change in changes:
        write_text(Path(change.path), change.after)
    _tell_end(edge, changes)
    if ran.error is not None:
        tell(edge.hide, ran.error)
        return ran.error.exit_code
    return 0


def _proposal(repository: Repository, request: InitRequest, asks: bool, edge: Edge) -> Proposal:
    """The proposal, with platforms. Raises UsageError for a repository without a Dockerfile."""
    platforms = request.platform
    if not platforms and not found_platforms(repository):
        platforms = _asked_platforms() if asks else (parse(DEFAULT_PLATFORM),)
    secrets = {**earlier_secrets(edge.environment), **_by_id(request.secret)}
    make = partial(propose, repository, platforms, secrets=secrets)
    proposal = make()
    text = settings_text(proposal)
    try:
        settings.parse(text, SETTINGS_FILE, edge.environment, read=settings.read_file)
    except UsageError:  # a Compose file that `run.compose` does not take, or a variable of it
        proposal = make(by_compose=False)
    if not proposal.images:
        raise UsageError(
            "there is no Dockerfile here",
            where=str(Path.cwd()),
            hint="call `ci-slim init` in the folder of the repository",
        )
    _refuse_unused(request.secret, proposal)
    return proposal


def _by_id(secrets: Sequence[str]) -> dict[str, BuildSecret]:
    """Id → secret. Raises UsageError for a secret without an id."""
    found: dict[str, BuildSecret] = {}
    for secret in secrets:
        fields = fields_of(secret)
        if not fields.get("id"):
            raise UsageError(
                f"the secret `{secret}` has no id", where="--secret", hint=f"write id=NAME,{secret}"
            )
        found[fields["id"]] = BuildSecret(fields["id"], secret)
    return found


def _refuse_unused(secrets: Sequence[str], proposal: Proposal) -> None:
    """Raise UsageError for a secret that no Dockerfile asks for."""
    used = {secret for image in proposal.images for secret in image.secrets}
    for name, secret in _by_id(secrets).items():
        if secret not in used:
            missing = {each for image in proposal.images for each in image.missing_secrets}
            raise UsageError(
                f"no Dockerfile asks for the secret `{name}`",
                where="--secret",
                hint=f"they ask for {', '.join(sorted(missing))}" if missing else "leave it out",
            )


def _asked_platforms() -> tuple[Platform, ...]:
    def several(text: str) -> tuple[Platform, ...]:
        try:
            return tuple(parse(part) for part in text.split(","))
        except CiSlimError as error:
            raise click.BadParameter(f"{error} {error.hint}".strip()) from None

    question = "Platforms of your devices, with commas (such as linux/arm64,linux/arm/v6)"
    found: tuple[Platform, ...] = click.prompt(
        question, default=DEFAULT_PLATFORM, value_proc=several, err=True
    )
    return found


def _asked_forge() -> Forge:
    found: Forge = click.prompt(
        "Where does the pipeline run?",
        type=click.Choice(("github", "gitlab", "none")),
        default="none",
        err=True,
    )
    return found


def _ignored() -> str:
    path = Path(".dockerignore")
    return _read(str(path)) if path.is_file() else ""


def _read(path: str) -> str:
    """The text of a file that may be replaced. Raises UsageError."""
    try:
        return settings.read_file(path).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(
            f"this cannot be read, so it is not replaced: {told(error)}",
            where=path,
            hint="move it away, then call `ci-slim init` again",
        ) from None


def _change(file: NewFile) -> _Change | None:
    """The change to write; None if the file needs no change. Raises UsageError for a link."""
    path = Path(file.path)
    if not file.text:
        return None
    for part in (path, *path.parents):
        if part.is_symlink():
            raise UsageError(
                "this is a symbolic link, so nothing is written there",
                where=str(part),
                hint="replace the link with a file or folder of its own",
            )
    before = None
    if os.path.lexists(path):
        before = _read(file.path)
    return None if before == file.text else _Change(file.path, before, file.text)


def _show(changes: Sequence[_Change], wanted: Sequence[NewFile]) -> None:
    """Show each file: all of a new file, the difference of an existing one."""
    changed = {change.path: change for change in changes}
    for file in wanted:
        change = changed.get(file.path)
        if change is None:
            show(f"{file.path}: {_printable(file.note) or 'no change'}\n")
        elif change.before is None:
            show(f"{file.path} (new):\n{_indented(change.after)}")
        else:
            lines = difflib.unified_diff(
                change.before.splitlines(), change.after.splitlines(),
                f"{file.path} (now)", f"{file.path} (proposed)", lineterm="",
            )  # fmt: skip
            show(f"{file.path} (changed):\n" + _indented("\n".join(lines)))


def _indented(text: str) -> str:
    return "".join(f"    {foreign(line)}".rstrip() + "\n" for line in text.splitlines())


def _printable(text: str) -> str:
    return "\n".join(map(foreign, text.splitlines()))


def _lost(ran: FirstRun) -> Sequence[str]:
    return tuple(unreached_after(ran.report)) if ran.report is not None else ()


def _tell_missing_secrets(edge: Edge, proposal: Proposal) -> None:
    for image in proposal.images:
        for name in image.missing_secrets:
            say(
                edge.hide,
                f"{image.name}: the build asks for the secret {name}, which was not given",
                hint=f"call `ci-slim init --secret id={name},src=FILE` if it needs that",
            )


def _tell_earlier_secrets(edge: Edge, proposal: Proposal) -> None:
    for image in proposal.images:
        for secret in image.secrets:
            if not secret.is_given:
                say(
                    edge.hide,
                    f"{image.name}: the first build does not get the secret {secret.id} that "
                    f"{SETTINGS_FILE} names, since a file of the repository may not choose it",
                    hint=f"call `ci-slim init --secret id={secret.id},src=FILE` to give it",
                )


def _tell_end(edge: Edge, changes: Sequence[_Change]) -> None:
    if not changes:
        say(edge.hide, "nothing to change")
        return
    *others, last = (change.path for change in changes)
    names = f"{', '.join(others)} and {last}" if others else last
    say(edge.hide, f"wrote {names}", hint="look through them, then call `ci-slim run`")
