"""The image's config, and the config and manifest of the slim image made from it.

Source: OCI image specification 1.1, config.md; the fields that only Docker knows (Healthcheck,
Shell, OnBuild, …) go along untouched.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ci_slim.image import documents
from ci_slim.image.ancestry import base_layers
from ci_slim.image.blob import NewLayer
from ci_slim.image.documents import refuse
from ci_slim.image.manifest import (
    CONFIG,
    INDEX,
    LAYER,
    LAYER_GZIP,
    MANIFEST,
    Descriptor,
    Index,
    Manifest,
    as_json,
    digest_of,
    parse_document,
    parse_index,
    parse_manifest,
    platform_of,
)
from ci_slim.platforms import Platform, normalised
from ci_slim.redact import without_secrets

__all__ = [
    "CONFIG",
    "INDEX",
    "LAYER",
    "LAYER_GZIP",
    "MANIFEST",
    "Descriptor",
    "ImageConfig",
    "Index",
    "Manifest",
    "assemble",
    "digest_of",
    "parse_config",
    "parse_document",
    "parse_index",
    "parse_manifest",
]

CREATED_BY = "ci-slim slim"


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """An image's config: the whole JSON object, unknown fields included. It is not to be changed:
    `with_layers` and `stamped` give new ones. Made by `parse_config` when it comes from outside.
    """

    document: Mapping[str, object]

    @property
    def platform(self) -> Platform:
        """The normalised platform; the variant is part of it."""
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
        """What a container runs with: Env, Cmd, Entrypoint, User, WorkingDir, Volumes, …"""
        return documents.as_object(self.document.get("config") or {}, "config, config")

    @property
    def created(self) -> str:
        """RFC 3339, "" when the image does not say."""
        return documents.string(self.document, "created", "config")

    @property
    def created_by(self) -> tuple[str, ...]:
        """What made each layer, lowest first, "" where history does not say; without secrets."""
        made = [
            without_secrets(documents.string(entry, "created_by", "config, history"))
            for entry in self.history
            if not entry.get("empty_layer")
        ]
        return tuple(made) if len(made) == len(self.diff_ids) else ("",) * len(self.diff_ids)

    @property
    def base_layers(self) -> int:
        """How many of the lowest layers are the base image's, as far as history tells."""
        makers = [entry for entry in self.history if not entry.get("empty_layer")]
        return base_layers(self.history) if len(makers) == len(self.diff_ids) else 0

    def with_layers(
        self,
        diff_ids: Sequence[str],
        history: Sequence[Mapping[str, object]],
        created: str | None = None,
    ) -> "ImageConfig":
        """The same config over other layers; `created` stays when none is given."""
        document = dict(self.document)
        document["rootfs"] = {"type": "layers", "diff_ids": list(diff_ids)}
        document["history"] = [dict(entry) for entry in history]
        if created is not None:
            document["created"] = created
        return ImageConfig(document)

    def stamped(self, platform: Platform) -> "ImageConfig":
        """The same config for `platform`. A variant that says no more than the architecture does
        (arm64/v8) stays as it is."""
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
    """Every part that is read later is looked at here, so that errors name the file."""
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
        refuse("does not say for which architecture it is", where)
    return config


def assemble(
    fat: ImageConfig,
    new_layers: Sequence[NewLayer],
    platform: Platform,
    created: str | None = None,
) -> tuple[bytes, bytes]:
    """The slim image's config and manifest as bytes.

    The config is the fat one's with other layers, stamped with `platform`; `created` (RFC 3339)
    stays the fat image's unless given.
    """
    slim = fat.stamped(platform).with_layers(
        [layer.diff_id for layer in new_layers],
        list(_history(fat, new_layers, created or fat.created)),
        created,
    )
    config = slim.to_bytes()
    return config, manifest_of(config, new_layers)


def manifest_of(config: bytes, layers: Sequence[NewLayer]) -> bytes:
    """The manifest of an image of this config and these layers."""
    return documents.dump(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": as_json(Descriptor(CONFIG, digest_of(config), len(config))),
            "layers": [as_json(layer.descriptor) for layer in layers],
        }
    )


def _history(
    fat: ImageConfig, new_layers: Sequence[NewLayer], created: str
) -> Iterator[dict[str, object]]:
    """The fat image's history, where what made no layer of the slim image is marked empty, and
    one entry of our own. Entries that make a layer are as many as there are layers, always:
    skopeo and podman refuse images where the two differ."""
    ours: dict[str, object] = {"created_by": CREATED_BY}
    if created:
        ours["created"] = created
    makers = [entry for entry in fat.history if not entry.get("empty_layer")]
    known = len(makers) == len(fat.diff_ids)
    sources = {layer.layer for layer in new_layers} & set(range(len(makers) if known else 0))
    number = -1
    for entry in fat.history:
        number += not entry.get("empty_layer")
        empty = bool(entry.get("empty_layer")) or number not in sources
        kept = {key: value for key, value in entry.items() if key != "empty_layer"}
        yield {**kept, "empty_layer": True} if empty else kept
    yield from [ours] * (len(new_layers) - len(sources)) or [{**ours, "empty_layer": True}]
