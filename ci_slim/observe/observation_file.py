"""The file in which runs store what they observed, so that later runs can use it. Pure.

{ "schema": "ci-slim/observation/v1",
  "platforms": { "linux/amd64": { "layers": "sha256:…", "uses": { "/bin/sh": "exec stat" },
                                  "missed": ["/etc/ld.so.preload"], "syscalls": [] } } }

`layers` identifies the image: the digest of the digests of its uncompressed layers. The JSON Schema
is observation-v1.schema.json.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ci_slim.errors import UsageError
from ci_slim.observe.observation import How, Observation

SCHEMA = "ci-slim/observation/v1"
_HINT = "choose another file with --observation, or remove this one and observe the image again"


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was observed of an image on one platform."""

    layers: str
    observation: Observation


@dataclass(frozen=True, slots=True)
class ObservationFile:
    """What was observed of one image, by platform."""

    platforms: Mapping[str, Remembered] = field(default_factory=dict)

    def of(self, platform: str, layers: str, where: str, *, across: bool = False) -> Observation:
        """What is known of the image with these layers. With `across`, also what its other
        platforms showed. Raises UsageError if the entry of the platform belongs to
        another image."""
        own = self.platforms.get(platform)
        if own is not None and own.layers != layers:
            raise UsageError(
                f"the observation of {platform} belongs to another image", where=where, hint=_HINT
            )
        seen = Observation.none()
        for name, known in self.platforms.items():
            if across or name == platform:
                seen = seen.merge(known.observation)
        return seen

    def adding(self, platform: str, layers: str, seen: Observation) -> "ObservationFile":
        """The file with this observation merged in."""
        own = self.platforms.get(platform)
        merged = seen if own is None else own.observation.merge(seen)
        return ObservationFile({**self.platforms, platform: Remembered(layers, merged)})


def layers_digest(diff_ids: Iterable[str]) -> str:
    """One digest for all layers of an image, made from the digest of each layer."""
    return "sha256:" + hashlib.sha256("\n".join(diff_ids).encode()).hexdigest()


def to_json(file: ObservationFile) -> str:
    """The text of the file. The same content gives the same text."""
    platforms = {
        name: {
            "layers": known.layers,
            "uses": {
                path: " ".join(str(flag.name).lower() for flag in how)
                for path, how in sorted(known.observation.uses.items())
            },
            "missed": sorted(known.observation.missed),
            "syscalls": sorted(known.observation.syscalls),
        }
        for name, known in sorted(file.platforms.items())
    }
    return json.dumps({"schema": SCHEMA, "platforms": platforms}, indent=1) + "\n"


def from_json(text: bytes, where: str) -> ObservationFile:
    """Read the file from a text. Raises UsageError if the text is invalid."""
    try:
        document = json.loads(text)
    except ValueError as error:
        problem = f"the observation is not JSON: {error}"
        raise UsageError(problem, where=where, hint=_HINT) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise UsageError(
            f"the schema of the observation is {json.dumps(schema)}, not {SCHEMA}",
            where=where,
            hint=_HINT,
        )
    try:
        return ObservationFile(
            {_text(name): _remembered(each) for name, each in document["platforms"].items()}
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        problem = f"the observation does not follow its schema: {error}"
        raise UsageError(problem, where=where, hint=_HINT) from None


_HOW = {str(flag.name).lower(): flag for flag in How}


def _remembered(value: Mapping[str, object]) -> Remembered:
    uses, missed, calls = value["uses"], value["missed"], value["syscalls"]
    if not (isinstance(uses, dict) and isinstance(missed, list) and isinstance(calls, list)):
        raise ValueError("uses, missed or syscalls has the wrong form")
    observation = Observation(
        {_path(path): _how(words) for path, words in uses.items()},
        frozenset(_path(path) for path in missed),
        frozenset(_text(name) for name in calls),
    )
    return Remembered(_text(value["layers"]), observation)


def _how(words: object) -> How:
    found = How(0)
    for word in _text(words).split():
        found |= _HOW[word]
    return found


def _path(value: object) -> str:
    if not _text(value).startswith("/"):
        raise ValueError(f"{value!r} is not an absolute path")
    return _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a text")
    return value
