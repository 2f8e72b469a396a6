"""Find the baseline where the settings say: in the registry, in the artifacts of the base branch's
pipelines, or in a file. Each place is read once, and a missing baseline does not fail the run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ci_slim.engine.remote import remote_images
from ci_slim.errors import CiSlimError, UsageError
from ci_slim.forges import Found, NotFound, opening
from ci_slim.forges.revision import Revision
from ci_slim.image.reference import parse_name
from ci_slim.image.sizes import sizes
from ci_slim.judge.baseline import Previous, compared, match, previous_of
from ci_slim.plan import filled_tag
from ci_slim.report.json import from_json
from ci_slim.result import PlatformReport
from ci_slim.settings import Settings

NONE = "none"
"""The value of `--baseline` that means: compare with nothing."""

Read = Callable[[str], bytes]
Artifact = Callable[[str], Found | NotFound]
"""Fetches the report of a branch; '' means the job's base branch."""
LOCAL = "No baseline to compare with. Name one with --baseline report.json."


class _Found(NamedTuple):
    """The images that were found; why there are none, or ""; and `next`: one sentence about what
    will create them, or ""."""

    images: tuple[Previous, ...] = ()
    why: str = ""
    next: str = ""


@dataclass
class Baselines:
    """Where baselines come from. `tags` are the tags of the images by name, before `{version}` is
    filled in. `ref` is the branch to compare with; with "" the forge decides."""

    sources: Sequence[str]
    ref: str
    file: str
    tags: Mapping[str, str | None]
    environment: Mapping[str, str]
    read: Read
    artifact: Artifact | None = None
    """Fetches the artifact; None: the forge of the environment does."""
    version: str = ""
    """The {version} that the user gave for this run; with "" the forge decides."""
    _known: dict[str, _Found] = field(default_factory=dict)

    def compared(self, name: str, report: PlatformReport) -> PlatformReport:
        """The report of a platform of an image, with its baseline or with the reason why there is
        none."""
        reasons, following = [], ""
        for source in self.sources:
            found = self._images(source, name)
            previous = match(found.images, name, report.platform)
            if previous is not None:
                return compared(report, previous)
            # Does not name the platform, so that the comment can say it once for all platforms.
            reasons.append(f"{source}: {found.why or f'it has no {name} for this platform'}")
            following = following or found.next
        return replace(report, no_baseline="; ".join(reasons), next_baseline=following)

    def _images(self, source: str, name: str) -> _Found:
        key = f"{source} {name}" if source == "registry" else source
        if key not in self._known:
            try:
                self._known[key] = self._find(source, name)
            except CiSlimError as error:
                self._known[key] = _Found(why=str(error))
        return self._known[key]

    def _find(self, source: str, name: str) -> _Found:
        if source == "registry":
            return self._registry(name)
        return self._artifact() if source == "artifact" else self._file()

    def _file(self) -> _Found:
        try:
            content = self.read(self.file)
        except FileNotFoundError:
            return _Found(why=f"there is no {self.file}")
        except OSError as error:
            return _Found(why=f"{self.file} cannot be read: {error.strerror or error}")
        report = from_json(content, self.file)
        return _Found(tuple(previous_of(report, f"file {self.file}")))

    def _artifact(self) -> _Found:
        if self.artifact is not None:
            found = self.artifact(self.ref)
        else:
            forge = opening.open_forge(self.environment, self.read)
            if forge is None:
                return _Found(why=opening.NOWHERE, next=LOCAL)
            found = forge.baseline(branch=self.ref)
        if isinstance(found, NotFound):
            return _Found(why=found.reason, next=_next(found))
        known = previous_of(from_json(found.content, found.source), found.source)
        return _Found(tuple(known))

    def _registry(self, name: str) -> _Found:
        from ci_slim.engine.registry import Registry

        tag = self.tags.get(name)
        if not tag:
            return _Found(why="the image has no tag")
        host, slash, _ = tag.partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            # A name without a host may mean Docker Hub, or an image that is never pushed.
            return _Found(why=f"the tag {tag} names no registry")
        if "{version}" in tag:
            revision = opening.revision(self.environment, self.read) or Revision()
            version = revision.base_version(self.version, self.ref)
            if not version:
                return _Found(why="there is no branch to compare with (`baseline.ref`)")
            tag = filled_tag(tag, version) or ""
        image = parse_name(tag, tag)
        with Registry.of(image.host, self.environment) as registry:
            images = remote_images(registry, image)
        found = (Previous(name, each.platform, "registry", sizes(each, tag)) for each in images)
        return _Found(tuple(found))


def _next(found: NotFound) -> str:
    """One sentence about what will create the baseline, or ""."""
    if not found.branch:
        return ""
    if found.own:
        return f"No baseline yet. This run on {found.branch} creates it."
    if found.lost:
        return (
            f"No baseline: the report of {found.branch} was not kept, or has expired. The next run "
            f"on {found.branch} that uploads its report creates it."
        )
    return f"No baseline yet. The first run on {found.branch} creates it."


def choose(
    flag: str | None,
    settings: Settings,
    environment: Mapping[str, str],
    read: Read,
    artifact: Artifact | None = None,
    version: str = "",
) -> Baselines | None:
    """The baselines that the flag `--baseline` names, else those of the settings; None if nothing
    is compared.

    Give `artifact` if the token is not in the environment. `version` is the {version} that the user
    gave, see `Baselines`.
    """
    if flag == NONE:
        return None
    if flag:
        return only_file(flag, read)
    wanted = settings.baseline
    if not wanted.sources:
        return None
    tags = {image.name: image.tag for image in settings.images}
    return Baselines(
        wanted.sources, wanted.ref or "", wanted.file, tags, environment, read, artifact, version
    )


def only_file(path: str, read: Read) -> Baselines:
    """The baseline that the user named. Raises UsageError if the file is not a report."""
    try:
        content = read(path)
    except OSError as error:
        raise UsageError(
            f"the baseline cannot be read: {error.strerror or error}",
            where=path,
            hint="--baseline takes a report.json of ci-slim, or `none`",
        ) from None
    known = tuple(previous_of(from_json(content, path), f"file {path}"))
    return Baselines(("file",), "", path, {}, {}, read, _known={"file": _Found(known)})
