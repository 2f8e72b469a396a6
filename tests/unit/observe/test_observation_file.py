"""Tests writing and reading the observation file."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.errors import UsageError
from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Exercise, How, Observation
from ci_slim.observe.observation_file import ObservationFile, from_json, layers_digest, to_json
from ci_slim.platforms import Platform
from ci_slim.prove.remember import remember
from ci_slim.settings.plans import SlimPlan

LAYERS = layers_digest(["sha256:1", "sha256:2"])
SEEN = Observation(
    {"/bin/sh": How.EXEC | How.STAT, "/etc/a b\n\udcff": How.OPEN}, frozenset({"/gone"})
)
TEXT = f"""{{
 "schema": "ci-slim/observation/v1",
 "platforms": {{
  "linux/amd64": {{
   "layers": "{LAYERS}",
   "uses": {{
    "/bin/sh": "exec stat",
    "/etc/a b\\n\\udcff": "open"
   }},
   "missed": [
    "/gone"
   ],
   "syscalls": []
  }}
 }}
}}
"""
AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
PATHS = st.text(max_size=9).map(lambda text: f"/{text}")
HOWS = st.integers(1, sum(each.value for each in How)).map(How)


def test_the_file_has_this_text_and_follows_its_schema() -> None:
    assert to_json(ObservationFile().adding("linux/amd64", LAYERS, SEEN)) == TEXT
    schema = json.loads((files("ci_slim.observe") / "observation-v1.schema.json").read_text())
    jsonschema.validate(json.loads(TEXT), schema)


@given(st.dictionaries(PATHS, HOWS), st.frozensets(PATHS), st.frozensets(st.just("openat")))
def test_the_written_file_is_read_again(
    uses: dict[str, How], missed: frozenset[str], calls: frozenset[str]
) -> None:
    file = ObservationFile().adding("linux/arm/v6", LAYERS, Observation(uses, missed, calls))
    assert from_json(to_json(file).encode(), "f") == file


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "the observation is not JSON: "),
        (b"[]", "the schema of the observation is null, not ci-slim/observation/v1"),
        (b'{"schema": "ci-slim/observation/v2"}', 'is "ci-slim/observation/v2", not'),
        (b'{"schema": "ci-slim/observation/v1"}', "the observation does not follow its schema: "),
        (TEXT.replace("exec stat", "eats").encode(), "the observation does not follow its schema"),
        (TEXT.replace("/gone", "gone").encode(), "'gone' is not an absolute path"),
        (TEXT.replace('"open"', "7").encode(), "7 is not a text"),
    ],
)
def test_a_file_of_another_form_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(UsageError, match="observation") as error:
        from_json(text, "seen.json")
    assert message in error.value.message
    assert error.value.where == "seen.json"


def config(*diff_ids: str) -> ImageConfig:
    return ImageConfig({"rootfs": {"diff_ids": list(diff_ids)}})


def exercise(*paths: str) -> Exercise:
    return Exercise((), Observation(dict.fromkeys(paths, How.OPEN)))


def test_runs_add_up_in_the_first_file(tmp_path: Path) -> None:
    plan = SlimPlan(observation=(str(tmp_path / "one.json"), str(tmp_path / "two.json")))
    other = SlimPlan(observation=(str(tmp_path / "two.json"),))
    image = config("sha256:1")
    assert remember(exercise("/a"), AMD64, image, SlimPlan()).observation.uses.keys() == {"/a"}
    assert remember(exercise("/a"), AMD64, image, plan).observation.uses.keys() == {"/a"}
    remember(exercise("/b"), AMD64, image, other)
    assert remember(exercise("/c"), AMD64, image, plan).observation.uses.keys() == {
        "/a",
        "/b",
        "/c",
    }
    known = from_json((tmp_path / "one.json").read_bytes(), "")
    assert known.platforms["linux/amd64"].observation.uses.keys() == {"/a", "/c"}


def test_other_platforms_count_if_requested(tmp_path: Path) -> None:
    plan = SlimPlan(observation=(str(tmp_path / "seen.json"),))
    remember(exercise("/a"), AMD64, config("sha256:1"), plan)
    alone = remember(exercise("/b"), ARM64, config("sha256:2"), plan)
    assert alone.observation.uses.keys() == {"/b"}
    across = SlimPlan(observation=plan.observation, across_platforms=True)
    both = remember(exercise("/b"), ARM64, config("sha256:2"), across)
    assert both.observation.uses.keys() == {"/a", "/b"}


def test_the_observation_of_another_image_is_refused_and_kept(tmp_path: Path) -> None:
    plan = SlimPlan(observation=(str(tmp_path / "seen.json"),))
    remember(exercise("/a"), AMD64, config("sha256:1"), plan)
    before = (tmp_path / "seen.json").read_bytes()
    with pytest.raises(UsageError, match="the observation of linux/amd64 belongs to another image"):
        remember(exercise("/b"), AMD64, config("sha256:2"), plan)
    assert (tmp_path / "seen.json").read_bytes() == before
