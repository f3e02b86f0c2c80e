"""Whether a value has the structure that a schema of the Kubernetes API asks for, as its server decodes and checks it.

The schemas: those of OpenAPI 2 for Kubernetes' own kinds, and the structural ones of CustomResourceDefinitions
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/).
A field that is not known is a fault, as the server drops it in silence. Rules in CEL inside a definition
(`x-kubernetes-validations`) and admission are the server's business. Invariant: no message holds a value, for that may
be a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any, Final

from promoter.policy.spelling import guess

Schema = Mapping[str, Any]
_DEEPEST: Final = 200
_QUANTITY = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_BOUNDS = {"int32": 31, "int64": 63}
_NAMES = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
_WORDS = {
    "string": "text", "boolean": "true or false", "integer": "a whole number", "number": "a number",
    "array": "a list", "object": "a mapping",
}  # fmt: skip


class NotJudged(ValueError):
    """The schema cannot be read."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A schema with the definitions that it refers to; `custom`: of a CustomResourceDefinition."""

    schema: Schema
    definitions: Mapping[str, Schema]
    custom: bool = False
    part: bool = False
    """The schema is one of several: fields that it does not name are none of its business."""

    def faults(self, value: Any, path: str = "") -> Iterator[str]:
        """Give what is wrong with the `value` at `path`, `spec.replicas: must be a whole number`. Raises NotJudged."""
        yield from self._judge(value, self.schema, path, 0)

    def _judge(self, value: Any, schema: Schema, path: str, depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            raise NotJudged("is too deep")
        schema = self._followed(schema)
        if value is None:
            return  # the server takes it for a field that is not there
        told = _wrong_type(value, schema)
        if told:
            yield f"{path or 'it'}: {told}"
            return
        yield from (f"{path or 'it'}: {one}" for one in _limits(value, schema))
        yield from self._combined(value, schema, path, depth)
        if isinstance(value, dict):
            yield from self._mapping(value, schema, path, depth)
        elif isinstance(value, list) and isinstance(schema.get("items"), dict):
            for index, item in enumerate(value):
                here = f"{path}[{index}]"
                if item is None and (not schema["items"].get("nullable") if self.custom else "$ref" in schema["items"]):
                    yield f"{here}: has no value"
                yield from self._judge(item, schema["items"], here, depth + 1)

    def _mapping(self, value: Mapping[Any, Any], schema: Schema, path: str, depth: int) -> Iterator[str]:
        known = schema.get("properties") or {}
        more = schema.get("additionalProperties")
        for key in schema.get("required") or ():
            if value.get(key) is None and not (key in value and self._followed(known.get(key) or {}).get("nullable")):
                yield f"{_join(path, key)}: is missing"
        for key, below in value.items():
            name = str(key)
            if name in known:
                yield from self._judge(below, known[name], _join(path, name), depth + 1)
            elif isinstance(more, dict):
                yield from self._judge(below, more, _join(path, name), depth + 1)
            elif more is False or (more is None and not self._open(schema)):
                yield f"{path or 'it'}: unknown field {name[:80]}{guess(name, known)}"

    def _open(self, schema: Schema) -> bool:
        """Tell whether fields may stand there that are not named."""
        if (
            self.part
            or schema.get("x-kubernetes-preserve-unknown-fields")
            or schema.get("x-kubernetes-embedded-resource")
        ):
            return True
        return not schema.get("properties") and not (self.custom and schema.get("type") == "object")

    def _combined(self, value: Any, schema: Schema, path: str, depth: int) -> Iterator[str]:
        for one in schema.get("allOf") or ():
            yield from self._part(value, one, path, depth)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                count = sum(1 for one in schema[word] if not any(self._part(value, one, path, depth)))
                if not count or (count > 1 and word == "oneOf"):
                    how = "several" if count else "none"
                    yield f"{path or 'it'}: fits {how} of the forms that it may have"
        if "not" in schema and not any(self._part(value, schema["not"], path, depth)):
            yield f"{path or 'it'}: has a form that it must not have"

    def _part(self, value: Any, schema: Schema, path: str, depth: int) -> Iterator[str]:
        yield from replace(self, part=True)._judge(value, schema, path, depth + 1)

    def _followed(self, schema: Schema) -> Schema:
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if reference is None:
                return schema
            name = str(reference)
            if name not in self.definitions:
                raise NotJudged(f"refers to {name}, which is not there")
            schema = self.definitions[name]
        raise NotJudged("refers to itself")


def _join(path: str, key: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,63}", key)
    return f"{path}.{key}".lstrip(".") if plain else f"{path}[{key[:80]}]"


def _wrong_type(value: Any, schema: Schema) -> str:
    """Give why `value` has another type than asked for; empty when it has not."""
    form, wanted = schema.get("format"), schema.get("type")
    if isinstance(value, float) and not isfinite(value):
        return "must be a number that JSON can hold"
    if form == "quantity":
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = number or (isinstance(value, str) and _QUANTITY.fullmatch(value) is not None)
        return "" if fits else "must be a quantity such as 100m or 2Gi"
    if form == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else f"must be a whole number or text, not {_kind(value)}"
    kinds = [wanted] if isinstance(wanted, str) else list(wanted or ())
    if not kinds or any(_is(value, kind) for kind in kinds):
        return ""
    return f"must be {' or '.join(_WORDS.get(kind, kind) for kind in kinds)}, not {_kind(value)}"


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return {
        "string": isinstance(value, str),
        "integer": isinstance(value, int) or (isinstance(value, float) and value.is_integer()),
        "number": isinstance(value, int | float),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
        "null": value is None,
    }.get(kind, False)


def _kind(value: Any) -> str:
    return _NAMES.get(type(value), "nothing that is known")


def _limits(value: Any, schema: Schema) -> Iterator[str]:
    """Give what is wrong with a value of the right type."""
    if "enum" in schema and value not in schema["enum"]:
        yield f"must be one of {', '.join(str(one) for one in schema['enum'])}"[:200]
    if isinstance(value, str):
        yield from _text(value, schema)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema)
    elif isinstance(value, list):
        yield from _size(len(value), schema, "Items", "entries")
        if schema.get("uniqueItems") and any(one in value[:index] for index, one in enumerate(value)):
            yield "holds an entry twice"
    elif isinstance(value, dict):
        yield from _size(len(value), schema, "Properties", "fields")


