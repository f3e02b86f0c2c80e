from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import EdgeFailed, UsageError
from promoter.run.inventory_database import (
    add_indexes,
    add_rows,
    new_database,
    open_database,
    save_database,
)
from promoter.run.inventory_query import ROWS, ask
from promoter.run.inventory_schema import TABLES

RELEASES = [
    ("shop", 1, "r1", "1.0.0", "2026-03-04T12:00:00Z", "kim", "ready", "a" * 40),
    ("shop", 2, "r2", None, "2026-03-05T12:00:00Z", "kim", "failed", "b" * 40),
]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    made = new_database()
    add_rows(made, "releases", RELEASES)
    add_indexes(made)
    yield made
    made.close()


def dump(database: sqlite3.Connection) -> list[str]:
    return list(database.iterdump())


ANSWERED = [
    ("select version from releases order by number", (), [("1.0.0",), (None,)]),
    ("select count(*) as n from releases where app = ? and state = ?", ("shop", "failed"), [(1,)]),
    ("select * from inventory", (), []),
    ("with x as (select max(number) as n from releases) select n from x", (), [(2,)]),
    ("values (1, 'a')", (), [(1, "a")]),
    ("select 1e999, -1e999, x'0aff', cast(x'ff' as text), null", (), [("inf", "-inf", "0aff", "\ufffd", None)]),
    ("select upper(group_concat(release, '+')) from releases", (), [("R1+R2",)]),
]


