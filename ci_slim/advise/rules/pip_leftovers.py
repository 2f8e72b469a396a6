"""What pip installs besides a package's code: bytecode, and the package's own tests."""

import re
from collections.abc import Iterator

from ci_slim.advise.finding import Finding
from ci_slim.advise.rules.pip_cache import install_word
from ci_slim.advise.run import Run
from ci_slim.advise.subject import Subject
from ci_slim.advise.updates import own_layers
from ci_slim.units import size

NAME = "pip-leftovers"
_LEAST = 1_000_000
_PLACE = re.compile(r"(/.*/(?:site|dist)-packages)/.*")
_KINDS = (
    ("bytecode (without it, each start compiles the modules again)", r".*/__pycache__/.*",
     "__pycache__"),
    ("tests of packages", r".*/tests/.*", "tests"),
)  # fmt: skip


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each kind and each RUN that installs with pip, where the built image has 1 MB
    of it and more."""
    facts = subject.facts
    origins = facts.origins if facts is not None else None
    own = own_layers(subject)
    if facts is None or origins is None or own is None:
        return
    base, made = own
    for number, (stage, instruction) in enumerate(made):
        run = next((r for r in subject.runs(stage) if r.instruction is instruction), None)
        if run is None or not any(map(install_word, run.script.commands)):
            continue
        for what, pattern, name in _KINDS:
            paths = [
                path
                for path, layer in origins.files.items()
                if layer == base + number and re.fullmatch(pattern, path)
                if _PLACE.fullmatch(path) and path not in origins.packages
            ]
            total = sum(facts.files.get(path, 0) for path in paths)
            if total >= _LEAST:
                yield from _finding(run, what, name, paths, total)


def _finding(run: Run, what: str, name: str, paths: list[str], total: int) -> Iterator[Finding]:
    places = {match[1] for path in paths if (match := _PLACE.fullmatch(path))}
    folders = sorted({path[: path.index(f"/{name}/") + len(name) + 1] for path in paths})
    if any(re.search(r"[^\w./+-]", place) for place in places):
        return
    edit = run.append(
        f"find {' '.join(sorted(places))} -depth -type d -name {name} -exec rm -rf {{}} +"
    )
    if edit is not None:
        message = f"pip installs {what}: {size(total)}; remove them in the same RUN"
        yield Finding(NAME, run.line, message, (edit,), takes=tuple(folders))
