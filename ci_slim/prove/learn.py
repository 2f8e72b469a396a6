"""Learns from several answers of the fat image what varies from run to run. Pure.

Dates, identifiers, ports, counters and orders differ between two runs of the same image. What is
the same in every answer of the fat image must be the same in the slim image's answer; the rest may
differ. JSON is compared value by value, any other text as a sequence of words.
"""

from collections.abc import Sequence

from ci_slim.prove.learn_json import MISSING, json_differences, read_json
from ci_slim.prove.learn_text import common_pattern


def difference(samples: Sequence[bytes], body: bytes, *, cut: bool = False) -> str:
    """How `body` differs from what all samples of the fat image have in common, or "" if it does
    not. With `cut`, the samples are only the beginnings of longer bodies."""
    if body in samples:
        return ""
    texts = [each.decode("utf-8", "replace") for each in (*samples, body)]
    if not cut:
        values = [read_json(each) for each in texts]
        if MISSING not in values:
            return next(json_differences(values[:-1], values[-1], "", 0), "")
    return common_pattern(texts[:-1], cut=cut).difference(texts[-1])
