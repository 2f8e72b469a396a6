"""Everything that a run needs from outside, in one value for `pipeline.py`."""

import contextlib
import functools
import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci_slim.baselines import Baselines
from ci_slim.build import build
from ci_slim.build.builders import Builders
from ci_slim.deliver import Staging
from ci_slim.engine import transports
from ci_slim.engine.docker import Engine
from ci_slim.engine.process import Group
from ci_slim.fat.container import config_of
from ci_slim.fat.image import FatImage, StageTimer, Workspace
from ci_slim.fat.source import BackgroundRead, FatSource
from ci_slim.fat.tools import Toolbox
from ci_slim.image import estimate
from ci_slim.image.config import ImageConfig
from ci_slim.image.image import Image
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.image.sizes import Delivered, sizes
from ci_slim.judge.rules import RULES
from ci_slim.plan import ImagePlan, tag_of
from ci_slim.platforms import Platform, refuse_other
from ci_slim.progress import Progress
from ci_slim.prove.profiles import Profiles
from ci_slim.prove.result import NO_QUESTIONS, Questions
from ci_slim.redact import secrets_of
from ci_slim.result import Device, Updates
from ci_slim.settings.plans import BuildPlan
from ci_slim.units import size


@dataclass(frozen=True)
class Services:
    """The daemon, the folders, and where results go."""

    engine: Engine
    progress: Progress
    environment: Mapping[str, str]
    scratch: Path
    """Removed when the run ends."""
    output: Staging | None
    """Where OCI layouts and profiles go; None: they are not written."""
    load: bool | None
    """Load the slim image into the daemon; None: if the image has a tag."""
    now: str
    """RFC 3339."""
    created: str | None
    """SOURCE_DATE_EPOCH as RFC 3339, or None."""
    learn: Callable[[Iterable[str]], None]
    """Takes new secrets, which must not be shown from then on."""
    hide: Callable[[str], str] = str
    """Masks the secrets in a text."""
    whole: bool = True
    """Read fat images completely, to get exact sizes, even if their layers are merged."""
    layouts: bool = True
    """Write OCI layouts into the output folder."""
    questions: Questions = NO_QUESTIONS
    """What the user asks about the slim image, besides its report."""
    baselines: Baselines | None = None
    """What the images are compared with; None: nothing."""
    builders: Builders | None = None
    """The buildx builders; None: docker's client decides."""
    for_builds: Mapping[str, str] = field(default_factory=dict)
    """Additional environment variables for buildx only."""
    hosts: Mapping[Platform, Engine] = field(default_factory=dict)
    """The daemons on other hosts that prove platforms."""
    jobs: int = 1
    """How many platforms run side by side."""
    processes: Group = field(default_factory=Group)
    """The processes of these platforms."""
    tools_image: str | None = None
    """The image with the tools for hosts of another architecture; None: ci-slim's own image."""

    # -- what a platform's run needs ----------------------------------------------------------

    def clock(self, name: str, platform: Platform) -> StageTimer:
        """A timer for the stages of one platform, which also shows them."""
        folder = self.scratch / _key(name, platform)
        where = f"{name} {platform}"

        def shown(what: str) -> contextlib.AbstractContextManager[None]:
            return self.progress.stage(where, what, lambda: _written_below(folder))

        return StageTimer(shown)

    @functools.cached_property
    def _toolbox(self) -> Toolbox:
        def present(source: str, platform: Platform) -> str:
            environment = self.environment
            return transports.load_into_daemon(
                source, self.engine, platform, self.scratch, environment
            )

        doing = self.progress.doing
        return Toolbox(self.engine, self.tools_image, present, self.scratch, doing)

    def refuse_hosts_without_tools(self) -> None:
        """Raise EngineError if the tools for a host of another architecture are missing."""
        for engine in self.hosts.values():
            self._toolbox.tools(engine)

    def build(self, plan: BuildPlan, platform: Platform, tag: str) -> None:
        """Build one platform and load it into the daemon under this name."""
        # buildx would warn that it lacks git, which it wants for attestations that are off.
        environment = {"BUILDX_GIT_INFO": "false", **self.environment, **self.for_builds}
        builder = self.builders.name(plan) if self.builders else ""
        build(plan, platform, tag, environment, self.progress.output, builder)

    def discard(self, name: str, platform: Platform) -> None:
        """Free the disk space of one platform: a saved image may have a gigabyte."""
        shutil.rmtree(self.scratch / _key(name, platform), ignore_errors=True)

    def workspace(self, image: ImagePlan, platform: Platform) -> Workspace:
        """The workspace for one platform of an image."""
        engine = self.hosts.get(platform, self.engine)
        tools = self._toolbox.tools(engine)
        reference = self.reference("slim", image.name, platform)
        folder = self._folder(image.name, platform)
        blobs = self._wants_blobs(image, platform)
        return Workspace(engine, tools, folder, reference, self.created, blobs)

    def send(self, reference: str, platform: Platform) -> None:
        """Load a fat image into the daemon that proves its platform, until the run ends. Does
        nothing if that is the daemon of the run."""
        if engine := self.hosts.get(platform):
            with contextlib.closing(self.engine.save(reference)) as stream:
                engine.load(stream, reference, keep=False)

    def _wants_blobs(self, image: ImagePlan, platform: Platform) -> bool:
        """Whether compressed layers are needed: for the OCI layout, for a budget on bytes to pull,
        or for a daemon that pushes the blobs that it was given."""
        limits = image.budget.for_platform(platform).by_rule
        budget = any(RULES[name].PULL for name in limits)
        loaded = tag_of(image, platform) is not None and self.load is not False
        budget |= image.device is not None or image.deltas_from is not None
        return (
            (self.output is not None and self.layouts)
            or budget
            or (loaded and self.engine.containerd_store)
        )

    def _folder(self, name: str, platform: Platform) -> Path:
        folder = self.scratch / _key(name, platform)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def reference(self, kind: str, name: str, platform: Platform) -> str:
        """A name for an image that is in the daemon only during this run."""
        return f"ci-slim-{kind}:{_key(name, platform)}-{self.engine.run_id}"

    def fetch(self, image: ImagePlan, platform: Platform, timer: StageTimer) -> str:
        """Get an existing image into the daemon. Returns its name there. Raises UsageError if it is
        for another platform; an image that states no variant may have any variant."""
        assert image.source is not None
        source = image.source
        there = transports.parse(source).transport == "docker-daemon"
        folder = self.scratch if there else self._folder(image.name, platform)
        with contextlib.nullcontext() if there else timer("fetch"):
            name = transports.load_into_daemon(
                source, self.engine, platform, folder, self.environment, image.limits
            )
        own = self.engine.image_platform(name)
        # The containerd store names only one of several platforms. There, the check is made when
        # the image is read.
        if not self.engine.containerd_store:
            variant = self.engine.inspect_image(name).get("Variant")
            refuse_other(own, platform, source, stated=bool(variant))
        return self.engine.pin(name)

    def config(self, reference: str, platform: Platform) -> ImageConfig:
        """The config of an image, as the daemon reports it. The secrets in its environment, which
        the image may print, are masked from then on."""
        config = config_of(self.engine, reference, platform)
        self.learn(secrets_of([config.env]))
        return config

    def start_reading(self, image: ImagePlan, reference: str, platform: Platform) -> BackgroundRead:
        """Start to read a fat image in the background."""
        folder = self._folder(image.name, platform)
        fat = FatSource(self.engine, reference, platform, folder, image.source, image.limits)
        return fat.start_reading(image.slim, whole=self.whole)

    # -- what comes out -----------------------------------------------------------------------

    def deliver(
        self,
        image: ImagePlan,
        platform: Platform,
        reference: str,
        fat: FatImage,
        slim: Image | None,
        profiles: Profiles | None = None,
    ) -> Delivered:
        """Write the result into the output folder, and load it if that is asked for. The result is
        the proved slim image. If there is none, it is the fat image, if that has a tag."""
        given = self._deliver_image(image, platform, reference, fat, slim)
        if self.output is None:
            return given
        # Without profiles this removes those of an earlier run, which do not fit this image.
        seccomp, apparmor = (
            f"{image.name}/{platform.slug}{end}" for end in (".seccomp.json", ".apparmor")
        )
        self.output.file(profiles.seccomp if profiles else None, seccomp)
        self.output.file(profiles.apparmor if profiles else None, apparmor)
        return replace(given, seccomp=seccomp, apparmor=apparmor) if profiles else given

    def updates(self, image: ImagePlan, tag: str, given: Delivered) -> Updates:
        """What updates to the delivered image cost, which is pushed as `tag`."""
        device = image.device or Device()
        if given.image is None:
            return Updates((), device, "there is no image with compressed layers; use --output")
        from ci_slim.device.measure_updates import measure_updates

        return measure_updates(
            given.image,
            given.slim or given.fat,
            tag,
            image.templates,
            image.deltas_from,
            device,
            self.environment,
            self._folder(image.name, given.image.platform),
            image.limits,
        )

    def list_files(
        self,
        image: ImagePlan,
        platform: Platform,
        given: Delivered,
        fat: FatImage,
        kept: Mapping[str, tuple[str, ...]] | None,
    ) -> Delivered:
        """Write the list of the fat image's files for report.html, with the reason for each file
        that is `kept`."""
        if self.output is None:
            return given
        from ci_slim.report.page.files import file_table

        below = f"{image.name}/{platform.slug}.files.json.gz"
        table = file_table(fat.index, fat.contents, kept)
        self.output.file(table.to_bytes(self.hide), below)
        return replace(given, files=below)

    def _deliver_image(
        self,
        image: ImagePlan,
        platform: Platform,
        reference: str,
        fat: FatImage,
        slim: Image | None,
    ) -> Delivered:
        tag = tag_of(image, platform)
        name = tag if tag and self.load is not False else ""
        # A built fat image has no name in the report: its name in the daemon ends with the run.
        before = replace(fat.sizes, reference=image.source or "")
        if slim is not None:
            result = replace(slim, tags=(tag,) if tag else ())
            layout = self._write_layout(image, result)
            if name:
                self._load(image, result)
            after = sizes(result, name, estimated=estimate.layer)
            return Delivered(before, after, layout, image=result)
        if tag is None:
            return Delivered(before, None, None)
        if name:
            self.engine.tag(reference, name)
        folder = self._folder(image.name, platform)
        whole = fat.whole(folder / "fat", image.slim) if self.output and self.layouts else None
        if whole is None:
            return Delivered(replace(before, reference=name), None, None)
        result = replace(whole, platform=platform, tags=(tag,))
        after = sizes(result, name, files=before.files)
        return Delivered(after, None, self._write_layout(image, result), image=result)

    def _write_layout(self, image: ImagePlan, result: Image) -> str | None:
        if self.output is None or not self.layouts:
            return None
        layout = f"{image.name}/{result.platform.slug}"
        self.output.layout(result, layout)
        return layout

    def _load(self, image: ImagePlan, result: Image) -> None:
        folder = self._folder(image.name, result.platform)
        with (folder / "deliver.tar").open("w+b") as archive:
            write_tar(layout_members([result]), archive)
            archive.seek(0)
            self.engine.load(archive, result.tags[0], keep=True)


def _key(name: str, platform: Platform) -> str:
    """A text that is valid in a tag and in a folder name, and different for each image name."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{digest}-{platform.slug}"


def _written_below(folder: Path) -> str:
    """How much was written into a folder so far."""
    with contextlib.suppress(OSError):
        total = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        return f"{size(total)} written" if total else ""
    return ""
