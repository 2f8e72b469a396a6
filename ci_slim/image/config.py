"""The image's config.

Source: OCI image specification 1.1, config.md. Fields that only Docker knows (Healthcheck, Shell,
OnBuild, …) are kept unchanged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ci_slim.image import documents
from ci_slim.image.ancestry import CREATED_BY, base_layers, by_ci_slim
from ci_slim.image.documents import refuse
from ci_slim.image.manifest import platform_of
from ci_slim.platforms import Platform, normalised
from ci_slim.redact import without_secrets

__all__ = ["CREATED_BY", "ImageConfig", "parse_config"]


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image's config: the whole JSON object, with unknown fields. It must not be changed:
    `with_layers` and `stamped` return new ones. `parse_config` makes it from foreign input."""

    document: Mapping[str, object]

    @property
    def platform(self) -> Platform:
        """The normalised platform. The variant is part of it."""
        return normalised(platform_of(self.document, "config"))

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Digests of the uncompressed layers, lowest first."""
        rootfs = documents.as_object(self.document.get("rootfs") or {}, "config, rootfs")
        return tuple(documents.strings(rootfs, "diff_ids", "config, rootfs"))

    @property
    def history(self) -> tuple[Mapping[str, object], ...]:
        return tuple(documents.objects(self.document, "history", "config"))

    @property
    def config(self) -> Mapping[str, object]:
        """The settings of a container: Env, Cmd, Entrypoint, User, WorkingDir, Volumes, …"""
        return documents.as_object(self.document.get("config") or {}, "config, config")

    @property
    def env(self) -> dict[str, str]:
        """The variables of Env."""
        given = self.config.get("Env")
        pairs = (str(text).partition("=") for text in (given if isinstance(given, list) else ()))
        return {name: value for name, _, value in pairs}

    @property
    def created(self) -> str:
        """RFC 3339, or "" if the image does not have it."""
        return documents.string(self.document, "created", "config")

    @property
    def created_by(self) -> tuple[str, ...]:
        """The step that made each layer, lowest first, or "" if the history does not show it.
        Secrets are removed."""
        made = [
            without_secrets(documents.string(entry, "created_by", "config, history"))
            for entry in self.history
            if not entry.get("empty_layer")
        ]
        return tuple(made) if len(made) == len(self.diff_ids) else ("",) * len(self.diff_ids)

    @property
    def base_layers(self) -> int:
        """The number of lowest layers that belong to the base image, as far as the
        history shows."""
        makers = [entry for entry in self.history if not entry.get("empty_layer")]
        return base_layers(self.history) if len(makers) == len(self.diff_ids) else 0

    @property
    def slimmed(self) -> bool:
        """Whether ci-slim made the image. Then its layers have only parts of its base image's
        layers."""
        return any(by_ci_slim(entry) for entry in self.history)

    def with_layers(
        self,
        diff_ids: Sequence[str],
        history: Sequence[Mapping[str, object]],
        created: str | None = None,
    ) -> "ImageConfig":
        """The same config with other layers. `created` stays if none is given."""
        document = dict(self.document)
        document["rootfs"] = {"type": "layers", "diff_ids": list(diff_ids)}
        document["history"] = [dict(entry) for entry in history]
        if created is not None:
            document["created"] = created
        return ImageConfig(document)

    def stamped(self, platform: Platform) -> "ImageConfig":
        """The same config for `platform`. A variant that adds nothing to the architecture
        (arm64/v8) stays."""
        named = self.document.get("variant") or platform.architecture != "arm"
        if self.document.get("os") and named and self.platform == normalised(platform):
            return self
        document = dict(self.document)
        document["os"], document["architecture"] = platform.os, platform.architecture
        document.pop("variant", None)
        if platform.variant:
            document["variant"] = platform.variant
        return ImageConfig(document)

    def to_bytes(self) -> bytes:
        """Canonical JSON: equal configs give equal bytes."""
        return documents.dump(self.document)


def parse_config(raw: bytes, where: str) -> ImageConfig:
    """Read a config. Checks every part that is used later, so that errors name the file."""
    document = documents.load_object(raw, where)
    config = ImageConfig(document)
    rootfs = documents.as_object(document.get("rootfs"), f"{where}, rootfs")
    for diff_id in documents.strings(rootfs, "diff_ids", where):
        documents.digest(diff_id, where)
    for entry in documents.objects(document, "history", where):
        documents.string(entry, "created_by", f"{where}, history")
    documents.as_object(document.get("config") or {}, f"{where}, config")
    documents.string(document, "created", where)
    if not platform_of(document, where).architecture:
        refuse("does not name its architecture", where)
    return config
