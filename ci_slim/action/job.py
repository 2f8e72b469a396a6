"""What a job of the action will build: its folders, Dockerfiles and tags, before it starts; and the
environment that the build gets, without the secrets of the step.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ci_slim import settings
from ci_slim.action import checkout
from ci_slim.action.inputs import is_input
from ci_slim.build import caches
from ci_slim.commands.push_targets import PushTarget, push_targets
from ci_slim.engine import own_environment
from ci_slim.engine.ssh_access import SSH_KEY
from ci_slim.forges import opening
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.requests import BuildRequest, RunRequest
from ci_slim.settings.files import is_remote

_LARGEST = 1 << 20
_NO_CODE = ("docker-image://", "target:")
"""How contexts begin that are images, or stages of another image of the settings."""

_WITHHELD = {
    "GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", SSH_KEY,
}  # fmt: skip


def withhold(environment: Mapping[str, str]) -> dict[str, str]:
    """Remove the secrets of the step and the cache service from the environment, also from that of
    this process. So nothing that is built or read from the repository sees them."""
    names = _WITHHELD | caches.VARIABLES
    hidden = {name for name in environment if is_input(name) or name in names}
    own_environment.forget(hidden)
    return {name: value for name, value in environment.items() if name not in hidden}


def cache_service(environment: Mapping[str, str], *, fork: bool) -> dict[str, str]:
    """The variables of GitHub's cache service, for buildx only. There are none in a run for a fork:
    its build could write to the cache that later runs read."""
    if fork or not environment.get("ACTIONS_RUNTIME_TOKEN"):
        return {}
    given = {name: environment[name] for name in caches.VARIABLES if environment.get(name)}
    service = {"ACTIONS_CACHE_SERVICE_V2": "true"} if "ACTIONS_RESULTS_URL" in given else {}
    return service | given


@dataclass(frozen=True, slots=True)
class Job:
    """What a job builds and pushes."""

    folders: tuple[str, ...]
    """The folders of settings, Dockerfiles and contexts; the workspace itself is the first."""
    contexts: tuple[str, ...]
    """The folders that are sent to the builds."""
    elsewhere: tuple[str, ...]
    """The contexts that a build fetches, such as URLs."""
    dockerfiles: Mapping[str, Dockerfile]
    """By the name of the image."""
    pushable: tuple[PushTarget, ...]
    """The images with a tag."""


def planned(request: RunRequest | BuildRequest, environment: Mapping[str, str], top: Path) -> Job:
    """What this request will build. Raises UsageError as the run itself does."""
    wanted = settings.load_or_find(request.config, environment, request.asked)
    folders, contexts, elsewhere, dockerfiles = ["."], [], [], {}
    if (config := top / request.config).is_relative_to(top):  # else it belongs to the workflow
        folders.append(str(config.parent))
    for image in wanted.images:
        if image.build is not None:
            for context in (image.build.context, *image.build.contexts.values()):
                if not is_remote(context):
                    folders.append(str(top / context))
                    contexts.append(str(top / context))
                elif not context.startswith(_NO_CODE):
                    elsewhere.append(context)
            if not is_remote(image.build.context):
                folders.append(str((top / image.build.dockerfile).parent))
            if file := _dockerfile(image.build.dockerfile, image.build.target, top):
                dockerfiles[image.name] = file
    version = opening.version(request.image_version, environment, settings.read_file)
    pushable = push_targets(wanted, version)
    return Job(tuple(folders), tuple(contexts), tuple(elsewhere), dockerfiles, tuple(pushable))


def commits(job: Job, top: Path) -> Iterator[str | None]:
    """The commits of everything that the job builds from or could build from: a Dockerfile may lie
    outside of its context, and may copy from any checkout below it. None for an unknown commit."""
    yield from (None for _ in job.elsewhere)
    yield from (checkout.checked_out(Path(folder), top) for folder in job.folders)
    yield from checkout.checkouts(top)


def _dockerfile(name: str, target: str | None, top: Path) -> Dockerfile | None:
    path = (top / name).resolve()
    if not path.is_relative_to(top.resolve()) or not path.is_file():
        return None
    text = path.read_bytes()[:_LARGEST].decode(errors="replace")
    return Dockerfile(str(path.relative_to(top.resolve())), text, target)
