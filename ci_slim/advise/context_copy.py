"""A copy of the build context, in which changes are tried."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ci_slim.advise.finding import Context
from ci_slim.errors import UsageError
from ci_slim.settings.plans import BuildPlan

LINKED_FROM = 200_000_000
"""If a context has more bytes, its files are hard-linked instead of copied, if possible."""


@dataclass
class ContextCopy:
    """The copy of one build context below `folder`, made when it is first needed."""

    plan: BuildPlan
    folder: Path
    context: Context
    """Files that .dockerignore leaves out are not copied."""
    _made: Path | None = None

    @contextlib.contextmanager
    def changed(self, texts: Mapping[Path, str]) -> Iterator[BuildPlan]:
        """The build with changed files in a copy of the context. The user's files do not change."""
        if not texts:
            yield self.plan
            return
        context, dockerfile = Path(self.plan.context), Path(self.plan.dockerfile)
        copy = self._copy(context)
        placed: list[tuple[Path, Path]] = []
        plan = replace(self.plan, context=str(copy))
        if dockerfile.absolute().is_relative_to(context.absolute()):
            inside = dockerfile.absolute().relative_to(context.absolute())
            plan = replace(plan, dockerfile=str(copy / inside))
        else:
            outside = self.folder / "Dockerfile"
            _write(outside, texts.get(dockerfile) or dockerfile.read_text(encoding="utf-8"))
            own = dockerfile.with_name(f"{dockerfile.name}.dockerignore")
            if own.is_file():
                shutil.copyfile(own, outside.with_name("Dockerfile.dockerignore"))
            plan = replace(plan, dockerfile=str(outside))
        try:
            for path, text in texts.items():
                if path.absolute().is_relative_to(context.absolute()):
                    target = copy / path.absolute().relative_to(context.absolute())
                    placed.append((path, target))
                    _write(target, text)
            yield plan
        finally:
            for path, target in placed:
                target.unlink(missing_ok=True)
                if path.is_file():
                    shutil.copy2(path, target)

    def _copy(self, context: Path) -> Path:
        if self._made is None:
            self._made = self.folder / "context"
            try:
                _copied(context, self._made, self.context)
                for path in (Path(self.plan.dockerfile), context / ".dockerignore"):
                    self._take_along(path, context)
            except (OSError, shutil.Error) as error:
                raise UsageError(
                    f"the build context cannot be copied: {error}",
                    where=str(context),
                    hint="changes are tried in a copy below TMPDIR; make room there",
                ) from None
        return self._made

    def _take_along(self, path: Path, context: Path) -> None:
        """Copy a file that the build reads, even if .dockerignore leaves it out."""
        if path.is_file() and path.absolute().is_relative_to(context.absolute()):
            target = self.folder / "context" / path.absolute().relative_to(context.absolute())
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)


def _write(path: Path, text: str) -> None:
    """Write a new file. It replaces a hard link, so that the user's file does not change."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def _copied(context: Path, to: Path, known: Context) -> None:
    total = sum(size for _, size in known.sent())

    def put(source: str, target: str) -> None:
        if total >= LINKED_FROM:
            with contextlib.suppress(OSError):
                os.link(source, target, follow_symlinks=False)
                return
        shutil.copy2(source, target, follow_symlinks=False)

    def skipped(folder: str, names: list[str]) -> list[str]:
        """Files that no build uses, such as sockets, and files that .dockerignore leaves out."""
        below = Path(folder).relative_to(context)
        return [
            name
            for name in names
            if not _is_plain(path := Path(folder, name))
            or (not path.is_dir() and known.ignored((below / name).as_posix()))
        ]

    shutil.copytree(context, to, symlinks=True, copy_function=put, ignore=skipped)


def _is_plain(path: Path) -> bool:
    return path.is_symlink() or path.is_file() or path.is_dir()
