"""Security profiles of an image, from what its runs showed. Pure: observations in, texts out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profiles:
    """The texts of an image's profiles; each is whole, and the same for the same observations."""

    seccomp: str
    """JSON for `docker run --security-opt seccomp=FILE`. Proved."""
    apparmor: str
    """For `apparmor_parser --replace`, then `docker run --security-opt apparmor=NAME`. Not proved:
    few build machines have AppArmor."""
