"""Read the files that advice needs: the Dockerfile, the .dockerignore, the build context."""

import contextlib
import os
from pathlib import Path

from ci_slim.advise.dockerignore import ignored
from ci_slim.advise.finding import Context
from ci_slim.advise.given import Given
from ci_slim.advise.patch import SourceFile, Sources
from ci_slim.advise.updates import COMMITS, History
from ci_slim.engine import process
from ci_slim.errors import UsageError
from ci_slim.settings.plans import BuildPlan

_MOST = 1 << 20
"""The most bytes of a Dockerfile."""
_FILES_MOST = 1_000_000


def read_sources(image: str, build: BuildPlan, folder: Path) -> Given:
    """What advice on an image needs, with paths relative to `folder`. Raises UsageError."""
    dockerfile, context = Path(build.dockerfile), Path(build.context)
    own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    ignore = own if own.is_file() else context / ".dockerignore"
    sources = Sources(_source(dockerfile, folder), _source(ignore, folder, needed=False))
    return Given(
        image,
        sources,
        {sources.dockerfile.path: dockerfile, sources.ignore.path: ignore},
        build.target,
        build.args,
        Context(_files(context), ignored(sources.ignore.text)),
        _history(context),
    )


def _history(context: Path) -> History:
    """The last commits that changed the build context; none without git or a repository."""
    if process.find("git") is None:
        return ()
    argv = ["git", "-C", str(context), "log", f"--max-count={COMMITS}", "--no-merges"]
    argv += ["--relative", "--name-only", "--no-renames", "--format=%x00", "--", "."]
    lines: list[str] = []
    done = process.run(argv, each_line=lines.append, environment={"LC_ALL": "C"})
    if done.code:
        return ()
    commits = "\n".join(lines).split("\0")[1:]
    return tuple(frozenset(filter(None, commit.split("\n"))) for commit in commits)


def _source(path: Path, folder: Path, *, needed: bool = True) -> SourceFile:
    below = Path(os.path.relpath(path, folder)).as_posix()
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise UsageError(f"it is larger than {_MOST >> 20} MiB", where=str(path))
        return SourceFile(below, data.decode("utf-8"))
    except FileNotFoundError as error:
        if not needed:
            return SourceFile(below, "", exists=False)
        problem = error.strerror
    except OSError as error:
        problem = error.strerror
    except UnicodeDecodeError:
        problem = "it is not a text in UTF-8"
    raise UsageError(f"cannot be read: {problem}", where=str(path), hint="name it: --dockerfile")


def _files(context: Path) -> dict[str, int]:
    """The files of the build context with their bytes. Links are not followed."""
    found: dict[str, int] = {}
    for folder, _, names in os.walk(context):
        below = Path(folder).relative_to(context)
        for name in names:
            with contextlib.suppress(OSError):
                found[(below / name).as_posix()] = Path(folder, name).lstat().st_size
        if len(found) > _FILES_MOST:
            break
    return found
