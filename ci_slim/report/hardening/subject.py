"""One image that was proved under few rights, with what a renderer needs to know of it."""

from dataclasses import dataclass

from ci_slim.platforms import Platform
from ci_slim.prove.harden.hardened import Hardened
from ci_slim.settings.plans import RunPlan


@dataclass(frozen=True, slots=True)
class HardenedImage:
    """`called`: its name where it is run; `volumes`: those that the image declares; `seccomp`: the
    path of its profile, "" for none."""

    name: str
    called: str
    platform: Platform
    run: RunPlan
    volumes: tuple[str, ...]
    hardened: Hardened
    seccomp: str = ""

    @property
    def not_proved(self) -> dict[str, str]:
        """What is handed out, or could be, and was not tried here; why."""
        told = {
            "Kubernetes": "the settings are the same, but no cluster has run them",
            "AppArmor": "few machines that build have it; `--profiles` writes a profile to try",
        }
        if self.seccomp and self.hardened.emulated:
            told["seccomp"] = "the image is emulated here, and QEMU makes calls of its own"
        return told
