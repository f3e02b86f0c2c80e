"""GitHub's own description of its REST API: which operation a request is, and whether request and answer fit it.

Requests are checked strictly: a query or body key that the operation does not know is a fault of ours, also where the
description would let it pass. Answers are completed by `whole`: what a test server has no state for is made up so that
it fits the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema.exceptions import best_match
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.forge.wire import Stray

FOLDER = Path(__file__).parents[2] / ".tools" / "github"
"""Where `make .tools/github/.ready` puts what GitHub publishes."""
MANY = frozenset({"path", "ref", "basehead", "branch"})
"""Path parameters that may hold slashes; the description cannot say so."""

_HOME = "urn:github"
_METHODS = ("get", "put", "post", "delete", "patch")


class NotDescribed(Stray):
    """Something was sent that GitHub's description does not allow."""


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    id: str
    method: str
    template: str
    raw: Any


class Description:
    """The whole description."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.registry = Registry().with_resource(_HOME, DRAFT4.create_resource(raw))
        self._routes: dict[str, list[tuple[re.Pattern[str], Operation]]] = {}
        for template, item in raw["paths"].items():
            for method in _METHODS:
                if method in item:
                    operation = Operation(item[method]["operationId"], method.upper(), template, item[method])
                    self._routes.setdefault(method.upper(), []).append((_pattern(template), operation))
        for routes in self._routes.values():
            routes.sort(key=lambda route: -len(re.sub(r"\{[^}]*\}", "", route[1].template)))
        self._validators: dict[tuple[int, bool], Any] = {}
        self._whole: dict[int, Any] = {}

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Give the operation at `path`, and what its parameters are. Raises NotDescribed."""
        for pattern, operation in self._routes.get(method, ()):
            found = pattern.fullmatch(path)
            if found is not None:
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        raise NotDescribed(f"GitHub has no {method} {path}")

    def check_request(self, operation: Operation, path: Mapping[str, str], query: Mapping[str, str], body: Any) -> None:
        """Raise NotDescribed when the request is not what the operation takes."""
        known = {(one["in"], one["name"]): one for one in map(self.follow, operation.raw.get("parameters", ()))}
        for where, values in (("path", path), ("query", query)):
            for name, value in values.items():
                if (where, name) not in known:
                    raise NotDescribed(f"{operation.id} has no {where} parameter {name}")
                schema = known[where, name]["schema"]
                self._check(schema, _typed(self.follow(schema), value), f"{operation.id} {name}", write=True)
        absent = [one for key, one in known.items() if one.get("required") and key[1] not in {**path, **query}]
        if absent:
            raise NotDescribed(f"{operation.id} needs {absent[0]['name']}")
        content = operation.raw.get("requestBody")
        if content is None or body is None:
            if body is not None or (content or {}).get("required"):
                raise NotDescribed(f"{operation.id} {'takes no body' if body is not None else 'needs a body'}")
            return
        schema = self.follow(content)["content"]["application/json"]["schema"]
        self._check(schema, body, f"{operation.id} body", write=True)
        unknown = set(body if isinstance(body, dict) else ()) - self._keys(schema)
        if unknown:
            raise NotDescribed(f"{operation.id} does not know {', '.join(sorted(unknown))}")

    def answer(self, operation: Operation, status: int, value: Any) -> Any:
        """Give `value` completed to a whole answer. Raises NotDescribed when it does not fit."""
        described = operation.raw["responses"].get(str(status))
        if described is None:
            raise NotDescribed(f"{operation.id} never answers {status}")
        content = self.follow(described).get("content", {}).get("application/json")
        if content is None:
            if value is not None:
                raise NotDescribed(f"{operation.id} answers {status} without a body")
            return None
        schema = content["schema"]
        whole = self.complete(schema, value)
        self._check(schema, whole, f"{operation.id} {status}", write=False)
        return whole

    def complete(self, schema: Any, value: Any) -> Any:
        """Give `value` with everything that `schema` demands and `value` lacks."""
        schema = self.follow(schema)
        if "allOf" in schema and len(schema["allOf"]) == 1:
            schema = self.follow(schema["allOf"][0])
        choices = [] if "properties" in schema else [self.follow(one) for one in schema.get("anyOf", ())]
        schema = next((one for one in choices if "properties" in one), schema)
        if isinstance(value, list) and "items" in schema:
            return [self.complete(schema["items"], one) for one in value]
        if not isinstance(value, dict) or "properties" not in schema:
            return value
        known = schema["properties"]
        made = {name: self.complete(known[name], one) if name in known else one for name, one in value.items()}
        for name in schema.get("required", ()):
            if name not in made:
                made[name] = self.sample(known[name])
        return made

    def sample(self, schema: Any) -> Any:
        """Give the least value that fits `schema`."""
        key = id(schema)
        if key not in self._whole:
            self._whole[key] = self._sample(self.follow(schema))
        return self._whole[key]

    def _sample(self, schema: Any) -> Any:
        if schema.get("nullable"):
            return None
        if "enum" in schema:
            return schema["enum"][0]
        for key in ("oneOf", "anyOf"):
            if key in schema and "type" not in schema:
                return self.sample(schema[key][0])
        if "allOf" in schema:
            made: dict[str, Any] = {}
            for part in schema["allOf"]:
                made |= self.sample(part)
            return made
        if "properties" in schema:
            known = schema["properties"]
            return {name: self.sample(known[name]) for name in schema.get("required", ())}
        return _simple(schema)

    def follow(self, node: Any) -> Any:
        """Give what a reference points at, or the node itself."""
        while "$ref" in node:
            target: Any = self.raw
            for part in node["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _keys(self, schema: Any) -> set[str]:
        schema = self.follow(schema)
        parts = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
        return set(schema.get("properties", ())).union(*(self._keys(part) for part in parts))

    def _check(self, schema: Any, value: Any, what: str, write: bool) -> None:
        key = (id(schema), write)
        if key not in self._validators:
            kind = OAS30WriteValidator if write else OAS30ReadValidator
            self._validators[key] = kind(_absolute(schema), registry=self.registry)
        error = best_match(self._validators[key].iter_errors(value))
        if error is not None:
            raise NotDescribed(f"{what}: {error.json_path}: {error.message[:300]}")


@cache
def description() -> Description:
    """Load the description, once a process."""
    file = FOLDER / "openapi.json"
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing: make .tools/github/.ready")
    return Description(json.loads(file.read_bytes()))


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", template)
    return re.compile("".join(map(_part, parts)))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part[1:-1]
    return f"(?P<{name.replace('-', '_')}>{'.+' if name in MANY else '[^/]+'})"


def _absolute(schema: Any) -> Any:
    """Give `schema` with references that can be found from anywhere."""
    if isinstance(schema, dict):
        return {
            key: f"{_HOME}{one}" if key == "$ref" and isinstance(one, str) else _absolute(one)
            for key, one in schema.items()
        }
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema


def _typed(schema: Any, value: str) -> Any:
    """Give a parameter's text as the type that it stands for."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _simple(schema: Any) -> Any:
    kind, form = schema.get("type"), schema.get("format", "")
    if kind == "string":
        known = {"uri": "https://api.example/x", "date-time": "2026-01-05T09:00:00Z", "date": "2026-01-05"}
        return known.get(form, "x" * schema.get("minLength", 1))
    plain: Mapping[Any, Any] = {"integer": 1, "number": 1, "boolean": False, "array": []}
    return plain.get(kind, {})
