"""Which images of the daemon are taken for which platform."""

from pathlib import Path
from typing import Any

import pytest

from ci_slim.engine.docker import Engine
from ci_slim.errors import UsageError
from ci_slim.platforms import parse
from ci_slim.progress import Silent
from ci_slim.services import Services


class Daemon(Engine):
    """Has one image, of this architecture and variant."""

    def __init__(self, architecture: str, variant: str, *, containerd: bool = False) -> None:
        self._seen = {"Os": "linux", "Architecture": architecture, "Variant": variant}
        self.containerd_store = containerd

    def inspect_image(self, reference: str) -> dict[str, Any]:
        assert reference == "app:1"
        return self._seen


def taken(daemon: Daemon, platform: str) -> str:
    services = Services(daemon, Silent(), {}, Path(), None, None, "", None, lambda _: None)
    return services.present("app:1", parse(platform))


@pytest.mark.parametrize(
    ("architecture", "variant", "platform"),
    [
        ("arm", "v6", "linux/arm/v6"),
        ("arm", "", "linux/arm/v6"),
        ("arm", "", "linux/arm/v7"),
        ("arm64", "v8", "linux/arm64"),
        ("amd64", "", "linux/amd64"),
    ],
)
def test_an_image_is_taken_for_its_own_platform(
    architecture: str, variant: str, platform: str
) -> None:
    assert taken(Daemon(architecture, variant), platform) == "app:1"


@pytest.mark.parametrize(
    ("architecture", "variant", "platform", "own"),
    [
        ("arm", "v7", "linux/arm/v6", "linux/arm/v7"),
        ("arm", "v6", "linux/arm/v7", "linux/arm/v6"),
        ("amd64", "", "linux/arm64", "linux/amd64"),
    ],
)
def test_an_image_is_not_stamped_as_another_platform(
    architecture: str, variant: str, platform: str, own: str
) -> None:
    with pytest.raises(UsageError, match=f"the image is for {own}, not for {platform}") as caught:
        taken(Daemon(architecture, variant), platform)
    assert caught.value.hint == f"name its platform: --platform {own}"
    assert taken(Daemon(architecture, variant, containerd=True), platform) == "app:1"
