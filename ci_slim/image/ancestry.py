"""Which layers of an image are its base image's. Pure.

An image does not say what it was built FROM; its history lets it be guessed. The rule is Trivy's
(github.com/aquasecurity/trivy, pkg/fanal/image: GuessBaseImageIndex): base images end with a CMD,
and what an image adds of its own comes after the last CMD that lies below a layer of its own.
"""

from collections.abc import Mapping, Sequence

_CMD = ("/bin/sh -c #(nop)  CMD", "CMD")
"""As the classic builder and BuildKit write it."""


def base_layers(history: Sequence[Mapping[str, object]]) -> int:
    """How many of the lowest layers are the base image's; 0 where history does not tell, as for
    images built FROM scratch."""
    own = False
    for number in range(len(history) - 1, -1, -1):
        entry = history[number]
        if not entry.get("empty_layer"):
            own = True
        elif own and str(entry.get("created_by", "")).startswith(_CMD):
            return sum(1 for below in history[:number] if not below.get("empty_layer"))
    return 0
