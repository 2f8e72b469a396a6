"""The body of a request, as the settings file says it."""

import json
from collections.abc import Mapping

from ci_slim.errors import UsageError
from ci_slim.probes import fields
from ci_slim.probes.fields import Read, Where, refuse_unknown, under
from ci_slim.probes.model import FormField

FORM_KEYS = ("file", "name", "type")
_KEYS = ("body", "body_file", "json", "form")


def given(probe: Mapping[str, object], at: Where) -> str:
    """The one key that gives the body, "" when none does."""
    keys = [key for key in _KEYS if key in probe]
    if len(keys) > 1:
        problem = f"{keys[0]} and {keys[1]} exclude each other"
        raise UsageError(problem, where=at((keys[1],)), hint="keep one of them")
    return keys[0] if keys else ""


def body(
    probe: Mapping[str, object], at: Where, read: Read
) -> tuple[bytes | None, tuple[FormField, ...]]:
    """The bytes of the body, or the fields of its form."""
    key = given(probe, at)
    if not key:
        return None, ()
    value, where = probe[key], at((key,))
    if key == "form":
        return None, _form(value, under(at, key), read)
    if key == "body_file":
        return read_file(value, key, where, read), ()
    if key == "json":
        return _json(value, where), ()
    if not isinstance(value, str):
        raise UsageError(
            f"body must be a text, not {fields.kind(value)}",
            where=where,
            hint="use json: for a value that is to be sent as JSON",
        )
    return value.encode(), ()


def read_file(name: object, what: str, where: str, read: Read) -> bytes:
    """The bytes of a file that a probe names; UsageError when they cannot be had."""
    path = fields.text(name, what, where)
    try:
        return read(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{what}: {path} cannot be read: {reason}", where=where) from error


def _json(value: object, where: str) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        hint = "quote dates and other values that JSON does not have"
        raise UsageError(f"json cannot be sent as JSON: {error}", where=where, hint=hint) from error


def _form(value: object, at: Where, read: Read) -> tuple[FormField, ...]:
    form: list[FormField] = []
    for name, content in fields.mapping(value, "form", at(())).items():
        place = at((name,))
        if not isinstance(content, Mapping):
            form.append(FormField(name, fields.scalar(content, f"form.{name}", place).encode()))
            continue
        part = fields.mapping(content, f"form.{name}", place)
        refuse_unknown(part, FORM_KEYS, "a file of a form", under(at, name))
        if "file" not in part:
            raise UsageError(f"form.{name} lacks file", where=place)
        data = read_file(part["file"], f"form.{name}.file", place, read)
        default = str(part["file"]).rpartition("/")[2]
        label = fields.text(part.get("name", default), f"form.{name}.name", place)
        content_type = part.get("type", "application/octet-stream")
        _, content_type = fields.header("Content-Type", content_type, place)
        form.append(FormField(name, data, label, content_type))
    return tuple(form)
