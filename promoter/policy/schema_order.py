"""The file form of order: what an environment comes after."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from promoter.policy.node import node_of
from promoter.policy.rules import After
from promoter.policy.scalars import items, said, some_items


def after(value: object) -> After:
    """Read a name, a list of names (all of them), `{any: [a, b]}`, or `[]` for a start. Raises ValueError."""
    node = node_of(value)
    if node.text is not None:
        return After((said(node),))
    if node.entries:
        if set(node.entries) != {"any"}:
            raise ValueError("must be a name, a list of names (all of them), or {any: [a, b]}")
        names = tuple(said(item) for item in some_items(node.entries["any"]))
        return After(_once(names), any=len(set(names)) > 1)
    return After(_once(tuple(said(item) for item in items(node))))


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


_NAMES = {"type": "array", "items": {"type": "string"}}

AfterField = Annotated[
    After,
    PlainValidator(after),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                _NAMES,
                {"type": "object", "properties": {"any": _NAMES}, "required": ["any"], "additionalProperties": False},
            ]
        }
    ),
]
