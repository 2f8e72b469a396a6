"""The result of packing: to and from JSON, and in one sentence."""

from ci_slim.report.checked import Node
from ci_slim.result import NotPacked, Packed, PackedFile, PlatformReport
from ci_slim.units import count, duration, size


def packed_out(packed: Packed) -> dict[str, object]:
    """The value for `json.dumps`."""
    return {
        "disk_before": packed.disk_before,
        "disk_after": packed.disk_after,
        "pull_before": packed.pull_before,
        "pull_after": packed.pull_after,
        "start_before_ms": packed.start_before_ms,
        "start_after_ms": packed.start_after_ms,
        "files": [
            {name: getattr(each, name) for name in PackedFile.__slots__} for each in packed.files
        ],
        "skipped": [{"reason": each.reason, "paths": list(each.paths)} for each in packed.skipped],
        "given_up": packed.given_up,
    }


def packed_in(node: Node) -> Packed:
    """The value in a report that anyone may have written."""
    got = node.fields(*Packed.__slots__)
    return Packed(
        got["disk_before"].integer(),
        got["disk_after"].integer(),
        None if got["pull_before"].is_null else got["pull_before"].integer(),
        None if got["pull_after"].is_null else got["pull_after"].integer(),
        got["start_before_ms"].integer(),
        got["start_after_ms"].integer(),
        tuple(_file(item) for item in got["files"].items()),
        tuple(_skipped(item) for item in got["skipped"].items()),
        got["given_up"].text(),
    )


def _file(node: Node) -> PackedFile:
    got = node.fields(*PackedFile.__slots__)
    return PackedFile(
        got["path"].text(),
        got["tools"].one_of("strip", "upx", "strip, upx"),
        got["disk_before"].integer(),
        got["disk_after"].integer(),
        got["pull_before"].integer(),
        got["pull_after"].integer(),
    )


def _skipped(node: Node) -> NotPacked:
    got = node.fields(*NotPacked.__slots__)
    return NotPacked(got["reason"].text(), tuple(path.text() for path in got["paths"].items()))


def packed_words(p: PlatformReport) -> str:
    """One sentence about what packing did to the delivered image; "" if it did nothing."""
    packed = p.packed
    if packed is None:
        return ""
    if packed.given_up:
        return f"packing was given up, and the image is delivered unpacked: {packed.given_up}"
    if not packed.files:
        return "packing made no file smaller"
    pull = "not known"
    if packed.pull_before is not None and packed.pull_after is not None:
        pull = f"{size(packed.pull_before)} → {size(packed.pull_after)}"
    return (
        f"packed {count(len(packed.files), 'file')}: disk {size(packed.disk_before)} → "
        f"{size(packed.disk_after)}, pull {pull}, start-up "
        f"{duration(packed.start_before_ms / 1000)} → {duration(packed.start_after_ms / 1000)}"
    )