def _text(value: str, schema: Schema) -> Iterator[str]:
    yield from _size(len(value), schema, "Length", "characters")
    pattern, form = schema.get("pattern"), schema.get("format")
    if pattern is not None:
        try:
            found = re.search(re.sub(r"(?<!\\)\$$", r"\\Z", str(pattern)), value)
        except (re.error, RecursionError, OverflowError):
            raise NotJudged("has a pattern that cannot be read here") from None
        if found is None:
            yield f"does not match {str(pattern)[:100]}"
    if form == "byte":
        try:
            base64.b64decode(re.sub(r"[\r\n]", "", value), validate=True)
        except (binascii.Error, ValueError):
            yield "is not base64"
    if form == "date-time" and not _is_moment(value):
        yield "is not a moment such as 2026-11-20T14:05:00Z"


def _is_moment(value: str) -> bool:
    if not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        return False
    return True


def _number(value: float, schema: Schema) -> Iterator[str]:
    bits = _BOUNDS.get(str(schema.get("format")))
    if bits is not None and not -(2**bits) <= value < 2**bits:
        yield f"does not fit into {schema['format']}"
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and (value < least or (schema.get("exclusiveMinimum") is True and value == least)):
        yield f"must be {'more than' if schema.get('exclusiveMinimum') is True else 'at least'} {least}"
    if most is not None and (value > most or (schema.get("exclusiveMaximum") is True and value == most)):
        yield f"must be {'less than' if schema.get('exclusiveMaximum') is True else 'at most'} {most}"
    step = schema.get("multipleOf")
    if step and abs(value / step - round(value / step)) > 1e-9:
        yield f"must be a multiple of {step}"


def _size(size: int, schema: Schema, word: str, things: str) -> Iterator[str]:
    least, most = schema.get(f"min{word}"), schema.get(f"max{word}")
    if least is not None and size < least:
        yield f"needs at least {least} {things}"
    if most is not None and size > most:
        yield f"may have at most {most} {things}"
