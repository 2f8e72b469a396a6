"""The probe kind `openapi`: one request for each operation of an OpenAPI 3 or Swagger 2 document.

Parameters and bodies are the document's own examples and defaults, or values made from its schemas.
An answer may have any status below 500, because an example may not exist in the application.
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
from ci_slim.probes.judged import JudgedByRequest
from ci_slim.probes.model import DEFAULT_TIMEOUT, Compare, Expect
from ci_slim.probes.openapi_document import read_document
from ci_slim.probes.openapi_example import as_list, as_mapping, example, resolve, written_example

METHODS = ("get", "head", "post", "put", "patch", "delete")
"""The order of the methods. What is deleted first could not be read afterwards."""
MOST = 500
"""The most operations of one document."""
_NOT_ONE = "not an OpenAPI document in JSON or YAML"
ANY = Expect(status=tuple(range(100, 500)))

KEYS: Section = keys.section(
    "openapi",
    Option(
        "openapi", Type.TEXT, "a JSON or YAML file, or the path where the application serves it"
    ),
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
class OpenApiProbe(JudgedByRequest):
    """The operations of a document, each as a request. `request` fetches the document itself, if
    the application serves it, and has what all requests share."""

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

    def exchange(self, way: Way) -> Exchange:
        """Fetch the document if needed, then send one request for each operation."""
        document = self.document
        if document is None:
            found = http.answer(self.request, (yield http.request(self.request, way)))
            document = read_document(found.body)
            if document is None and not found.error:
                found = replace(found, ok=False, error=f"this is {_NOT_ONE}")
            yield Answered(self.request, found)
            if document is None:
                return
        for probe in operations(document, self.methods, self.request, self.expect):
            probe = replace(probe, timeout=self.timeout)
            yield Answered(probe, http.answer(probe, (yield http.request(probe, way))))

    def secrets(self) -> frozenset[str]:
        """The password, and the headers that authenticate."""
        return self.request.secrets()


def read(given: Given) -> OpenApiProbe:
    """Make the probe from its settings."""
    place = given["openapi"]
    document = None
    if not place.startswith("/"):
        document = read_document(given.content("openapi"))
        if document is None:
            raise UsageError(
                f"{place} is {_NOT_ONE}",
                where=given.where("openapi"),
                hint="name another file, or give the path where the application serves it",
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
        for path, item in as_mapping(document.get("paths")).items():
            operation = as_mapping(item).get(method)
            if not isinstance(operation, Mapping) or count >= MOST:
                continue
            count += 1
            yield _request(
                document, base + path, method, as_mapping(item), operation, shared, expect
            )


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
    for each in (*as_list(item.get("parameters")), *as_list(operation.get("parameters"))):
        parameter = resolve(document, each)
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
    """The path above all operations: from `servers`, or from Swagger's `basePath`."""
    if isinstance(document.get("basePath"), str):
        return str(document["basePath"]).rstrip("/")
    for server in as_list(document.get("servers"))[:1]:
        return urlsplit(str(as_mapping(server).get("url", ""))).path.rstrip("/")
    return ""


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[bytes | None, str]:
    content = as_mapping(resolve(document, operation.get("requestBody")).get("content"))
    for kind, media in content.items():
        value = written_example(as_mapping(media))
        if value is None:
            value = example(document, as_mapping(media).get("schema"))
        if "json" in kind:
            return json.dumps(value).encode(), kind
        if kind == "application/x-www-form-urlencoded" and isinstance(value, Mapping):
            return urlencode(dict(value)).encode(), kind
        if isinstance(value, str):
            return value.encode(), kind
    return None, ""


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    value = written_example(parameter)
    if value is None:
        value = example(document, parameter.get("schema", parameter))
    return value if isinstance(value, str) else json.dumps(value)
