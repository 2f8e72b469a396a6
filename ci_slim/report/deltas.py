"""The deltas that `ci-slim delta` made, as text and as JSON. Pure."""

from collections.abc import Sequence

from ci_slim.device.make_delta import Delta
from ci_slim.image import documents
from ci_slim.report.columns import table
from ci_slim.units import factor, size

SCHEMA = "ci-slim/delta/v1"


def to_text(deltas: Sequence[Delta]) -> str:
    """A row for each platform: the delta, the plain update, and how many times smaller it is."""
    head = ("platform", "delta", "plain update", "smaller", "layers", "folder")
    rows = [
        (
            str(delta.platform),
            size(delta.delta_bytes),
            _update(delta),
            factor(delta.update_bytes, delta.delta_bytes) if delta.update_bytes else "unknown",
            str(delta.layers),
            delta.folder,
        )
        for delta in deltas
    ]
    return table(rows, head, right=(1, 2, 3, 4)) + "\n"


def _update(delta: Delta) -> str:
    if delta.update_bytes is None:
        return "unknown"
    return ("" if delta.update_exact else "≈") + size(delta.update_bytes)


def to_json(deltas: Sequence[Delta]) -> str:
    """`{"schema", "deltas": [{"platform", "source", "target", …}]}`, sizes in bytes."""
    document = {
        "schema": SCHEMA,
        "deltas": [
            {
                "platform": str(delta.platform),
                "source": delta.source,
                "target": delta.target,
                "delta_bytes": delta.delta_bytes,
                "update_bytes": delta.update_bytes,
                "update_exact": delta.update_exact,
                "layers": delta.layers,
                "folder": delta.folder,
            }
            for delta in deltas
        ],
    }
    return documents.dump(document).decode() + "\n"
