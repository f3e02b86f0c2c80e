"""A YAML value as one line of text that says its type, so that it can be compared, kept and written elsewhere.

A plain text stands for itself (`prod`), what readers type too (`3`, `true`, `0x1f`, `null`); a string that could be
mistaken for anything else is a JSON string (`"3"`, `""`). Lists and mappings are JSON: they can be compared, not
written.
"""

from __future__ import annotations

import json
from functools import lru_cache

from promoter.errors import EditRefused
from promoter.layout.place import SEPARATOR
from promoter.layout.yaml_splice import is_typed, refused
from promoter.layout.yaml_tree import List, Mapping, Node, Scalar, YamlFile, resolved, show

LIMIT = 10_000
"""Values that one list or mapping may hold, aliases counted as often as they stand."""
DEPTH = 100
"""How deep it may be nested."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MARKED = ('"', "{", "[", "!")


def text_of(file: YamlFile, node: Node) -> str:
    """Give the text of `node`. Raises EditRefused for a collection of more than LIMIT values."""
    if isinstance(node, Scalar):
        return _scalar(node)
    budget = [LIMIT]
    plain = _plain(node, budget, 0)
    if budget[0] <= 0:
        message = f"{show(node.path)} holds more than {LIMIT} values or is nested too deep"
        raise refused(file.name, node.line, message, "Name single keys in values:.")
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parse(text: str) -> tuple[str, bool]:
    """Give the scalar that `text` stands for, and whether readers type it. Raises EditRefused for a collection."""
    if text.startswith('"'):
        return str(json.loads(text)), False
    if text.startswith(("{", "[", "!")):
        raise EditRefused(
            f"{text[:60]} is a list, a mapping or tagged and cannot be moved", "Name single keys in values:."
        )
    return text, _typed(text)


def _scalar(scalar: Scalar) -> str:
    value = scalar.value
    if scalar.tag:
        return f"!{scalar.tag} {json.dumps(value, ensure_ascii=False)}"
    if not scalar.style and "\n" not in value:
        if value in _NULLS:
            return "null"
        if _typed(value):
            return value
    if not value or value.startswith(_MARKED) or SEPARATOR in value or "\n" in value or _typed(value):
        return json.dumps(value, ensure_ascii=False)
    return value


@lru_cache(maxsize=4096)
def _typed(text: str) -> bool:
    return text in _NULLS or is_typed(text)


def _plain(node: Node, budget: list[int], depth: int) -> object:
    """Turn `node` into JSON's types, scalars as their texts; `budget` ends cycles and nests of aliases."""
    budget[0] = budget[0] - 1 if depth < DEPTH else 0
    node = resolved(node)
    if budget[0] <= 0:
        return None
    if isinstance(node, Mapping):
        return {key: _plain(child, budget, depth + 1) for key, child in node.entries.items()}
    if isinstance(node, List):
        return [_plain(child, budget, depth + 1) for child in node.children]
    return _scalar(node) if isinstance(node, Scalar) else None
