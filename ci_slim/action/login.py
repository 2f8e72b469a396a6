"""The logins of a step: read from its inputs, and given to docker's client in a folder."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ci_slim.action.runner import Runner
from ci_slim.action.step_request import StepRequest
from ci_slim.engine.login import Login, log_in_to_registries
from ci_slim.errors import UsageError

DEPENDABOT = "dependabot[bot]"


def logins(request: StepRequest) -> dict[str, Login]:
    """The logins by registry, from `registry`, `username` and `password` and from `registries`;
    passwords may be empty. Raises UsageError for a line that is not a login, without quoting it.
    """
    found = {}
    if request.username or request.password:
        found[request.registry] = Login(request.username, request.password)
    for number, line in enumerate(request.registries, 1):
        registry, equals, who = line.partition("=")
        user, colon, password = who.partition(":")
        if not equals or not colon or not registry.strip():
            raise UsageError(
                f"line {number} is not a login",
                where="the input `registries`",
                hint="write registry=user:password, one per line",
            )
        found[registry.strip()] = Login(user.strip(), password.strip())
    return found


def usable_logins(request: StepRequest, runner: Runner, *, withheld: bool) -> dict[str, Login]:
    """The logins that have a password; the runner shows a warning for each that has none.

    `withheld` says that GitHub withholds secrets from this run, as for forks and Dependabot: then a
    password may be empty. Raises UsageError if a part of a login is missing otherwise.
    """
    given, without = usable(logins(request), withheld=withheld)
    if without:
        who = ", ".join(registry or "Docker Hub" for registry in without)
        runner.warn(
            f"no login at {who}: GitHub gives no secrets to runs for forks and Dependabot; "
            "images there are pulled anonymously"
        )
    return given


def usable(
    given: Mapping[str, Login], *, withheld: bool
) -> tuple[dict[str, Login], tuple[str, ...]]:
    """The complete logins, and the registries that are used anonymously because secrets are
    `withheld`. Raises UsageError if secrets are not withheld and a part of a login is missing."""
    whole = {registry: who for registry, who in given.items() if who.user and who.password}
    half = {registry: who for registry, who in given.items() if registry not in whole}
    if half and not withheld:
        registry, who = next(iter(half.items()))
        missing = "password" if who.user else "username"
        raise UsageError(
            f"there is no {missing} for the registry {registry or 'Docker Hub'}",
            where="the inputs",
            hint="check the name of the secret, and that this repository has it",
        )
    return whole, tuple(half)


def log_in(given: Mapping[str, Login], scratch: Path, earlier: str | None) -> str | None:
    """Write a configuration folder for docker's client with these logins and with what the
    `earlier` folder holds. Returns the folder, or None without a login."""
    if not given:
        return None
    folder = scratch / "docker"
    folder.mkdir(mode=0o700)
    log_in_to_registries(folder, Path(earlier) if earlier else None, given)
    return str(folder)


def refuse_in_context(config: str | None, folders: Iterable[str], top: Path) -> None:
    """Raise UsageError if docker's configuration folder lies in a folder that is sent to the build.
    Any step of a Dockerfile could copy its passwords into the image."""
    if not config:
        return
    place = (top / config).resolve()
    for folder in folders:
        if place.is_relative_to((top / folder).resolve()):
            raise UsageError(
                f"the passwords of DOCKER_CONFIG lie in the build context `{folder}`: a Dockerfile "
                "could copy them into the image",
                where=config,
                hint="set DOCKER_CONFIG to ${{ runner.temp }}/docker, which the action reads too; "
                "or give the logins as `registries`",
            )
