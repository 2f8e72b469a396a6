"""Which images of the daemon are taken for which platform."""

from pathlib import Path
from typing import Any

import pytest

from ci_slim.deliver import Staging
from ci_slim.engine.docker import Engine
from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.judge.rules.growth import GrowthLimit
from ci_slim.plan import ImagePlan, PlatformPlan
from ci_slim.platforms import parse
from ci_slim.progress import Silent
from ci_slim.services import Services
from ci_slim.settings.plans import RunPlan, SlimPlan


class Daemon(Engine):
    """Has one image, of this architecture and variant."""

    def __init__(self, architecture: str, variant: str, *, containerd: bool = False) -> None:
        self._seen = {"Os": "linux", "Architecture": architecture, "Variant": variant}
        self.containerd_store = containerd

    def inspect_image(self, reference: str) -> dict[str, Any]:
        assert reference == "app:1"
        return self._seen

    def pin(self, reference: str) -> str:
        return f"pinned {reference}"


def taken(daemon: Daemon, platform: str) -> str:
    services = Services(daemon, Silent(), {}, Path(), None, None, "", None, lambda _: None)
    planned = PlatformPlan(parse(platform), "native")
    image = ImagePlan(
        "app", None, "app:1", None, (planned,), RunPlan(), (), SlimPlan(), BudgetRules(Limits())
    )
    return services.fetch(image, parse(platform), services.clock("app", parse(platform)))


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
    assert taken(Daemon(architecture, variant), platform) == "pinned app:1"


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
    assert taken(Daemon(architecture, variant, containerd=True), platform) == "pinned app:1"


@pytest.mark.parametrize(
    ("output", "load", "tag", "limits", "containerd", "wanted"),
    [
        (None, None, None, Limits(disk=1, layers=2), False, False),
        (None, None, "app:1", Limits(), False, False),
        (None, None, "app:1", Limits(), True, True),
        (None, False, "app:1", Limits(), True, False),
        (Staging(Path("out")), None, None, Limits(), False, True),
        (None, None, None, Limits(pull=1), False, True),
        (None, None, None, Limits(update=1), False, True),
        (None, None, None, Limits(growth=GrowthLimit(1)), False, True),
    ],
)
def test_layers_are_compressed_when_somebody_wants_them(
    output: Staging | None,
    load: bool | None,
    tag: str | None,
    limits: Limits,
    containerd: bool,
    wanted: bool,
) -> None:
    daemon = Daemon("amd64", "", containerd=containerd)
    services = Services(daemon, Silent(), {}, Path(), output, load, "", None, lambda _: None)
    planned = PlatformPlan(parse("linux/amd64"), "native")
    image = ImagePlan(
        "app", None, "app:1", tag, (planned,), RunPlan(), (), SlimPlan(), BudgetRules(limits)
    )
    assert services._wants_blobs(image, planned.platform) is wanted
