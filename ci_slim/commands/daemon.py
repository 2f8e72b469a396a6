"""What commands do with a Docker daemon before their own work: connect, choose builders, plan."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci_slim.build.builders import Builders
from ci_slim.commands.edge import Edge
from ci_slim.engine import handlers, transports
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.progress import Progress
from ci_slim.settings import Settings, with_own_platforms


@contextmanager
def connect(edge: Edge, scratch: Path) -> Iterator[Engine]:
    """The engine of a run, which is named after its scratch folder. Raises EngineError."""
    engine = Engine.connect(edge.environment, Owner.this_process().run_id(scratch.name[-8:]))
    with edge.held.closing(engine):
        yield engine


def make_builders(edge: Edge, engine: Engine, shown: Progress) -> Builders:
    """The builders of a run. The caller closes them."""
    environment = {**edge.environment, **edge.for_builds}
    return Builders(engine.version, engine.containerd_store, engine.run_id, environment, shown.note)


def with_runnable(
    settings: Settings, engine: Engine, emulators: str | None, shown: Progress
) -> tuple[Settings, frozenset[str]]:
    """The settings with the platforms of every image, and those that the daemon can run, as texts.
    `emulators` is the image that registers missing handlers, if there is one."""
    own = functools.partial(transports.own_platform, engine=engine)
    settings = with_own_platforms(settings, own, engine.platform)
    foreign = {p for image in settings.images for p in image.platforms} - {engine.platform}
    return settings, handlers.ensure(engine, foreign, emulators, shown.note)
