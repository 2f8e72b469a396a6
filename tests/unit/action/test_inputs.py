"""What users of docker/build-push-action and metadata-action give, under the names they know."""

import json

import pytest

from ci_slim.action import inputs, step_request
from ci_slim.action.results import metadata
from ci_slim.action.step_request import StepRequest
from ci_slim.commands.push import Pushed
from ci_slim.errors import UsageError
from ci_slim.requests import Asked


def request(**given: str) -> StepRequest:
    named = {f"INPUT_{name.upper()}": value for name, value in given.items()}
    return step_request.request(inputs.read(named), "out")


def asked(**given: str) -> Asked:
    return request(**given).run.asked


NAMES = {
    "snake": ({"build_args": "A=1\nB=2"}, "build_arg", ("A=1", "B=2")),
    "kebab": ({"build-args": "A=1"}, "build_arg", ("A=1",)),
    "kebab of its own": ({"stop-grace": "3s"}, "stop_grace", ("3s",)),
    "another name": ({"file": "x/Dockerfile"}, "dockerfile", ("x/Dockerfile",)),
    "labels": ({"labels": "a=b c\nd=e"}, "label", ("a=b c", "d=e")),
    "add-hosts": ({"add-hosts": "db:10.0.0.2"}, "add_host", ("db:10.0.0.2",)),
    "no-cache": ({"no-cache": "true"}, "no_cache", ("true",)),
    "pull": ({"pull": "false"}, "pull", ("false",)),
    "tags": ({"tags": "r/a:1,r/a:2\nr/b:1"}, "also_tag", ("r/a:1", "r/a:2", "r/b:1")),
    "annotations": (
        {"annotations": "manifest:a=1\nindex,manifest:b=2\nmanifest[linux/arm64]:c=3\nd=x:y"},
        "annotation", ("a=1", "b=2", "c=3", "d=x:y"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "option", "texts"), NAMES.values(), ids=NAMES)
def test_an_input_is_known_by_each_of_its_names(
    given: dict[str, str], option: str, texts: tuple[str, ...]
) -> None:
    assert asked(**given).texts(option) == texts


SECRETS = """\
TOKEN=a=b,c
id=file,src=/x/y
JSON={"a":"b","c":1}
"LINES=one
two"
id=known,env=KNOWN
"""


def test_secrets_are_taken_in_both_syntaxes_and_their_values_reach_buildx_alone() -> None:
    made = request(secrets=SECRETS, **{"secret-files": "k=./key", "secret_envs": "e=E"})
    assert made.run.asked.texts("secret") == (
        "id=TOKEN,env=CI_SLIM_SECRET_0",
        "id=file,src=/x/y",
        "id=JSON,env=CI_SLIM_SECRET_1",
        "id=LINES,env=CI_SLIM_SECRET_2",
        "id=known,env=KNOWN",
        "id=k,src=./key",
        "id=e,env=E",
    )
    assert dict(made.secrets) == {
        "CI_SLIM_SECRET_0": "a=b,c",
        "CI_SLIM_SECRET_1": '{"a":"b","c":1}',
        "CI_SLIM_SECRET_2": "one\ntwo",
    }
    assert "a=b,c" not in repr(made)


def test_a_line_that_is_not_a_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError) as error:
        request(secrets="s3cret")
    assert "s3cret" not in str(error.value)


def test_the_metadata_is_that_of_build_push_action_and_by_image_that_of_bake_action() -> None:
    one = {"app": Pushed(("r/a:1", "r/a:2"), "sha256:a")}
    flat = {"containerimage.digest": "sha256:a", "image.name": "r/a:1,r/a:2"}
    assert json.loads(metadata(one)) == flat
    two = {**one, "web": Pushed(("r/w:1",), "sha256:b")}
    assert json.loads(metadata(two)) == {
        "app": flat,
        "web": {"containerimage.digest": "sha256:b", "image.name": "r/w:1"},
    }
    assert json.loads(metadata({})) == {}
