"""Finds the rights that an image needs, round by round, and proves the image with them.

The proof has no tracer. It uses the same probes, and exactly the settings that are delivered.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError, NotVerified
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image.files import Kind
from ci_slim.observe import watch
from ci_slim.observe.exercise import refuse_failed, under_probes
from ci_slim.observe.observation import Exercise
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import texts
from ci_slim.observe.target import Target
from ci_slim.prove.comparison import compare
from ci_slim.prove.harden.accounts import account
from ci_slim.prove.harden.hardened import Hardened
from ci_slim.prove.harden.rights import (
    LOOSENINGS,
    Hardening,
    Subject,
    first,
    loosened,
    wider,
)
from ci_slim.prove.privileges import gaining, with_privileges
from ci_slim.prove.profiles import seccomp
from ci_slim.prove.profiles.make import Trial, observe_calls
from ci_slim.prove.replay import run_both

ROUNDS = 8
"""The most rounds in which rights are added. Each round shows what the one before prevented."""
NO_NEW_PRIVILEGES = "no-new-privileges:true"


def harden(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    *,
    emulated: bool,
    profile: str | None,
    make_profile: bool,
) -> Hardened:
    """Find the rights, and prove the image with them. `profile` is an existing seccomp profile.
    With `make_profile`, one is made if there is none.

    Raises ProbeFailed if the image fails its probes with all rights, and NotVerified if it does
    worse with few rights, whatever is added.
    """
    user = account(spec.run.user, spec.config, _passwd(fat))
    seen, plain = _with_all_rights(workspace, spec)
    gains = gaining(seen.observation, fat.index)
    if gains:
        spec = with_privileges(spec, fat.index, fat.contents)
        seen, plain = _with_all_rights(workspace, spec)
    subject = Subject(
        fat.index,
        user.uid,
        user.gid,
        frozenset(_writable_already(spec)),
        spec.run.host.cap_add,
        gains,
        bool(spec.run.files),
    )
    before = (seen, plain)
    hardening, rounds = _proved(workspace, spec, subject, before)
    if profile is None and make_profile:
        profile = _profile(workspace, spec, hardening, seen, emulated=emulated)
    if profile and not emulated:  # QEMU makes its own calls
        _prove_profile(workspace, spec, hardening, before, profile)
    return Hardened(hardening, user, rounds, profile or "", emulated)


def hardened(spec: RunSpec, hardening: Hardening) -> RunSpec:
    """The run of the image with only these rights."""
    host = spec.run.host
    mounts = hardening.mounts.values()
    tmpfs = [f"{each.path}:{each.options}" for each in mounts if each.kind == "tmpfs"]
    volumes = [each.path for each in mounts if each.kind == "volume"]
    limited = replace(
        host,
        read_only=hardening.read_only,
        tmpfs=(*host.tmpfs, *tmpfs),
        volumes=(*host.volumes, *volumes),
        cap_drop=("ALL",),
        cap_add=hardening.capabilities,
    )
    return replace(spec, run=replace(spec.run, host=limited))


def security(hardening: Hardening, profile: str = "") -> tuple[str, ...]:
    """The security options for the Docker API."""
    nothing_new = [NO_NEW_PRIVILEGES] if hardening.no_new_privileges else []
    return (*nothing_new, *([f"seccomp={profile}"] if profile else []))


def _with_all_rights(workspace: Workspace, spec: RunSpec) -> tuple[Exercise, Exercise]:
    """Run the image with all rights: traced, and without a tracer."""
    seen, plain = run_both(
        spec,
        partial(_traced, workspace, spec, ()),
        partial(_untraced, workspace, spec, ()),
    )
    refuse_failed(seen, spec)
    refuse_failed(plain, spec)
    return seen, plain


def _proved(
    workspace: Workspace, spec: RunSpec, subject: Subject, before: Sequence[Exercise]
) -> tuple[Hardening, int]:
    """Find the rights with which the image does as well as with all rights. Also returns the number
    of rounds."""
    seen = before[0]
    needed = first(subject, seen.observation)
    without: tuple[str, ...] = ()
    for number in range(1, ROUNDS + 1):  # noqa: B007 - the number of rounds is needed
        hardening = loosened(needed, subject, without)
        limited = replace(hardened(spec, hardening), patience=seen.patience)
        traced, untraced = run_both(
            spec,
            partial(_traced, workspace, limited, security(hardening)),
            partial(_untraced, workspace, limited, security(hardening)),
        )
        problems = _worse(before, (traced, untraced))
        more = wider(needed, subject, seen.observation, traced.observation)
        if more == needed and not problems:
            break
        steps = [each for each in LOOSENINGS if each not in without]
        helps = [s for s in steps if loosened(needed, subject, (*without, s)) != hardening]
        if more == needed and not helps:
            raise _not_proved(spec, hardening, problems)
        if more == needed:
            without = (*without, helps[0])
        needed = more
    else:
        if problems:
            raise _not_proved(spec, hardening, problems)
    for step in without[:-1]:  # a right that did not help is removed again
        fewer = tuple(each for each in without if each != step)
        tried = loosened(needed, subject, fewer)
        if not _worse(before, (_untraced(workspace, hardened(spec, tried), security(tried)),)):
            hardening, without = tried, fewer
    return hardening, number


def _not_proved(spec: RunSpec, hardening: Hardening, problems: tuple[str, ...]) -> NotVerified:
    return NotVerified(
        "the image does worse with few rights, and no added right helps",
        where=spec.where,
        hint="set what it needs under `run:` (cap_add, tmpfs, volumes), or check its log",
        details=(*problems, *(f"added: {each}" for each in hardening.reasons)),
    )


def _traced(workspace: Workspace, spec: RunSpec, options: Sequence[str]) -> Exercise:
    how = watch.for_rights(workspace.tools.tracer, spec.privileges, options)
    return _exercised(workspace.engine, workspace.tools, spec, how)


def _untraced(workspace: Workspace, spec: RunSpec, options: Sequence[str]) -> Exercise:
    quiet = replace(workspace.tools, show=lambda _: None)  # only the other run shows its progress
    return _exercised(workspace.engine, quiet, spec, watch.under(*options))


def _exercised(engine: Engine, tools: Tools, spec: RunSpec, how: watch.Watch) -> Exercise:
    try:
        target = Target.start(engine, tools, spec, how)
    except EngineError as error:
        return Exercise((), problem=f"it does not start: {error.message}")
    with target:
        exercise = under_probes(target, spec)
        if how.tracer is None:
            return exercise
        return replace(exercise, observation=target.observation())


def _worse(before: Sequence[Exercise], after: Sequence[Exercise]) -> tuple[str, ...]:
    found = compare(before, after).problems
    return tuple(each.replace("the fat image", "the run with all rights") for each in found)


def _profile(
    workspace: Workspace, spec: RunSpec, hardening: Hardening, seen: Exercise, *, emulated: bool
) -> str:
    limited = hardened(spec, hardening)
    calls = observe_calls(Trial(workspace.engine, workspace.tools, limited, seen, emulated))
    return seccomp.profile(spec.platform, calls.own)


def _prove_profile(
    workspace: Workspace,
    spec: RunSpec,
    hardening: Hardening,
    before: Sequence[Exercise],
    profile: str,
) -> None:
    limited = hardened(spec, hardening)
    exercise = _untraced(workspace, limited, security(hardening, profile))
    if problems := _worse(before, (exercise,)):
        raise NotVerified(
            "the image does worse under its seccomp profile",
            where=spec.where,
            hint="it makes a system call that it did not make while it was observed: add the probe "
            "that shows it, or leave out --output",
            details=(*problems, *exercise.log[-10:]),
        )


def _writable_already(spec: RunSpec) -> list[str]:
    host = spec.run.host
    in_memory = [each.partition(":")[0] for each in host.tmpfs]
    return [*texts(spec.config, "Volumes"), *host.volumes, *in_memory]


def _passwd(fat: FatImage) -> str:
    entry = fat.index.get(fat.index.resolve("/etc/passwd").path or "")
    known = fat.contents.read(entry.path) if entry is not None and entry.kind is Kind.FILE else b""
    return known.decode("utf-8", "replace")
