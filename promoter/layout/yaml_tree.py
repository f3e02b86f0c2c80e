"""A YAML file as a tree that knows where each scalar stands in the text.

Read with libyaml's events, so anchors, aliases, tags and quotes stay visible and nothing is ever typed: every scalar
is its text. Invariants: offsets count characters after the byte order mark; aliases are never walked into (a file of
nested aliases costs what it weighs); `signature` says all that a YAML reader sees, comments and layout aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from yaml._yaml import Mark as CMark

Path = tuple[str | int, ...]
"""Keys and indexes from a document's root to a node."""

BOM = "\ufeff"
LIMIT = 8 * 1024 * 1024
"""Bytes; a larger file is not read as YAML."""
DEEPEST = 10_000
"""A file that is nested deeper is not read: libyaml's time grows with the square of the depth of brackets."""

_EDGE = re.compile(r"[A-Za-z_][A-Za-z0-9_/-]*")


class NotYaml(ValueError):
    """The file cannot be read as YAML; `line` is 1-based, 0 when unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """What every node knows: its place in the tree, its anchor, and the line on which it starts (1-based)."""

    parent: Node | None
    key: str | int
    """The key or index under which the parent holds it; meaningless at the root."""
    document: int
    line: int
    anchor: str

    @property
    def path(self) -> Path:
        """The keys from the document's root to this node."""
        keys: list[str | int] = []
        node: Node = self
        while node.parent is not None:
            keys.append(node.key)
            node = node.parent
        return tuple(reversed(keys))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scalar(Node):
    """A scalar: its text after unquoting, and where its bytes stand."""

    value: str
    style: str
    """`` (plain), `'`, `"`, `|` or `>`."""
    tag: str
    start: int
    end: int
    flow: bool
    """It stands inside `[...]` or `{...}`."""
    index: int
    """Its entry in the file's signature."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Alias(Node):
    """`*anchor` in the place of a value."""

    target: Node | None
    """None when the anchor encloses the alias."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mapping(Node):
    """A mapping; entries whose key is not a scalar are not kept."""

    entries: dict[str, Node] = field(default_factory=dict)
    """The first entry of each key."""
    doubled: set[str] = field(default_factory=set)
    """Keys that stand here more than once."""

    def get(self, *keys: str) -> Node | None:
        """Give the node under nested `keys`, following aliases and merge keys; None when it is missing."""
        node: Node | None = self
        for key in keys:
            if not isinstance(node, Mapping):
                return None
            node = node._one(key)
        return node

    def scalar(self, *keys: str) -> Scalar | None:
        """Give the scalar under nested `keys`; None when there is none."""
        node = self.get(*keys)
        return node if isinstance(node, Scalar) else None

    def text(self, *keys: str) -> str:
        """Give the text of the scalar under nested `keys`; empty when there is none."""
        node = self.scalar(*keys)
        return node.value if node else ""

    def mapping(self, *keys: str) -> Mapping | None:
        """Give the mapping under nested `keys`; None when there is none."""
        node = self.get(*keys)
        return node if isinstance(node, Mapping) else None

    def items(self, *keys: str) -> Sequence[Node]:
        """Give the items of the list under nested `keys`; none when there is no list."""
        node = self.get(*keys)
        return [resolved(item) for item in node.children] if isinstance(node, List) else []

    def mappings(self, *keys: str) -> Iterator[Mapping]:
        """Give the mappings in the list under nested `keys`."""
        return (item for item in self.items(*keys) if isinstance(item, Mapping))

    def _one(self, key: str) -> Node | None:
        node = self.entries.get(key)
        if node is not None:
            return resolved(node)
        merged = self.entries.get("<<")
        if merged is None:
            return None
        merged = resolved(merged)
        sources = merged.children if isinstance(merged, List) else [merged]
        for source in map(resolved, sources):
            if isinstance(source, Mapping) and source is not self and (found := source.entries.get(key)) is not None:
                return resolved(found)
        return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class List(Node):
    """A sequence."""

    children: list[Node] = field(default_factory=list)


Entry = tuple[str, str, str, str, str]
"""Kind, value, anchor, tag and style of one event: what a YAML reader sees."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class YamlFile:
    """A file that was read."""

    name: str
    text: str
    """Without the byte order mark."""
    bom: bool
    documents: tuple[Node | None, ...]
    mappings: tuple[Mapping, ...]
    """Every mapping that is written out, in the order of the text."""
    scalars: tuple[Scalar, ...]
    """Every scalar value (keys are not among them), in the order of the text."""
    aliased: frozenset[str]
    """Anchors that some alias names."""
    signature: tuple[Entry, ...]

    def data(self) -> bytes:
        """Give the file's bytes."""
        return ((BOM if self.bom else "") + self.text).encode()


def resolved(node: Node) -> Node:
    """Give the node that an alias stands for; any other node as it is."""
    return node.target if isinstance(node, Alias) and node.target is not None else node


