"""Security profiles of an image, made from its observations. Pure: observations in, texts out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profiles:
    """The texts of an image's profiles. The same observations give the same texts."""

    seccomp: str
    """JSON for `docker run --security-opt seccomp=FILE`. It is proved."""
    apparmor: str
    """For `apparmor_parser --replace`, then `docker run --security-opt apparmor=NAME`. It is not
    proved, because few build machines have AppArmor."""
