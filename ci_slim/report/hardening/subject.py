"""One image that was proved with few rights, with everything that a rendering needs."""

from dataclasses import dataclass

from ci_slim.platforms import Platform
from ci_slim.prove.harden.hardened import Hardened
from ci_slim.settings.plans import RunPlan


@dataclass(frozen=True, slots=True)
class HardenedImage:
    """A hardened image. `called` is its name where it runs; `volumes` are declared by the image;
    `seccomp` is the path of its profile, or ""."""

    name: str
    called: str
    platform: Platform
    run: RunPlan
    volumes: tuple[str, ...]
    hardened: Hardened
    seccomp: str = ""

    @property
    def not_proved(self) -> dict[str, str]:
        """The parts that were not tried here, each with the reason."""
        told = {
            "Kubernetes": "the settings are the same, but no cluster has run them",
            "AppArmor": "few machines that build have it; `--profiles` writes a profile to try",
        }
        if self.seccomp and self.hardened.emulated:
            told["seccomp"] = "the image is emulated here, and QEMU makes calls of its own"
        return told
