"""The JSON Schema of one element of `probes:`, for editors."""

from collections.abc import Sequence
from typing import Any

from ci_slim.probes.bodies import FORM_KEYS
from ci_slim.probes.model import PROTOCOLS
from ci_slim.probes.settings import (
    CRAWL_KEYS,
    EXEC_EXPECT_KEYS,
    EXEC_KEYS,
    HTTP_EXPECT_KEYS,
    HTTP_KEYS,
)

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_STATUS: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": "^([1-5][xX]{2}|[1-5][0-9]{2})$"},
    ]
}
_FORM_PROPERTIES: Schema = {"file": _TEXT, "name": _TEXT, "type": _TEXT}
_EXPECT: Schema = {
    "status": {"anyOf": [_STATUS, {"type": "array", "minItems": 1, "items": _STATUS}]},
    "headers": {"type": "object", "additionalProperties": _TEXT},
    "body": {**_SCALAR, "description": "text that the body or the output contains"},
    "body_regex": _TEXT,
    "json": {"type": "object", "description": "dotted path → value"},
    "exit": {"type": "integer", "minimum": 0, "maximum": 255},
}
_PROPERTIES: Schema = {
    "http": {**_TEXT, "description": "method and path, such as POST /login; a path alone is GET"},
    "exec": {
        "anyOf": [_TEXT, {"type": "array", "minItems": 1, "items": _SCALAR}],
        "description": "a command in the running container",
    },
    "crawl": {**_TEXT, "description": "the path of the page to start from"},
    "name": _TEXT,
    "protocol": {"enum": list(PROTOCOLS)},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "headers": {
        "type": "object",
        "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
    },
    "body": _TEXT,
    "body_file": _TEXT,
    "json": {"description": "any value, sent as JSON"},
    "form": {
        "type": "object",
        "additionalProperties": {
            "anyOf": [
                _SCALAR,
                {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {key: _FORM_PROPERTIES[key] for key in FORM_KEYS},
                },
            ]
        },
    },
    "username": _SCALAR,
    "password": _SCALAR,
    "shell": {"type": "boolean"},
    "depth": {"type": "integer", "minimum": 1, "maximum": 10},
    "pages": {"type": "integer", "minimum": 1, "maximum": 10000},
    "timeout": {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": 3600},
            {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m)?\s*$"},
        ]
    },
}


def _object(properties: Schema, keys: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: properties[key] for key in keys},
    }


def _probe(keys: Sequence[str], expect: Sequence[str]) -> Schema:
    properties = {**_PROPERTIES, "expect": _object(_EXPECT, expect)}
    return {**_object(properties, keys), "required": [keys[0]]}


PROBE_SCHEMA: Schema = {
    "oneOf": [
        _probe(HTTP_KEYS, HTTP_EXPECT_KEYS),
        _probe(EXEC_KEYS, EXEC_EXPECT_KEYS),
        _probe(CRAWL_KEYS, HTTP_EXPECT_KEYS),
    ]
}
"""A probe: http, exec or crawl, with the keys that `from_settings` takes."""
