"""The baseline is looked for where the settings say: in the registry, among the artifacts of the
base branch's pipelines, in a file. Each place is asked once, and none of them fails a run."""

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
"""What `--baseline` takes for no comparison at all."""

Read = Callable[[str], bytes]
Artifact = Callable[[str], Found | NotFound]
"""Gives the report of a branch; of the job's base branch for ''."""
LOCAL = "No baseline to compare with. Name one with --baseline report.json."


class _Found(NamedTuple):
    """The images found, and why there are not more; "" when they are all. `next` is how they come
    about, one sentence, where that is known."""

    images: tuple[Previous, ...] = ()
    why: str = ""
    next: str = ""


@dataclass
class Baselines:
    """Where baselines come from. `tags` are the tags of the images by name, with `{version}`
    still in them; `ref` is the branch to compare with, "" for the forge's own answer."""

    sources: Sequence[str]
    ref: str
    file: str
    tags: Mapping[str, str | None]
    environment: Mapping[str, str]
    read: Read
    artifact: Artifact | None = None
    """How the artifact is fetched; None: by the forge that the environment tells."""
    version: str = ""
    """What {version} was asked to be for this run; "" for the forge's own answer."""
    _known: dict[str, _Found] = field(default_factory=dict)

    def compared(self, name: str, report: PlatformReport) -> PlatformReport:
        """The report of an image's platform with its baseline, or with the reason why there is
        none."""
        reasons, coming = [], ""
        for source in self.sources:
            found = self._images(source, name)
            previous = match(found.images, name, report.platform)
            if previous is not None:
                return compared(report, previous)
            # Without the platform's name: what holds on several platforms is said once.
            reasons.append(f"{source}: {found.why or f'it has no {name} for this platform'}")
            coming = coming or found.next
        return replace(report, no_baseline="; ".join(reasons), next_baseline=coming)

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
            coming = f"No baseline yet. The first run on {found.branch} creates it."
            return _Found(why=found.reason, next=coming if found.branch else "")
        known = previous_of(from_json(found.content, found.source), found.source)
        return _Found(tuple(known))

    def _registry(self, name: str) -> _Found:
        from ci_slim.engine.registry import Registry

        tag = self.tags.get(name)
        if not tag:
            return _Found(why="the image has no tag")
        host, slash, _ = tag.partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            return _Found(
                why=f"the tag {tag} names no registry"
            )  # it need not be one of Docker Hub
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


def chosen(
    flag: str | None,
    settings: Settings,
    environment: Mapping[str, str],
    read: Read,
    artifact: Artifact | None = None,
    version: str = "",
) -> Baselines | None:
    """What the flag `--baseline` says, else the settings; None where nothing is compared.

    `artifact` is for whoever keeps the token out of the environment, `version` what was asked to
    stand for {version}, see `Baselines`.
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
    """The baseline that the user named. UsageError when it is no report: that is a mistake."""
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
