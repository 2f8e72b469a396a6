"""Settings for a project without a settings file: one image, built from its only Dockerfile."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from ci_slim.options import RUN, SETTINGS_FILE, option_of
from ci_slim.requests import Asked
from ci_slim.settings.dockerfiles import only_dockerfile
from ci_slim.settings.files import is_remote
from ci_slim.settings.reading import load, parse, read_file
from ci_slim.settings.values import Settings

# A merge request from a fork on GitLab is compared with the image of the target project.
_PROJECT = ("GITHUB_REPOSITORY", "CI_MERGE_REQUEST_PROJECT_PATH", "CI_PROJECT_PATH")


def is_unwritten(path: str) -> bool:
    """Whether the job has no settings file, and did not name one."""
    return path == SETTINGS_FILE and not Path(path).exists()


def load_or_find(path: str, environment: Mapping[str, str], asked: Asked) -> Settings:
    """The settings of the file at `path`. If that is the default path and there is no file, the
    settings for the only Dockerfile. What was `asked` overrides them. Raises UsageError, also if
    there are several Dockerfiles.
    """
    if not is_unwritten(path):
        return load(path, environment, asked)
    named = next((environment[name] for name in _PROJECT if environment.get(name)), "")
    for name, value in _dockerfile(asked.text("context"), asked.text("dockerfile")).items():
        asked = asked.instead(option_of(RUN, name), value)
    return parse(text(named or Path.cwd().name), path, environment, asked, read_file)


def text(project: str) -> str:
    """A settings file for the only image of a project. Flags give the rest."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", project.rpartition("/")[2]).strip("-._") or "image"
    baseline = {"from": ["registry", "artifact"]}
    return json.dumps({"version": 1, "images": {name: {"build": {}}}, "baseline": baseline})


def _dockerfile(context: str | None, dockerfile: str | None) -> dict[str, str]:
    if context and is_remote(context):
        return {}
    if not dockerfile:
        dockerfile = str(Path(context or ".") / only_dockerfile(Path(context or ".")))
        context = context or str(Path(dockerfile).parent)
    return {"context": context or ".", "dockerfile": dockerfile}
