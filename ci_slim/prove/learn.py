"""Learns from several answers of the fat image what varies from run to run. Pure.

Dates, identifiers, ports, counters and orders differ between two runs of the same image. What is
the same in every answer of the fat image must be the same in the slim image's answer; the rest may
differ. JSON is compared value by value, a page of measurements sample by sample, and any other text
as a sequence of words.
"""

from collections.abc import Iterable, Sequence

from ci_slim.prove.learn_json import MISSING, Difference, json_differences, read_json
from ci_slim.prove.learn_metrics import metrics_differences, read_metrics
from ci_slim.prove.learn_text import common_pattern, is_reordered

_NUMBERS = 10
"""If more numbers differ, it is not by the moment at which they were asked for."""


def difference(samples: Sequence[bytes], body: bytes, *, cut: bool = False) -> str:
    """How `body` first differs from what all samples of the fat image have in common, or "" if it
    does not. With `cut`, the samples are only the beginnings of longer bodies."""
    found = differences(samples, body, cut=cut)
    return found[0].told if found else ""


def differences(
    samples: Sequence[bytes], body: bytes, *, cut: bool = False
) -> tuple[Difference, ...]:
    """The first difference, or all of them if only some numbers differ."""
    if body in samples:
        return ()
    texts = [each.decode("utf-8", "replace") for each in (*samples, body)]
    values = [MISSING] if cut else [read_json(each) for each in texts]
    if MISSING not in values:
        return _few_numbers(json_differences(values[:-1], values[-1], "", 0))
    pages = [page for each in texts if (page := read_metrics(each, cut=cut))]
    if len(pages) == len(texts):
        return _few_numbers(metrics_differences(pages[:-1], pages[-1], cut=cut))
    told = common_pattern(texts[:-1], cut=cut).difference(texts[-1])
    if not told or (not cut and is_reordered(texts[:-1], texts[-1])):
        return ()
    return (Difference(told),)


def _few_numbers(found: Iterable[Difference]) -> tuple[Difference, ...]:
    numbers: list[Difference] = []
    for each in found:
        if not each.number or len(numbers) == _NUMBERS:
            return (each._replace(number=""),)
        numbers.append(each)
    return tuple(numbers)
