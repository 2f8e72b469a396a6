"""The probe kind `openapi`: one request for each operation of an OpenAPI 3 or Swagger 2 document.

Parameters and bodies are the document's own examples and defaults, or values made from its
schemas. An answer may have any status below 500: an example need not exist in the application.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from ci_slim.errors import UsageError
from ci_slim.options import Option, Section, Type
from ci_slim.probes import fields, http, keys
from ci_slim.probes.exchange import Answered, Exchange, Way
from ci_slim.probes.given import Given
from ci_slim.probes.http import HttpProbe
from ci_slim.probes.model import DEFAULT_TIMEOUT, Answer, Compare, Expect

METHODS = ("get", "head", "post", "put", "patch", "delete")
"""In this order: what is deleted first cannot be asked for."""
MOST = 500
"""Operations of one document."""
_DEEPEST = 8
ANY = Expect(status=tuple(range(100, 500)))

KEYS: Section = keys.section(
    "openapi",
    Option("openapi", Type.TEXT, "a JSON file, or the path at which the application serves it"),
    keys.NAME,
    http.PROTOCOL,
    keys.PORT,
    http.HEADERS,
    http.USERNAME,
    http.PASSWORD,
    Option("methods", Type.CHOICES, "methods that are sent", METHODS, choices=METHODS),
    keys.TIMEOUT,
    expect=(keys.STATUS,),
)


@dataclass(frozen=True, slots=True)
class OpenApiProbe:
    """The operations of a document, each a request. `request` is the one for the document itself,
    where the application serves it, and has what all requests share."""

    kind: ClassVar[str] = "openapi"
    content: ClassVar[str] = "the body"
    sidecar: ClassVar[bool] = True
    listener: ClassVar[bool] = True
    programs: ClassVar[tuple[str, ...]] = ()

    name: str
    request: HttpProbe
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    methods: tuple[str, ...] = METHODS
    expect: Expect = ANY
    timeout: float = DEFAULT_TIMEOUT
    repeat: bool | None = None
    compare: Compare = "learned"

    @property
    def repeatable(self) -> bool:
        """Each of its requests says so itself."""
        return False

    def exchange(self, way: Way) -> Exchange:
        """Fetch the document where need be, then send one request an operation."""
        document = self.document
        if document is None:
            found = http.answer(self.request, (yield http.request(self.request, way)))
            document = _document(found.body)
            if document is None and not found.error:
                found = replace(found, ok=False, error="this is not an OpenAPI document in JSON")
            yield Answered(self.request, found)
            if document is None:
                return
        for probe in operations(document, self.methods, self.request, self.expect):
            probe = replace(probe, timeout=self.timeout)
            yield Answered(probe, http.answer(probe, (yield http.request(probe, way))))

    def unexpected(self, found: Answer) -> tuple[str, ...]:
        """Each request is judged by itself."""
        return ()

    def worse(self, fat: Answer, slim: Answer) -> tuple[str, ...]:
        """Each request is compared by itself."""
        return ()

    def outcome(self, found: Answer) -> str:
        """The status of a request."""
        return str(found.status)

    def final_after(self, found: Answer) -> float | None:
        """After a while, when the answer says that the question is wrong."""
        return http.final_after(found)

    def secrets(self) -> frozenset[str]:
        """The password, and the headers that say who asks."""
        return self.request.secrets()


def read(given: Given) -> OpenApiProbe:
    """The probe that the settings give."""
    place = given["openapi"]
    document = None
    if not place.startswith("/"):
        document = _document(given.content("openapi"))
        if document is None:
            raise UsageError(
                f"{place} is not an OpenAPI document in JSON",
                where=given.where("openapi"),
                hint="write it as JSON, or give the path at which the application serves it",
            )
    username, password = http.login(given)
    path = fields.path(place, given.where("openapi")) if document is None else "/"
    request = HttpProbe(
        f"GET {path}",
        path=path,
        protocol=given["protocol"],
        port=given["port"],
        headers=given["headers"] or (),
        username=username,
        password=password,
        timeout=given["timeout"],
        compare=given["compare"],
        repeat=given["repeat"],
    )
    status = given["expect"]["status"]
    return OpenApiProbe(
        name=keys.named(given, f"openapi {place}"),
        request=request,
        document=document,
        methods=given["methods"],
        expect=ANY if status is None else Expect(status=status),
        timeout=given["timeout"],
        repeat=given["repeat"],
        compare=given["compare"],
    )


def operations(
    document: Mapping[str, Any], methods: tuple[str, ...], shared: HttpProbe, expect: Expect
) -> Iterator[HttpProbe]:
    """The requests of a document, method by method."""
    base = _base(document)
    count = 0
    for method in (each for each in METHODS if each in methods):
        for path, item in _mapping(document.get("paths")).items():
            operation = _mapping(item).get(method)
            if not isinstance(operation, Mapping) or count >= MOST:
                continue
            count += 1
            yield _request(document, base + path, method, _mapping(item), operation, shared, expect)


def _request(
    document: Mapping[str, Any],
    path: str,
    method: str,
    item: Mapping[str, Any],
    operation: Mapping[str, Any],
    shared: HttpProbe,
    expect: Expect,
) -> HttpProbe:
    query: list[tuple[str, str]] = []
    headers = list(shared.headers)
    body, content_type = _body(document, operation)
    for each in (*_list(item.get("parameters")), *_list(operation.get("parameters"))):
        parameter = _resolved(document, each)
        name, place = str(parameter.get("name")), parameter.get("in")
        value = _parameter(document, parameter)
        if place == "path":
            path = path.replace("{" + name + "}", quote(value, safe=""))
        elif place == "query" and parameter.get("required"):
            query.append((name, value))
        elif place == "header" and parameter.get("required"):
            headers.append((name, value.replace("\r", "").replace("\n", "")))
        elif place == "body":
            body = json.dumps(example(document, parameter.get("schema"))).encode()
            content_type = "application/json"
    if content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    path = fields.path(quote(path, safe="/%:@!$&'()*+,;=~{}-._"), "the OpenAPI document")
    if query:
        path += "?" + urlencode(query)
    return replace(
        shared,
        name=f"{method.upper()} {path}",
        method=method.upper(),
        path=path,
        headers=tuple(headers),
        body=None if method in ("get", "head") else body,
        expect=expect,
    )


def _base(document: Mapping[str, Any]) -> str:
    """The path below which the operations are: of `servers`, or Swagger's `basePath`."""
    if isinstance(document.get("basePath"), str):
        return str(document["basePath"]).rstrip("/")
    for server in _list(document.get("servers"))[:1]:
        return urlsplit(str(_mapping(server).get("url", ""))).path.rstrip("/")
    return ""


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[bytes | None, str]:
    content = _mapping(_resolved(document, operation.get("requestBody")).get("content"))
    for kind, media in content.items():
        value = _given_example(_mapping(media))
        if value is None:
            value = example(document, _mapping(media).get("schema"))
        if "json" in kind:
            return json.dumps(value).encode(), kind
        if kind == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
            return urlencode(dict(value)).encode(), kind
        if isinstance(value, str):
            return value.encode(), kind
    return None, ""


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    value = _given_example(parameter)
    if value is None:
        value = example(document, parameter.get("schema", parameter))
    return value if isinstance(value, str) else json.dumps(value)


