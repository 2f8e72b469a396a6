"""States computed from other states."""

import voluptuous as vol
from jinja2.sandbox import SandboxedEnvironment

SCHEMA = vol.Schema({"sensors": {str: str}})


async def setup(hub, values):
    sandbox = SandboxedEnvironment()

    def states():
        return {name: s["state"] for name, s in hub.states.items()}

    for name, text in values["sensors"].items():
        hub.set(name, sandbox.from_string(text).render(states=states()))

    async def render(data):
        return {"text": sandbox.from_string(data["template"]).render(states=states())}

    hub.services["render"] = render
