"""The pipeline of a repository: a workflow for GitHub, an include for GitLab; and the line of
.dockerignore for runs by hand. Pure."""

import re
import textwrap
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ci_slim.errors import UsageError
from ci_slim.report.folder import REPORTS, ignores_reports
from ci_slim.settings import document
from ci_slim.start.repository import GITLAB, WORKFLOWS, Forge, Repository
from ci_slim.start.yaml_text import one_line, quoted

WORKFLOW = f"{WORKFLOWS}/ci-slim.yml"
_LISTED = re.compile(r"(?m)^include:[ ]*(?:#.*)?\n(?:[ ]*(?:#.*)?\n)*(?P<indent>[ ]*)(?=- )")
"""An `include` with a list of blocks, up to its first item."""
UNREADABLE = "it is too large, or not UTF-8 text"
_USED = re.compile(r"ci-slim/ci-slim(?:@|/ci-slim@|/\.github/)")


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to write. If `text` is empty, nothing is written, and `note` says why."""

    path: str
    text: str
    note: str = ""


def pipeline_file(repository: Repository, forge: Forge) -> NewFile | None:
    """The pipeline file for a forge; None without a forge."""
    make = _FILES.get(forge)
    return make(repository) if make else None


def ignore_file(contexts: Collection[str], earlier: str) -> NewFile | None:
    """The .dockerignore of the top folder, with the folder that runs by hand write; None if no
    build gets that folder, or if it is ignored already."""
    if "." not in contexts or ignores_reports(earlier):
        return None
    if is_damaged(earlier):
        return NewFile(".dockerignore", "", f"{UNREADABLE}; add this to it:\n{REPORTS}/")
    end = "" if not earlier or earlier.endswith("\n") else "\n"
    return NewFile(".dockerignore", f"{earlier}{end}{REPORTS}/\n")


def is_damaged(text: str) -> bool:
    """Whether some bytes of the file were no UTF-8. Such a text must not be written back."""
    return "\ufffd" in text


def _github(repository: Repository) -> NewFile:
    for path, text in sorted(repository.texts.items()):
        if path.startswith(f"{WORKFLOWS}/") and path != WORKFLOW and _USED.search(text):
            return NewFile(path, "", "it calls ci-slim already")
    return NewFile(WORKFLOW, _WORKFLOW.replace("BRANCH", _branch(repository.branch)))


def _gitlab(repository: Repository) -> NewFile:
    earlier = repository.texts.get(GITLAB, "")
    if _USED.search(earlier):
        return NewFile(GITLAB, "")
    stage = _stage(earlier)
    include = _INCLUDE + (f"    inputs:\n      stage: {one_line(stage)}\n" if stage else "")
    is_unread = GITLAB in repository.paths and GITLAB not in repository.texts
    if is_unread or is_damaged(earlier):
        return NewFile(GITLAB, "", f"{UNREADABLE}; add this to it:\n{include}")
    if listed := _LISTED.search(earlier):
        at, indent = listed.start("indent"), listed["indent"]
        item = textwrap.indent(textwrap.dedent(include.removeprefix("include:\n")), indent)
        return NewFile(GITLAB, f"{earlier[:at]}{item}{earlier[at:]}")
    if re.search(r"(?m)^[\"']?include[\"']?\s*:", earlier):
        lines = include.removeprefix("include:\n").rstrip().replace("\n", "\n  ")
        return NewFile(GITLAB, "", f"it has an `include:` already; add this to it:\n  {lines}")
    if re.search(r"(?m)^---|^%", earlier):
        return NewFile(GITLAB, "", f"add this to it:\n{include}")
    return NewFile(GITLAB, f"{include}\n{earlier}" if earlier else include)


def _stage(text: str) -> str | None:
    """The stage for the job, if the pipeline declares stages without `test`."""
    try:
        read = document.read(text.replace("${", "$${"), GITLAB, {}) if text else None
        root = document.plain(read) if read is not None else {}
    except UsageError:
        return None
    stages = root.get("stages") if isinstance(root, Mapping) else None
    names = [str(each) for each in stages] if isinstance(stages, list) else []
    return names[-1] if names and "test" not in names else None


def _branch(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", name) else quoted(name)


_FILES: Mapping[str, Callable[[Repository], NewFile]] = {"github": _github, "gitlab": _gitlab}

_INCLUDE = """\
include:
  - component: $CI_SERVER_FQDN/ci-slim/ci-slim/ci-slim@1
"""
_WORKFLOW = """\
name: image
on:
  pull_request:
  push:
    branches: [BRANCH] # its reports are what pull requests are compared with
permissions: {}
jobs:
  image:
    runs-on: ubuntu-24.04
    permissions:
      contents: read # to check out
      pull-requests: write # for the comment
      actions: read # for the report of the branch
    steps:
      - uses: actions/checkout@v4
        with: {persist-credentials: false}
      - id: slim
        uses: ci-slim/ci-slim@v1
      - if: always() && steps.slim.outputs.report
        uses: actions/upload-artifact@v4
        with:
          name: ${{ steps.slim.outputs.artifact }}
          path: |
            ${{ steps.slim.outputs.report }}
            ${{ steps.slim.outputs.page }}
"""
