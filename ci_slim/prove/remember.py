"""Adds what earlier runs observed of an image: other probes, other commands, other CI jobs."""

from dataclasses import replace
from pathlib import Path

from ci_slim.deliver import write_text
from ci_slim.errors import UsageError
from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import Exercise
from ci_slim.observe.observation_file import ObservationFile, from_json, layers_digest, to_json
from ci_slim.platforms import Platform
from ci_slim.settings.plans import SlimPlan


def remember(seen: Exercise, platform: Platform, config: ImageConfig, plan: SlimPlan) -> Exercise:
    """Merge the plan's observation files into the exercise, and add the exercise to the first of
    them. Raises UsageError if a file cannot be read or belongs to another image."""
    layers, name = layers_digest(config.diff_ids), str(platform)
    known = [(path, _read(path)) for path in plan.observation]
    merged = seen.observation
    for path, file in known:
        merged = merged.merge(file.of(name, layers, path, across=plan.across_platforms))
    if known:
        first, file = known[0]
        write_text(Path(first), to_json(file.adding(name, layers, seen.observation)))
    return replace(seen, observation=merged)


def _read(path: str) -> ObservationFile:
    try:
        return from_json(Path(path).read_bytes(), path)
    except FileNotFoundError:
        return ObservationFile()
    except OSError as error:
        raise UsageError(
            f"the observation cannot be read: {error.strerror}",
            where=path,
            hint="choose another file with --observation",
        ) from None
