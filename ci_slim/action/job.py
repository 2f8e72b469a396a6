"""What a job of the action is about to build: folders, Dockerfiles and tags, before it starts.

And what that is given: no secret of the step, and the registry's login.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_slim import settings
from ci_slim.action import checkout
from ci_slim.action.inputs import StepRequest, is_input
from ci_slim.commands.push import PushTarget, push_targets
from ci_slim.engine import own_environment
from ci_slim.engine.login import log_in_to_registry
from ci_slim.errors import UsageError
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.requests import BuildRequest, RunRequest
from ci_slim.settings.files import is_remote

_LARGEST = 1 << 20
_NO_CODE = ("docker-image://", "target:")
"""Contexts that are images, or stages of another image of the settings."""

_WITHHELD = ("GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL")
_WITHHELD_FROM_FORKS = ("ACTIONS_RUNTIME_TOKEN", "ACTIONS_RUNTIME_URL", "ACTIONS_RESULTS_URL")


def withhold(environment: Mapping[str, str], *, fork: bool) -> dict[str, str]:
    """The environment without the step's secrets: nothing that is built or read from the repository
    sees them, not in the environment of this process either."""
    names = _WITHHELD + (_WITHHELD_FROM_FORKS if fork else ())
    hidden = {name for name in environment if is_input(name) or name in names}
    own_environment.forget(hidden)
    return {name: value for name, value in environment.items() if name not in hidden}


@dataclass(frozen=True, slots=True)
class Job:
    """`folders` are those that settings, Dockerfiles and what is built are from, the workspace
    itself first; `elsewhere` are the contexts that are fetched; `dockerfiles` are by the image's
    name; `pushable` are the images with a tag."""

    folders: tuple[str, ...]
    elsewhere: tuple[str, ...]
    dockerfiles: Mapping[str, Dockerfile]
    pushable: tuple[PushTarget, ...]


def planned(request: RunRequest | BuildRequest, environment: Mapping[str, str], top: Path) -> Job:
    """What this request would build. Raises UsageError as the run would itself."""
    wanted = settings.load_or_find(request.config, environment, request.asked)
    folders, elsewhere, dockerfiles = ["."], [], {}
    if (config := top / request.config).is_relative_to(top):  # else it is the workflow's own
        folders.append(str(config.parent))
    for image in wanted.images:
        if image.build is not None:
            for context in (image.build.context, *image.build.contexts.values()):
                if not is_remote(context):
                    folders.append(str(top / context))
                elif not context.startswith(_NO_CODE):
                    elsewhere.append(context)
            if not is_remote(image.build.context):
                folders.append(str((top / image.build.dockerfile).parent))
            if file := _dockerfile(image.build.dockerfile, image.build.target, top):
                dockerfiles[image.name] = file
    pushable = push_targets(wanted, request.image_version)
    return Job(tuple(folders), tuple(elsewhere), dockerfiles, tuple(pushable))


def commits(job: Job, top: Path) -> Iterator[str | None]:
    """The commits of all that the job builds from or could: a Dockerfile may lie beside its
    context, and copy from a checkout below it. None where one is unknown."""
    yield from (None for _ in job.elsewhere)
    yield from (checkout.checked_out(Path(folder), top) for folder in job.folders)
    yield from checkout.checkouts(top)


def _dockerfile(name: str, target: str | None, top: Path) -> Dockerfile | None:
    path = (top / name).resolve()
    if not path.is_relative_to(top.resolve()) or not path.is_file():
        return None
    text = path.read_bytes()[:_LARGEST].decode(errors="replace")
    return Dockerfile(str(path.relative_to(top.resolve())), text, target)


def log_in(request: StepRequest, scratch: Path, earlier: str | None) -> str | None:
    """Let docker's client use the registry's login of the inputs; the folder of its configuration,
    which adds to an `earlier` one. None without a login; UsageError for half of one."""
    user, password = request.username, request.password
    if not user and not password:
        return None
    if not user or not password:
        missing = "password" if user else "username"
        raise UsageError(
            f"there is no `{missing}` for the registry",
            where="the inputs",
            hint="a pull request from a fork is given no secrets: let `username` be empty there",
        )
    folder = scratch / "docker"
    folder.mkdir(mode=0o700)
    log_in_to_registry(folder, Path(earlier) if earlier else None, request.registry, user, password)
    return str(folder)
