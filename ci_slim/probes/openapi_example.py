"""Values for the parameters and bodies of an OpenAPI document, made from its schemas."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 8


def written_example(holder: Mapping[str, Any]) -> Any:
    """The example that the document gives, or None."""
    if "example" in holder:
        return holder["example"]
    for each in as_mapping(holder.get("examples")).values():
        return as_mapping(each).get("value")
    return None


def example(document: Mapping[str, Any], schema: object, depth: int = 0) -> Any:
    """A value that a schema allows: its example, its default, or the simplest value of its type."""
    found = resolve(document, schema)
    if depth > _DEEPEST:
        return None
    for key in ("example", "default", "const"):
        if key in found:
            return found[key]
    for key in ("examples", "enum"):
        if as_list(found.get(key)):
            return as_list(found[key])[0]
    for key in ("oneOf", "anyOf"):
        if as_list(found.get(key)):
            return example(document, as_list(found[key])[0], depth + 1)
    if as_list(found.get("allOf")):
        parts = [example(document, part, depth + 1) for part in as_list(found["allOf"])]
        return {name: value for part in parts for name, value in as_mapping(part).items()}
    return _of_type(document, found, depth)


def _of_type(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    kinds = schema.get("type")
    kind = next(iter(kinds), None) if isinstance(kinds, list) else kinds
    if kind == "object" or "properties" in schema:
        wanted = as_list(schema.get("required")) or list(as_mapping(schema.get("properties")))
        properties = as_mapping(schema.get("properties"))
        return {
            name: example(document, properties[name], depth + 1)
            for name in wanted
            if name in properties
        }
    if kind == "array":
        return [example(document, schema.get("items"), depth + 1)]
    formats = {
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "uuid": "00000000-0000-4000-8000-000000000000",
        "email": "a@example.org",
        "uri": "http://example.org/",
    }
    least = schema.get("minimum", 1)
    simple = {"integer": least, "number": least, "boolean": True, "null": None}
    text = formats.get(str(schema.get("format")), "x" * max(1, _small(schema.get("minLength"))))
    return simple.get(kind, text) if isinstance(kind, str) else text


def _small(value: object) -> int:
    return min(value, 1000) if isinstance(value, int) else 1


def resolve(document: Mapping[str, Any], value: object) -> Mapping[str, Any]:
    """The mapping behind `$ref`, in this document only. Empty if there is none."""
    found = as_mapping(value)
    for _ in range(_DEEPEST):
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        at: object = document
        for part in reference[2:].split("/"):
            at = as_mapping(at).get(part.replace("~1", "/").replace("~0", "~"))
        found = as_mapping(at)
    return found


def as_mapping(value: object) -> Mapping[str, Any]:
    """The value, or an empty mapping if it is not a mapping."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """The value, or an empty list if it is not a list."""
    return value if isinstance(value, list) else []
