from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cli.csv_text import csv_text
from promoter.run.inventory_schema import TABLES
from tests.cli.fleet import Fleet
from tests.plan.report.schemas import check

ACTIVE = "select app, environment, version from slots where release is not null order by app, position"


def test_a_question(running: Fleet) -> None:
    assert running.ok("query", ACTIVE) == (
        "app   environment  version\ncart  dev          1.0.0\nshop  dev          1.4.2\nshop  staging      1.4.2\n"
    )
    assert running.ok("query", "select count(*) as n from slots where app = ?", "shop") == "n\n3\n"
    assert running.ok("query", "select 1 where 0") == "no rows\n"


def test_as_json_and_csv(running: Fleet) -> None:
    report = running("query", ACTIVE, "--json").json
    check("query", report)
    assert report["columns"] == ["app", "environment", "version"]
    assert report["rows"] == [["cart", "dev", "1.0.0"], ["shop", "dev", "1.4.2"], ["shop", "staging", "1.4.2"]]
    assert running.ok("query", ACTIVE, "--csv") == (
        "app,environment,version\ncart,dev,1.0.0\nshop,dev,1.4.2\nshop,staging,1.4.2\n"
    )
    assert running.ok("query", "select app from slots where 0", "--csv") == "app\n"
    assert running("query", "select app from slots where 0", "--json").json["rows"] == []


def test_a_saved_inventory_is_asked_without_looking(running: Fleet, tmp_path: Path) -> None:
    path = str(tmp_path / "today.db")
    running.ok("inventory", "--db", path)
    before = running.ok("query", ACTIVE, "--db", path)
    running.later(days=1)
    assert running.ok("--repo", str(tmp_path / "gone"), "query", ACTIVE, "--db", path) == before


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["query"], 2, "query what?"),
        (["query", "select x from slots"], 2, "there is no column x"),
        (["query", "delete from slots"], 2, "only one SELECT is answered, and nothing is written"),
        (["query", ACTIVE, "--db", "gone.db"], 1, "there is no file gone.db"),
        (["query", ACTIVE, "--db", "gone.db", "--workloads"], 2, "--db asks what was saved"),
    ],
)
def test_what_cannot_be_asked(running: Fleet, argv: list[str], code: int, message: str) -> None:
    said = running(*argv)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"promoter: {message}")
    assert len(said.err.splitlines()) == 2


def test_the_schema_is_printed(fleet: Fleet) -> None:
    out = fleet.ok("query", "--schema")
    tables = fleet("query", "--schema", "--json").json["tables"]
    assert [table["table"] for table in tables] == list(TABLES)
    for table in tables:
        assert f"{table['table']}\n  {table['about']}\n" in out
        assert all(column["about"] in out for column in table["columns"])


NASTY = "select '=1+1' as [=x], '\x1b[31mred' as b, -5 as c, ' @SUM(A1)' as d, '+\u202e' as e"


def test_no_text_is_a_formula_or_steers_a_terminal(running: Fleet) -> None:
    assert running.ok("query", NASTY, "--csv") == "'=x,b,c,d,e\n'=1+1, [31mred,-5,' @SUM(A1),'+ \n"
    out = running.ok("query", NASTY)
    assert not {"\x1b", "\u202e"} & set(out)
    assert json.loads(running.ok("query", NASTY, "--json"))["rows"][0][0] == "=1+1"


CELLS = st.one_of(st.none(), st.integers(), st.text(), st.sampled_from(["=A1", "\t=A1", "-1", "\r\n@x", '"', "a,b"]))


@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_law_csv_is_read_back_and_holds_no_formula(rows: list[list[str | int | None]]) -> None:
    read = list(csv.reader(csv_text(("a", "b"), rows).splitlines()))
    assert len(read) == len(rows) + 1
    for given_row, row in zip(rows, read[1:], strict=True):
        for value, cell in zip(given_row, row, strict=True):
            if isinstance(value, str):
                assert not cell.lstrip().startswith(("=", "+", "-", "@"))
                assert len(cell) - len(value) in (0, 1)
            else:
                assert cell == ("" if value is None else str(value))
