"""A fast reader for YAML as `promoter.model.state.dump` writes it: block style, one scalar a line.

Invariant: what it reads, it reads as YAML 1.1 does (libyaml with PyYAML's safe types); for anything that `dump` does
not usually write it gives None, and the real reader is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

DEPTH = 20
"""How deep values may be nested."""

_STRANGE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufefe\uff00-\ufffd]")
"""Tabs, other line ends, and what YAML escapes."""
_LINE = re.compile(
    r"^( *)(- )?"
    r"(?:([A-Za-z0-9_(./][A-Za-z0-9_()./@+-]{0,127}):(?: |$))?"
    r"(?:'((?:[^'\n]|'')*)'|([A-Za-z0-9_(./][^\n]*|\{\}|\[\])|)$",
    re.MULTILINE,
)
_NOT_PLAIN = re.compile(r": | #|[: ]$")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WORDS = {"true": True, "false": False, "null": None}

Resolvers = Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]
"""First character -> tags that a plain scalar may have, as PyYAML's `yaml_implicit_resolvers`."""


class _Unusual(Exception):
    """`dump` does not write this."""


class QuickReader:
    """Reads plain scalars by the `resolvers` of the real reader."""

    def __init__(self, resolvers: Resolvers) -> None:
        self._resolvers = resolvers
        self._plain = lru_cache(maxsize=1 << 16)(self._resolve)

    def read(self, text: str) -> object | None:
        """Give the value of `text`; None when it is unusual."""
        if not text.endswith("\n") or _STRANGE.search(text) is not None:
            return None
        lines = _LINE.findall(text, 0, len(text) - 1)
        if len(lines) != text.count("\n"):
            return None
        try:
            return _Blocks(lines, self._plain).read()
        except _Unusual:
            return None

    def _resolve(self, text: str) -> object:
        """Give what a plain scalar means."""
        if _NOT_PLAIN.search(text) is not None:
            raise _Unusual
        for _, pattern in self._resolvers.get(text[0], ()):
            if pattern.match(text) is not None:
                if text in _WORDS:
                    return _WORDS[text]
                if _INTEGER.fullmatch(text) is not None:
                    return int(text)
                raise _Unusual
        return text


class _Blocks:
    """The lines of one text, and where reading stands."""

    def __init__(self, lines: list[tuple[str, str, str, str, str]], plain: Callable[[str], object]) -> None:
        self._lines = lines
        self._indents = [len(line[0]) for line in lines] + [-1]
        self._dashes = [bool(line[1]) for line in lines] + [False]
        self._plain = plain
        self._at = 0

    def read(self) -> object:
        """Read all lines."""
        if self._dashes[0]:
            raise _Unusual
        found = self._mapping(0, 0)
        if self._at != len(self._lines):
            raise _Unusual
        return found

    def _mapping(self, indent: int, depth: int) -> dict[object, object]:
        if depth > DEPTH:
            raise _Unusual
        found: dict[object, object] = {}
        indents, dashes, lines = self._indents, self._dashes, self._lines
        while indents[self._at] == indent and not dashes[self._at]:
            _, _, key, quoted, plain = lines[self._at]
            if not key:
                raise _Unusual
            self._at += 1
            if plain or quoted:
                value = self._scalar(quoted, plain)
            elif indents[self._at] == indent + 2 and not dashes[self._at]:
                value = self._mapping(indent + 2, depth + 1)
            elif indents[self._at] == indent and dashes[self._at]:
                value = self._sequence(indent, depth + 1)
            else:
                raise _Unusual  # no value, or an empty one in quotes
            found[self._plain(key)] = value
        if indents[self._at] > indent:
            raise _Unusual
        return found

    def _sequence(self, indent: int, depth: int) -> list[object]:
        found: list[object] = []
        while self._indents[self._at] == indent and self._dashes[self._at]:
            _, _, key, quoted, plain = self._lines[self._at]
            if key:
                self._indents[self._at], self._dashes[self._at] = indent + 2, False
                found.append(self._mapping(indent + 2, depth + 1))
            elif plain or quoted:
                self._at += 1
                found.append(self._scalar(quoted, plain))
            else:
                raise _Unusual
        if self._indents[self._at] > indent:
            raise _Unusual
        return found

    def _scalar(self, quoted: str, plain: str) -> object:
        if quoted:
            return quoted.replace("''", "'")
        if plain == "{}":
            return {}
        return [] if plain == "[]" else self._plain(plain)
