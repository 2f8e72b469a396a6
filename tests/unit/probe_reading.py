"""Reads probes from plain values, in the same way as the settings file."""

from collections.abc import Callable
from typing import TypeVar

from ci_slim.probes import Answer, Probe, Ran, Run, Way, answers
from ci_slim.probes.given import no_files
from ci_slim.settings import shapes
from ci_slim.settings.document import node_of
from ci_slim.settings.probes import read_probe

P = TypeVar("P", bound=Probe)


def where(keys: tuple[str | int, ...]) -> str:
    return "f:" + ".".join(map(str, keys))


def read(value: object, read_file: Callable[[str], bytes] = no_files) -> Probe:
    """The probe from the value of one element of `probes:`. Places are `f:a.b`."""
    return read_probe(shapes.mapping(node_of(value, where), "probes"), read_file)


def sent(probe: Probe, run: Callable[[Run], Ran], way: Way | None = None) -> list[Answer]:
    """The answers of a probe, with `run` in place of a container."""
    return [each.answer for each in answers(probe.exchange(way or Way()), run)]
