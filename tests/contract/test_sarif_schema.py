"""`ci-slim advise --format sarif` is what the published schema of SARIF 2.1.0 says.

The schema is the one of Microsoft's jest-sarif; `descriptions.sh` fetches it.
"""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "build/npm/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
CORPUS = ROOT / "tests/corpus"
SETTINGS = "version: 1\nimages:\n  app:\n    build: {context: .}\n    probes: [{exec: 'true'}]\n"


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft4Validator:
    if not SCHEMA.is_file():
        raise FileNotFoundError(f"{SCHEMA}: run tests/contract/descriptions.sh first")
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize("name", ["python/web", "node/express", "debian/apt", "debian/clean"])
def test_advice_follows_the_schema(
    name: str, schema: jsonschema.Draft4Validator, tmp_path: Path
) -> None:
    folder = tmp_path / "service"
    folder.mkdir()
    text = (CORPUS / f"{name}.Dockerfile").read_text()
    (folder / "Dockerfile").write_text(text)
    (folder / ".ci-slim.yml").write_text(SETTINGS)
    (folder / ".git").mkdir()
    (folder / ".git/pack").write_bytes(bytes(10**6))
    argv = ["advise", "--config=service/.ci-slim.yml", "--quick", "--format=sarif"]
    done = subprocess.run(
        [sys.executable, "-m", "ci_slim", *argv],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    made = json.loads(done.stdout)
    schema.validate(made)
    (run,) = made["runs"]
    assert run["automationDetails"]["id"] == "ci-slim-advise/service/Dockerfile/"
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    assert {each["artifactLocation"]["uri"] for each in places} <= {"service/Dockerfile"}
    assert bool(places) is ("# smells: none" not in text or "COPY . " in text)


def test_the_schema_refuses_what_is_wrong(schema: jsonschema.Draft4Validator) -> None:
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({"version": "2.1.0", "runs": [{"results": []}]})
