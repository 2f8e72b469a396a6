"""What updates cost: as JSON, and as rows for people. Pure."""

from collections.abc import Callable, Iterator
from typing import Literal, TypeVar, cast

from ci_slim.device import costs
from ci_slim.report.cells import NOTHING, about
from ci_slim.report.checked import Node
from ci_slim.result import Device, PlatformReport, UpdateCost, Updates
from ci_slim.units import factor, size

T = TypeVar("T")
_DIGEST = r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,128}"


def updates_out(updates: Updates) -> dict[str, object]:
    """The update costs for `json.dumps`."""
    device = {name: getattr(updates.device, name) for name in Device.__slots__}
    return {
        "unknown": updates.unknown,
        "device": {**device, "images": list(updates.device.images)},
        "costs": [
            {name: getattr(cost, name) for name in UpdateCost.__slots__} for cost in updates.costs
        ],
    }


def updates_in(node: Node) -> Updates:
    """The update costs in a report that anyone may have written."""
    got = node.fields("unknown", "device", "costs")
    return Updates(
        tuple(_cost(each) for each in got["costs"].items()),
        _device(got["device"]),
        got["unknown"].text(),
    )


def _device(node: Node) -> Device:
    got = node.fields(*Device.__slots__)
    return Device(
        link=_maybe(got["link"], lambda item: item.integer(1)),
        price=_maybe(got["price"], Node.integer),
        currency=got["currency"].text(r"|[A-Z]{3}", "currency"),
        devices=got["devices"].integer(1),
        updates=cast(Literal["pull", "delta"], got["updates"].one_of("pull", "delta")),
        storage=_maybe(got["storage"], Node.integer),
        reserved=got["reserved"].integer(),
        keep=got["keep"].integer(),
        images=tuple(each.text() for each in got["images"].items()),
    )


def _cost(node: Node) -> UpdateCost:
    got = node.fields(*UpdateCost.__slots__)
    names = ("pull_bytes", "delta_bytes", "new_disk", "old_disk", "old_only_disk")
    return UpdateCost(
        release=got["release"].text(),
        digest=got["digest"].text(_DIGEST, "digest"),
        pull_exact=got["pull_exact"].boolean(),
        no_delta=got["no_delta"].text(),
        **{name: _maybe(got[name], Node.integer) for name in names},
    )


def _maybe(node: Node, read: Callable[[Node], T]) -> T | None:
    return None if node.is_null else read(node)


HEAD = ("from", "plain pull", "delta", "smaller", "as devices are updated")
"""The head of `rows`."""


def rows(p: PlatformReport) -> Iterator[tuple[str, ...]]:
    """A row for each earlier release: its name, the pull, the delta, how many times smaller the
    delta is, and what the update costs with the device settings. The name is foreign text."""
    if p.updates is None:
        return
    for cost in p.updates.costs:
        pull, delta = cost.pull_bytes, cost.delta_bytes
        downloaded = costs.download(cost, p.updates.device)
        yield (
            cost.release,
            about(pull, cost.pull_exact),
            NOTHING if delta is None else size(delta),
            factor(pull, delta) if pull and delta else NOTHING,
            NOTHING if downloaded is None else costs.told(downloaded, p.updates.device),
        )


def newest(p: PlatformReport) -> str:
    """The update from the newest release in a few words: `20.9 kB by delta (pull 3.0 MB)`."""
    if p.updates is None or not p.updates.costs:
        return ""
    cost = p.updates.costs[0]
    pull = about(cost.pull_bytes, cost.pull_exact)
    if cost.delta_bytes is None:
        return f"{pull} to pull"
    return f"{size(cost.delta_bytes)} by delta, {pull} to pull"
