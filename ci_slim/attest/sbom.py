"""The software bill of materials of one image, as CycloneDX 1.6 JSON. Pure: the same image gives
the same bytes."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ci_slim import __version__
from ci_slim.attest.packages import Package
from ci_slim.platforms import Platform

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def sbom(
    name: str,
    digest: str,
    platform: Platform,
    packages: Sequence[Package],
    release: Mapping[str, str],
    created: str,
) -> bytes:
    """The document for the image `name` with this manifest digest.

    `release` has the fields of its os-release file. `created` is the time of the report. The
    property `ci-slim:path` names the file that lists a package.
    """
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, digest))
    bom.metadata.timestamp = datetime.fromisoformat(created)
    bom.metadata.tools.components.add(
        Component(name="ci-slim", version=__version__, type=ComponentType.APPLICATION)
    )
    bom.metadata.component = image = Component(
        name=name,
        version=digest,
        type=ComponentType.CONTAINER,
        bom_ref="image",
        properties=[Property(name="oci:platform", value=str(platform))],
    )
    namespace = release.get("ID", "")
    qualifier = "-".join(filter(None, (namespace, release.get("VERSION_ID", ""))))
    components = [_component(each, namespace, qualifier) for each in packages]
    bom.components.update(components)
    bom.register_dependency(image, components)
    return JsonV1Dot6(bom).output_as_string(indent=None).encode()


def _component(package: Package, namespace: str, distro: str) -> "Component":
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import DisjunctiveLicense
    from packageurl import PackageURL

    qualifiers: dict[str, str] = {}
    scope, name = "", package.name
    if package.kind in ("deb", "apk"):
        scope = namespace or {"deb": "debian", "apk": "alpine"}[package.kind]
        known = {"arch": package.architecture, "distro": distro}
        qualifiers = {key: value for key, value in known.items() if value}
    elif package.kind == "npm" and "/" in name:
        scope, _, name = name.partition("/")
    purl = PackageURL(package.kind, scope or None, name, package.version, qualifiers or None)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=f"{purl}#{package.path}",
        licenses=[DisjunctiveLicense(name=package.license)] if package.license else None,
        properties=[Property(name="ci-slim:path", value=package.path)],
    )