def show(path: Path) -> str:
    """Write `path` for people, as it may stand in a config: `spec.containers[0].image`."""
    parts: list[str] = []
    for key in path:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        else:
            parts.append(("." if parts else "") + (key if _EDGE.fullmatch(key) else f'"{key}"'))
    return "".join(parts) or "(the whole document)"


def read(name: str, data: bytes) -> YamlFile:
    """Read the file `name`.

    Raises NotYaml for what libyaml cannot read, for anything but UTF-8, above LIMIT bytes and below DEEPEST levels.
    """
    if len(data) > LIMIT:
        raise NotYaml(f"larger than {LIMIT // 1024 // 1024} MiB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotYaml("not UTF-8", data.count(b"\n", 0, error.start) + 1) from error
    bom = text.startswith(BOM)
    reader = _Reader()
    try:
        for event in yaml.parse(text.removeprefix(BOM), Loader=yaml.CBaseLoader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(error.problem or "not YAML", mark.line + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise NotYaml(str(error).splitlines()[0]) from error
    return YamlFile(
        name, text.removeprefix(BOM), bom, tuple(reader.documents), tuple(reader.mappings), tuple(reader.scalars),
        frozenset(reader.aliased), tuple(reader.signature),
    )  # fmt: skip


def _mark(mark: yaml.Mark | CMark | None) -> yaml.Mark | CMark:
    """Give the mark, which the parser always sets."""
    if mark is None:
        raise TypeError("an event without a mark")
    return mark


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    node: Mapping | List
    flow: bool
    hidden: bool
    """It is a key, or inside one: nothing in it can be found or changed."""
    key: str | None = None
    """The key that waits for its value; None when that is no scalar."""
    waiting: bool = False


class _Reader:
    """Builds the tree from events, without recursion. Only `read` uses it."""

    def __init__(self) -> None:
        self.documents: list[Node | None] = []
        self.mappings: list[Mapping] = []
        self.scalars: list[Scalar] = []
        self.aliased: set[str] = set()
        self.signature: list[Entry] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        anchor = getattr(event, "anchor", None) or ""
        if isinstance(event, yaml.ScalarEvent):
            tag, style = event.tag or "", event.style or ""
            self.signature.append(("ScalarEvent", event.value, anchor, tag, style))
            self._scalar(event, anchor, tag, style)
            return
        self.signature.append((type(event).__name__, "", anchor, getattr(event, "tag", None) or "", ""))
        if isinstance(event, yaml.AliasEvent):
            self.aliased.add(anchor)
            self._put(Alias(*self._where(event, ""), self._anchors.get(anchor)))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event, anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents.append(None)
            self._anchors.clear()

    def _scalar(self, event: yaml.ScalarEvent, anchor: str, tag: str, style: str) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.node, Mapping) and not top.waiting:
            top.key, top.waiting = event.value, True
            self._anchors.pop(anchor, None)
            return
        start, end = _mark(event.start_mark).index, _mark(event.end_mark).index
        flow = top is not None and top.flow
        index = len(self.signature) - 1
        scalar = Scalar(*self._where(event, anchor), event.value, style, tag, start, end, flow, index)
        self._put(scalar)
        if top is None or not (top.hidden or (isinstance(top.node, Mapping) and top.key is None)):
            self.scalars.append(scalar)

    def _where(self, event: yaml.Event, anchor: str) -> tuple[Node | None, str | int, int, int, str]:
        """Give the first five fields of the node that `event` begins."""
        parent, key = None, ""
        line = _mark(event.start_mark).line + 1
        if self._open:
            top = self._open[-1]
            parent = top.node
            if isinstance(parent, List):
                return parent, len(parent.children), len(self.documents) - 1, line, anchor
            key = top.key or ""
        return parent, key, len(self.documents) - 1, line, anchor

    def _start(self, event: yaml.CollectionStartEvent, anchor: str) -> None:
        if len(self._open) >= DEEPEST:
            raise NotYaml(f"nested more than {DEEPEST} deep", _mark(event.start_mark).line + 1)
        top = self._open[-1] if self._open else None
        as_key = top is not None and isinstance(top.node, Mapping) and not top.waiting
        kind = Mapping if isinstance(event, yaml.MappingStartEvent) else List
        node = kind(*self._where(event, anchor))
        hidden = as_key or (top is not None and (top.hidden or (isinstance(top.node, Mapping) and top.key is None)))
        self._put(node)
        self._open.append(_Open(node, bool(event.flow_style), hidden))
        if isinstance(node, Mapping) and not hidden:
            self.mappings.append(node)

    def _put(self, node: Node) -> None:
        """Hang `node` into what is open: as a list's item, a key that is no scalar, or a key's value."""
        if node.anchor:
            self._anchors[node.anchor] = node
        if not self._open:
            self.documents[-1] = node
            return
        top = self._open[-1]
        if isinstance(top.node, List):
            top.node.children.append(node)
        elif not top.waiting:
            top.key, top.waiting = None, True
        else:
            if top.key is not None:
                if top.key in top.node.entries:
                    top.node.doubled.add(top.key)
                else:
                    top.node.entries[top.key] = node
            top.waiting = False