def _given_example(holder: Mapping[str, Any]) -> Any:
    if "example" in holder:
        return holder["example"]
    for each in _mapping(holder.get("examples")).values():
        return _mapping(each).get("value")
    return None


def example(document: Mapping[str, Any], schema: object, depth: int = 0) -> Any:
    """A value that a schema allows: its example, its default, or the simplest of its type."""
    found = _resolved(document, schema)
    if depth > _DEEPEST:
        return None
    for key in ("example", "default", "const"):
        if key in found:
            return found[key]
    for key in ("examples", "enum"):
        if _list(found.get(key)):
            return _list(found[key])[0]
    for key in ("oneOf", "anyOf"):
        if _list(found.get(key)):
            return example(document, _list(found[key])[0], depth + 1)
    if _list(found.get("allOf")):
        parts = [example(document, part, depth + 1) for part in _list(found["allOf"])]
        return {name: value for part in parts for name, value in _mapping(part).items()}
    return _of_type(document, found, depth)


def _of_type(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    kinds = schema.get("type")
    kind = next(iter(kinds), None) if isinstance(kinds, list) else kinds
    if kind == "object" or "properties" in schema:
        wanted = _list(schema.get("required")) or list(_mapping(schema.get("properties")))
        properties = _mapping(schema.get("properties"))
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


def _resolved(document: Mapping[str, Any], value: object) -> Mapping[str, Any]:
    """The mapping behind `$ref`, of this document alone; empty when there is none."""
    found = _mapping(value)
    for _ in range(_DEEPEST):
        reference = found.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        at: object = document
        for part in reference[2:].split("/"):
            at = _mapping(at).get(part.replace("~1", "/").replace("~0", "~"))
        found = _mapping(at)
    return found


def _document(text: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, Mapping) and isinstance(value.get("paths"), Mapping) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
