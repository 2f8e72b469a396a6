"""Reads IMAGE, as it is written on the command line and in settings.

The prefixes are those that skopeo and podman made standard (containers-transports(5)):
`docker-daemon:name:tag`, `docker://registry/name:tag[@digest]`, `oci:path[:ref]`,
`oci-archive:path[:ref]`, `docker-archive:path[:ref]`. A bare name means an image of the daemon.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from ci_slim.engine.docker import Engine
from ci_slim.engine.lazy_file import stored_file
from ci_slim.errors import UsageError
from ci_slim.image import archive
from ci_slim.image.archive import StoredFile, with_blob_digest
from ci_slim.image.image import Image, image_of
from ci_slim.image.layout import layout_members, write_tar
from ci_slim.image.manifest import digest_of
from ci_slim.image.reference import ImageName, parse_name
from ci_slim.image.unpacking import LIMITS, Limits, compression_of, unpacked
from ci_slim.platforms import Platform

Transport = Literal["docker-daemon", "docker", "oci", "oci-archive", "docker-archive"]

FORMS = (
    "name it as name:tag (in the daemon), docker://registry/name:tag, oci:folder[:tag], "
    "oci-archive:file[:tag] or docker-archive:file[:tag]"
)
_PATHS: tuple[Transport, ...] = ("oci", "oci-archive", "docker-archive")
_FOREIGN = re.compile(r"(containers-storage|(?:dir|docker)(?=:[./])|ostree|sif|tarball|https?):")
_WITH_LOGIN = re.compile(r"[^/@]*@(?!sha)")
_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_ENDS = "check the path; it ends at the first `:`, and a tag follows"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reference:
    """An image by its transport. `name` is a name in the daemon or a registry, or a path. `tag`
    selects an image of a layout or archive, "" if there is only one."""

    text: str
    transport: Transport
    name: str
    tag: str = ""

    @property
    def registry_name(self) -> ImageName:
        """The parts of a `docker://` name."""
        return parse_name(self.name, self.text)


def parse(text: str) -> Reference:
    """Read a reference. Nothing is looked up. Raises UsageError with a hint if the text
    is invalid."""
    if text.startswith("docker://"):
        found = Reference(text, "docker", text.removeprefix("docker://"))
        if _WITH_LOGIN.match(found.name):
            raise UsageError(
                "a name must not contain a login",
                where="docker://***@" + found.name.rpartition("@")[2],
                hint="remove it, and run `docker login` once",
            )
        parse_name(found.name, text)
        return found
    for transport in _PATHS:
        if text.startswith(f"{transport}:"):
            path, _, tag = text.removeprefix(f"{transport}:").partition(":")
            if not path:
                raise UsageError("the path is missing", where=text, hint=FORMS)
            return Reference(text, transport, path, tag)
    if foreign := _FOREIGN.match(text):
        raise UsageError(
            f"images cannot be named with `{foreign[1]}:` here",
            where=text,
            hint=FORMS,
        )
    name = text.removeprefix("docker-daemon:")
    if not name:
        raise UsageError("the name is missing", where=text or "IMAGE", hint=FORMS)
    if not _IMAGE_ID.fullmatch(name):
        parse_name(name, text)
    return Reference(text, "docker-daemon", name)


def stored(reference: Reference, scratch: Path, limits: Limits = LIMITS) -> tuple[Image, ...]:
    """The images in the folder or file of a reference, with its tag if it has one.

    An archive that is compressed as a whole is unpacked into `scratch`. If there is no such image,
    raises UsageError with what is there instead.
    """
    path = Path(reference.name)
    try:
        if reference.transport == "oci":
            images = archive.read_images(_folder(path, reference), reference.text)
        else:
            images = archived(_file(path, reference, scratch, limits), reference.text)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=reference.text) from None
    if not reference.tag:
        return images
    named = tuple(image for image in images if archive.is_named(image, reference.tag))
    if not named:
        present = sorted({tag for image in images for tag in image.tags})
        raise UsageError(
            f"there is no image {reference.tag!r}",
            where=reference.text,
            hint=f"there is {', '.join(present[:_SHOWN])}"
            if present
            else f"its images have no names: remove `:{reference.tag}`",
        )
    return named


def archived(path: Path, where: str) -> tuple[Image, ...]:
    """The images of an archive that is not compressed as a whole."""
    return archive.read_images(archive.archive_members(path.open("rb"), where), where)


def load_into_daemon(
    text: str,
    engine: Engine,
    platform: Platform,
    scratch: Path,
    environment: Mapping[str, str],
    limits: Limits = LIMITS,
) -> str:
    """Bring one platform of an image into the daemon. Returns its name there.

    An image that the daemon has keeps its name. An image that is loaded or pulled for the run is
    removed at the end of the run. No name of the user is moved: images of a registry are pulled by
    digest.
    """
    reference = parse(text)
    if reference.transport == "docker-daemon":
        return reference.name
    if reference.transport == "docker":
        return _pull(reference, engine, platform, environment)
    image = archive.choose(stored(reference, scratch, limits), platform, text)
    key = digest_of(f"{image.digest}{text}".encode()).partition(":")[2][:12]
    tag = f"ci-slim-source:{key}-{str(platform).replace('/', '-')}-{engine.run_id}"
    path = scratch / f"{key}.tar"
    with path.open("w+b") as tar:
        write_tar(layout_members([_layout(image, tag)]), tar)
        tar.seek(0)
        engine.load(tar, tag, keep=False)
    path.unlink()
    return tag


def own_platform(text: str, engine: Engine) -> Platform | None:
    """The platform of an image in the daemon. None for an image elsewhere."""
    reference = parse(text)
    if reference.transport != "docker-daemon":
        return None
    return engine.image_platform(reference.name)


def _pull(
    reference: Reference, engine: Engine, platform: Platform, environment: Mapping[str, str]
) -> str:
    from ci_slim.engine.registry import Registry
    from ci_slim.engine.remote import remote_images

    name = reference.registry_name
    with Registry.of(name.host, environment) as registry:
        image = remote_images(registry, name, platform)[0]
    digest = name.at(image.digest)
    if engine.pull_if_missing(digest):
        engine.forget_image(digest)
    return digest


def _folder(path: Path, reference: Reference) -> dict[str, StoredFile]:
    """The files of an OCI layout. Each is opened when it is read."""
    if path.is_file():
        raise UsageError(
            "is a file, not a folder",
            where=reference.text,
            hint=f"write an archive as oci-archive:{path} or docker-archive:{path}",
        )
    if not (path / "index.json").is_file():
        found = (path.glob(pattern) for pattern in ("*/index.json", "*/*/index.json"))
        below = sorted(str(index.parent) for index in chain.from_iterable(found))
        missing = UsageError(
            "there is no OCI layout (no index.json)" if path.is_dir() else "there is no such path",
            where=reference.text,
            hint=_ENDS,
        )
        if below:
            missing.hint = "there is " + ", ".join(f"oci:{folder}" for folder in below[:_SHOWN])
        raise missing
    files = [path / "index.json", *path.glob("blobs/*/*")]
    return {
        file.relative_to(path).as_posix(): stored_file(file) for file in files if file.is_file()
    }


def _file(path: Path, reference: Reference, scratch: Path, limits: Limits) -> Path:
    """The archive, uncompressed."""
    if path.is_dir():
        raise UsageError(
            "is a folder, not an archive", where=reference.text, hint=f"write it as oci:{path}"
        )
    if not path.is_file():
        raise UsageError(
            "there is no such file",
            where=reference.text,
            hint=_ENDS,
        )
    with path.open("rb") as file:
        compression = compression_of(file.read(4))
        if compression == "none":
            return path
        file.seek(0)
        plain = scratch / "archive.tar"
        with plain.open("wb") as out:
            out.writelines(unpacked(file, compression, reference.text, limits))
    return plain


def _layout(image: Image, tag: str) -> Image:
    """The same image under another name, in the form for the daemon."""
    layers = [with_blob_digest(layer) for layer in image.layers]
    return image_of(image.raw_config, layers, image.platform, (tag,))
