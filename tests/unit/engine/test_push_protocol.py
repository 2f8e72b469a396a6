"""Tests what is pushed, and how a registry may answer."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from registry_server import Answer, Server, basic, serving
from reports import AMD64, ARM64, of, sizes, slimmed
from stored_images import Stored, folder_of

from ci_slim.commands.push import push_images
from ci_slim.commands.push_targets import PushTarget, push_targets
from ci_slim.engine.login import Login
from ci_slim.engine.push import Layout, push_blob, put_manifest, read_layout, upload
from ci_slim.engine.registry import Registry
from ci_slim.engine.transfer import Clock, origin
from ci_slim.errors import EngineError, UsageError
from ci_slim.image.layout import blob_name
from ci_slim.image.manifest import INDEX, Descriptor, Index, digest_of, parse_document, parse_index
from ci_slim.image.reference import ImageName
from ci_slim.image.sizes import ImageSizes
from ci_slim.judge.budget import BudgetRules, Limits, judge
from ci_slim.platforms import Platform
from ci_slim.result import Artifacts, PlatformOutcome, PlatformReport, Report
from ci_slim.settings import parse

FAT = sizes("a", 9_000, 9_000)
TAKEN: Answer = (201, {}, b"")
BEGUN: Answer = (202, {"Location": "/store/1?state=x"}, b"")
ABSENT: Answer = (404, {}, b"")


@pytest.fixture
def server() -> Iterator[Server]:
    """A registry that is empty and accepts everything."""
    with serving() as one:
        one.on("/v2/team/app/blobs/uploads/", BEGUN)
        one.on("/store/1", TAKEN)
        one.on("/v2/team/app/manifests/1", TAKEN)
        yield one


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return made(tmp_path / "one")


def made(folder: Path, platform: Platform = AMD64) -> Layout:
    folder_of(folder, Stored(platform))
    return read_layout(folder, platform, digest(folder))


def digest(folder: Path) -> str:
    return parse_index((folder / "index.json").read_bytes(), "it").manifests[0].digest


def send(
    server: Server, *layouts: Layout, who: Login | None = None, naps: list[float] | None = None
) -> str:
    clock = Clock(sleep=(naps if naps is not None else []).append)
    name = ImageName(server.host, "team/app", "1")
    lines: list[str] = []
    registry = Registry(server.host, lambda: who, clock, rights="pull,push")
    with registry:
        return put_manifest(registry, name, "1", *upload(registry, name, layouts, lines.append))


def _blobs(layout: Layout) -> list[str]:
    return [*(layer.digest for layer in layout.image.layers), layout.image.config_digest]


def asked(server: Server, method: str) -> list[str]:
    return [path for how, path, _ in server.seen if how == method]


def test_every_blob_is_sent_and_the_name_comes_last(server: Server, layout: Layout) -> None:
    assert send(server, layout) == layout.image.digest
    blobs = _blobs(layout)
    *places, last = asked(server, "PUT")
    assert places == [f"/store/1?state=x&digest={each.replace(':', '%3A')}" for each in blobs]
    assert last == "/v2/team/app/manifests/1"
    sent = [body for body in server.bodies if body]
    assert [digest_of(body) for body in sent[:-1]] == blobs
    assert sent[-1] == layout.image.raw_manifest


def test_what_the_registry_has_is_not_sent(server: Server, layout: Layout) -> None:
    for digest in _blobs(layout):
        server.on(f"/v2/team/app/blobs/{digest}", (200, {}, b""))
    send(server, layout)
    assert asked(server, "PUT") == ["/v2/team/app/manifests/1"]


def test_an_empty_blob_has_a_length(server: Server) -> None:
    def answer(headers: Mapping[str, str]) -> Answer:
        return (400, {}, b"") if "Transfer-Encoding" in headers else TAKEN

    server.on("/store/1", answer)
    empty = Descriptor("text/plain", digest_of(b""), 0)
    name = ImageName(server.host, "team/app", "1")
    with Registry(server.host, lambda: None, Clock(), rights="pull,push") as registry:
        assert push_blob(registry, name, empty, b"")


def test_platforms_are_one_index(server: Server, tmp_path: Path) -> None:
    layouts = [made(tmp_path / str(p), p) for p in (AMD64, ARM64)]
    for each in layouts:
        server.on(f"/v2/team/app/manifests/{each.image.digest}", TAKEN)
    found = send(server, *layouts)
    index = server.bodies[-1]
    assert digest_of(index) == found
    parsed = parse_document(index, "it")
    assert isinstance(parsed, Index)
    assert parsed.manifests == tuple(each.descriptor for each in layouts)
    assert json.loads(index)["mediaType"] == INDEX


@pytest.mark.parametrize(
    "busy", [(503, {}, b""), (429, {}, b""), (401, {"WWW-Authenticate": "x"}, b"")]
)
def test_a_refused_upload_starts_again(server: Server, layout: Layout, busy: Answer) -> None:
    if busy[0] == 401:
        # The token expired during the upload of the layers.
        server.on("/token", (200, {}, b'{"token": "t2"}'))
        busy = (401, {"WWW-Authenticate": f'Bearer realm="http://{server.host}/token"'}, b"")
    server.on("/store/1", busy, TAKEN)
    naps: list[float] = []
    assert send(server, layout, naps=naps) == layout.image.digest
    again = asked(server, "PUT")
    assert again[0] == again[1]
    assert server.bodies.count(layout_bytes(layout)) == 2
    if busy[0] != 401:
        assert naps == [0.5]
        assert asked(server, "POST")[:2] == 2 * ["/v2/team/app/blobs/uploads/"]


def layout_bytes(layout: Layout) -> bytes:
    return (layout.folder / blob_name(layout.image.layers[0].digest)).read_bytes()


def test_a_registry_that_stays_busy_is_an_error(server: Server, layout: Layout) -> None:
    server.on("/store/1", (503, {}, b""))
    naps: list[float] = []
    with pytest.raises(EngineError, match="answers 503 for team/app"):
        send(server, layout, naps=naps)
    assert naps == [0.5, 1.0, 2.0]
    assert "/v2/team/app/manifests/1" not in server.paths()


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        (
            "/v2/team/app/blobs/uploads/",
            (403, {}, b'{"errors": [{"message": "only maintainers"}]}'),
            "does not allow to push team/app: only maintainers",
        ),
        ("/store/1", (400, {}, b'{"errors": [{"message": "digest invalid"}]}'), "digest invalid"),
        ("/v2/team/app/manifests/1", (200, {}, b""), "answers 200 for"),
        (
            "/v2/team/app/manifests/1",
            (201, {"Docker-Content-Digest": "sha256:0"}, b""),
            "stored another document for",
        ),
    ],
)
def test_the_error_shows_the_registrys_message(
    server: Server, layout: Layout, path: str, answer: Answer, problem: str
) -> None:
    server.on(path, answer)
    with pytest.raises(EngineError) as caught:
        send(server, layout)
    assert problem in str(caught.value)


def test_a_login_goes_to_the_registry_and_not_to_another_store(
    server: Server, layout: Layout
) -> None:
    def closed(answer: Answer) -> object:
        def met(headers: Mapping[str, str]) -> Answer:
            if headers.get("Authorization") == basic("me", "hunter2"):
                return answer
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""

        return met

    with serving() as other:
        other.on("/store/1", TAKEN)
        there = f"http://{other.host}/store/1"
        server.on("/v2/team/app/blobs/uploads/", closed((202, {"Location": there}, b"")))  # type: ignore[arg-type]
        server.on("/v2/team/app/manifests/1", closed(TAKEN))  # type: ignore[arg-type]
        send(server, layout, who=Login("me", "hunter2"))
        assert [who for _, _, who in other.seen] == 3 * [""]
    with pytest.raises(EngineError) as caught:
        send(server, layout)
    assert "asks for a login" in str(caught.value)
    assert "who may push the image" in caught.value.hint


def test_an_upload_is_not_sent_without_encryption(server: Server, layout: Layout) -> None:
    server.on(
        "/v2/team/app/blobs/uploads/",
        (202, {"Location": "http://store.example/1"}, b""),
    )
    with pytest.raises(EngineError, match="which is not encrypted"):
        send(server, layout)


def test_the_requested_token_may_push(server: Server, layout: Layout) -> None:
    def closed(headers: Mapping[str, str]) -> Answer:
        if headers.get("Authorization") == "Bearer t":
            return BEGUN
        challenge = f'Bearer realm="http://{server.host}/token",service="s"'
        return 401, {"WWW-Authenticate": challenge}, b""

    server.on("/v2/team/app/blobs/uploads/", closed)
    server.on("/token", (200, {}, b'{"token": "t"}'))
    send(server, layout)
    assert "/token?scope=repository%3Ateam%2Fapp%3Apull%2Cpush&service=s" in server.paths()


# -- what a report tells of -----------------------------------------------------------------------


def told(folder: Path, *platforms: Platform, **changed: object) -> Report:
    """A report of the image app, and its layouts below `folder`."""
    return of(*(platform_of(folder, p, **changed) for p in platforms), name="app")


def platform_of(folder: Path, platform: Platform, **changed: object) -> PlatformReport:
    name = f"app/{str(platform).replace('/', '-')}"
    if not (folder / name).exists():
        folder_of(folder / name, Stored(platform))
    slim = called(digest(folder / name))
    report = replace(
        slimmed(platform, FAT, slim), verified=True, artifacts=Artifacts(oci_layout=name)
    )
    return replace(report, **changed)  # type: ignore[arg-type]


def called(its: str) -> ImageSizes:
    return replace(sizes("b", 900, 900), digest=its)


def push_of(server: Server, *reports: tuple[Report, Path]) -> dict[str, str]:
    done = push_images(
        reports, [PushTarget("app", f"{server.host}/team/app:1")], {}, lambda _: None
    )
    return {name: str(each) for name, each in done.items()}


def test_reports_of_several_jobs_become_one_name(server: Server, tmp_path: Path) -> None:
    jobs = []
    for platform in (AMD64, ARM64):
        folder = tmp_path / platform.architecture
        jobs.append((told(folder, platform), folder))
        found = digest(folder / f"app/linux-{platform.architecture}")
        server.on(f"/v2/team/app/manifests/{found}", TAKEN)
    done = push_of(server, *jobs)
    index = server.bodies[-1]
    assert done == {"app": f"{server.host}/team/app:1@{digest_of(index)}"}
    assert [each["platform"]["architecture"] for each in json.loads(index)["manifests"]] == [
        "amd64",
        "arm64",
    ]


@pytest.mark.parametrize("outcome", ["unchanged", "built"])
def test_a_fat_image_that_is_the_result_is_pushed(
    server: Server, tmp_path: Path, outcome: PlatformOutcome
) -> None:
    report = told(tmp_path, AMD64)
    (platform,) = report.images[0].platforms
    fat = called(platform.slim.digest if platform.slim else "")
    plain = replace(platform, outcome=outcome, fat=fat, slim=None, verified=False)
    done = push_of(server, (of(plain, name="app"), tmp_path))
    assert done["app"].endswith(f"@{fat.digest}")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"verified": False}, "app, linux/arm64: the slim image was not proved"),
        (
            {"outcome": "skipped", "reason": "no handler", "slim": None, "verified": False},
            "app, linux/arm64: nothing is pushed: this platform was skipped, "
            "so the tag would lose it",
        ),
        (
            {"outcome": "failed", "reason": "a probe failed", "slim": None, "verified": False},
            "this platform failed, so the tag would lose it",
        ),
        ({"artifacts": Artifacts()}, "the report names no OCI layout for it"),
        ({"artifacts": Artifacts(oci_layout="../../etc")}, "is outside the report's folder"),
        ({"artifacts": Artifacts(oci_layout="nowhere")}, "this is not the image of the report"),
        ({"slim": called(f"sha256:{'f' * 64}")}, "it does not have the image sha256:ffff"),
    ],
)
def test_nothing_is_pushed_when_one_platform_cannot_be(
    server: Server, tmp_path: Path, changed: dict[str, object], problem: str
) -> None:
    report = of(platform_of(tmp_path, AMD64), platform_of(tmp_path, ARM64, **changed), name="app")
    with pytest.raises(UsageError) as caught:
        push_of(server, (report, tmp_path))
    assert problem in str(caught.value)
    assert server.seen == []


def test_a_layout_that_lost_a_part_is_refused(server: Server, tmp_path: Path) -> None:
    report = told(tmp_path, AMD64)
    folder = tmp_path / "app/linux-amd64"
    layer = read_layout(folder, AMD64, digest(folder)).image.layers[0].digest
    (folder / blob_name(layer)).write_bytes(b"cut")
    with pytest.raises(UsageError, match=f"{layer} does not have "):
        push_of(server, (report, tmp_path))
    assert server.seen == []


def test_a_tag_with_a_digest_is_refused(tmp_path: Path) -> None:
    tag = f"registry.example/app:1@sha256:{'0' * 64}"
    with pytest.raises(UsageError, match="must not have a digest"):
        push_images(
            [(told(tmp_path, AMD64), tmp_path)], [PushTarget("app", tag)], {}, lambda _: None
        )


def test_an_image_without_a_tag_is_not_pushed(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no image with a tag to push"):
        push_images([(told(tmp_path, AMD64), tmp_path)], [], {}, lambda _: None)


def test_what_the_settings_ask_for_must_be_there(server: Server, tmp_path: Path) -> None:
    report = told(tmp_path, AMD64)
    tag = f"{server.host}/team/app:1"
    for wanted, problem in (
        ([PushTarget("app", tag, (AMD64, ARM64))], "app: nothing is pushed: .* for linux/arm64"),
        (
            [PushTarget("app", tag), PushTarget("web", f"{tag}-web")],
            "web: nothing is pushed: no report",
        ),
    ):
        with pytest.raises(UsageError, match=problem):
            push_images([(report, tmp_path)], wanted, {}, lambda _: None)
    assert server.seen == []


def test_a_platform_in_two_reports_is_refused(server: Server, tmp_path: Path) -> None:
    reports = [(told(tmp_path / name, AMD64), tmp_path / name) for name in ("one", "two")]
    with pytest.raises(UsageError, match="app, linux/amd64: two reports have this"):
        push_of(server, *reports)


def test_the_order_of_reports_does_not_matter(server: Server, tmp_path: Path) -> None:
    jobs = [(told(tmp_path / p.architecture, p), tmp_path / p.architecture) for p in (AMD64, ARM64)]
    for _, folder in jobs:
        found = digest(folder / f"app/linux-{folder.name}")
        server.on(f"/v2/team/app/manifests/{found}", TAKEN)
    assert push_of(server, *jobs) == push_of(server, *reversed(jobs))


def test_no_name_is_given_when_a_later_image_is_refused(server: Server, tmp_path: Path) -> None:
    report = told(tmp_path, AMD64)
    both = replace(report, images=(*report.images, replace(report.images[0], name="web")))
    wanted = [
        PushTarget("app", f"{server.host}/team/app:1"),
        PushTarget("web", f"{server.host}/closed/web:1"),
    ]
    server.on("/v2/closed/web/blobs/uploads/", (403, {}, b""))
    with pytest.raises(EngineError, match="does not allow to push closed/web"):
        push_images([(both, tmp_path)], wanted, {}, lambda _: None)
    assert "/v2/team/app/manifests/1" not in server.paths()


@pytest.mark.parametrize("tag", ["registry.example/app", "registry.example/app:latest"])
def test_two_images_of_one_name_are_refused(tmp_path: Path, tag: str) -> None:
    report = told(tmp_path, AMD64)
    both = replace(report, images=(*report.images, replace(report.images[0], name="web")))
    wanted = [PushTarget("app", "registry.example/app"), PushTarget("web", tag)]
    with pytest.raises(UsageError, match="`app` and `web` have the same tag"):
        push_images([(both, tmp_path)], wanted, {}, lambda _: None)


def test_a_broken_budget_is_reported(server: Server, tmp_path: Path) -> None:
    report = told(tmp_path, AMD64, verdicts=judge(FAT, BudgetRules(Limits(pull=1)), AMD64))
    lines: list[str] = []
    push_images(
        [(report, tmp_path)], [PushTarget("app", f"{server.host}/team/app:1")], {}, lines.append
    )
    assert lines[0] == "app on linux/amd64 is over budget"


def test_a_missing_version_is_an_error() -> None:
    settings = parse(
        "version: 1\nimages: {app: {image: a, tag: 'r.example/a:{version}'}}\n", "s.yml", {}
    )
    with pytest.raises(UsageError, match="needs a version"):
        push_targets(settings, "")
    assert [each.tag for each in push_targets(settings, "1.2")] == ["r.example/a:1.2"]


# -- a registry's whims ---------------------------------------------------------------------------


def test_a_busy_registry_is_waited_for_as_long_as_it_asks(server: Server, layout: Layout) -> None:
    server.on("/store/1", (429, {"Retry-After": "7"}, b""), TAKEN)
    naps: list[float] = []
    send(server, layout, naps=naps)
    assert naps == [7.0]
    server.on("/store/1", (429, {"Retry-After": "3600"}, b""))
    with pytest.raises(EngineError, match="asks to come back in 3600 s"):
        send(server, layout, naps=naps)
    assert naps == [7.0]


def test_a_login_that_is_refused_is_not_tried_again(server: Server, layout: Layout) -> None:
    challenge = f'Bearer realm="http://{server.host}/token"'
    server.on("/v2/team/app/blobs/uploads/", (401, {"WWW-Authenticate": challenge}, b""))
    server.on("/token", (403, {}, b""))
    with pytest.raises(EngineError, match="gives no token for pushing team/app"):
        send(server, layout, who=Login("me", "wrong"))
    assert asked(server, "POST") == ["/v2/team/app/blobs/uploads/"]


@pytest.mark.parametrize("headers", [{}, {"Location": "http://[bad/x"}])
def test_a_registry_without_an_upload_address_is_an_error(
    server: Server, layout: Layout, headers: dict[str, str]
) -> None:
    server.on("/v2/team/app/blobs/uploads/", (202, headers, b""))
    with pytest.raises(EngineError, match="gives no address for an upload"):
        send(server, layout)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Registry.Example:443/v2/", "https://registry.example"),
        ("http://127.0.0.77:80/x?sig=1", "http://127.0.0.77"),
        ("https://me:pass@r.example:5000/", "https://r.example:5000"),
        ("https://[::1]:443/", "https://[::1]"),
        ("http://r.example:443/", "http://r.example:443"),
    ],
)
def test_an_origin_has_one_spelling(url: str, expected: str) -> None:
    assert origin(url) == expected


def test_a_missing_bundle_is_an_error(
    server: Server, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.Session, "request", _without_bundle)
    with pytest.raises(EngineError, match="the CA bundle cannot be read") as caught:
        send(server, layout)
    assert "SSL_CERT_FILE" in caught.value.hint


def _without_bundle(*_: object, **__: object) -> None:
    raise OSError("Could not find a suitable TLS CA certificate bundle")


# -- a hostile layout -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["index.json", "manifest", "layer"])
@pytest.mark.parametrize("instead", ["link", "fifo", "folder"])
def test_only_plain_files_of_the_layout_are_read(
    server: Server, tmp_path: Path, name: str, instead: str
) -> None:
    report = told(tmp_path, AMD64)
    folder = tmp_path / "app/linux-amd64"
    layout = read_layout(folder, AMD64, digest(folder))
    path = (
        folder
        / {
            "index.json": "index.json",
            "manifest": blob_name(layout.image.digest),
            "layer": blob_name(layout.image.layers[0].digest),
        }[name]
    )
    outside = tmp_path / "outside"
    path.rename(outside)
    if instead == "link":
        path.symlink_to(outside)
    elif instead == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(UsageError, match="this is not the image of the report"):
        push_of(server, (report, tmp_path))
    assert server.seen == []


@pytest.mark.parametrize("layout", ["a\0b", "loop"])
def test_a_layout_that_is_not_a_folder_is_refused(
    server: Server, tmp_path: Path, layout: str
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    report = told(tmp_path, AMD64, artifacts=Artifacts(oci_layout=layout))
    with pytest.raises(UsageError):
        push_of(server, (report, tmp_path))
    assert server.seen == []


def test_an_image_of_another_architecture_is_refused(server: Server, tmp_path: Path) -> None:
    other = replace(platform_of(tmp_path, AMD64), platform=Platform("linux", "s390x"))
    report = of(other, name="app")
    with pytest.raises(UsageError, match="it is for linux/amd64, not for linux/s390x"):
        push_of(server, (report, tmp_path))
