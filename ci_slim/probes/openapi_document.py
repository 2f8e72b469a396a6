"""Reads the text of an OpenAPI document, in JSON or YAML, as a mapping. Pure.

The application itself may serve the document, so the text is not trusted: an alias of YAML can
repeat a whole tree, and a document may be nested endlessly.
"""

import json
from collections.abc import Mapping
from typing import Any

MOST_NODES = 200_000
"""The most values of a document in YAML. A larger document is not read."""
_DEEPEST = 100
_TAG = "tag:yaml.org,2002:"


class _TooLarge(Exception):
    """The document has too many values, or is nested too deeply."""


def read_document(text: bytes) -> Mapping[str, Any] | None:
    """The document, or None if the text is not an OpenAPI document."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _yaml(text)
    return value if isinstance(value, Mapping) and isinstance(value.get("paths"), Mapping) else None


def _yaml(text: bytes) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = YAML(typ="safe", pure=True).compose(text.decode("utf-8-sig"))
        return None if root is None else _Reader().value(root)
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError, _TooLarge):
        return None


class _Reader:
    """Converts the nodes of ruamel, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        """A mapping, a list, a text, a number, a boolean or None, as JSON has it."""
        from ruamel.yaml.nodes import MappingNode, SequenceNode

        self._count += 1
        if self._count > MOST_NODES or depth > _DEEPEST:
            raise _TooLarge
        if isinstance(node, MappingNode):
            return {
                str(key.value): self.value(below, depth + 1)
                for key, below in node.value
                if isinstance(key.value, str)
            }
        if isinstance(node, SequenceNode):
            return [self.value(below, depth + 1) for below in node.value]
        return _scalar(str(node.value), str(node.tag).removeprefix(_TAG))


def _scalar(text: str, kind: str) -> Any:
    """A scalar. A date becomes a text, and so does a number that JSON cannot write."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind in ("int", "float"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
