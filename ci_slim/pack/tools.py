"""Gets `strip` and `upx`: from this machine, or from an image that the settings name.

They are not in ci-slim's own image, because every job pulls that, and few jobs pack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.observe import toolkit
from ci_slim.settings.plans import PackPlan

_CARRIED = ("sleep", "tar", "timeout", "rm")
_PACKAGES = {"strip": "binutils-multiarch", "upx": "upx-ucl"}


@dataclass(frozen=True, slots=True)
class PackTools:
    """An image in the daemon with the tools, and how each tool is started in it."""

    image: str
    command: Callable[..., Sequence[str]]
    names: tuple[str, ...] = ()
    """Those that are needed."""


def needed(plan: PackPlan) -> tuple[str, ...]:
    """The tools that the settings request."""
    return (*(["strip"] if plan.strip else []), *(["upx"] if plan.upx else []))


def refuse_missing(plan: PackPlan, which: Callable[[str], str | None]) -> None:
    """Raise EngineError if a tool is neither on this machine nor in an image of the settings."""
    for name in needed(plan):
        if not plan.image and which(name) is None:
            raise EngineError(
                f"the program {name!r}, which `slim.pack` needs, is not on this machine",
                hint=f"Debian, Ubuntu: apt-get install {_PACKAGES[name]}; or name an image that "
                "has it with `slim.pack.image`: see docs/packing.md",
            )


def open_tools(plan: PackPlan, engine: Engine, which: Callable[[str], str | None]) -> PackTools:
    """The tools as an image in the daemon. For the tools of this machine, an image with only them
    is made."""
    if plan.image:
        engine.pull_if_missing(plan.image)
        return PackTools(plan.image, lambda *words: [*words], needed(plan))
    refuse_missing(plan, which)
    wanted = (*_CARRIED, *needed(plan))
    kit = toolkit.collect(wanted, engine.platform, toolkit.ThisMachine(which))
    return PackTools(engine.import_files(kit.archive, "pack"), kit.command, needed(plan))
