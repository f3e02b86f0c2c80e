"""The ledger as text: `state.yaml`, readable by people and strict for us.

Invariants: `load(dump(x)) == x`; the same ledger gives the same bytes; a file of a newer schema, or with a key that is
not known, is refused instead of half understood. Times are UTC to the second, as RFC 3339.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import yaml

from promoter.errors import PromoterError
from promoter.model.ledger import Ledger
from promoter.model.state_text import QuickReader

SCHEMA = "promoter.ledger/v1"
Kept = TypeVar("Kept")

try:  # libyaml reads and writes about ten times faster; its output is the same
    from yaml import CSafeDumper as _Dumper
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover
    from yaml import SafeDumper as _Dumper  # type: ignore[assignment]
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


_QUICK = QuickReader(_Loader.yaml_implicit_resolvers)


class LedgerUnreadable(PromoterError):
    """A `state.yaml` that this version cannot read (exit 1); nothing is written over it."""


class _TextDumper(_Dumper):
    """Block style, keys in our order, no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def dump(ledger: Ledger) -> bytes:
    """Give `state.yaml` for `ledger`."""
    return dump_as(SCHEMA, ledger)


def dump_as(schema: str, value: object) -> bytes:
    """Give the dataclass `value` as YAML that says it is `schema`."""
    data = {"schema": schema, **cast("dict[str, Any]", plain(value))}
    text = yaml.dump(data, Dumper=_TextDumper, sort_keys=False, allow_unicode=True, width=10**6)
    return text.encode()


def load_as(schema: str, kind: type[Kept], text: bytes) -> Kept:
    """Read what `dump_as` wrote of a `kind`. Raises ValueError that says what is wrong."""
    try:
        data = yaml.load(text, Loader=_Loader)
        if not isinstance(data, dict) or data.pop("schema", None) != schema:
            raise ValueError(f"it is not {schema}")
        return cast("Kept", _dataclass_reader(kind)(data))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split())}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is damaged: {error}") from error


def load(text: bytes) -> Ledger:
    """Read `state.yaml`. Raises LedgerUnreadable."""
    try:
        data = _QUICK.read(text.decode())
        if data is None:
            data = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LedgerUnreadable(f"state.yaml is not YAML: {error}", "restore the ledger branch") from error
    if not isinstance(data, dict) or data.pop("schema", None) != SCHEMA:
        raise LedgerUnreadable(f"state.yaml is not {SCHEMA}", "a newer promoter wrote it, or it was edited by hand")
    try:
        return cast("Ledger", _reader(Ledger)(data))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LedgerUnreadable(f"state.yaml is damaged: {error}", "restore the ledger branch") from error


def stamp(at: datetime) -> str:
    """Give `at` as RFC 3339 in UTC, to the second: `2026-11-20T14:05:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(value: object) -> object:
    """Give `value` as dicts, lists and scalars; what equals its default is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((name, getattr(value, name), default) for name, default in _shape(type(value)))
        return {name: plain(item) for name, item, default in pairs if item != default}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, StrEnum):
        return value.value
    return value


@cache
def _shape(kind: type) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, _default(field)) for field in fields(kind))


def _default(field: Any) -> object:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


@cache
def _reader(kind: Any) -> Callable[[Any], object]:
    """Give a function that turns plain data into `kind` (a dataclass, Mapping, tuple, datetime, enum or scalar)."""
    origin = get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        inner = _reader(next(arg for arg in get_args(kind) if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is not None and issubclass(origin, Mapping):
        key, item = get_args(kind)
        convert, named = _reader(item), int if key is int else str
        return lambda data: {_exactly(named, k): convert(v) for k, v in data.items()}
    if origin is tuple:
        convert = _reader(get_args(kind)[0])
        return lambda data: tuple(convert(item) for item in cast("list[Any]", _exactly(list, data)))
    if hasattr(kind, "__supertype__"):
        return _reader(kind.__supertype__)
    if is_dataclass(kind):
        return _dataclass_reader(cast("type", kind))
    if kind is datetime:
        return _moment
    if issubclass(kind, StrEnum):
        return cast("Callable[[Any], object]", kind)
    return lambda data: _exactly(kind, data)


def _exactly(kind: type, data: object) -> object:
    if type(data) is not kind:
        raise TypeError(f"{data!r} is not {kind.__name__}")
    return data


def _moment(data: object) -> datetime:
    at = data if isinstance(data, datetime) else datetime.fromisoformat(str(data))
    if at.tzinfo is None:
        raise ValueError(f"{data!r} has no time zone")
    return at.astimezone(UTC)


def _dataclass_reader(kind: type) -> Callable[[Any], object]:
    hints = get_type_hints(kind)
    readers: dict[str, Callable[[Any], object]] = {}

    def read(data: dict[str, Any]) -> object:
        if not readers:  # filled late: a dataclass may hold itself
            readers.update({name: _reader(hint) for name, hint in hints.items()})
        return kind(**{name: readers[name](value) for name, value in data.items()})

    return read
