"""Which earlier releases there are, as a registry tells."""

import json
from collections.abc import Iterator

import pytest
from registry_server import Server, serving

from ci_slim.device.artifact import ARTIFACT
from ci_slim.device.releases import Releases, release_tags, tag_part
from ci_slim.engine.referrers import attached, detach
from ci_slim.engine.registry import Registry
from ci_slim.engine.tags import list_tags
from ci_slim.errors import UsageError
from ci_slim.image.manifest import CONFIG, MANIFEST, digest_of
from ci_slim.image.reference import ImageName
from ci_slim.platforms import Platform
from ci_slim.settings import parse

AMD64 = Platform("linux", "amd64")
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def name(server: Server) -> ImageName:
    return ImageName(server.host, "team/app", "1")


def has(server: Server, created: str, *tags: str) -> str:
    """An image of amd64 that the registry has under these tags; its digest."""
    config = json.dumps(
        {"os": "linux", "architecture": "amd64", "created": created, "rootfs": {"diff_ids": []}}
    ).encode()
    described = {"mediaType": CONFIG, "digest": digest_of(config), "size": len(config)}
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    ).encode()
    server.on(f"/v2/team/app/blobs/{digest_of(config)}", (200, {}, config))
    for wanted in (*tags, digest_of(manifest)):
        server.on(f"/v2/team/app/manifests/{wanted}", (200, JSON, manifest))
    return digest_of(manifest)


def lists(server: Server, *tags: str) -> None:
    document = json.dumps({"name": "team/app", "tags": tags}).encode()
    server.on("/v2/team/app/tags/list", (200, JSON, document))


def refers(server: Server, subject: str, *sources: str) -> None:
    """The registry lists deltas of an image, from these sources."""
    entries = [
        {
            "mediaType": MANIFEST,
            "digest": digest_of(source.encode()),
            "size": 1,
            "artifactType": ARTIFACT,
            "annotations": {"io.github.containers.delta.source": source},
        }
        for source in sources
    ]
    sbom = {
        "mediaType": MANIFEST,
        "digest": digest_of(b"sbom"),
        "size": 1,
        "artifactType": "text/x",
    }
    index = json.dumps({"schemaVersion": 2, "manifests": [*entries, sbom]}).encode()
    server.on(f"/v2/team/app/referrers/{subject}", (200, JSON, index))


def before(
    server: Server, wanted: int | tuple[str, ...], digest: str, *templates: str
) -> list[str]:
    lines: list[str] = []
    with Registry(server.host) as registry:
        releases = Releases(
            registry, name(server), wanted, templates or ("x:{version}",), lines.append
        )
        return [*(each.name for each in releases.before(AMD64, digest)), *lines]


@pytest.mark.parametrize(
    ("templates", "found"),
    [
        (["r.example:5000/app:{version}"], ["1.10", "1.9", "stable", "1.10-arm"]),
        (["app:{version}-arm"], ["1.10-arm"]),
        (["app:stable"], ["stable"]),
        (["app:stable", "app:1.{version}"], ["1.10", "1.9", "stable", "1.10-arm"]),
        (["app"], []),
    ],
)
def test_the_tags_are_those_that_the_image_can_have_had(
    templates: list[str], found: list[str]
) -> None:
    tags = ["1.9", "1.10", "1.10-arm", "stable", f"sha256-{'a' * 64}", f"sha256-{'a' * 64}.sig"]
    assert set(release_tags(tags, templates)) == set(found)


def test_versions_are_ordered_as_people_count() -> None:
    assert release_tags(["1.9", "v", "1.10", "1.10.1"], ["a:{version}"])[:3] == [
        "1.10.1",
        "1.10",
        "1.9",
    ]
    assert tag_part("host:5000/app") == "latest"


def test_the_last_releases_are_the_newest_and_the_image_itself_is_none(server: Server) -> None:
    has(server, "2026-01-01T00:00:00Z", "1", "old")
    has(server, "2026-03-01T00:00:00Z", "2")
    has(server, "2026-02-01T00:00:00Z", "3")
    own = has(server, "2026-04-01T00:00:00Z", "4")
    lists(server, "1", "old", "2", "3", "4")
    assert before(server, 2, own) == ["2", "3"]
    assert before(server, 9, own) == ["2", "3", "1"]


def test_releases_whose_tag_moved_are_found_by_the_deltas(server: Server) -> None:
    digests = [has(server, f"2026-0{number}-01T00:00:00Z") for number in range(1, 5)]
    last = has(server, "2026-05-01T00:00:00Z", "stable")
    refers(server, last, digests[3], digests[2])
    refers(server, digests[2], digests[1])
    refers(server, digests[1], digests[0])
    lists(server, "stable")
    found = before(server, 4, digest_of(b"new"), "x:stable")
    assert found == ["stable", *(digests[n].partition(":")[2][:12] for n in (3, 2, 1))]


def test_named_releases_are_taken_in_their_order_and_a_missing_one_is_told(server: Server) -> None:
    has(server, "2026-01-01T00:00:00Z", "1")
    has(server, "2026-03-01T00:00:00Z", "2")
    one, two, line = before(server, ("1", "0", "2"), digest_of(b"new"))
    assert (one, two) == ("1", "2")
    assert line.startswith("no delta from 0: ")


def test_a_long_list_of_tags_is_read_to_its_end(server: Server) -> None:
    link = {**JSON, "Link": '</v2/team/app/tags/list?last=b>; rel="next"'}
    server.on(
        "/v2/team/app/tags/list",
        (200, link, b'{"tags": ["a", "b"]}'),
        (200, JSON, b'{"tags": ["c"]}'),
    )
    with Registry(server.host) as registry:
        assert list_tags(registry, "team/app") == ("a", "b", "c")
        assert list_tags(registry, "team/new") == ()


def test_only_deltas_are_listed_and_they_are_removed_one_by_one(server: Server) -> None:
    image = digest_of(b"image")
    refers(server, image, digest_of(b"old"))
    with Registry(server.host) as registry:
        (found,) = attached(registry, name(server), image, ARTIFACT)
        gone = str(found["digest"])
        server.on(f"/v2/team/app/manifests/{gone}", (202, {}, b""))
        assert detach(registry, name(server), image, [gone])
        server.on(f"/v2/team/app/manifests/{gone}", (405, {}, b""))
        assert not detach(registry, name(server), image, [gone])
    assert [each[0] for each in server.seen if each[1].endswith(gone)] == ["DELETE", "DELETE"]


@pytest.mark.parametrize(
    ("text", "read"), [("3", 3), ("[1.9.1, stable]", ("1.9.1", "stable")), ("null", None)]
)
def test_the_settings_say_a_number_or_tags(text: str, read: object) -> None:
    settings = parse(
        f"version: 1\nimages: {{a: {{image: a, deltas: {{from: {text}}}}}}}\n", "s", {}
    )
    assert settings.images[0].deltas_from == read


@pytest.mark.parametrize("text", ["0", "many", "[a:b]", "[1.9]"])
def test_other_releases_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(f"version: 1\nimages: {{a: {{image: a, deltas: {{from: {text}}}}}}}\n", "s", {})
