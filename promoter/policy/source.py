"""YAML (1.2) to a tree of text: the strict part of it that two readers cannot read in two ways.

Invariants: any bytes give a tree or problems, never another exception; nothing is read twice (no anchors), nothing
is overwritten (no duplicate keys), nothing is typed (`promoter.policy.node`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from promoter.errors import Problem
from promoter.policy.node import Node, step
from promoter.policy.syntax import explain_syntax, must_be_quoted

MAX_BYTES = 1_000_000
"""Above this a config file is refused: 10,000 apps, one by one, fit well below it."""
MAX_DEPTH = 40


class _Stop(Exception):
    """The rest of the file makes no sense."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    line: int
    path: str
    is_list: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key: str | None = None
    """In a mapping: the key that waits for its value."""
    key_line: int = 0


def parse(file: str, data: bytes) -> tuple[Node | None, list[Problem]]:
    """Read `data`, the content of `file`. Gives the tree, None when it cannot be told, and what is wrong."""
    problem = _unreadable(file, data)
    if problem:
        return None, [problem]
    return _Reader(file, data.decode()).read()


def _unreadable(file: str, data: bytes) -> Problem | None:
    def at(line: int, message: str) -> Problem:
        return Problem(file, line, "", message)

    if len(data) > MAX_BYTES:
        return at(0, f"is {len(data) / 1e6:.1f} MB; a config file has at most {MAX_BYTES // 1_000_000} MB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return at(1, "is UTF-16; save it as UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        return at(1, "begins with a byte order mark; save it as UTF-8 without one")
    if b"\0" in data:
        return at(data[: data.index(b"\0")].count(b"\n") + 1, "is binary, not YAML text")
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        return at(line, "has Windows line ends; save it with LF, for example: sed -i 's/\\r$//' " + file)
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return at(data[: error.start].count(b"\n") + 1, "is not UTF-8; save it as UTF-8")
    return None


class _Reader:
    """Builds the tree from the parser's events, without recursion."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def read(self) -> tuple[Node | None, list[Problem]]:
        try:
            for event in YAML(typ="safe", pure=True).parse(self.text):
                self._take(event)
        except _Stop:
            return None, self.problems
        except (YAMLError, ValueError, OverflowError, IndexError, AttributeError, TypeError) as error:
            # The parser answers some hostile escapes and directives with these instead of its own errors.
            line, key, message = explain_syntax(error, self.text)
            self.problems.append(Problem(self.file, line, key, message))
            return None, self.problems
        if self.root is None and not self.problems:
            self._fault(0, "", "is empty")
        return self.root, self.problems

    def _fault(self, line: int, path: str, message: str) -> None:
        self.problems.append(Problem(self.file, line, path, message))

    def _take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self._start(event, line)
        elif isinstance(event, AliasEvent):
            self._alias(event, line)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._check(event, line)
            self._open(line, isinstance(event, SequenceStartEvent))
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._close()

    def _start(self, event: DocumentStartEvent, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            self._fault(line, "", "a second document begins here; a config file holds one: remove the ---")
            raise _Stop
        if event.version is not None and tuple(event.version) != (1, 2):
            self._fault(line, "", "is read as YAML 1.2; remove the %YAML line")
            raise _Stop

    def _check(self, event: MappingStartEvent | SequenceStartEvent | ScalarEvent, line: int) -> None:
        if event.anchor is not None:
            hint = f"a value that begins with & must be quoted; for a name of its own: &{event.anchor} is not read here"
            self._fault(line, self._path(), hint + ", write the value where it is used")
        if event.tag not in (None, "!") and event.ctag:
            self._fault(line, self._path(), f"remove {event.tag}: the type of a value is known from its key")

    def _alias(self, event: AliasEvent, line: int) -> None:
        key = self.stack[-1].key if self.stack and not self.stack[-1].is_list else None
        message = must_be_quoted(key or "", f"*{event.anchor}")
        self._fault(line, self._path(), f"{message}; aliases are not read")
        self._place(Node(self.file, line, f"*{event.anchor}"), line)

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        self._check(event, line)
        value: str | None = event.value
        if not event.value and event.style in (None, "", "|", ">"):
            value = None
            if event.style:
                self._fault(line, self._path(), f"a value that begins with {event.style} must be quoted")
        parent = self.stack[-1] if self.stack else None
        if parent and not parent.is_list and parent.key is None:
            self._key(parent, value or "", line)
        else:
            self._place(Node(self.file, line, value), line)

    def _key(self, parent: _Open, key: str, line: int) -> None:
        if key in parent.entries:
            first = parent.entries[key].line
            self._fault(line, step(parent.path, key), f"stands here a second time, first in line {first}; keep one")
        parent.key, parent.key_line = key, line

    def _path(self) -> str:
        if not self.stack:
            return ""
        top = self.stack[-1]
        if top.is_list:
            return f"{top.path}[{len(top.items)}]"
        return step(top.path, top.key) if top.key is not None else top.path

    def _open(self, line: int, is_list: bool) -> None:
        if self.stack and not self.stack[-1].is_list and self.stack[-1].key is None:
            self._fault(line, self.stack[-1].path, "a key must be text; quote it if it begins with [ or {")
            raise _Stop
        if len(self.stack) >= MAX_DEPTH:
            self._fault(line, "", f"is nested more than {MAX_DEPTH} deep")
            raise _Stop
        self.stack.append(_Open(line, self._path(), is_list))

    def _close(self) -> None:
        done = self.stack.pop()
        self._place(Node(self.file, done.line, tuple(done.items) if done.is_list else done.entries), done.line)

    def _place(self, node: Node, line: int) -> None:
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        if parent.is_list:
            parent.items.append(node)
        elif parent.key is None:
            self._fault(line, parent.path, "a key must be plain text")
            raise _Stop
        else:
            # Of two equal keys the first stays; the second has been reported.
            parent.entries.setdefault(parent.key, Node(self.file, parent.key_line, node.value))
            parent.key = None
