"""The profiles of a proved image: its system calls are observed in a run of their own, and the
profile that allows them is proved in another one."""

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
    """System calls by name: of the image's own programs, and of QEMU below them."""

    own: frozenset[str] = frozenset()
    host: frozenset[str] = frozenset()

    def __or__(self, other: "Calls") -> "Calls":
        return Calls(self.own | other.own, self.host | other.host)


@dataclass(frozen=True, slots=True)
class _Bench:
    """One image and what its profile is tried with."""

    engine: Engine
    tools: Tools
    spec: RunSpec
    fat: Exercise
    emulated: bool

    @property
    def where(self) -> str:
        return f"{self.spec.sidecar_image} ({self.spec.platform})"  # the fat one


def make_profiles(
    workspace: Workspace,
    spec: RunSpec,
    fat: FatImage,
    done: SlimResult,
    *,
    emulated: bool,
    name: str,
) -> Profiles:
    """Profiles for what slimming `subject` gave: the slim image, or the fat one unchanged. That
    for AppArmor is loaded under `name`.

    An emulated container makes the calls of QEMU too, and this machine's runc its own. So there
    the profile is proved together with those, and handed out without them. What a program calls
    may depend on time: where the proof fails, calls are observed once more.

    Raises NotVerified when the image does worse under its profile, and EngineError when its calls
    could not be seen.
    """
    if done.image is not None:
        spec = replace(spec, image=done.image.tags[0])
    bench = _Bench(workspace.engine, workspace.tools, spec, done.fat, emulated)
    seen = Calls()
    worse: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        before, seen = seen, seen | _observed(bench)
        if seen == before:
            break
        profile = seccomp.profile(spec.platform, seen.own)
        enforced = seccomp.profile(workspace.engine.platform, seen.own | seen.host)
        worse = _worse_under(bench, enforced if emulated else profile)
        if not worse:
            return Profiles(profile, _apparmor(name, spec, fat, done))
    raise NotVerified(
        "the image does worse under its seccomp profile, so that is not handed out",
        where=bench.where,
        hint="it makes a system call that it did not make while it was observed: add the probe "
        f"that shows it, {_OPT_OUT}",
        details=worse,
    )


def _observed(bench: _Bench) -> Calls:
    """The system calls of a run under the probes."""
    engine, spec, emulated = bench.engine, bench.spec, bench.emulated
    guest = spec.platform
    log = GuestLog(guest.architecture, seccomp.known(guest)) if emulated else None
    traced = Traced(seccomp.known(engine.platform if emulated else guest))
    how = watch.for_calls(bench.tools.tracer, log)
    with Target.started(engine, bench.tools, spec, how) as target:
        exercise = under_probes(target, spec)
        counted = target.traces(lambda lines: traced.read(lines, guest=emulated))
        lost = [
            each.detail if isinstance(each, Lost) else "a trace is empty: nothing was traced"
            for each in counted
            if isinstance(each, Lost) or not each
        ]
    if lost:
        raise EngineError(
            "not all system calls could be seen", where=bench.where, details=tuple(lost)
        )
    if worse := compare((bench.fat,), (exercise,), bodies=False).problems:
        raise NotVerified(
            "the image does worse while its system calls are observed, which takes it longer",
            where=bench.where,
            hint=f"give it more time (`ready: within`, `timeout`), {_OPT_OUT}",
            details=worse,
        )
    if log is not None and not log.names:
        raise NotVerified(
            "the emulator logs no system calls: it is not QEMU, or one that was changed",
            where=bench.where,
            hint=f"make the profile on a machine of the image's architecture, {_OPT_OUT}",
        )
    if traced.unlogged:
        raise NotVerified(
            "programs are started without the environment in which QEMU is told to log their calls",
            where=bench.where,
            hint=f"make the profile on a machine of the image's architecture, {_OPT_OUT}",
            details=tuple(sorted(traced.unlogged)[:10]),
        )
    if log is None:
        return Calls(frozenset(traced.names))
    return Calls(frozenset(log.names), frozenset(traced.names))


def _worse_under(bench: _Bench, profile: str) -> tuple[str, ...]:
    """Run the image under a seccomp profile, with no tracer: where it does worse than the fat one,
    and its last words; empty when it does not. Raises NotVerified when it cannot be started."""
    try:
        target = Target.started(bench.engine, bench.tools, bench.spec, watch.under(profile))
    except EngineError as error:
        raise NotVerified(
            "the container does not start under its seccomp profile",
            where=bench.where,
            hint=f"report the line below with the version of runc, {_OPT_OUT}",
            details=(error.message,),
        ) from None
    with target:
        exercise = under_probes(target, bench.spec)
    worse = compare((bench.fat,), (exercise,), bodies=False).problems
    return (*worse, *exercise.log[-10:]) if worse else ()


def _apparmor(name: str, spec: RunSpec, fat: FatImage, done: SlimResult) -> str:
    """The profile for AppArmor: from the runs that slimmed and proved the image, with no other."""
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
