"""The builders of a run: created before the first build, removed at the end of the run."""

from collections.abc import Callable, Mapping

from ci_slim.build import caches
from ci_slim.build.builder import Builder, choose
from ci_slim.engine import process
from ci_slim.errors import EngineError
from ci_slim.settings.plans import BuildPlan

_SHOWN = 5


class Builders:
    """The value of buildx's `--builder` for each build of one run."""

    def __init__(
        self,
        docker: str,
        containerd_store: bool,
        run_id: str,
        environment: Mapping[str, str],
        each_line: Callable[[str], None],
    ) -> None:
        """`docker` is the daemon's version. `environment` is added to that of buildx."""
        self._docker, self._containerd_store = docker, containerd_store
        self._run_id = run_id
        self._environment = environment
        self._each_line = each_line
        self._temporary: list[str] = []
        self._created: set[str] = set()

    def name(self, plan: BuildPlan) -> str:
        """The builder of a build, or "" for the one that docker's client uses. It is created if it
        does not exist. Raises UsageError if the daemon cannot do what the plan requires."""
        chosen = choose(
            plan.builder,
            caches.exports(plan.cache_to),
            caches.imports(plan.cache_from),
            docker=self._docker,
            containerd_store=self._containerd_store,
            existing=self._existing() if plan.builder.name else (),
            run_id=self._run_id,
        )
        if chosen is None:
            return ""
        if chosen.create and chosen.name not in self._created:
            self._create(chosen)
        return chosen.name

    def close(self) -> None:
        """Remove the builders that the settings do not name."""
        while self._temporary:
            process.run(
                ["docker", "buildx", "rm", "--force", self._temporary[-1]],
                environment=self._environment,
            )
            self._temporary.pop()

    def _existing(self) -> tuple[str, ...]:
        done = process.run(
            ["docker", "buildx", "ls", "--format", "{{.Name}}"], environment=self._environment
        )
        return done.tail if done.code == 0 else ()

    def _create(self, builder: Builder) -> None:
        self._each_line(f"creating the builder {builder.name} for caches and drivers")
        if not builder.kept:
            self._temporary.append(builder.name)
        done = process.run(
            ["docker", "buildx", "create", *builder.create], environment=self._environment
        )
        if done.code != 0:
            raise EngineError(
                "the builder cannot be created",
                where=builder.name,
                hint="see `docker buildx create --help` for the options of its driver",
                details=done.tail[-_SHOWN:],
            )
        self._created.add(builder.name)
