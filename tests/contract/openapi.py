"""Checks requests and responses against an OpenAPI 3.0 description of a server."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema.exceptions import best_match
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

_NAME = "urn:description"


class Broken(Exception):
    """A violation of the description."""


class Description:
    """The operations of one server."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._registry: Registry[Any] = Registry().with_resource(
            _NAME, DRAFT4.create_resource(document)
        )
        self._paths = [(_pattern(path), path) for path in document["paths"]]
        self._validators: dict[str, OAS30Validator] = {}

    def request(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> str:
        """The path of the operation, with the names of its parameters. Raises Broken if there is
        none."""
        template, values = self._find(method, path)
        known = [self._resolved(item) for item in self._operation(template, method, "parameters")]
        for parameter in known:
            name, kind = parameter["name"], parameter["in"]
            given = [unquote(values[name])] if kind == "path" else query.get(name, [])
            if parameter.get("required") and not given:
                raise Broken(f"{name} is missing")
            for text in given if kind in {"path", "query"} else []:
                self._check(_typed(text, parameter["schema"]), parameter["schema"], name)
        unknown = set(query) - {item["name"] for item in known if item["in"] == "query"}
        if unknown:
            raise Broken(f"{method} {template} takes no {sorted(unknown)}")
        self._body(template, method, body)
        return template

    def response(self, method: str, template: str, status: int, body: Any) -> None:
        """Raise Broken if the operation cannot give this answer."""
        responses = self._operation(template, method, "responses")
        if str(status) not in responses:
            raise Broken(f"{method} {template} never answers {status}")
        content = self._resolved(responses[str(status)]).get("content", {})
        if "application/json" in content:
            self._check(body, content["application/json"]["schema"], f"answer to {template}")
        elif body is not None:
            raise Broken(f"{method} {template} answers {status} without a body")

    def example(self, name: str) -> Any:
        """A copy of the value of one of the description's own examples."""
        return json.loads(json.dumps(self._document["components"]["examples"][name]["value"]))

    def _body(self, template: str, method: str, body: Any) -> None:
        wanted = self._document["paths"][template][method.lower()].get("requestBody")
        if wanted is None:
            if body is not None:
                raise Broken(f"{method} {template} takes no body")
            return
        schema = self._resolved(wanted)["content"]["application/json"]["schema"]
        self._check(body, schema, f"body of {template}")
        surplus = set(body) - set(schema.get("properties", {}))
        if surplus:
            raise Broken(f"{method} {template} takes no {sorted(surplus)}")

    def _find(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        found = []
        for pattern, template in self._paths:
            match = pattern.fullmatch(path)
            if match and method.lower() in self._document["paths"][template]:
                found.append((len(match.groups()), template, _names(template, match)))
        if not found:
            raise Broken(f"there is no {method} {path}")
        _, template, values = min(found, key=lambda item: item[0])
        return template, values

    def _operation(self, template: str, method: str, part: str) -> Any:
        return self._document["paths"][template][method.lower()].get(part, [])

    def _resolved(self, item: Any) -> Any:
        while "$ref" in item:
            found: Any = self._document
            for name in item["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            item = found
        return item

    def _check(self, value: Any, schema: Any, what: str) -> None:
        based = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{_NAME}#/'))
        key = json.dumps(based, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = OAS30Validator(
                based, registry=self._registry, format_checker=oas30_format_checker
            )
        error = best_match(self._validators[key].iter_errors(value))
        if error is not None:
            raise Broken(f"{what}: {error.json_path}: {error.message[:300]}")


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", template)
    return re.compile("([^/]+)".join(re.escape(part) for part in parts))


def _names(template: str, match: re.Match[str]) -> dict[str, str]:
    return dict(zip(re.findall(r"\{([^}]+)\}", template), match.groups(), strict=True))


def _typed(text: str, schema: Any) -> Any:
    kinds = {schema.get("type"), *(item.get("type") for item in schema.get("oneOf", []))}
    if "integer" in kinds and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "boolean" in kinds and text in {"true", "false"}:
        return text == "true"
    return text


@lru_cache
def read(path: Path) -> Description:
    """The description in a file of JSON."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: run tests/contract/descriptions.sh first")
    return Description(json.loads(path.read_bytes(), object_hook=_without_discriminator))


def _without_discriminator(item: dict[str, Any]) -> dict[str, Any]:
    # It only selects one of `oneOf`, by references that the validator does not resolve.
    if isinstance(item.get("discriminator"), dict):
        del item["discriminator"]
    return item
