"""Nodes → checked values, with one reader for each type.

Each reader takes a node and its option. It raises UsageError with the place of the node. A value
from the command line or the environment is always a text, so a text is also accepted as a number,
or as a list with one item.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ci_slim.options import Option, Type
from ci_slim.settings.document import Node
from ci_slim.settings.readers import lists, numbers, probe_values, texts

READERS: Mapping[Type, Callable[[Node, Option], Any]] = {
    Type.TEXT: texts.read_text,
    Type.TEXTS: lists.texts,
    Type.SWITCH: numbers.switch,
    Type.COUNT: numbers.count,
    Type.RELEASES: lists.releases,
    Type.PORT: numbers.port,
    Type.SIZE: numbers.size,
    Type.GROWTH: numbers.growth,
    Type.RATE: numbers.rate,
    Type.PRICE: numbers.price,
    Type.DURATION: numbers.duration,
    Type.CHOICE: texts.choice,
    Type.CHOICES: lists.choices,
    Type.PLATFORMS: lists.platform_list,
    Type.COMMAND: texts.command,
    Type.GLOBS: lists.globs,
    Type.PATTERN: texts.pattern,
    Type.REFERENCE: texts.reference,
    Type.VALUES: lists.values,
    Type.CANDIDATES: lists.candidates,
    Type.CONTEXTS: lists.values,
    Type.SECRETS: lists.texts,
    Type.SCALAR: texts.scalar_text,
    Type.LINE: texts.line,
    Type.ARGUMENTS: texts.line,
    Type.HEADERS: probe_values.headers,
    Type.STATUSES: probe_values.statuses,
    Type.PATTERNS: probe_values.patterns,
    Type.JSON: probe_values.any_value,
    Type.JSON_PATHS: probe_values.plain_mapping,
    Type.FORM: probe_values.plain_mapping,
}
