"""The images of a daemon with their layers, for what can go. The same values as on the device."""

from ci_slim.device.ci_slim_update import Stored, layer_sizes
from ci_slim.engine.docker import Engine


def stored_images(engine: Engine) -> list[Stored]:
    """Every image of the daemon. EngineError when it does not answer."""
    found = []
    for image in engine.list_images():
        described = engine.inspect_image(image)
        layers = [str(each) for each in (described.get("RootFS") or {}).get("Layers") or []]
        names = tuple(str(each) for each in described.get("RepoTags") or [])
        total = int(described.get("Size") or 0)
        chains = layer_sizes(layers, engine.history(image), total)
        found.append(Stored(image, names, chains, tuple(layers)))
    return found


def used_images(engine: Engine) -> set[str]:
    """The images of all containers, also of those that do not run."""
    return set(engine.images_of_containers())
