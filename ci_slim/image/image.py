"""An image of one platform. Every source returns it, and every sink takes it.

The vocabulary is that of go-containerregistry (pkg/v1). An image is a config and layers, and never
changes: changes make a new image. Sources are the daemon, a registry, a layout, an archive and a
container. Sinks are the daemon, a layout and a registry.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ci_slim.image import documents
from ci_slim.image.config import CREATED_BY, ImageConfig, parse_config
from ci_slim.image.layer import Layer
from ci_slim.image.manifest import CONFIG, MANIFEST, Descriptor, as_json, digest_of
from ci_slim.platforms import Platform


@dataclass(frozen=True, slots=True)
class Image:
    """One image. `tags` are its names. An archive may have them in full
    (`docker.io/library/x:1`)."""

    platform: Platform
    config: ImageConfig
    raw_config: bytes
    """The bytes of the config, from which its digest is made."""
    raw_manifest: bytes
    """The bytes of the manifest, or b"" if there is none, as in an old docker archive."""
    layers: tuple[Layer, ...]
    tags: tuple[str, ...] = ()
    from_registry: bool = False
    """Whether its blobs are those that a device pulls, even if they are uncompressed."""

    @property
    def digest(self) -> str:
        """The manifest's digest, or "" if there is none."""
        return digest_of(self.raw_manifest) if self.raw_manifest else ""

    @property
    def config_digest(self) -> str:
        return digest_of(self.raw_config)

    @property
    def pull_exact(self) -> bool:
        """Whether the blobs are those that a registry would send."""
        return self.from_registry or all(layer.compression != "none" for layer in self.layers)


def image_of(
    raw_config: bytes, layers: Sequence[Layer], platform: Platform, tags: Sequence[str] = ()
) -> Image:
    """The image of this config and these layers, with a manifest for them."""
    manifest = documents.dump(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": as_json(Descriptor(CONFIG, digest_of(raw_config), len(raw_config))),
            "layers": [as_json(layer.descriptor) for layer in layers],
        }
    )
    config = parse_config(raw_config, "config")
    return Image(platform, config, raw_config, manifest, tuple(layers), tuple(tags))


def slim_image(
    fat: ImageConfig, layers: Sequence[Layer], platform: Platform, created: str | None = None
) -> Image:
    """The slim image: the fat image's config with these layers, stamped with `platform`. `created`
    (RFC 3339) is the fat image's unless it is given."""
    config = fat.stamped(platform).with_layers(
        [layer.diff_id for layer in layers],
        list(_history(fat, layers, created or fat.created)),
        created,
    )
    return image_of(config.to_bytes(), layers, platform)


def _history(
    fat: ImageConfig, layers: Sequence[Layer], created: str
) -> Iterator[dict[str, object]]:
    """The fat image's history with one more entry. Entries whose layer is not in the slim image are
    marked empty. The number of entries with a layer always equals the number of layers, because
    skopeo and podman refuse other images."""
    stamp = {"created": created} if created else {}
    makers = [entry for entry in fat.history if not entry.get("empty_layer")]
    known = len(makers) == len(fat.diff_ids)
    sources = {layer.source for layer in layers} & set(range(len(makers) if known else 0))
    number = -1
    for entry in fat.history:
        number += not entry.get("empty_layer")
        empty = bool(entry.get("empty_layer")) or number not in sources
        kept = {key: value for key, value in entry.items() if key != "empty_layer"}
        yield {**kept, "empty_layer": True} if empty else kept
    new = [layer.label for layer in layers if layer.source not in sources]
    for label in new:
        yield {"created_by": f"{CREATED_BY}: {label}" if label else CREATED_BY, **stamp}
    if not new:
        yield {"created_by": CREATED_BY, **stamp, "empty_layer": True}
