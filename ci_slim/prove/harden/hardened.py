"""The result of proving an image with few rights. Pure."""

from dataclasses import dataclass

from ci_slim.prove.harden.accounts import Account
from ci_slim.prove.harden.rights import Hardening


@dataclass(frozen=True, slots=True)
class Hardened:
    """The rights with which an image was proved. `seccomp` is the text of its profile, or "". If
    the image is `emulated`, the profile is not proved."""

    hardening: Hardening
    user: Account
    rounds: int
    seccomp: str = ""
    emulated: bool = False
