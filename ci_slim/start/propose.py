"""The files of a repository → the images, how each runs, and its probes. Pure."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import PurePosixPath
from types import MappingProxyType

from ci_slim.errors import UsageError
from ci_slim.platforms import Platform, parse
from ci_slim.start.compose import ComposeService, Text, compose_services, needed_by
from ci_slim.start.docker_build_commands import DockerBuild, docker_builds
from ci_slim.start.docker_run_commands import DockerRun, docker_run
from ci_slim.start.dockerfile_facts import DockerfileFacts, dockerfile_facts
from ci_slim.start.dockerslim_commands import DockerSlimCommand, dockerslim_commands
from ci_slim.start.probe_sources import Place, proposed_probes
from ci_slim.start.proposal import BuildSecret, Proposal, ProposedImage, ProposedProbe
from ci_slim.start.repository import DOCKERFILE, WORKFLOWS, Repository

DEFAULT_PLATFORM = "linux/amd64"
_FOR_DEVELOPERS = re.compile(
    r"(?i)(?:^|[._-])(?:dev|devel|development|debug|test|tests|ci|lint)(?:[._-]|$)"
)
_PLATFORMS = re.compile(r"platforms?:\s*[\"'\[]?((?:linux/[a-z0-9]+(?:/v[0-9])?[\s,]*)+)")
_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_MOST_IMAGES = 20

Secrets = Mapping[str, BuildSecret]
_NO_SECRETS: Secrets = MappingProxyType({})


def propose(
    repository: Repository,
    platforms: tuple[Platform, ...] = (),
    *,
    by_compose: bool = True,
    secrets: Secrets = _NO_SECRETS,
) -> Proposal:
    """The proposal for a repository; `platforms` are those that were asked for. With `by_compose`,
    the settings name the Compose file for the services of an image, else they list the services.
    `secrets` are those of builds, by their id."""
    services, problem = compose_services(repository)
    wanted = platforms or found_platforms(repository, services)
    commands = tuple(dockerslim_commands(repository))
    composed = _from_compose(repository, services, wanted, by_compose, secrets)
    found = list(islice(composed, _MOST_IMAGES))
    built = {str(PurePosixPath(each.context, each.dockerfile)) for each in found}
    others = _from_dockerfiles(repository, built, wanted, secrets)
    found += islice(others, _MOST_IMAGES - len(found))
    only = len(found) == 1
    found = [
        _with_dockerslim(each, [c for c in commands if only or _names(c, each)], repository)
        for each in found
    ]
    return Proposal(_with_own_names(found), (problem,) if problem else ())


def found_platforms(
    repository: Repository, services: tuple[ComposeService, ...] = ()
) -> tuple[Platform, ...]:
    """The platforms that workflows or the Compose file name; none if they name none."""
    texts = [text for path, text in repository.texts.items() if path.startswith(f"{WORKFLOWS}/")]
    names = [
        name
        for text in texts
        for match in _PLATFORMS.findall(text)
        for name in re.split(r"[\s,]+", match)
    ]
    names += [each.platform for each in services if each.context is not None]
    return tuple(dict.fromkeys(platform for platform in map(_platform, names) if platform))


def _platform(name: str) -> Platform | None:
    try:
        return parse(name) if name else None
    except UsageError:
        return None


def _from_compose(
    repository: Repository,
    services: tuple[ComposeService, ...],
    platforms: tuple[Platform, ...],
    by_compose: bool,
    secrets: Secrets,
) -> Iterator[ProposedImage]:
    by_name = {each.name: each for each in services}
    for service in services:
        context = service.context
        if context is None or "://" in context or context.startswith(".."):
            continue
        text = repository.texts.get(_normal(f"{context}/{service.dockerfile}"))
        if text is None:
            continue
        facts = dockerfile_facts(text, service.target)
        needed = needed_by(service.name, by_name)
        notes = [
            f"{key} of the Compose file is not used: write what it gives the container below run"
            for key in service.unused
        ]
        notes += [
            f"the service {each.name} is built from this repository too; for a test, name an "
            "image of it below run.services"
            for each in needed
            if each.context is not None
        ]
        place = Place(context, facts, service.ports, service.health or facts.health)
        named = by_compose and bool(needed) and all(each.image for each in needed)
        run = _run(service, () if named else needed, place)
        if named:
            run = {"compose": {"file": service.file, "service": service.name}, **run}
        image = ProposedImage(
            service.name, context, service.dockerfile, platforms, service.target, service.args,
            run=run, probes=proposed_probes(repository, place), ports=place.listens,
            notes=tuple(notes),
        )  # fmt: skip
        yield _with_secrets(image, facts.secrets, secrets)


def _run(
    service: ComposeService, needed: tuple[ComposeService, ...], place: Place
) -> Mapping[str, object]:
    run: dict[str, object] = {}
    if service.env:
        run["env"] = dict(service.env)
    if service.command is not None:
        run["command"] = service.command
    if service.user:
        run["user"] = service.user
    if service.files:
        run["files"] = {to: {"file": path} for to, path in service.files.items()}
    if service.volumes:
        run["volumes"] = list(service.volumes)
    existing = {each.name: _service(each) for each in needed if each.image and not each.context}
    if existing:
        run["services"] = existing
    return {**run, **place.run}


def _service(service: ComposeService) -> Mapping[str, object]:
    told: dict[str, Text | object] = {"image": service.image}
    if service.env:
        told["env"] = dict(service.env)
    if service.command is not None:
        told["command"] = service.command
    return told


def _from_dockerfiles(
    repository: Repository, built: set[str], platforms: tuple[Platform, ...], secrets: Secrets
) -> Iterator[ProposedImage]:
    """The Dockerfiles that no Compose service builds; those for developers only if there is no
    other."""
    builds = docker_builds(repository)
    found = [(path, text) for path, text in repository.named(DOCKERFILE) if path not in built]
    released = [(path, text) for path, text in found if not _FOR_DEVELOPERS.search(path)]
    for path, text in released or ([] if built else found[:1]):
        facts = dockerfile_facts(text)
        build = builds.get(path, DockerBuild("", ""))
        known = bool(build.context) and _is_above(build.context, path)
        context = build.context if known else _context(path, facts, repository)
        name = build.name or _name_of(path, repository)
        told = docker_run(repository, context, {name, _name_of(path, repository)})
        place = Place(context, facts, told.ports, facts.health)
        run, others = _called(told, place)
        image = ProposedImage(
            name,
            context,
            str(PurePosixPath(path).relative_to(context)) if context != "." else path,
            platforms,
            run={**run, **place.run},
            probes=proposed_probes(repository, place),
            ports=place.listens,
            calls=others,
        )
        yield _with_secrets(image, facts.secrets, secrets)


def _called(told: DockerRun, place: Place) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """The keys of `run` from the README, and the documented calls that these leave out. Where some
    call of a server has no arguments, the server is taken to need none."""
    calls = [each for each in told.calls if each]
    if place.listens and () in told.calls:
        calls = []
    run: dict[str, object] = {"env": dict(told.env)} if told.env else {}
    if calls:
        run["command"] = calls[0]
    return run, tuple(map(shlex.join, calls[1:]))


def _with_secrets(image: ProposedImage, ids: tuple[str, ...], given: Secrets) -> ProposedImage:
    """The image with the secrets that its Dockerfile asks for, as far as they are given."""
    return replace(
        image,
        secrets=tuple(given[each] for each in ids if each in given),
        missing_secrets=tuple(each for each in ids if each not in given),
    )


def _is_above(folder: str, path: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _context(path: str, facts: DockerfileFacts, repository: Repository) -> str:
    """The folder of the Dockerfile; or the top folder, if only that has the files to copy."""
    folder = str(PurePosixPath(path).parent)
    named = [each.strip("/") for each in facts.sources if each.strip("./") and "*" not in each]

    def has(below: str, source: str) -> bool:
        full = _normal(f"{below}/{source}")
        return any(each == full or each.startswith(f"{full}/") for each in repository.paths)

    here = sum(has(folder, each) for each in named)
    top = sum(has(".", each) for each in named)
    return "." if top > here else folder


def _normal(path: str) -> str:
    return str(PurePosixPath(path))


def _name_of(path: str, repository: Repository) -> str:
    place = PurePosixPath(path)
    if place.name.startswith("Dockerfile."):
        return place.name.removeprefix("Dockerfile.")
    if place.name.lower().endswith(".dockerfile"):
        return place.name.rpartition(".")[0]
    folder = place.parent.name
    return repository.name if folder in ("", ".", "docker", "build", "deploy") else folder


def _with_own_names(found: list[ProposedImage]) -> tuple[ProposedImage, ...]:
    """The images with different names that are valid in the settings file."""
    names: dict[str, ProposedImage] = {}
    for each in found:
        name = _NAME.sub("-", each.name).strip("-._")[:80] or "image"
        number = next(n for n in range(1, 1000) if (f"{name}-{n}" if n > 1 else name) not in names)
        name = f"{name}-{number}" if number > 1 else name
        names[name] = replace(each, name=name)
    return tuple(names.values())


def _names(command: DockerSlimCommand, image: ProposedImage) -> bool:
    """Whether a call of DockerSlim is about an image, by its names."""
    return any(image.name in value for value in command.of("image"))


def _with_dockerslim(
    image: ProposedImage, commands: list[DockerSlimCommand], repository: Repository
) -> ProposedImage:
    """The image with the settings from the flags of DockerSlim."""
    run, probes = dict(image.run), list(image.probes)
    keep, drop = list(image.keep), list(image.drop)
    for command in commands:
        pairs = [value.partition("=") for value in command.of("env")]
        env = {name: value for name, equals, value in pairs if equals}
        if env:
            run["env"] = {**dict(run.get("env", {})), **env}  # type: ignore[call-overload]
        for word in ("command", "entrypoint"):
            for value in command.of(word):
                run.setdefault(word, value)
        why = f"from the DockerSlim command in {command.where}"
        probes += [ProposedProbe({"exec": value}, why) for value in command.of("exec") if value]
        keep += [path for path in command.of("keep") if _is_glob(path)]
        drop += [path for path in command.of("drop") if _is_glob(path)]
    told = {str(each.value): each for each in probes}
    return replace(
        image,
        run=run,
        probes=tuple(told.values()),
        keep=tuple(dict.fromkeys(keep)),
        drop=tuple(dict.fromkeys(drop)),
    )


def _is_glob(path: str) -> bool:
    return re.fullmatch(r"/[A-Za-z0-9_./*?+@-]*", path) is not None
