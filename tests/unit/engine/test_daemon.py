"""Tests that errors of the daemon are translated, whatever it is asked."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from ci_slim.engine.docker import Engine
from ci_slim.errors import EngineError


class Gone:
    """A client whose daemon has ended."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refused(*_: object, **__: object) -> None:
            raise requests.ConnectionError("Connection aborted.")

        return refused


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.platform,
        lambda engine: engine.version,
        lambda engine: engine.is_podman,
        lambda engine: engine.containerd_store,
        lambda engine: engine.inspect_image("x"),
        lambda engine: engine.image_history("x"),
        lambda engine: engine.state("c" * 64),
        lambda engine: engine.logs("c" * 64),
    ],
)
def test_a_daemon_that_is_gone_is_no_bug(ask: Callable[[Engine], object]) -> None:
    with pytest.raises(EngineError, match="the connection to the Docker daemon broke"):
        ask(Engine(Gone(), "r1"))
