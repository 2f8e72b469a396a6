"""Which layers of an image are its base image's. Pure.

An image does not say what it was built FROM; its history lets it be guessed. The rule is Trivy's
(github.com/aquasecurity/trivy, pkg/fanal/image: GuessBaseImageIndex): base images end with a CMD,
and what an image adds of its own comes after the last CMD that lies below a layer of its own.
"""

from collections.abc import Mapping, Sequence

CREATED_BY = "ci-slim slim"
"""What the history of a slim image says of slimming, above all that its fat image had. It is no
layer of the image's own: taken for one, all of the application's would be the base image's."""

_CMD = ("/bin/sh -c #(nop)  CMD", "CMD")
"""As the classic builder and BuildKit write it."""

_LAYERS = ("COPY", "ADD", "RUN", "/bin/sh -c #(nop) COPY", "/bin/sh -c #(nop) ADD")
"""What makes a layer, also where slimming left nothing of it."""


def base_layers(history: Sequence[Mapping[str, object]]) -> int:
    """How many of the lowest layers are the base image's; 0 where history does not tell, as for
    images built FROM scratch."""
    own = False
    for number in range(len(history) - 1, -1, -1):
        entry = history[number]
        made = str(entry.get("created_by", ""))
        if made == CREATED_BY:
            continue
        if not entry.get("empty_layer") or made.startswith(_LAYERS):
            own = True
        elif own and made.startswith(_CMD):
            return sum(1 for below in history[:number] if not below.get("empty_layer"))
    return 0
