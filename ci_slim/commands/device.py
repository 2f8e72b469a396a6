"""`ci-slim device`: what can go from a device's disk, and the units that keep it up to date."""

from pathlib import Path

from ci_slim.commands.edge import Edge
from ci_slim.commands.exit import say, show
from ci_slim.deliver import write_text
from ci_slim.device.ci_slim_update import freed, plan_text, removable
from ci_slim.device.stored_images import stored_images, used_images
from ci_slim.device.units import calls_the_device, files
from ci_slim.engine.docker import Engine
from ci_slim.engine.owner import Owner
from ci_slim.errors import UsageError
from ci_slim.image import documents
from ci_slim.redact import foreign
from ci_slim.requests import DevicePlanRequest, DeviceUnitsRequest

SCHEMA = "ci-slim/device-plan/v1"
_NO_COMPOSE = (
    "no compose.update.yml: a container cannot run commands of the device; with --recreate NAME "
    "instead of --restart, and an address as --probe, there is one"
)


def plan(request: DevicePlanRequest, edge: Edge) -> int:
    """Show what can go; the exit code."""
    engine = Engine.connect(edge.environment, Owner.this_process().run_id("plan"))
    with edge.held.closing(engine):
        stored, used = stored_images(engine), used_images(engine)
    gone = removable(stored, used, request.keep)
    if request.format == "text":
        show("\n".join(map(foreign, plan_text(stored, gone).splitlines())))
        return 0
    images = [
        {"id": each.id, "names": list(each.names), "frees_bytes": freed(stored, [each])}
        for each in gone
    ]
    document = {"schema": SCHEMA, "images": images, "frees_bytes": freed(stored, gone)}
    show(documents.dump(document).decode())
    return 0


def units(request: DeviceUnitsRequest, edge: Edge) -> int:
    """Show the files, or write them into a folder; the exit code."""
    if request.engine != "docker" and request.recreate:
        raise UsageError(
            "--recreate is for docker only",
            hint="with --engine podman, use --restart with a command that starts the container",
        )
    asked = request.restart, request.probe, request.every, request.key, request.engine
    made = files(request.image, *asked, request.recreate)
    for name, text in made.items():
        if request.output is None:
            show(f"# {name}\n{text}")
        else:
            write_text(Path(request.output) / name, text)
    if request.output is not None:
        say(edge.hide, f"wrote {', '.join(made)} to {request.output}")
    if request.engine == "docker" and calls_the_device(request.restart, request.probe):
        say(edge.hide, _NO_COMPOSE)
    return 0
