from typing import Any, cast

import pytest

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError
from ci_slim.image.config import ImageConfig
from ci_slim.observe import watch
from ci_slim.observe.run_spec import RunSpec, Tools
from ci_slim.observe.services import Services
from ci_slim.observe.toolkit import Toolkit
from ci_slim.observe.watched_container import WatchedContainer
from ci_slim.platforms import parse
from ci_slim.settings.plans import HostPlan, RunPlan

CONFIG = ImageConfig({"config": {"Cmd": ["app"]}})


class Refusing:
    """Docker, which refuses to create or to start a container."""

    def __init__(self, call: str) -> None:
        self.call = call

    def create(self, image: str, **_: Any) -> str:
        if self.call == "create":
            raise EngineError('unknown capability: "CAP_NET_ADMN"', where=image)
        return "0123456789ab"

    def start(self, container: str) -> None:
        raise EngineError("error gathering device information", where=container)


@pytest.mark.parametrize("call", ["create", "start"])
@pytest.mark.parametrize("host", [HostPlan(), HostPlan(cap_add=("NET_ADMN",))])
def test_what_docker_refuses_names_the_image_as_the_user_does(call: str, host: HostPlan) -> None:
    run = RunPlan(host=host)
    spec = RunSpec("ci-slim-pin:1", parse("amd64"), CONFIG, run, (), "", "shop")
    kit = Toolkit("ld.so", b"")
    tools = Tools(kit, lambda _: kit)
    engine = cast(Engine, Refusing(call))
    with pytest.raises(EngineError) as it:
        WatchedContainer(engine, tools, spec, watch.UNTRACED, Services(engine, run)).start()
    assert it.value.where == "shop (linux/amd64)"
    assert ("run:" in it.value.hint) == (host != HostPlan())
