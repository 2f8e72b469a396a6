import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.probes.openapi_document import MOST_NODES, read_document

YAML = b"""\
openapi: 3.1.0
x-common: &id {name: id, in: path, schema: {type: integer, example: 7}}
paths:
  /items/{id}:
    parameters: [*id]
    get:
      responses: {200: {description: found}}
    delete: {}
  /since:
    get:
      parameters:
        - {name: day, in: query, required: true, example: 2026-01-01}
        - {name: huge, in: query, example: .inf}
        - {name: on, in: query, example: true}
        - {name: nothing, in: query, example: null}
"""


def test_yaml_is_read_as_json_would_be() -> None:
    document = read_document(YAML)
    assert document is not None
    items = document["paths"]["/items/{id}"]
    assert items["parameters"] == [
        {"name": "id", "in": "path", "schema": {"type": "integer", "example": 7}}
    ]
    assert list(items["get"]["responses"]) == ["200"]
    parameters = document["paths"]["/since"]["get"]["parameters"]
    assert [each["example"] for each in parameters] == ["2026-01-01", ".inf", True, None]
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"paths: []",
        b"a: 1",
        b"{",
        b"a: [",
        b"\xff\xfe",
        b"--- a\n--- b",
        b"'",
        b"\t- x",
    ],
)
def test_what_is_no_document_is_none(text: bytes) -> None:
    assert read_document(text) is None


def test_a_document_that_aliases_make_huge_is_not_read() -> None:
    lines = ["paths: {}", "a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert MOST_NODES < 10**9
    assert read_document("\n".join(lines).encode()) is None


def test_a_document_that_is_nested_without_end_is_not_read() -> None:
    assert read_document(b"paths: {}\na: " + b"[" * 5000 + b"]" * 5000) is None
    assert read_document(b'{"paths": {}, "a": ' + b"[" * 99999) is None


@given(st.binary(max_size=200))
def test_nothing_that_an_application_serves_ends_in_an_error(text: bytes) -> None:
    read_document(text)
