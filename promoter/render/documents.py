"""YAML streams as text: cut into documents, and looked into without giving their scalars types.

Every scalar is read as text (YAML's failsafe schema), so nothing is refused or changed for what another YAML version
makes of `on`, `012` or `=`. Invariant: reading does not recurse, so no stream ends the process by its depth.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promoter.errors import RenderFailed

DEEPEST: Final = 200
"""How deep a document may be nested; a schema of a CustomResourceDefinition reaches about 40."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_BARE_MARKER = re.compile(r"---[ \t]*(?:#.*)?")
_MARKER = re.compile(r"---(?:[ \t].*)?")
_END = re.compile(r"\.\.\.[ \t]*(?:#.*)?")
_KEEPS = re.compile(r"[|>][1-9]?\+")
_WIDE = 1 << 20
_NOTHING = frozenset({"", "null", "Null", "NULL", "~"})


def load(data: bytes | str, where: str, *, unique: bool = False) -> list[object]:
    """Load all documents of a stream: mappings, lists and strings; empty documents are left out.

    Of a key that stands twice the last counts; with `unique` it is refused. Raises RenderFailed that names `where`,
    the line and what is wrong.
    """
    try:
        loaded = list(_documents(data, where, unique))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RenderFailed(f"{where} is not YAML: {_reason(error)}") from error
    return [document for document in loaded if not is_nothing(document)]


def is_nothing(value: object) -> bool:
    """Tell whether a loaded value is null, or an empty scalar."""
    return value is None or (isinstance(value, str) and value in _NOTHING)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    value: dict[str, object] | list[object]
    key: str | None = None
    """In a mapping: the key that waits for its value."""


@dataclass(slots=True)
class _Document:
    """Puts one document together."""

    where: str
    unique: bool
    root: object = None
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, object] = field(default_factory=dict)

    def take(self, event: yaml.Event) -> None:
        """Take the next event of the document."""
        if isinstance(event, yaml.ScalarEvent):
            self._place(event.value, event)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise RenderFailed(f"{_line(self.where, event)}: *{event.anchor} names nothing that stands before it")
            self._place(self.anchors[event.anchor], event)
        elif isinstance(event, yaml.CollectionStartEvent):
            value: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._place(value, event)
            self.open.append(_Open(value))
            if len(self.open) > DEEPEST:
                raise RenderFailed(f"{_line(self.where, event)} is nested more than {DEEPEST} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()

    def _place(self, value: object, event: yaml.NodeEvent) -> None:
        if not isinstance(event, yaml.AliasEvent) and event.anchor is not None:
            self.anchors[event.anchor] = value
        if not self.open:
            self.root = value
            return
        top = self.open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key], top.key = value, None
        elif not isinstance(value, str):
            raise RenderFailed(f"{_line(self.where, event)}: a key must be text")
        elif self.unique and value in top.value:
            raise RenderFailed(f"{_line(self.where, event)}: {value} stands twice", "Remove one of the two.")
        else:
            top.key = value


def _documents(data: bytes | str, where: str, unique: bool) -> Iterator[object]:
    document = _Document(where, unique)
    for event in yaml.parse(data, Loader=_LOADER):
        if isinstance(event, yaml.DocumentStartEvent):
            document = _Document(where, unique)
        elif isinstance(event, yaml.DocumentEndEvent):
            yield document.root
        else:
            document.take(event)


def _line(where: str, event: yaml.Event) -> str:
    return f"{where}, line {event.start_mark.line + 1}" if event.start_mark is not None else where


def chunks(data: bytes, where: str) -> list[str]:
    """Cut a stream into the texts of its documents, each as it was written; only a bare `---` is left away.

    A line that starts with `---` is always a marker (YAML 1.2, 9.1.2), so this needs no parser. Raises RenderFailed
    when the bytes are not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RenderFailed(f"{where} is not UTF-8 (byte {error.start})") from error
    found: list[list[str]] = [[]]
    for line in text.removesuffix("\n").split("\n"):
        bare = line.rstrip("\r")
        if _BARE_MARKER.fullmatch(bare) or _END.fullmatch(bare):
            found.append([])
        elif _MARKER.fullmatch(bare):
            found.append([line])
        else:
            found[-1].append(line)
    return [chunk for lines in found if (chunk := _trimmed(lines))]


def load_styled(data: bytes | str, where: str) -> Any:
    """Load one document so that `dump_styled` writes quotes, comments and number styles as they were."""
    try:
        return _styled().load(data)
    except RecursionError as error:
        raise RenderFailed(f"{where} is nested too deep to be changed") from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise RenderFailed(f"{where} is not YAML: {' '.join(str(error).split())[:200]}") from error


def dump_styled(document: Any) -> str:
    """Write what `load_styled` gave, or a part of it; lines are never folded."""
    out = io.StringIO()
    _styled().dump(document, out)
    return out.getvalue()


def _styled() -> YAML:
    """Give a reader and writer of its own: it holds state."""
    styled = YAML(typ="rt")
    styled.preserve_quotes = True
    styled.width = _WIDE
    return styled


def _trimmed(lines: list[str]) -> str:
    """Drop blank lines around a document; a document of comments only is nothing."""
    if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
        return ""
    full = [at for at, line in enumerate(lines) if line.strip()]
    # Blank lines at the end are part of a block scalar that keeps them (`|+`).
    end = len(lines) if _KEEPS.search("\n".join(lines)) else full[-1] + 1
    return "\n".join(lines[full[0] : end]) + "\n"


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or 'it cannot be read'}"
    return " ".join(str(error).split())[:200]
