"""The logins of a step: what its inputs give for registries, and which folder docker's client may
read them from."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ci_slim.action.step_request import StepRequest
from ci_slim.engine.login import Login, log_in_to_registries
from ci_slim.errors import UsageError

DEPENDABOT = "dependabot[bot]"


def logins(request: StepRequest) -> dict[str, Login]:
    """By registry, the logins of `registry`, `username` and `password` and of `registries`, also
    those without a password. UsageError for what is not a login; no message quotes one."""
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
                hint="write registry=user:password, one a line",
            )
        found[registry.strip()] = Login(user.strip(), password.strip())
    return found


def usable(
    given: Mapping[str, Login], *, withheld: bool
) -> tuple[dict[str, Login], tuple[str, ...]]:
    """The logins that are whole, and the registries that are asked anonymously instead: where
    GitHub withholds secrets, from forks and from Dependabot, a password is empty. UsageError where
    it does not, and half of a login is missing."""
    whole = {registry: who for registry, who in given.items() if who.user and who.password}
    half = {registry: who for registry, who in given.items() if registry not in whole}
    if half and not withheld:
        registry, who = next(iter(half.items()))
        missing = "password" if who.user else "username"
        raise UsageError(
            f"there is no {missing} for the registry {registry or 'Docker Hub'}",
            where="the inputs",
            hint="is the secret spelt right, and set for this repository?",
        )
    return whole, tuple(half)


def log_in(given: Mapping[str, Login], scratch: Path, earlier: str | None) -> str | None:
    """Let docker's client use these logins: the folder of its configuration, which adds to an
    `earlier` one. None without a login."""
    if not given:
        return None
    folder = scratch / "docker"
    folder.mkdir(mode=0o700)
    log_in_to_registries(folder, Path(earlier) if earlier else None, given)
    return str(folder)


def refuse_in_context(config: str | None, folders: Iterable[str], top: Path) -> None:
    """UsageError when the folder of docker's configuration lies in what is sent to the build: any
    step of a Dockerfile could copy the passwords into the image."""
    if not config:
        return
    place = (top / config).resolve()
    for folder in folders:
        if place.is_relative_to((top / folder).resolve()):
            raise UsageError(
                f"the passwords of DOCKER_CONFIG lie in the build context `{folder}`: a Dockerfile "
                "could copy them into the image",
                where=config,
                hint="let it be ${{ runner.temp }}/docker, which the action reads as well; or give "
                "the logins as `registries`",
            )
