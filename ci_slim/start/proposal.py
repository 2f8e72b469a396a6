"""What `ci-slim init` proposes: images, how each runs, and its probes. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ci_slim.platforms import Platform


@dataclass(frozen=True, slots=True)
class ProposedProbe:
    """A probe for the settings file, and where it was found."""

    value: Mapping[str, object]
    why: str
    is_guess: bool = False
    """Whether it may fail. Then it is proposed only if it passed in the first run."""


@dataclass(frozen=True, slots=True)
class BuildSecret:
    """A secret of a build. `text` is in the syntax of buildx."""

    id: str
    text: str
    is_given: bool = True
    """Whether the user gave it in this call. If not, `text` is what an earlier settings file says,
    with its variables. That may be a stranger's file, so no build of `init` gets the secret."""


@dataclass(frozen=True, slots=True)
class ProposedImage:
    """One image. `context` is relative to the repository, `dockerfile` to the context. `run` has
    the keys of the settings file; `budget` too, and is empty before anything was measured."""

    name: str
    context: str
    dockerfile: str
    platforms: tuple[Platform, ...] = ()
    target: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[BuildSecret, ...] = ()
    missing_secrets: tuple[str, ...] = ()
    """The ids of those that the Dockerfile asks for and that nobody gave."""
    run: Mapping[str, object] = field(default_factory=dict)
    probes: tuple[ProposedProbe, ...] = ()
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    budget: Mapping[str, object] = field(default_factory=dict)
    budget_why: str = ""
    ports: tuple[int, ...] = ()
    """The ports on which it is known to listen."""
    calls: tuple[str, ...] = ()
    """Arguments with which the README calls it, but no probe does."""
    notes: tuple[str, ...] = ()
    """What the reader should know of this image; each becomes a comment."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """All images, and what was found but not used."""

    images: tuple[ProposedImage, ...]
    notes: tuple[str, ...] = ()


def with_given_secrets(proposal: Proposal) -> Proposal:
    """The proposal with only those secrets that the user gave in this call."""
    return replace(
        proposal,
        images=tuple(
            replace(image, secrets=tuple(each for each in image.secrets if each.is_given))
            for image in proposal.images
        ),
    )
