"""Adds a key or a list item to a YAML file, leaving every byte that stands there as it is.

Invariants: the result is the old text with one piece put in; read again, it holds what it held and the addition, and
nothing else. What cannot be done so is refused (EditRefused), never reformatted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from promoter.layout.yaml_splice import is_typed, refused
from promoter.layout.yaml_tree import BOM, NotYaml, Path, read, show

Value = str | Mapping[str, "Value"] | Sequence["Value"]
"""What can be added: texts, and mappings and lists of them."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_STEP = 2
"""Columns by which what is added is indented below its key."""


def insert(name: str, data: bytes, document: int, path: Path, key: str | None, value: Value) -> bytes:
    """Give the file `name` with `key: value` added to the mapping at `path`; with key None, `value` to the list there.

    Written as its neighbours are: block or flow, with their indentation. Raises EditRefused with file, line and next
    step when there is no such mapping or list, the key stands there already, or anything else would change.
    """
    try:
        file = read(name, data)
    except NotYaml as error:
        raise refused(name, error.line, f"is no YAML: {error.reason}", "Edit it by hand.") from error
    if file.aliased:
        raise refused(name, 0, "holds YAML aliases, so an addition may stand in several places", "Edit it by hand.")
    text = file.text
    roots = list(yaml.compose_all(text, Loader=yaml.CBaseLoader))
    node = _at(name, roots[document] if document < len(roots) else None, path)
    _check(name, node, path, key)
    at, piece = _flow(text, node, key, value) if node.flow_style else _block(text, node, key, value)
    newline = "\r\n" if "\r\n" in text else "\n"
    new = text[:at] + piece.replace("\n", newline) + text[at:]
    if _loaded(new) != _wanted(_loaded(text), document, path, key, value):
        line = node.start_mark.line + 1
        raise refused(name, line, f"{show(path)} cannot be added to without changing more", "Edit it by hand.")
    return ((BOM if file.bom else "") + new).encode()


def scalar(text: str) -> str:
    """Write `text` so that every YAML reader takes it for a string."""
    return text if _PLAIN.fullmatch(text) and not is_typed(text) else json.dumps(text, ensure_ascii=False)


def block(value: Value, column: int = 0) -> Iterator[str]:
    """Give the lines of `value` in block style, each indented by `column`."""
    pad = " " * column
    if isinstance(value, str):
        yield pad + scalar(value)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _entry(key, below, column)
    else:
        for item in value:
            lines = list(block(item, column + _STEP))
            yield f"{pad}- {lines[0].lstrip()}"
            yield from lines[1:]


def _entry(key: str, value: Value, column: int) -> Iterator[str]:
    head = " " * column + scalar(key) + ":"
    if isinstance(value, str):
        yield f"{head} {scalar(value)}"
    else:
        yield head
        yield from block(value, column + _STEP)


def inline(value: Value) -> str:
    """Write `value` in flow style, in one line."""
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(below)}" for key, below in value.items()) + "}"
    return "[" + ", ".join(map(inline, value)) + "]"


def _at(name: str, root: yaml.Node | None, path: Path) -> yaml.CollectionNode:
    node = root
    for step in path:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            below = next((child for key, child in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            below = node.value[step]
        node = below
    if not isinstance(node, yaml.CollectionNode):
        raise refused(name, 0, f"has no mapping or list at {show(path)}", "Write it by hand.")
    return node


def _check(name: str, node: yaml.CollectionNode, path: Path, key: str | None) -> None:
    line = node.start_mark.line + 1
    if (key is None) != isinstance(node, yaml.SequenceNode):
        what = "a list" if key is None else "a mapping"
        raise refused(name, line, f"{show(path)} is not {what}", "Edit it by hand.")
    if key is not None and any(known.value == key for known, _ in node.value):
        raise refused(name, line, f"{show((*path, key))} stands there already", "Change its value instead.")


def _flow(text: str, node: yaml.CollectionNode, key: str | None, value: Value) -> tuple[int, str]:
    """Give where a piece goes in `{...}` or `[...]`, and the piece."""
    piece = inline(value) if key is None else f"{scalar(key)}: {inline(value)}"
    if not node.value:
        return node.start_mark.index + 1, piece
    return _end(_last(node)), f", {piece}"


def _block(text: str, node: yaml.CollectionNode, key: str | None, value: Value) -> tuple[int, str]:
    """Give where lines go after the last of a block, and the lines."""
    column = node.start_mark.column
    if key is None:
        lines = list(block([value], column))
    else:
        nested = not isinstance(value, str) and not isinstance(value, Mapping) and not _indents(node)
        lines = [f"{' ' * column}{scalar(key)}:", *block(value, column)] if nested else list(_entry(key, value, column))
    leaf = _leaf(node)
    end = leaf.end_mark.index
    if isinstance(leaf, yaml.ScalarNode) and leaf.style in ("|", ">"):
        tidy = text[:end].endswith("\n")
        return end, ("" if tidy else "\n") + "".join(f"{line}\n" for line in lines)
    stop = text.find("\n", end)
    if stop < 0:
        return len(text), "".join(f"\n{line}" for line in lines) + "\n"
    stop -= text[stop - 1 : stop] == "\r"
    return stop, "".join(f"\n{line}" for line in lines)


def _indents(node: yaml.CollectionNode) -> bool:
    """Tell whether lists below the keys of this mapping are indented more than their keys (the default)."""
    lists = [
        (key, below)
        for key, below in node.value
        if isinstance(below, yaml.SequenceNode) and not below.flow_style and below.value
    ]
    return all(below.start_mark.column > key.start_mark.column for key, below in lists)


def _last(node: yaml.CollectionNode) -> yaml.Node:
    last: yaml.Node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    return last


def _leaf(node: yaml.Node) -> yaml.Node:
    """Give the node whose text ends a block: its deepest last scalar or flow collection."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        node = _last(node)
    return node


def _end(node: yaml.Node) -> int:
    index: int = node.end_mark.index
    return index


def _loaded(text: str) -> list[Any]:
    """Read all documents as texts, lists and pairs; the same key twice stays visible."""
    try:
        return [_plain(node) for node in yaml.compose_all(text, Loader=yaml.CBaseLoader)]
    except yaml.YAMLError:
        return [None]


def _plain(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return [(_plain(key), _plain(below)) for key, below in node.value], node.tag
    if isinstance(node, yaml.SequenceNode):
        return [_plain(below) for below in node.value]
    return (node.value, node.tag) if node is not None else None


def _wanted(loaded: list[Any], document: int, path: Path, key: str | None, value: Value) -> list[Any]:
    """Give what must be read after the addition."""
    return [_added(node, path, key, value) if at == document else node for at, node in enumerate(loaded)]


def _added(node: Any, path: Path, key: str | None, value: Value) -> Any:
    addition = _plain(yaml.compose(inline(value), Loader=yaml.CBaseLoader))
    if isinstance(node, list):
        if not path:
            return [*node, addition]
        index = path[0]
        return [_added(below, path[1:], key, value) if at == index else below for at, below in enumerate(node)]
    entries, tag = node
    if not path:
        return [*entries, (_plain(yaml.ScalarNode("tag:yaml.org,2002:str", key)), addition)], tag
    changed = [(name, _added(below, path[1:], key, value) if name[0] == path[0] else below) for name, below in entries]
    return changed, tag