@pytest.mark.parametrize(("question", "values", "rows"), ANSWERED)
def test_answers(
    database: sqlite3.Connection, question: str, values: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    assert list(ask(database, question, values).rows) == rows


def test_columns_are_named(database: sqlite3.Connection) -> None:
    assert ask(database, "select app, number as n from releases where 0").columns == ("app", "n")


WRITES = [
    "delete from releases",
    "insert into about values ('x', 'y')",
    "update releases set app = 'x' returning app",
    "with x as (select 1) delete from releases where number in (select * from x)",
    "drop table slots",
    "create table x (y)",
    "create temp table x (y)",
    "create virtual table x using fts5(y)",
    "alter table slots add column x",
    "attach 'x.db' as x",
    "detach main",
    "vacuum into 'x.db'",
    "pragma query_only = off",
    "pragma table_info(slots)",
    "select * from pragma_table_info('slots')",
    "begin",
    "commit",
    "savepoint x",
    "reindex",
    "analyze",
    "select load_extension('x')",
    "select 1; delete from releases",
    "explain delete from releases",
]


@pytest.mark.parametrize("question", WRITES)
def test_nothing_can_be_written_or_reached(
    database: sqlite3.Connection, question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = dump(database)
    with pytest.raises(UsageError) as caught:
        ask(database, question)
    assert caught.value.message == "only one SELECT is answered, and nothing is written"
    assert dump(database) == before
    assert list(tmp_path.iterdir()) == []
    assert len(ask(database, "select * from releases").rows) == 2


WORDS = st.sampled_from(
    ["select", "delete from", "drop table", "update", "*", "releases", "slots", "set app =", "'x'", "from", ";", "--",
     "attach", "as", "where", "1", "(", ")", "insert into", "values", "pragma", "create view", "union", ","]
)  # fmt: skip


@given(words=st.lists(WORDS, max_size=9), text=st.text(max_size=20))
def test_law_no_question_changes_anything(words: list[str], text: str) -> None:
    made = new_database()
    add_rows(made, "releases", RELEASES)
    before = dump(made)
    for question in (" ".join(words), text):
        try:
            ask(made, question, seconds=1)
        except UsageError as error:
            assert error.hint  # noqa: PT017 (most raise, and some answer)
    assert dump(made) == before
    made.close()


REFUSED = [
    ("select * from slotz", "there is no table slotz; did you mean slots?", "there are about, behind,"),
    ("select versoin from slots", "there is no column versoin; did you mean version?", "slots has app, environment,"),
    ("select s.versoin from slots s", "there is no column s.versoin; did you mean version?", "slots has app,"),
    ("select xyzzy", "there is no column xyzzy", "inventory has app"),
    ("selec 1", 'that is not understood: near "selec": syntax error', "promoter query --schema"),
    ("select ?", "that is not understood: Incorrect number of bindings", "promoter query --schema"),
    ("select nope(1)", "that is not understood: no such function: nope", "promoter query --schema"),
    ("", "that asks for nothing", "a question is one SELECT"),
    ("-- nothing", "that asks for nothing", "a question is one SELECT"),
    ("select \x00", "that is not understood", "promoter query --schema"),
    ("select '\ud800'", "that is not understood", "promoter query --schema"),
    ("select zeroblob(100000000)", "that is not understood: string or blob too big", "promoter query --schema"),
    ("select 1 " + " " * (1 << 20), "that is not understood", "promoter query --schema"),
]


@pytest.mark.parametrize(("question", "message", "hint"), REFUSED, ids=[row[1] for row in REFUSED])
def test_refusals_say_what_there_is(database: sqlite3.Connection, question: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(database, question)
    assert caught.value.message.startswith(message)
    assert (caught.value.hint or "").startswith(hint)


FOR_EVER = "with recursive a(x) as (select 1 union all select x + 1 from a) "


def test_a_question_that_never_ends_is_stopped(database: sqlite3.Connection) -> None:
    with pytest.raises(UsageError, match=r"longer than 0\.2 s"):
        ask(database, FOR_EVER + "select max(x) from a", seconds=0.2)
    with pytest.raises(UsageError, match="more than 100000 rows"):
        ask(database, FOR_EVER + "select x from a", seconds=60)
    assert len(ask(database, FOR_EVER + f"select x from a limit {ROWS}", seconds=60).rows) == ROWS
    with pytest.raises(UsageError, match="or 256 MB"):
        ask(database, FOR_EVER + "select hex(zeroblob(500000)) from a", seconds=60)


def test_every_table_is_there_with_its_columns(database: sqlite3.Connection) -> None:
    for table in TABLES.values():
        assert ask(database, f"select * from {table.name}").columns == table.names
        assert table.about.endswith(".")
        assert all(column.type in ("text", "integer") and column.about for column in table.columns)


def test_indexes_are_used(database: sqlite3.Connection) -> None:
    for question in (
        "select * from objects where cluster = 'a' and kind = 'b'",
        "select * from images where name = 'a' and tag = 'b'",
        "select * from slots where app = 'a' and environment = 'b'",
    ):
        plan = database.execute(f"explain query plan {question}").fetchall()
        assert "USING INDEX" in str(plan), question


def test_saved_and_opened_again(database: sqlite3.Connection, tmp_path: Path) -> None:
    path = tmp_path / "today.db"
    save_database(database, str(path))
    save_database(database, str(path))
    assert [file.name for file in tmp_path.iterdir()] == ["today.db"]
    opened = open_database(str(path))
    try:
        assert list(ask(opened, "select release from releases order by 1").rows) == [("r1",), ("r2",)]
        assert dump(opened) == dump(database)
        with pytest.raises(UsageError):
            ask(opened, "delete from releases")
        with pytest.raises(sqlite3.OperationalError):
            opened.execute("delete from releases")
    finally:
        opened.close()


@pytest.mark.parametrize("content", [None, b"", b"hello", b"SQLite format 3\x00" + b"\x00" * 200, "sqlite"])
def test_a_file_that_is_no_inventory(database: sqlite3.Connection, tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "x.db"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        other = sqlite3.connect(path)
        other.execute("create table t (x)")
        other.close()
    with pytest.raises(EdgeFailed) as caught:
        open_database(str(path))
    assert f"promoter inventory --db {path}" in (caught.value.hint or "")
    if content is not None:
        before = path.read_bytes()
        with pytest.raises(EdgeFailed, match="is no inventory"):
            save_database(database, str(path))
        assert path.read_bytes() == before
    else:
        with pytest.raises(EdgeFailed, match="cannot write"):
            save_database(database, str(tmp_path / "gone" / "x.db"))


def test_text_that_is_half_a_character_is_stored(database: sqlite3.Connection) -> None:
    add_rows(database, "about", [("x", "a\ud800b"), ("y", "\x00\U0001f600")])
    assert list(ask(database, "select value from about order by name").rows) == [("a?b",), ("\x00\U0001f600",)]
