"""Finds which layers of an image belong to its base image. Pure.

An image does not say what it was built FROM, but its history allows a guess. The rule is Trivy's
(github.com/aquasecurity/trivy, pkg/fanal/image: GuessBaseImageIndex): a base image ends with a CMD,
and an image's own steps come after the last CMD that has a layer of the image above it.
"""

from collections.abc import Mapping, Sequence

CREATED_BY = "ci-slim slim"
"""The history entry that ci-slim adds to a slim image, perhaps followed by `: ` and what the layer
holds. It is not a layer of the image's own. Otherwise all layers of the application would count as
the base image's."""

_CMD = ("/bin/sh -c #(nop)  CMD", "CMD")
"""A CMD, as the classic builder and BuildKit write it."""

_LAYERS = ("COPY", "ADD", "RUN", "/bin/sh -c #(nop) COPY", "/bin/sh -c #(nop) ADD")
"""Steps that make a layer, even if slimming left nothing of it."""


def by_ci_slim(entry: Mapping[str, object]) -> bool:
    """Whether ci-slim added this entry of a history."""
    return str(entry.get("created_by", "")).partition(": ")[0] == CREATED_BY


def base_layers(history: Sequence[Mapping[str, object]]) -> int:
    """The number of lowest layers that belong to the base image. 0 if the history does not show it,
    as for images built FROM scratch."""
    own = False
    for number in range(len(history) - 1, -1, -1):
        entry = history[number]
        made = str(entry.get("created_by", ""))
        if by_ci_slim(entry):
            continue
        if not entry.get("empty_layer") or made.startswith(_LAYERS):
            own = True
        elif own and made.startswith(_CMD):
            return sum(1 for below in history[:number] if not below.get("empty_layer"))
    return 0
