"""Which reports beside the images of a registry are read, and what is said of the others."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from registry_server import Server, serving
from reports import AMD64, ARM64, digest, of, replaced, sample, sizes, slimmed

from ci_slim.attest.referrer import Referrer, Statement, referrer
from ci_slim.commands import released_reports as reading
from ci_slim.commands.released_reports import released_reports
from ci_slim.errors import EngineError, UsageError
from ci_slim.image.manifest import CONFIG, INDEX, MANIFEST, Descriptor, digest_of
from ci_slim.platforms import Platform
from ci_slim.report.compact import MEDIA_TYPE, VERSION, compact
from ci_slim.report.history import series, to_text
from ci_slim.report.json import from_json, to_json
from ci_slim.result import Origin, Report

JSON = {"Content-Type": "application/json"}
TEAM = "/v2/team/app"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def manifest_of(text: str) -> bytes:
    """The manifest of an image that is different for each text."""
    described = {"mediaType": CONFIG, "digest": digest_of(text.encode()), "size": len(text)}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    ).encode()


def index_of(*manifests: bytes) -> bytes:
    entries = [
        {"mediaType": MANIFEST, "digest": digest_of(each), "size": len(each)} for each in manifests
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def holds(server: Server, document: bytes, *tags: str) -> str:
    """The registry has this document under these tags; its digest."""
    for wanted in (*tags, digest_of(document)):
        server.on(f"{TEAM}/manifests/{wanted}", (200, JSON, document))
    return digest_of(document)


def lists(server: Server, *tags: str) -> None:
    document = json.dumps({"name": "team/app", "tags": tags}).encode()
    server.on(f"{TEAM}/tags/list", (200, JSON, document))


def report_of(image: str, day: int, pull: int, platform: Platform = AMD64) -> Report:
    """The report of a run on a day of November, whose image has this digest."""
    slim = replace(sizes("b", pull, 6_000_000), digest=image)
    made = of(slimmed(platform, sizes("a", 9_000_000, 9_000_000), slim), name="app")
    origin = Origin(f"{day:02}" * 20, "", day)
    return replace(made, created=f"2026-11-{day:02}T10:00:00Z", origin=origin)


def artifact(image: str, report: Report | bytes, version: str, day: int) -> Referrer:
    """What `ci-slim push` makes of a report."""
    text = report if isinstance(report, bytes) else to_json(report).encode()
    statement = Statement(MEDIA_TYPE, text, "report.json", {VERSION: version})
    return referrer(statement, Descriptor(MANIFEST, image, 1), f"2026-11-{day:02}T10:00:00Z")


def refers(server: Server, image: str, *artifacts: Referrer, **changed: object) -> None:
    """The registry lists these artifacts of an image, and has them. `changed` are members of the
    entries in its list."""
    entries: list[Mapping[str, object]] = []
    for each in artifacts:
        holds(server, each.manifest)
        for descriptor, content in each.blobs:
            assert isinstance(content, bytes)
            server.on(f"{TEAM}/blobs/{descriptor.digest}", (200, {}, content))
        entry = {"digest": each.digest, "artifactType": each.artifact_type}
        entries.append({**entry, "annotations": dict(each.annotations), **changed})
    document = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    server.on(f"{TEAM}/referrers/{image}", (200, JSON, document))


def released(server: Server, day: int, pull: int, *tags: str) -> str:
    """A release of one platform with its report; the digest of its image."""
    image = holds(server, manifest_of(f"{day}"), *tags)
    refers(server, image, artifact(image, report_of(image, day, pull), tags[0], day))
    return image


def read(server: Server, name: str = "team/app") -> tuple[list[Report], list[str]]:
    lines: list[str] = []
    found = released_reports(f"docker://{server.host}/{name}", {}, lines.append)
    return found, [line.replace(server.host, "HOST") for line in lines]


def marks(found: list[Report]) -> list[tuple[str, int | None]]:
    (one,) = series(found)
    return [(point.release, point.pull_bytes) for point in one.points]


# -- the report that is pushed --------------------------------------------------------------------


def test_the_pushed_report_has_sizes_limits_and_commit_and_nothing_of_the_run() -> None:
    p = replaced(
        sample().images[0].platforms[1],
        fat=replace(sizes("f", 1, 1), reference="oci-archive:/home/me/app.tar"),
        warnings=("/home/me",), explained=("why",), host="ssh://board", reason="a path",
    )  # fmt: skip
    run = replace(of(p), origin=Origin("c" * 40))
    made = compact(run, "listener", p)
    assert from_json(to_json(made)) == made
    (told,) = made.images[0].platforms
    assert p.slim is not None
    assert told.slim == replace(p.slim, layers=(), reference="")
    assert (told.verdicts, told.verified, made.origin) == (p.verdicts, True, run.origin)
    text = to_json(made)
    for gone in ("/home/me", "why", "board", "a path", "/poc/api", "ca.pem", "COPY part0"):
        assert gone not in text
    assert len(text) < 5_000


# -- what is read ---------------------------------------------------------------------------------


def test_the_releases_are_in_the_order_of_their_runs_and_have_their_tags(server: Server) -> None:
    released(server, 2, 2_000_000, "1.10", "latest")
    released(server, 1, 1_000_000, "1.9")
    lists(server, "1.10", "1.9", "latest", f"sha256-{'a' * 64}")
    found, lines = read(server)
    assert marks(found) == [("1.9", 1_000_000), ("1.10", 2_000_000)]
    assert lines == []
    assert to_text(series(found)).splitlines()[4:] == [
        "2026-11-01T10:00:00Z  010101010101    1 MB    6 MB  1.9",
        "2026-11-02T10:00:00Z  020202020202    2 MB    6 MB  1.10",
    ]


def test_every_platform_has_its_report(server: Server) -> None:
    both = [manifest_of("amd64"), manifest_of("arm64")]
    for day, platform, manifest in zip((1, 2), (AMD64, ARM64), both, strict=True):
        image = holds(server, manifest)
        report = report_of(image, day, day * 1_000_000, platform)
        refers(server, image, artifact(image, report, "1", day))
    holds(server, index_of(*both), "1")
    lists(server, "1")
    found, _ = read(server)
    assert [each.platform for each in series(found)] == ["linux/amd64", "linux/arm64"]


def test_an_image_that_two_releases_share_has_a_report_of_each(server: Server) -> None:
    manifest = manifest_of("same")
    image = holds(server, manifest)
    runs = {1: "1.0", 2: "1.1"}
    refers(server, image, *(artifact(image, report_of(image, day, 7), tag, day)
                            for day, tag in runs.items()))  # fmt: skip
    for tag in runs.values():
        holds(server, json.dumps({**json.loads(index_of(manifest)), "annotations": {"v": tag}})
              .encode(), tag)  # fmt: skip
    lists(server, *runs.values())
    assert marks(read(server)[0]) == [("1.0", 7), ("1.1", 7)]


def test_a_tag_or_a_digest_names_one_release(server: Server) -> None:
    released(server, 1, 1, "1.9")
    image = released(server, 2, 2, "1.10")
    assert marks(read(server, "team/app:1.9")[0]) == [("1.9", 1)]
    assert marks(read(server, f"team/app@{image}")[0]) == [("", 2)]
    assert f"{TEAM}/tags/list" not in server.paths()
    with pytest.raises(UsageError, match=r"the registry has no .*:2"):
        read(server, "team/app:2")


def test_only_the_newest_releases_are_read_and_it_says_how_many_are_left_out(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "RELEASES_MOST", 2)
    for day in (1, 2, 3):
        released(server, day, day, f"1.{9 - day}")
    holds(server, manifest_of("no report"), "0.1")
    lists(server, "1.8", "1.7", "1.6", "0.1")
    found, lines = read(server)
    assert marks(found) == [("1.7", 2), ("1.6", 3)]
    assert lines == [
        "HOST/team/app: 1 release without a report",
        "HOST/team/app: 1 older release left out",
    ]


def test_of_many_tags_those_with_the_highest_versions_are_looked_at(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "TAGS_MOST", 1)
    released(server, 1, 1, "1.9")
    released(server, 2, 2, "1.10")
    lists(server, "1.9", "1.10")
    found, lines = read(server)
    assert marks(found) == [("1.10", 2)]
    assert lines == [
        "HOST/team/app: 2 tags, only the 1 of the highest versions are looked at; name others as "
        "docker://HOST/team/app:TAG"
    ]


def test_a_release_marks_the_run_of_its_own_report(server: Server) -> None:
    image = released(server, 1, 1, "1.9")
    run = report_of(image, 1, 1)
    assert marks([run, *read(server, "team/app:1.9")[0]]) == [("1.9", 1)]
    assert marks([*read(server, "team/app:1.9")[0], run]) == [("1.9", 1)]


# -- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize("tags", [(), ("1",), ("\x1b[2J", "../../x")])
def test_a_repository_without_reports_is_refused(server: Server, tags: tuple[str, ...]) -> None:
    holds(server, manifest_of("no report"), "1")
    lists(server, *tags)
    with pytest.raises(UsageError, match=r"no image there has a report|has no tag of this"):
        read(server)


GOOD = report_of(digest("c"), 2, 2)
HOSTILE = {
    "no JSON": (b"{", "line 1, column 2"),
    "too deep": (b"[" * 100_000, "nested too deeply"),
    "another document": (b'{"schema": "x"}', "this is not a report"),
    "another image": (to_json(GOOD).encode(), "the report is about another image"),
    "bytes": (b"\xff\x00", "byte 0 is not UTF-8"),
}


@pytest.mark.parametrize(("content", "problem"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_report_is_left_out_with_a_line(
    server: Server, content: bytes, problem: str
) -> None:
    image = holds(server, manifest_of("hostile"), "1.10")
    refers(server, image, artifact(image, content, "1.10", 2))
    released(server, 1, 1, "1.9")
    lists(server, "1.10", "1.9")
    found, lines = read(server)
    assert marks(found) == [("1.9", 1)]
    (line,) = lines
    assert line.startswith(f"no report of {image}: ")
    assert problem in line


ENTRIES = {
    "no digest": ({"digest": 7}, "`digest` is a number instead of a string"),
    "a path": ({"digest": "../../x"}, "is not a digest"),
    "no notes": ({"annotations": []}, "it does not say when it was made"),
    "a list": ({"annotations": [1]}, "instead of an object"),
    "a time of words": (
        {"annotations": {"org.opencontainers.image.created": "zzz"}}, "when it was made",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "problem"), ENTRIES.values(), ids=ENTRIES)
def test_a_hostile_list_is_left_out_with_a_line(
    server: Server, changed: dict[str, object], problem: str
) -> None:
    image = holds(server, manifest_of("hostile"), "1.10")
    refers(server, image, artifact(image, GOOD, "1.10", 2), **changed)
    released(server, 1, 1, "1.9")
    lists(server, "1.10", "1.9")
    found, lines = read(server)
    assert marks(found) == [("1.9", 1)]
    assert problem in lines[0]
    assert lines[1:] == ["HOST/team/app: 1 release without a report"]


MANIFESTS = {
    "no JSON": b"<html>",
    "no image": b'{"schemaVersion": 2, "mediaType": "x/y"}',
    "no digests": b'{"schemaVersion": 2, "manifests": [{"digest": "x"}]}',
    "many images": index_of(*(manifest_of(f"{n}") for n in range(51))),
}


@pytest.mark.parametrize("document", MANIFESTS.values(), ids=MANIFESTS)
def test_a_hostile_image_is_left_out_with_a_line(server: Server, document: bytes) -> None:
    holds(server, document, "1.10")
    released(server, 1, 1, "1.9")
    lists(server, "1.10", "1.9")
    found, lines = read(server)
    assert marks(found) == [("1.9", 1)]
    assert len(lines) == 1
    assert lines[0].startswith("no report of 1.10: ")


def test_an_artifact_without_the_report_is_left_out(server: Server) -> None:
    image = released(server, 1, 1, "1.9")
    made = artifact(image, GOOD, "1.10", 2)
    document = json.loads(made.manifest)
    empty = json.dumps({**document, "layers": []}).encode()
    refers(server, image, replace(made, manifest=empty))
    lists(server, "1.9")
    with pytest.raises(UsageError, match="no image there has a report"):
        read(server)


def test_a_report_whose_bytes_are_others_is_left_out(server: Server) -> None:
    image = released(server, 2, 2, "1.10")
    made = artifact(image, report_of(image, 2, 2), "1.10", 2)
    server.on(f"{TEAM}/blobs/{made.blobs[0][0].digest}", (200, {}, b"x" * made.blobs[0][0].size))
    released(server, 1, 1, "1.9")
    lists(server, "1.10", "1.9")
    found, lines = read(server)
    assert marks(found) == [("1.9", 1)]
    assert "arrived damaged" in lines[0]


def test_a_registry_that_fails_again_and_again_ends_it(server: Server) -> None:
    for day in range(1, 7):
        image = released(server, day, day, f"1.{day}")
        made = artifact(image, report_of(image, day, day), f"1.{day}", day)
        server.on(f"{TEAM}/blobs/{made.blobs[0][0].digest}", (403, {}, b""))
    lists(server, *(f"1.{day}" for day in range(1, 7)))
    with pytest.raises(EngineError, match="does not allow to read team/app"):
        read(server)
