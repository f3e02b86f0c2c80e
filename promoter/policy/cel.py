"""The Common Expression Language: text compiled and evaluated over plain values.

The language: https://github.com/google/cel-spec (no loops, no side effects). The library is imported when the first
expression is compiled, as that takes half a second. Invariant: an expression that cannot be evaluated raises; nothing
that went wrong is ever true or false.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from promoter.policy.spelling import guess

if TYPE_CHECKING:
    from cel import Program

LONGEST = 4000
"""Characters of an expression."""
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: expecting .*)?$", re.MULTILINE)
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_TYPES = frozenset({"int", "uint", "double", "bool", "string", "bytes", "list", "map", "type", "null_type"})
_CALLED = re.compile(r"Undefined variable or function: '([^']*)'")


class Missing(ValueError):
    """The values have no `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}")
        self.name = name


class NotEvaluated(ValueError):
    """The expression cannot be evaluated over these values, though it might be over others."""


class Misfit(ValueError):
    """What the expression compares or calls does not go together, whatever the values are."""


def names(text: str) -> frozenset[str]:
    """Give the names that `text` takes from outside. Raises ValueError when it is no expression."""
    return frozenset(_program(text).variables()) - set(_BOUND.findall(text)) - _TYPES


def evaluated(text: str, values: Mapping[str, Any]) -> object:
    """Give what `text` comes to over `values`: text, numbers, bools, aware datetimes, lists and mappings.

    Raises ValueError: `Missing` for a name or key that is not there, `Misfit` for types that do not go together,
    `NotEvaluated` for anything else.
    """
    program = _program(text)
    try:
        return program.execute(dict(values))
    except KeyError as error:
        raise Missing(str(error.args[0])) from None
    except TypeError:
        raise Misfit("compares or calls what does not go together; nothing is converted by itself") from None
    except Exception as error:  # noqa: BLE001  whatever it is, the answer is not known
        name = _CALLED.search(str(error))
        if name is not None:
            raise Missing(name[1]) from None
        raise NotEvaluated(_first_line(str(error))) from None


def tried(text: str, values: Mapping[str, Any], keys: Collection[str]) -> None:
    """Try `text` over `values`, which have everything that can be known; `keys` are those that may be missing there.

    Raises ValueError for what can never come to true or false.
    """
    try:
        value = evaluated(text, values)
    except Missing as missing:
        if re.search(rf"\b{re.escape(missing.name)}\s*\(", text):
            raise ValueError(f"there is no function {missing.name}") from None
        if re.search(rf"\.\s*{re.escape(missing.name)}\b", text):
            raise ValueError(f"{missing}{guess(missing.name, keys)}") from None
        return  # a key that only some have
    except NotEvaluated:
        return  # an index, say, that fits other values
    if not isinstance(value, bool):
        raise ValueError("gives neither true nor false")  # noqa: TRY004  pydantic turns only these into faults


@lru_cache(maxsize=256)
def _program(text: str) -> Program:
    from cel import compile as compile_cel

    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    try:
        return compile_cel(text)
    except ValueError as error:
        found = _PLACE.search(str(error))
        where = f"at {_where(text, int(found[1]), int(found[2]))}: {found[3]}" if found else _first_line(str(error))
        raise ValueError(f"is no expression of CEL, {where}") from None


def _where(text: str, line: int, column: int) -> str:
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]
