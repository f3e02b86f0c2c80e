"""The inventory as an SQLite database: made in memory, saved to a file, opened again."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from promoter.errors import EdgeFailed
from promoter.run.inventory_schema import APPLICATION_ID, TABLES, VERSION, Table

Value = str | int | None
Row = Sequence[Value]


def new_database() -> sqlite3.Connection:
    """Give an empty inventory in memory, without its indexes: those come after the rows."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute(f"pragma application_id={APPLICATION_ID}")
    database.execute(f"pragma user_version={VERSION}")
    for table in TABLES.values():
        database.execute(_definition(table))
    return database


def add_rows(database: sqlite3.Connection, name: str, rows: Iterable[Row]) -> None:
    """Put `rows` into table `name`, each with a value for every column, in order."""
    marks = ", ".join("?" * len(TABLES[name].columns))
    with database:
        database.execute("begin")
        database.executemany(f"insert into {name} values ({marks})", _storable(rows))  # noqa: S608 (a name of ours)


def add_indexes(database: sqlite3.Connection) -> None:
    """Make the indexes, and let SQLite learn how large what is."""
    for table in TABLES.values():
        for index in table.indexes:
            database.execute(f"create index {table.name}_{index.replace(',', '_')} on {table.name} ({index})")
    database.execute("analyze")


def _definition(table: Table) -> str:
    if table.select:
        return f"create view {table.name} ({', '.join(table.names)}) as {table.select}"
    return f"create table {table.name} ({', '.join(f'{column.name} {column.type}' for column in table.columns)})"


def _storable(rows: Iterable[Row]) -> Iterator[Row]:
    """Give `rows` as SQLite takes them: JSON may hold half of a surrogate pair, which is no text."""
    for row in rows:
        for value in row:
            if isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
                row = [each.encode(errors="replace").decode() if isinstance(each, str) else each for each in row]
                break
        yield row


def save_database(database: sqlite3.Connection, path: str) -> None:
    """Write the inventory to the file `path`, in the place of what is there. Raises EdgeFailed."""
    file = Path(path)
    if file.exists() and not _is_inventory(file):
        raise EdgeFailed(f"{path} is there, and is no inventory", "Name another file; nothing was written")
    part = None
    try:
        descriptor, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        os.close(descriptor)
        copy = sqlite3.connect(part)
        try:
            database.backup(copy)
        finally:
            copy.close()
        Path(part).replace(file)
    except (OSError, sqlite3.Error) as error:
        if part is not None:
            with suppress(OSError):
                Path(part).unlink()
        raise EdgeFailed(f"cannot write {path}: {error}", "Name a file in a folder that can be written") from error


def open_database(path: str) -> sqlite3.Connection:
    """Open a saved inventory, to be read alone. Raises EdgeFailed when it is none, or of another version."""
    file = Path(path)
    if not file.is_file():
        raise EdgeFailed(f"there is no file {path}", f"Make it: promoter inventory --db {path}")
    if not _is_inventory(file):
        raise EdgeFailed(f"{path} is no inventory of this version", f"Make it anew: promoter inventory --db {path}")
    return _read_only(file)


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _is_inventory(file: Path) -> bool:
    try:
        database = _read_only(file)
    except sqlite3.Error:
        return False
    try:
        marks = [database.execute(f"pragma {name}").fetchone()[0] for name in ("application_id", "user_version")]
    except sqlite3.Error:
        return False
    finally:
        database.close()
    return marks == [APPLICATION_ID, VERSION]
