"""What proving an image under few rights gave. Pure."""

from dataclasses import dataclass

from ci_slim.prove.harden.accounts import Account
from ci_slim.prove.harden.rights import Hardening


@dataclass(frozen=True, slots=True)
class Hardened:
    """The rights that an image was proved with. `seccomp` is the text of its profile, "" for none;
    where the image is `emulated`, the profile is not proved."""

    hardening: Hardening
    user: Account
    rounds: int
    seccomp: str = ""
    emulated: bool = False
