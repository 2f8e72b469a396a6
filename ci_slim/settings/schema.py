"""The JSON Schema of the settings file, for editors; generated from `options`.

`make reference` writes it again; a test checks that the file is up to date. Any text may contain
`${VAR}`, so the schema allows such a text also where another type is expected.
"""

import json
from typing import Any

from ci_slim.options import Option, Section, Type
from ci_slim.probes import KINDS
from ci_slim.probes.bodies import FORM_KEYS
from ci_slim.settings.declared import file_tree
from ci_slim.settings.quantities import (
    DURATION_PATTERN,
    PERCENT_PATTERN,
    PRICE_PATTERN,
    RATE_PATTERN,
    SIZE_PATTERN,
)

Schema = dict[str, Any]

_VARIABLE: Schema = {"type": "string", "pattern": r"\$\{"}
_TEXT: Schema = {"type": "string", "minLength": 1}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_VALUES: Schema = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
}
_SIZE: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": SIZE_PATTERN},
        _VARIABLE,
    ],
    "examples": ["12 MB", "12 MiB", "500 kB"],
}


def _choice(option: Option) -> Schema:
    return {"enum": list(option.choices)}


def _whole(most: int | None = None, least: int = 1) -> Schema:
    number: Schema = {"type": "integer", "minimum": least}
    return {"anyOf": [number if most is None else {**number, "maximum": most}, _VARIABLE]}


_COMMAND: Schema = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_STATUS: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": "^([1-5][xX]{2}|[1-5][0-9]{2})$"},
        _VARIABLE,
    ]
}
_FORM_FILE: Schema = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {key: {"type": "string"} for key in FORM_KEYS},
}

_TYPES: dict[Type, Schema] = {
    Type.TEXT: _TEXT,
    Type.TEXTS: _TEXTS,
    Type.SWITCH: {"anyOf": [{"type": "boolean"}, _VARIABLE]},
    Type.RELEASES: {"anyOf": [*_whole()["anyOf"], {"type": "array", "items": _TEXT}]},
    Type.PORT: _whole(65535),
    Type.SIZE: _SIZE,
    Type.GROWTH: {
        "anyOf": [*_SIZE["anyOf"], {"type": "string", "pattern": PERCENT_PATTERN}],
        "examples": ["2%", "500 kB"],
    },
    Type.RATE: {
        "anyOf": [{"type": "string", "pattern": RATE_PATTERN}, _VARIABLE],
        "examples": ["1 Mbit/s", "256 kbit/s"],
    },
    Type.PRICE: {
        "anyOf": [{"type": "string", "pattern": PRICE_PATTERN}, _VARIABLE],
        "examples": ["2 EUR/GB"],
    },
    Type.DURATION: {
        "anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, _VARIABLE],
        "examples": ["30s", "2m", "500ms"],
    },
    Type.PLATFORMS: {
        **_TEXTS,
        "minItems": 1,
        "examples": [["linux/arm/v6", "linux/arm64", "linux/amd64"]],
    },
    Type.COMMAND: _COMMAND,
    Type.GLOBS: {"type": "array", "items": {"type": "string", "pattern": r"^(/|.*\$\{)"}},
    Type.PATTERN: _TEXT,
    Type.REFERENCE: _TEXT,
    Type.VALUES: _VALUES,
    Type.CANDIDATES: {
        "type": "object",
        "additionalProperties": _TEXTS,
        "examples": [{"registry.example/python:*": ["registry.example/python-small:{tag}"]}],
    },
    Type.CONTEXTS: {"type": "object", "additionalProperties": _TEXT},
    Type.SECRETS: _TEXTS,
    Type.SCALAR: _SCALAR,
    Type.LINE: {
        "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": _SCALAR}],
    },
    Type.ARGUMENTS: {"anyOf": [{"type": "string"}, {"type": "array", "items": _SCALAR}]},
    Type.HEADERS: {
        "type": "object",
        "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
    },
    Type.STATUSES: {"anyOf": [_STATUS, {"type": "array", "minItems": 1, "items": _STATUS}]},
    Type.PATTERNS: {"type": "object", "additionalProperties": _TEXT},
    Type.JSON: {},
    Type.JSON_PATHS: {"type": "object"},
    Type.FORM: {"type": "object", "additionalProperties": {"anyOf": [_SCALAR, _FORM_FILE]}},
}


def settings_schema() -> Schema:
    """The schema, as draft 7, which editors support best."""
    schema = _section(file_tree())
    schema["properties"]["version"] = {"const": 1, "description": "version of the settings file"}
    image = schema["properties"]["images"]["additionalProperties"]
    image["oneOf"] = [{"required": ["build"]}, {"required": ["image"]}]
    ready = image["properties"]["run"]["properties"]["ready"]
    image["properties"]["run"]["properties"]["ready"] = {
        "description": ready.pop("description"),
        "anyOf": [ready, {"enum": ["auto", "none"]}],
    }
    image["properties"]["run"]["properties"]["services"]["additionalProperties"]["required"] = [
        "image"
    ]
    schema["properties"]["images"]["minProperties"] = 1
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:ci-slim:settings-v1",
        "title": "ci-slim settings",
        **schema,
        "required": ["version", "images"],
    }


def _section(section: Section) -> Schema:
    described: Schema = {"description": section.help} if section.help else {}
    if section.items is not None:
        return {**described, "type": "array", "minItems": 1, "items": _section(section.items)}
    if section.named is not None:
        return {**described, "type": "object", "additionalProperties": _section(section.named)}
    return {
        **described,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            key: _section(below) if isinstance(below, Section) else _option(below)
            for key, below in section.keys.items()
        },
    }


def _option(option: Option) -> Schema:
    schema = {"description": option.help, **_of_type(option)}
    if option.default is None:
        return _or_null(schema)
    default = f"{option.default:g}s" if option.type is Type.DURATION else option.default
    return {**schema, "default": list(default) if isinstance(default, tuple) else default}


def probe_schema() -> Schema:
    """One element of `probes`: a probe of one kind, or a DockerSlim probe file."""
    file = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {"file": {**_TEXT, "description": "a DockerSlim probe command file"}},
    }
    return {"anyOf": [*(_kind(name, kind.KEYS) for name, kind in KINDS.items()), file]}


def _kind(name: str, keys: Section) -> Schema:
    """The schema of the probes of one kind. An optional key may be missing, but not null."""
    schema = _section(keys)
    schema["required"] = [name]
    return schema


def _of_type(option: Option) -> Schema:
    if option.type is Type.PROBES:
        return {"type": "array", "items": probe_schema()}
    if option.type is Type.COUNT:
        return _whole(option.most, option.least)
    if option.type is Type.CHOICE:
        return _choice(option)
    if option.type is Type.CHOICES:
        return {"type": "array", "uniqueItems": True, "items": _choice(option)}
    return dict(_TYPES[option.type])


def _or_null(schema: Schema) -> Schema:
    """A key without a default may be empty: `target: null`."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" not in schema:
        return schema
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*types, "null"]}


def text() -> str:
    """The schema as the text of the file in the package."""
    return json.dumps(settings_schema(), indent=2, ensure_ascii=False) + "\n"
