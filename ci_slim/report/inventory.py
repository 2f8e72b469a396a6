"""The content of an image, and what grew, to and from JSON: a part of `report.json`."""

from ci_slim.image.inventory import WRITTEN, Growth, Inventory, LayerFileSizes, SizeChange
from ci_slim.report.checked import Node

_KINDS = Growth.__slots__


def inventory_out(held: Inventory | None) -> dict[str, object] | None:
    """The inventory for `json.dumps`; `report-v1.schema.json` describes it."""
    if held is None:
        return None
    return {
        "packages": dict(held.packages),
        "folders": dict(held.folders),
        "layers": [{"layer": each.layer, "files": dict(each.files)} for each in held.layers],
        "rest": held.rest,
    }


def inventory_in(node: Node) -> Inventory:
    """The inventory in an untrusted file. Raises UsageError if it is invalid."""
    got = node.fields("packages", "folders", "layers", "rest")
    layers = tuple(_layer(item) for item in got["layers"].items())
    return Inventory(_sizes(got["packages"]), _sizes(got["folders"]), layers, got["rest"].integer())


def growth_out(grown: Growth | None) -> dict[str, object] | None:
    """What grew, for `json.dumps`."""
    if grown is None:
        return None
    return {
        kind: [
            {name: getattr(change, name) for name in SizeChange.__slots__}
            for change in getattr(grown, kind)
        ]
        for kind in _KINDS
    }


def growth_in(node: Node) -> Growth:
    """What grew, from an untrusted file."""
    got = node.fields(*_KINDS)
    return Growth(**{kind: tuple(map(_change, got[kind].items())) for kind in _KINDS})


def _layer(node: Node) -> LayerFileSizes:
    got = node.fields("layer", "files")
    return LayerFileSizes(got["layer"].integer(WRITTEN), _sizes(got["files"]))


def _sizes(node: Node) -> dict[str, int]:
    return {name: item.integer() for name, item in node.members()}


def _change(node: Node) -> SizeChange:
    got = node.fields(*SizeChange.__slots__)
    before, after = (
        None if got[name].is_null else got[name].integer() for name in ("before", "after")
    )
    return SizeChange(got["name"].text(), before, after, got["layer"].integer(WRITTEN))
