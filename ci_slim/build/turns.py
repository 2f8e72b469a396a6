"""Which platforms of a run wait for others, and which never run at the same time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ci_slim.plan import ImagePlan, PlatformPlan


@dataclass(frozen=True, slots=True)
class Turn:
    """One platform of an image. `after` are the numbers of the turns that must have ended before
    it; of two turns that share a word in `alone`, one waits for the other. `shares`: its image gets
    layers in common with others, when all are proved."""

    image: ImagePlan
    planned: PlatformPlan
    after: frozenset[int]
    alone: frozenset[str]
    shares: bool = False


def turns(images: Sequence[ImagePlan]) -> tuple[Turn, ...]:
    """The platforms of a run, in the order of the report. An image that names the tag of an earlier
    one, for example in its Dockerfile, waits for that, so the earlier one shares no layers."""
    made: list[Turn] = []
    for image in images:
        named = _named(image)
        after = frozenset(
            number
            for number, earlier in enumerate(made)
            if earlier.image is not image
            and earlier.image.tag
            and any(earlier.image.tag in text for text in named)
        )
        made += (Turn(image, planned, after, _alone(image)) for planned in image.platforms)
    needed = frozenset[int]().union(*(turn.after for turn in made))
    return tuple(
        replace(turn, shares=turn.image.slim.layers == "shared" and number not in needed)
        for number, turn in enumerate(made)
    )


def _named(image: ImagePlan) -> list[str]:
    """The texts in which an image may name another one."""
    named = [image.source or "", image.slim.dockerfile]
    named += (service.image for service in image.run.services)
    if image.build is not None:
        named += (*image.build.contexts.values(), *image.build.args.values())
    return named


def _alone(image: ImagePlan) -> frozenset[str]:
    """What an image uses that nobody can use at the same time."""
    host = image.run.host
    found = {f"the file {path}" for path in image.slim.observation}
    if host.devices or host.gpus:
        found.add("devices")
    if any(probe.kind == "script" for probe in image.probes):
        found.add("scripts on this machine")
    if image.run.observe_for:
        found.add("the user's hands")
    return frozenset(found)
