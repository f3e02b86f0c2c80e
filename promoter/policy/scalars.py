"""Text of a config file to typed values. Every function takes a node and raises ValueError with words for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, WithJsonSchema

from promoter.layout.slots import clean_path, is_path
from promoter.model.names import is_name
from promoter.policy.accept import parse_range
from promoter.policy.node import Node, node_of
from promoter.policy.spelling import guess

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_DURATION = re.compile(r"(?:[0-9]{1,6}[wdhms])+")
_MAX_DURATION = timedelta(days=3650)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_EXACT = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")

Choice = TypeVar("Choice", bound=StrEnum)


def text(value: object) -> str:
    """Give the text of a node."""
    node = node_of(value)
    if node.text is not None:
        return node.text
    if node.value is None:
        raise ValueError("has no value; write one or remove the key")
    if len(node.entries) == 1 and next(iter(node.entries.values())).value is None:
        raise ValueError(f'a value that begins with {{ must be quoted: "{{{next(iter(node.entries))}}}"')
    raise ValueError(f"must be text, not {node.kind}")


def said(node: object) -> str:
    """Give the text of `node`, which must not be empty."""
    value = text(node)
    if not value.strip():
        raise ValueError("is empty; write a value or remove the key")
    return value


def template(*names: str, empty: bool = False) -> Callable[[object], str]:
    """Make a reader of text that may hold `{name}` for each of `names` and no other."""

    def read(node: object) -> str:
        value = text(node) if empty else said(node)
        for found in _PLACEHOLDER.findall(value):
            if found not in names:
                known = " and ".join(f"{{{name}}}" for name in names)
                raise ValueError(f"{{{found}}} is not known here; there is {known}")
        return value

    return read


def inside(*names: str) -> Callable[[object], str]:
    """Make a reader of a path inside the repository, a template over `names`; `.` is the root."""
    fill = template(*names, empty=True)

    def read(node: object) -> str:
        value = fill(node)
        if not is_path(clean_path(value)):
            raise ValueError(f"{value} is no path inside the repository")
        return value

    return read


def choice(kind: type[Choice], *without: Choice) -> Callable[[object], Choice]:
    """Make a reader of one of the words of `kind`."""
    words = [word.value for word in kind if word not in without]

    def read(node: object) -> Choice:
        value = text(node)
        if value in words:
            return kind(value)
        raise ValueError(f"{value} is not one of {', '.join(words)}{guess(value, words)}")

    return read


def flag(node: object) -> bool:
    """Give true or false."""
    value = text(node)
    if value not in ("true", "false"):
        raise ValueError(f"{value} is neither true nor false")
    return value == "true"


def number(least: int = 0, most: int = 1_000_000) -> Callable[[object], int]:
    """Make a reader of a whole number."""

    def read(node: object) -> int:
        value = text(node)
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ValueError(f"{value} is not a number from {least} to {most}")
        return int(value)

    return read


def duration(node: object) -> timedelta:
    """Give a length of time: `90m`, `1h30m`, `2d`, `1w`, or `0`."""
    value = text(node)
    if value == "0":
        return timedelta(0)
    if re.fullmatch(r"[0-9]+", value):
        raise ValueError(f"{value} has no unit; did you mean {value}m?")
    if not _DURATION.fullmatch(value):
        raise ValueError(f"{value} is not a duration; write for example 90m, 1h30m, 2d")
    total = timedelta()
    for number, unit in re.findall(r"([0-9]+)([wdhms])", value):
        total += timedelta(**{_UNITS[unit]: int(number)})
    if total > _MAX_DURATION:
        raise ValueError(f"{value} is more than ten years")
    return total


def positive(node: object) -> timedelta:
    """Give a length of time above zero."""
    value = duration(node)
    if not value:
        raise ValueError("must be more than 0; write for example 1h")
    return value


def show_duration(value: timedelta) -> str:
    """Write a length of time as the config has it: `1h30m`, `24h`, `7d`."""
    left = int(value.total_seconds())
    if left and left % 86400 == 0 and left > 86400:
        return f"{left // 86400}d"
    parts = []
    for unit, seconds in (("h", 3600), ("m", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0"


def day(node: object) -> date:
    """Give a day, `2026-12-20`."""
    value = text(node)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value} is not a day of the calendar") from None
    raise ValueError(f"{value} is not a day; write for example 2026-12-20")


def timezone(node: object) -> str:
    """Give the name of a time zone, `Europe/Berlin`."""
    value = said(node)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value} is not a time zone; write for example Europe/Berlin or UTC") from None
    return value


def regex(node: object) -> str:
    """Give a regular expression."""
    value = said(node)
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{value} is not a regular expression: {error}") from None
    return value


def version_range(node: object) -> str:
    """Give a range of versions, `>=1.0 <2`."""
    value = said(node)
    parse_range(value)
    return value


def exact_version(node: object) -> str:
    """Give one exact version of a program, without its leading `v`."""
    value = said(node)
    if not _EXACT.fullmatch(value):
        raise ValueError(
            f"{value} is not an exact version; every run must render the same bytes: write for example 5.8.1"
        )
    return value.removeprefix("v")


def name(node: object) -> str:
    """Give the name of an app or environment."""
    value = text(node)
    if not is_name(value):
        raise ValueError(f"{value or 'nothing'} cannot be a name: {NAME_RULE}")
    return value


NAME_RULE = (
    "lower-case letters, digits, -, . and _, at most 63, beginning and ending with a letter or digit, not r1 or r41"
)


def items(value: object) -> tuple[Node, ...]:
    """Give the items of a list."""
    node = node_of(value)
    if isinstance(node.value, tuple):
        return node.value
    raise ValueError(f"must be a list: [{node.text}]" if node.text else f"must be a list, not {node.kind}")


def some_items(node: object) -> tuple[Node, ...]:
    """Give the items of a list that must not be empty."""
    found = items(node)
    if not found:
        raise ValueError("is empty; name at least one or remove the key")
    return found


def entries(value: object) -> dict[str, Node]:
    """Give the entries of a mapping."""
    node = node_of(value)
    if isinstance(node.value, Mapping):
        return dict(node.value)
    raise ValueError(f"must be a mapping, not {node.kind}")


def some_entries(value: object) -> dict[str, Node]:
    """Give the entries of a mapping that must not be empty."""
    found = entries(value)
    if not found:
        raise ValueError("is empty; write an entry or remove the key")
    return found


def named_entries(value: object) -> dict[str, Node]:
    """Give the entries of a mapping, or a list of names as names without settings."""
    node = node_of(value)
    if isinstance(node.value, Mapping):
        table = entries(node)
        return {key: Node(entry.file, entry.line, {}) if entry.value is None else entry for key, entry in table.items()}
    found: dict[str, Node] = {}
    for item in items(node):
        key = said(item)
        if key in found:
            raise ValueError(f"names {key} twice")
        found[key] = Node(item.file, item.line, {})
    return found


def short(key: str) -> Callable[[object], Node]:
    """Make a reader that takes text alone for a mapping with only `key`."""

    def read(value: object) -> Node:
        node = node_of(value)
        return node if node.text is None else Node(node.file, node.line, {key: node})

    return read


_DURATION_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "pattern": "^([0-9]+[wdhms])+$"}, {"const": 0}]})

Said = Annotated[str, BeforeValidator(said)]
Name = Annotated[str, BeforeValidator(name)]
Flag = Annotated[bool, BeforeValidator(flag)]
Regex = Annotated[str, BeforeValidator(regex), WithJsonSchema({"type": "string", "format": "regex"})]
Range = Annotated[str, BeforeValidator(version_range)]
Day = Annotated[date, BeforeValidator(day)]
Timezone = Annotated[str, BeforeValidator(timezone)]
ExactVersion = Annotated[str, BeforeValidator(exact_version)]
Duration = Annotated[timedelta, BeforeValidator(duration), _DURATION_SCHEMA]
Positive = Annotated[timedelta, BeforeValidator(positive), _DURATION_SCHEMA]
Texts = Annotated[tuple[Said, ...], BeforeValidator(items)]
SomeTexts = Annotated[tuple[Said, ...], BeforeValidator(some_items)]
