"""The files of a repository, as a value. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

Forge = Literal["github", "gitlab", "none"]

DOCKERFILE = re.compile(r"(?:Dockerfile|Containerfile)|.*\.(?:[Dd]ockerfile)|Dockerfile\..*")
COMPOSE = re.compile(r"(?:docker-)?compose\.ya?ml")
GITLAB = ".gitlab-ci.yml"
WORKFLOWS = ".github/workflows"
README = re.compile(r"(?i)readme(?:\.(?:md|rst|txt))?")
_API = re.compile(r"(?i)(?:.*[._-])?(?:openapi|swagger)(?:[._-].*)?\.(?:json|ya?ml)")
_NAMES = frozenset({
    "Makefile", "Gemfile", "go.mod", "package.json", "pom.xml", "build.gradle", "pyproject.toml",
    "requirements.txt", "composer.json",
})  # fmt: skip
_SOURCES = frozenset({
    ".py", ".js", ".mjs", ".ts", ".go", ".rb", ".php", ".java", ".kt", ".sh", ".pl", ".pm", ".psgi",
})  # fmt: skip
_NOT_THE_PROGRAM = frozenset({"test", "tests", "spec", "docs", "doc", "node_modules", "vendor"})


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: its name, its paths, and the texts of the files that tell how it runs.

    Paths are relative, with `/`. `remote` is the address of the git remote, "" if there is none;
    `branch` is its default branch.
    """

    name: str
    paths: frozenset[str]
    texts: Mapping[str, str] = field(repr=False)
    remote: str = ""
    branch: str = "main"

    def named(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
        """Path and text of the files whose name matches, the highest folders first."""
        for path in sorted(self.texts, key=lambda each: (each.count("/"), each)):
            if pattern.fullmatch(PurePosixPath(path).name):
                yield path, self.texts[path]

    def below(self, folder: str) -> Iterator[tuple[str, str]]:
        """Path and text of the files below a folder; "." is the top."""
        for path in sorted(self.texts):
            if folder == "." or path.startswith(f"{folder}/"):
                yield path, self.texts[path]

    @property
    def forge(self) -> Forge | None:
        """The forge, by the git remote or by the pipelines; None if neither shows it."""
        host = re.sub(r"^[a-z+]+://", "", self.remote).partition("@")[2] or self.remote
        host = re.split(r"[:/]", re.sub(r"^[a-z+]+://", "", host))[0].lower()
        for forge in ("github", "gitlab"):
            if forge in host:
                return forge
        has_workflows = any(path.startswith(f"{WORKFLOWS}/") for path in self.paths)
        if (GITLAB in self.paths) == has_workflows:
            return None
        return "github" if has_workflows else "gitlab"


def tells(path: str) -> bool:
    """Whether the text of a file may say how an image is built, run or probed."""
    place = PurePosixPath(path)
    name = place.name
    if path == GITLAB or str(place.parent) == WORKFLOWS:
        return True
    if any(pattern.fullmatch(name) for pattern in (DOCKERFILE, COMPOSE, README, _API)):
        return True
    if name in _NAMES:
        return True
    return is_program(path) or is_json(path)


def is_json(path: str) -> bool:
    """Whether a file may be a probe file or a description of an API."""
    return path.endswith(".json") and not path.endswith(("-lock.json", "tsconfig.json"))


def is_program(path: str) -> bool:
    """Whether a file is source code of the program itself."""
    place = PurePosixPath(path)
    return place.suffix in _SOURCES and not _NOT_THE_PROGRAM.intersection(place.parts)


def is_api(path: str) -> bool:
    """Whether a file has a usual name for a description of an API."""
    return _API.fullmatch(PurePosixPath(path).name) is not None
