"""A step that joins the reports of earlier jobs, and pushes what they left as one name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from registry_server import Answer, Server, serving
from reports import AMD64, ARM64, of, sizes, slimmed
from stored_images import Stored, folder_of

from ci_slim.action import inputs
from ci_slim.action.runner import Runner
from ci_slim.action.step import Step
from ci_slim.commands.edge import Edge
from ci_slim.image.manifest import digest_of, parse_index
from ci_slim.platforms import Platform
from ci_slim.report.json import to_json
from ci_slim.result import Artifacts


def job(folder: Path, platform: Platform) -> str:
    """What a job of one platform leaves; the digest of its image."""
    layout = folder / "app" / platform.slug
    folder_of(layout, Stored(platform))
    digest = parse_index((layout / "index.json").read_bytes(), "it").manifests[0].digest
    slim = replace(sizes("b", 900, 900), digest=digest)
    made = replace(
        slimmed(platform, sizes("a", 9_000, 9_000), slim),
        verified=True,
        artifacts=Artifacts(oci_layout=f"app/{platform.slug}"),
    )
    (folder / "report.json").write_text(to_json(of(made, name="app")))
    return digest


def run(top: Path, server: Server, **given: str) -> tuple[int, dict[str, str]]:
    outputs = top / "outputs"
    outputs.touch()
    environment = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "push", "GITHUB_REPOSITORY": "o/r",
        "GITHUB_API_URL": "https://api.github.com", "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql", "GITHUB_SHA": "a" * 40,
        "GITHUB_RUN_ID": "1", "GITHUB_OUTPUT": str(outputs), "HOME": str(top),
        "INPUT_REPORTS": "parts/*/report.json", "INPUT_COMMENT": "false", "INPUT_PART": "0/1",
        "INPUT_ATTEST": "false", **{f"INPUT_{key.upper()}": value for key, value in given.items()},
    }  # fmt: skip
    edge = Edge.of(environment)
    step = Step(edge, inputs.read(environment), Runner(environment, edge.hide))
    code = step.run()
    lines = iter(outputs.read_text().splitlines())
    found = {}
    for line in lines:
        name, _, end = line.partition("<<")
        found[name] = "\n".join(iter(lambda: next(lines), end))
    return code, found


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_jobs_left_is_pushed_as_one_name_when_all_is_well(top: Path) -> None:
    with serving() as server:
        taken: Answer = (201, {}, b"")
        server.on("/v2/team/app/blobs/uploads/", (202, {"Location": "/store/1?state=x"}, b""))
        server.on("/store/1", taken)
        for platform in (AMD64, ARM64):
            digest = job(top / "parts" / platform.architecture, platform)
            server.on(f"/v2/team/app/manifests/{digest}", taken)
        server.on("/v2/team/app/manifests/1", taken)
        server.on("/v2/team/app/manifests/latest", taken)
        image = {"image": "docker://r.example/x", "tag": f"{server.host}/team/app:{{version}}"}
        settings = {"version": 1, "images": {"app": image}}
        (top / ".ci-slim.yml").write_text(json.dumps(settings))
        code, told = run(top, server, push="true", image_version="1")
        assert code == 0
        index = server.bodies[-1]
        name = f"{server.host}/team/app:1"
        assert json.loads(told["pushed"]) == {"app": f"{name}@{digest_of(index)}"}
        assert (told["digest"], told["tags"]) == (digest_of(index), name)
        assert json.loads(told["metadata"])["image.name"] == name
        assert len(json.loads(index)["manifests"]) == 2

        _, told = run(top, server, push="false")
        assert (told["pushed"], told["digest"]) == ("{}", "")
