"""The section `device` of the settings file: the devices that run the images."""

from dataclasses import replace

from ci_slim.errors import UsageError
from ci_slim.judge.budget import BudgetRules, Limits
from ci_slim.options import Section
from ci_slim.result import Device
from ci_slim.settings import cleaning, shapes
from ci_slim.settings.document import Table
from ci_slim.settings.values import ImageSettings


def device_of(root: Table, section: Section) -> Device | None:
    """What the file says about devices; None if it says nothing. Raises UsageError for an image
    that the file does not have, and for a disk that is completely reserved."""
    table = shapes.child(root, "device")
    if not table.entries:
        return None
    values = cleaning.leaves(table, section)
    price = values.pop("price")
    found = Device(
        **values,
        price=price.millionths if price else None,
        currency=price.currency if price else "",
    )
    known = shapes.child(root, "images").entries
    for name in found.images:
        if name not in known:
            raise UsageError(
                f"there is no image `{name}` in the settings file",
                where=table.keys["images"],
                hint=shapes.nearest(name, known),
            )
    if found.storage is not None and found.reserved >= found.storage:
        raise UsageError(
            "all of the device's storage is reserved",
            where=table.keys["reserved"],
            hint="`reserved` is the part of `storage` that images may not use",
        )
    return found


def with_fit(image: ImageSettings, device: Device | None) -> ImageSettings:
    """The image with a limit `fit` from the device's storage, unless it has its own limit."""
    if device is None or device.storage is None:
        return image
    if device.images and image.name not in device.images:
        return image
    room = Limits(fit=device.storage - device.reserved)
    budget = BudgetRules(image.budget.limits.over(room), image.budget.platforms)
    return replace(image, budget=budget)
