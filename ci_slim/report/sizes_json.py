"""The sizes of an image to and from JSON: a part of `report.json`."""

from ci_slim.image.sizes import ImageSizes, LayerSize
from ci_slim.report.checked import Node, members_of, optional

DIGEST = r"|[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}"


def sizes_out(sizes: ImageSizes | None) -> dict[str, object] | None:
    if sizes is None:
        return None
    return {
        "reference": sizes.reference,
        "digest": sizes.digest,
        "pull_bytes": sizes.pull_bytes,
        "pull_exact": sizes.pull_exact,
        "disk_bytes": sizes.disk_bytes,
        "disk_exact": sizes.disk_exact,
        "files": sizes.files,
        "config_digest": sizes.config_digest,
        "config_bytes": sizes.config_bytes,
        "layers": [members_of(layer, *LayerSize.__slots__) for layer in sizes.layers],
    }


def sizes_in(node: Node) -> ImageSizes:
    got = node.fields(
        "reference", "digest", "pull_bytes", "pull_exact", "disk_bytes", "disk_exact", "files",
        "config_digest", "config_bytes", "layers",
    )  # fmt: skip
    return ImageSizes(
        reference=got["reference"].text(),
        digest=got["digest"].text(DIGEST, "digest"),
        pull_bytes=optional(got["pull_bytes"], Node.integer),
        pull_exact=got["pull_exact"].boolean(),
        disk_bytes=optional(got["disk_bytes"], Node.integer),
        disk_exact=got["disk_exact"].boolean(),
        files=optional(got["files"], Node.integer),
        layers=tuple(_layer(item) for item in got["layers"].items()),
        config_digest=got["config_digest"].text(DIGEST, "digest"),
        config_bytes=got["config_bytes"].integer(),
    )


def _layer(node: Node) -> LayerSize:
    got = node.fields(*LayerSize.__slots__)
    return LayerSize(
        digest=got["digest"].text(DIGEST, "digest"),
        pull_bytes=optional(got["pull_bytes"], Node.integer),
        disk_bytes=optional(got["disk_bytes"], Node.integer),
        created_by=got["created_by"].text(),
        diff_id=got["diff_id"].text(DIGEST, "digest"),
        base=got["base"].boolean(),
    )
