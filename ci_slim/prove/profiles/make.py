"""Makes the profiles of a proved image. One run observes its system calls, and another run proves
the profile that allows them."""

from dataclasses import dataclass, replace

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError, NotVerified
from ci_slim.fat.image import FatImage, Workspace
from ci_slim.image.files import Kind
from ci_slim.observe import watch
from ci_slim.observe.exercise import under_probes
from ci_slim.observe.observation import Exercise, Lost
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.running import texts
from ci_slim.observe.seen import GuestLog, Traced
from ci_slim.observe.target import Target
from ci_slim.prove.comparison import compare
from ci_slim.prove.profiles import Profiles, apparmor, seccomp
from ci_slim.prove.result import SlimResult

_ROUNDS = 2
_OPT_OUT = "or go without profiles: `profiles: false` (--no-profiles)"


@dataclass(frozen=True, slots=True)
class Calls:
    """System calls by name: those of the image's own programs, and those of QEMU."""

    own: frozenset[str] = frozenset()
    host: frozenset[str] = frozenset()

    def __or__(self, other: "Calls") -> "Calls":
        return Calls(self.own | other.own, self.host | other.host)


@dataclass(frozen=True, slots=True)
class Trial:
    """An image and what is needed to try its profile."""

    engine: Engine
    tools: Tools
    spec: RunSpec
    fat: Exercise
    emulated: bool

    @property
    def where(self) -> str:
        return f"{self.spec.sidecar_image} ({self.spec.platform})"  # the fat image


def make_profiles(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    done: SlimResult,
    *,
    emulated: bool,
    name: str,
) -> Profiles:
    """Make profiles for the result of slimming: the slim image, or the unchanged fat image. The
    AppArmor profile is loaded under `name`.

    An emulated container also makes the calls of QEMU, and this machine's runc makes its own. So
    there the profile is proved with these calls and delivered without them. What a program calls
    may depend on time, so if the proof fails, the calls are observed once more.

    Raises NotVerified if the image does worse under its profile, and EngineError if its calls could
    not be observed.
    """
    if done.image is not None:
        spec = replace(spec, image=done.image.tags[0])
    trial = Trial(workspace.engine, workspace.tools, spec, done.fat, emulated)
    seen = Calls()
    worse: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        before, seen = seen, seen | observe_calls(trial)
        if seen == before:
            break
        profile = seccomp.profile(spec.platform, seen.own)
        enforced = seccomp.profile(workspace.engine.platform, seen.own | seen.host)
        worse = _run_under(trial, enforced if emulated else profile)
        if not worse:
            return Profiles(profile, _apparmor(name, spec, fat, done))
    raise NotVerified(
        "the image does worse under its seccomp profile, so the profile is not delivered",
        where=trial.where,
        hint="it makes a system call that it did not make while it was observed: add the probe "
        f"that shows it, {_OPT_OUT}",
        details=worse,
    )


def observe_calls(trial: Trial) -> Calls:
    """The system calls of a run under the probes."""
    engine, spec, emulated = trial.engine, trial.spec, trial.emulated
    guest = spec.platform
    log = GuestLog(guest.architecture, seccomp.known(guest)) if emulated else None
    traced = Traced(seccomp.known(engine.platform if emulated else guest))
    how = watch.for_calls(trial.tools.tracer, log)
    with Target.start(engine, trial.tools, spec, how) as target:
        exercise = under_probes(target, spec)
        counted = target.traces(lambda lines: traced.read(lines, guest=emulated))
        lost = [
            each.detail if isinstance(each, Lost) else "a trace is empty: nothing was traced"
            for each in counted
            if isinstance(each, Lost) or not each
        ]
    if lost:
        raise EngineError(
            "not all system calls could be observed", where=trial.where, details=tuple(lost)
        )
    if worse := compare((trial.fat,), (exercise,), bodies=False).problems:
        raise NotVerified(
            "the image does worse while its system calls are observed, which slows it down",
            where=trial.where,
            hint=f"give it more time (`ready: within`, `timeout`), {_OPT_OUT}",
            details=worse,
        )
    if log is not None and not log.names:
        raise NotVerified(
            "the emulator logs no system calls: it is not QEMU, or a modified QEMU",
            where=trial.where,
            hint=f"make the profile on a machine of the image's architecture, {_OPT_OUT}",
        )
    if traced.unlogged:
        raise NotVerified(
            "programs are started without the environment variables that make QEMU log their calls",
            where=trial.where,
            hint=f"make the profile on a machine of the image's architecture, {_OPT_OUT}",
            details=tuple(sorted(traced.unlogged)[:10]),
        )
    if log is None:
        return Calls(frozenset(traced.names))
    return Calls(frozenset(log.names), frozenset(traced.names))


def _run_under(trial: Trial, profile: str) -> tuple[str, ...]:
    """Run the image under a seccomp profile, without a tracer.

    Returns what it does worse than the fat image, and its last log lines; empty if it does not do
    worse. Raises NotVerified if it cannot be started.
    """
    try:
        target = Target.start(
            trial.engine, trial.tools, trial.spec, watch.under(f"seccomp={profile}")
        )
    except EngineError as error:
        raise NotVerified(
            "the container does not start under its seccomp profile",
            where=trial.where,
            hint=f"report the line below with the version of runc, {_OPT_OUT}",
            details=(error.message,),
        ) from None
    with target:
        exercise = under_probes(target, trial.spec)
    worse = compare((trial.fat,), (exercise,), bodies=False).problems
    return (*worse, *exercise.log[-10:]) if worse else ()


def _apparmor(name: str, spec: RunSpec, fat: FatImage, done: SlimResult) -> str:
    """The AppArmor profile, from the runs that slimmed and proved the image. It needs no further
    run."""
    seen = done.fat.observation
    if done.slim is not None:
        seen = seen.merge(done.slim.observation)
    volumes = texts(spec.config, "Volumes")
    files = apparmor.files_of(fat.index, done.keep.reasons, seen.uses, volumes)
    user = spec.run.user
    if user is None:
        user = str(spec.config.config.get("User") or "")
    passwd = fat.index.resolve("/etc/passwd").path
    entry = fat.index.get(passwd or "")
    known = fat.contents.read(entry.path) if entry and entry.kind is Kind.FILE else b""
    root = apparmor.may_be_root(user, known, fat.index, files)
    return apparmor.profile(name, files, root=root)
