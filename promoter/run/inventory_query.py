"""Questions to the inventory: one SELECT, that can neither write, nor reach anything else, nor run for ever."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from promoter.errors import UsageError
from promoter.run.inventory_schema import TABLES

SECONDS: Final = 10.0
"""How long one question may take."""
ROWS: Final = 100_000
"""How many rows one answer may have."""
_BYTES: Final = 1 << 20
"""How long one value, and one question, may be."""
_ALL_BYTES: Final = 1 << 28
"""How long all values of one answer may be."""
_STEPS: Final = 5_000
"""Instructions of SQLite's between two looks at the clock."""
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_NO_COLUMN = re.compile(r"no such column: (?P<name>.+)")
_NO_TABLE = re.compile(r"no such table: (?P<name>.+)")

Answer = str | int | float | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Answer, ...], ...]


def ask(
    database: sqlite3.Connection,
    question: str,
    values: Sequence[str] = (),
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Answers:
    """Answer one SELECT over the tables of `TABLES`, `values` for its question marks.

    Raises UsageError, saying what there is, for anything else and for what takes longer than `seconds`.
    """
    end = clock() + seconds
    database.text_factory = lambda raw: raw.decode(errors="replace")
    for limit in (sqlite3.SQLITE_LIMIT_LENGTH, sqlite3.SQLITE_LIMIT_SQL_LENGTH):
        database.setlimit(limit, _BYTES)
    database.execute("pragma query_only=on")
    database.execute("pragma trusted_schema=off")
    database.set_authorizer(_authorize)
    database.set_progress_handler(lambda: int(clock() > end), _STEPS)
    try:
        cursor = database.execute(question, tuple(values))
        rows = _rows(cursor)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, MemoryError, ValueError, UnicodeEncodeError) as error:
        raise _refusal(error, question, seconds) from error
    finally:
        database.set_authorizer(None)
        database.set_progress_handler(None, 0)
    if cursor.description is None:
        raise UsageError("that asks for nothing", "a question is one SELECT, such as: select * from inventory")
    return Answers(tuple(each[0] for each in cursor.description), rows)


def _rows(cursor: sqlite3.Cursor) -> tuple[tuple[Answer, ...], ...]:
    rows: list[tuple[Answer, ...]] = []
    size = 0
    for row in cursor:
        rows.append(tuple(map(_value, row)))
        size += sum(len(value) for value in rows[-1] if isinstance(value, str))
        if len(rows) > ROWS or size > _ALL_BYTES:
            raise UsageError(
                f"that is more than {ROWS} rows, or {_ALL_BYTES >> 20} MB", "narrow it with where or limit"
            )
    return tuple(rows)


def _authorize(action: int, _: str | None, function: str | None, *__: str | None) -> int:
    """Let only reading through, by functions that stay inside."""
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (function or "").lower() == "load_extension" else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _value(value: object) -> Answer:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON has no infinity
    return value if isinstance(value, str | int) else None


def _refusal(error: Exception, question: str, seconds: float) -> UsageError:
    said = str(error).rstrip(".")
    if said == "interrupted":
        return UsageError(f"that took longer than {seconds:g} s", "narrow it with where, join by app and environment")
    if any(word in said for word in ("not authorized", "prohibited", "denied", "one statement")):
        return UsageError(
            "only one SELECT is answered, and nothing is written", "promoter query --schema shows the tables"
        )
    if (match := _NO_TABLE.search(said)) is not None:
        return UsageError(f"there is no table {match['name']}{_near(match['name'], TABLES)}", _tables())
    if (match := _NO_COLUMN.search(said)) is not None:
        name = match["name"].rpartition(".")[2]
        columns = sorted({column for table in TABLES.values() for column in table.names})
        return UsageError(f"there is no column {match['name']}{_near(name, columns)}", _columns(question))
    return UsageError(f"that is not understood: {said}", "promoter query --schema shows the tables")


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.lower(), list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _tables() -> str:
    return f"there are {', '.join(sorted(TABLES))}"


def _columns(question: str) -> str:
    """Give the columns of the tables that `question` names."""
    words = {word.lower() for word in re.findall(r"\w+", question)}
    named = [table for table in TABLES.values() if table.name in words]
    return "; ".join(f"{table.name} has {', '.join(table.names)}" for table in named or TABLES.values())
