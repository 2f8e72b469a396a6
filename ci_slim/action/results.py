"""A report → outputs and annotations of a GitHub step. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Protocol

from ci_slim.action.workflow_commands import Annotation
from ci_slim.image.sizes import ImageSizes, LayerSize, heaviest_layer
from ci_slim.report.dockerfile import Dockerfile
from ci_slim.report.foreign import visible
from ci_slim.result import PlatformReport, Problem, Report
from ci_slim.units import size

_CREATED_BY = 160


def sizes(report: Report) -> str:
    """JSON: image → platform → outcome, and pull and disk bytes and digests."""
    return json.dumps(
        {
            image.name: {
                str(p.platform): {
                    "outcome": p.outcome,
                    "fat": _sizes(p.fat),
                    "slim": _sizes(p.slim),
                }
                for p in image.platforms
            }
            for image in report.images
        }
    )


def _sizes(of: ImageSizes | None) -> dict[str, object] | None:
    if of is None:
        return None
    return {"digest": of.digest, "pull_bytes": of.pull_bytes, "disk_bytes": of.disk_bytes}


def references(report: Report) -> dict[str, dict[str, str]]:
    """Image → platform → the name of the result in the daemon: the proved slim image, or the fat
    image if there is no slim one. A result without a name is left out."""
    return {
        image.name: {
            str(p.platform): p.result.reference
            for p in image.platforms
            if p.result and p.result.reference and (p.verified or p.slim is None)
        }
        for image in report.images
    }


class _Pushed(Protocol):
    """What the outputs say about a pushed image."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def digest(self) -> str: ...


def metadata(pushed: Mapping[str, _Pushed]) -> str:
    """JSON like the output `metadata` of docker/build-push-action; with several images, like that
    of docker/bake-action."""
    told = {
        image: {"containerimage.digest": each.digest, "image.name": ",".join(each.names)}
        for image, each in pushed.items()
    }
    return json.dumps(next(iter(told.values())) if len(told) == 1 else told)


def annotations(report: Report, dockerfiles: Mapping[str, Dockerfile]) -> list[Annotation]:
    """An annotation for each limit that is broken or nearly reached, on the line of the largest
    layer; for each platform that failed or was skipped; and for an error that ended the run."""
    return [_of_problem(problem) for problem in report.problems] + [
        note
        for image in report.images
        for p in image.platforms
        for note in _of_platform(image.name, p, dockerfiles.get(image.name))
    ]


def _of_problem(problem: Problem) -> Annotation:
    """An annotation on the line of the file that the problem names, if it names one."""
    name, line = problem.line or ("", 0)
    hint = f"→ {problem.hint}" if problem.hint else ""
    lines = filter(None, (str(problem), *problem.details, hint))
    text = "\n".join(visible(each, 1000) for each in lines)
    return Annotation("error", text, "ci-slim", name, line)


def _of_platform(
    name: str, p: PlatformReport, dockerfile: Dockerfile | None
) -> Iterator[Annotation]:
    where = f"{name} on {p.platform}"
    path = dockerfile.path if dockerfile else ""
    if p.outcome in ("failed", "skipped"):
        level = "error" if p.outcome == "failed" else "warning"
        text = f"{where} was {p.outcome}" if p.outcome == "skipped" else f"{where} {p.outcome}"
        message = f"{text}: {visible(p.reason, 1000)}"
        yield Annotation("error" if level == "error" else "warning", message, "ci-slim", path)
        return
    heaviest = heaviest_layer(p.result)
    for verdict in p.verdicts:
        if verdict.status not in ("fail", "warn"):
            continue
        message = f"{where}: {visible(verdict.message, 1000)}"
        line = 0
        if heaviest is not None:
            message += f". {_weight(heaviest)}"
            line = dockerfile.line_of(heaviest.created_by) if dockerfile else 0
        level = "error" if verdict.status == "fail" else "warning"
        title = f"ci-slim: {verdict.rule} {'over budget' if level == 'error' else 'near its limit'}"
        yield Annotation("error" if level == "error" else "warning", message, title, path, line)


def _weight(layer: LayerSize) -> str:
    known = ((layer.pull_bytes, "to pull"), (layer.disk_bytes, "on disk"))
    weight = ", ".join(f"{size(number)} {what}" for number, what in known if number is not None)
    made_by = visible(layer.created_by, _CREATED_BY)
    return f"The largest layer ({weight}) was made by: {made_by}"
