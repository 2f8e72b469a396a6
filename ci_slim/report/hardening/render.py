"""The proved rights, as text for people and as JSON for programs."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ci_slim.redact import foreign
from ci_slim.report.hardening import compose, kubernetes, run_line
from ci_slim.report.hardening.subject import HardenedImage

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
"""Characters that YAML allows only escaped (YAML 1.2.2, 5.1), but JSON also unescaped."""

SCHEMA = "ci-slim/harden/v1"


def to_text(images: Sequence[HardenedImage]) -> str:
    """Three blocks for each image: a line for a shell, and two in YAML. The rest are comments."""
    return "\n\n".join("\n".join(_of(image)) for image in images)


def _of(image: HardenedImage) -> Iterator[str]:
    rounds = image.hardened.rounds
    proved = f"proved in {rounds} round{'s' * (rounds > 1)}"
    yield _comment(f"{image.name} ({image.platform}): {proved}; the probes were sent under these:")
    yield run_line.text(image)
    yield ""
    for what, why in image.hardened.hardening.reasons.items():
        yield _comment(f"{what}: {why}")
    if image.run.files:
        yield _comment(
            f"with these files in it: {', '.join(each.path for each in image.run.files)}"
        )
    yield ""
    yield _comment("Compose: the same settings")
    yield yaml(compose.fragment(image))
    yield ""
    yield _comment(f"Kubernetes: not proved; {image.not_proved['Kubernetes']}")
    yield yaml(kubernetes.manifest(image))
    for what, why in image.not_proved.items():
        if what != "Kubernetes":
            yield _comment(f"{what}: not proved; {why}")


def to_json(images: Sequence[HardenedImage]) -> str:
    """The same as one JSON document, `ci-slim/harden/v1`. `harden-v1.schema.json` describes it."""
    found = [
        {
            "image": image.name,
            "platform": str(image.platform),
            "rounds": image.hardened.rounds,
            "run": [word for part in run_line.arguments(image) for word in part],
            "compose": compose.fragment(image),
            "kubernetes": kubernetes.manifest(image),
            "reasons": dict(image.hardened.hardening.reasons),
            "seccomp": image.seccomp or None,
            "not_proved": image.not_proved,
        }
        for image in images
    ]
    return json.dumps({"schema": SCHEMA, "images": found}, indent=2)


def yaml(value: Any) -> str:
    """Mappings, lists, texts, numbers and truth values as YAML. Texts are in quotes, as in JSON,
    which YAML 1.2 reads."""
    return "\n".join(_lines(value, ""))


def _lines(value: Any, indent: str) -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else ((None, each) for each in value)
    for key, below in items:
        start = "-" if key is None else f"{_key(key)}:"
        if isinstance(below, dict | list) and below:
            inner = indent + "  "
            first, *rest = _lines(below, inner)
            if key is None:
                yield f"{indent}- {first.removeprefix(inner)}"
                yield from rest
            else:
                yield f"{indent}{start}"
                yield from (first, *rest)
        else:
            yield f"{indent}{start} {_scalar(below)}"


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else _scalar(key)


def _comment(text: str) -> str:
    return f"# {foreign(text)}"
