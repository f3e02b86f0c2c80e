"""What a config file says, as text: a tree of nodes that know their line.

Invariant: nothing is typed here. `1.10`, `no` and `0644` stay what they look like until the schema asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promoter.errors import Problem

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One value of a config file: text, a list, a mapping, or nothing (`key:` without a value)."""

    file: str
    line: int
    """1-based; of the key for a value in a mapping."""
    value: str | tuple[Node, ...] | Mapping[str, Node] | None

    @property
    def kind(self) -> str:
        """What this is, for people."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return "text"
        return "a list" if isinstance(self.value, tuple) else "a mapping"

    @property
    def text(self) -> str | None:
        """The text; None when this is no text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a list; empty when this is no list."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def entries(self) -> Mapping[str, Node]:
        """The entries of a mapping; empty when this is no mapping."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def where(self) -> str:
        """`promoter.yaml:12`."""
        return f"{self.file}:{self.line}"

    def find(self, *keys: str) -> Node:
        """Give the node at `keys`, or the deepest one on the way there."""
        node = self
        for key in keys:
            if key not in node.entries:
                break
            node = node.entries[key]
        return node


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it is found: at a node, or at `key` of a mapping node when that key is missing or unknown."""

    node: Node
    message: str
    key: str = ""


def node_of(value: object) -> Node:
    """Give `value`, which is a node: the forms are made of nothing else. Raises ValueError."""
    if not isinstance(value, Node):
        raise ValueError("must come from a config file")  # noqa: TRY004  pydantic turns only these into faults
    return value


def step(parent: str, key: str | int) -> str:
    """Give the dotted path of `key` under `parent`; what is no plain word stands in brackets."""
    if isinstance(key, int) or not _PLAIN_KEY.fullmatch(key):
        return f"{parent}[{key}]"
    return f"{parent}.{key}" if parent else key


def walk(root: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Give every node below and including `root` with its dotted path; list items go by their `name`."""
    todo = [(path, root)]
    while todo:
        here, node = todo.pop()
        yield here, node
        for key, entry in node.entries.items():
            todo.append((step(here, key), entry))
        for index, item in enumerate(node.items):
            named = item.entries.get("name") or (item if here == "environments" else None)
            name = named.text if named is not None else None
            todo.append((f"{here}[{name or index}]", item))


def place(roots: Iterable[Node], faults: Iterable[Fault]) -> list[Problem]:
    """Say for people where `faults` are, in the trees `roots`."""
    faults = list(faults)
    if not faults:
        return []
    paths = {id(node): path for root in roots for path, node in walk(root)}
    problems = []
    for fault in faults:
        node = fault.node
        path = paths.get(id(node), "")
        if id(node) not in paths:
            # A mapping made from a short form: its one entry is what was written.
            path = next((paths[id(entry)] for entry in node.entries.values() if id(entry) in paths), "")
        if fault.key:
            path, node = step(path, fault.key), node.entries.get(fault.key, node)
        problems.append(Problem(node.file, node.line, path, fault.message))
    return problems
