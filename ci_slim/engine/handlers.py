"""Registers missing QEMU handlers on the daemon's machine, with an image for that purpose.

The image is `tonistiigi/binfmt` or one with the same arguments. It runs privileged on the daemon's
machine, and `--install arm,arm64` registers the handlers in binfmt_misc there. They stay until that
machine restarts. A hosted runner ends after the job.
"""

from collections.abc import Callable, Collection

from ci_slim.engine import emulation
from ci_slim.engine.docker import Engine
from ci_slim.errors import CiSlimError, EngineError
from ci_slim.platforms import Platform
from ci_slim.redact import foreign

_LOG_LINES = 5


def ensure(
    engine: Engine, platforms: Collection[Platform], image: str | None, note: Callable[[str], None]
) -> frozenset[str]:
    """The platforms that the daemon can run, as texts. If an image is given, the handlers of the
    others are registered first. If that is not allowed or does not help, `note` says so, and the
    platform is left out."""
    runs = emulation.runnable(engine, platforms)
    missing = [platform for platform in platforms if str(platform) not in runs]
    if not missing or not image:
        return runs
    names = ",".join(sorted({platform.architecture for platform in missing}))
    note(f"registering QEMU handlers for {names} on the daemon's machine with {image}")
    try:
        _register(engine, image, names)
    except CiSlimError as error:
        note(f"no handler was registered: {error}")
        return runs
    return runs | emulation.runnable(engine, missing)


def _register(engine: Engine, image: str, names: str) -> None:
    engine.pull_if_missing(image)
    container = engine.create(
        image, command=["--install", names], host={"privileged": True, "network_mode": "none"}
    )
    try:
        engine.start(container)
        code = engine.wait(container)
        if code:
            said = engine.logs(container, _LOG_LINES).decode(errors="replace").split("\n")
            raise EngineError(f"{image} ended with {code}: {foreign(' '.join(filter(None, said)))}")
    finally:
        engine.remove(container)
