"""The body of a request, as the settings file gives it and as it is sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlencode

from ci_slim.errors import UsageError
from ci_slim.options import Option, Type
from ci_slim.probes import fields
from ci_slim.probes.fields import refuse_unknown, under
from ci_slim.probes.given import Given, Where, content

KEYS = (
    Option("body", Type.SCALAR, "the body, unchanged"),
    Option("body_file", Type.TEXT, "the file with the body"),
    Option("json", Type.JSON, "any value, sent as JSON"),
    Option("form", Type.FORM, "the fields of a form", {}),
)
FORM_KEYS = ("file", "name", "type")


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form. A field with a file name makes the form multipart/form-data."""

    name: str
    value: bytes = field(repr=False)
    file_name: str = ""
    content_type: str = ""


def given_key(given: Given) -> str:
    """The key that gives the body, or "" if there is none."""
    present = [key.name for key in KEYS if key.name in given]
    if len(present) > 1:
        problem = f"{present[0]} and {present[1]} cannot be used together"
        raise UsageError(problem, where=given.where(present[1]), hint="remove one of them")
    return present[0] if present else ""


def body(given: Given) -> tuple[bytes | None, tuple[FormField, ...]]:
    """The bytes of the body, or the fields of the form."""
    key = given_key(given)
    if not key:
        return None, ()
    if key == "form":
        return None, _form(given["form"], under(given.at, "form"), given)
    if key == "body_file":
        return given.content("body_file"), ()
    if key == "json":
        return as_json(given["json"], given.where("json")), ()
    return str(given["body"]).encode("utf-8", "surrogateescape"), ()


def as_json(value: object, where: str) -> bytes:
    """A value as JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode(
            "utf-8", "surrogateescape"
        )
    except (TypeError, ValueError) as error:
        hint = "put quotes around dates and other values that JSON does not have"
        raise UsageError(f"json cannot be sent as JSON: {error}", where=where, hint=hint) from error


def payload(body: bytes | None, form: tuple[FormField, ...]) -> tuple[bytes | None, str]:
    """The bytes to send and their content type ("" if the probe gives none).

    A form with a file is multipart/form-data (RFC 7578), any other form is urlencoded. The boundary
    is made from the content, so that the same probe always sends the same bytes.
    """
    if not form:
        return body, ""
    if not any(part.file_name for part in form):
        pairs = [(part.name, part.value) for part in form]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    boundary = "ci-slim-" + sha256(b"\0".join(part.value for part in form)).hexdigest()[:32]
    parts = b"".join(_part(part, boundary) for part in form)
    return parts + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _form(value: Mapping[str, object], at: Where, given: Given) -> tuple[FormField, ...]:
    form: list[FormField] = []
    for name, each in value.items():
        place = at((name,))
        if not isinstance(each, Mapping):
            form.append(
                FormField(
                    name,
                    fields.scalar(each, f"form.{name}", place).encode("utf-8", "surrogateescape"),
                )
            )
            continue
        part = fields.mapping(each, f"form.{name}", place)
        refuse_unknown(part, FORM_KEYS, "a file of a form", under(at, name))
        if "file" not in part:
            raise UsageError(f"form.{name} lacks file", where=place)
        path = fields.text(part["file"], f"form.{name}.file", place)
        data = content(path, f"form.{name}.file", place, given.read)
        label = fields.text(part.get("name", path.rpartition("/")[2]), f"form.{name}.name", place)
        content_type = part.get("type", "application/octet-stream")
        _, content_type = fields.header("Content-Type", content_type, place)
        form.append(FormField(name, data, label, content_type))
    return tuple(form)


def _part(part: FormField, boundary: str) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(part.name)}"'
    if part.file_name:
        head += f'; filename="{_quoted(part.file_name)}"'
    if part.content_type:
        head += f"\r\nContent-Type: {part.content_type}"
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + part.value + b"\r\n"


def _quoted(name: str) -> str:
    """A name in quotes, as browsers write it (WHATWG HTML, multipart form data)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
