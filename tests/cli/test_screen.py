from __future__ import annotations

import json

import pytest

from promoter.cli.screen import STYLES, Screen
from promoter.model.plan import State


def test_where_nothing_is_a_terminal_text_is_plain_and_lines_stay_whole(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.line("w" * 500, "failed")
    screen.cells(("ok", "one"), ("fail", "two"))
    screen.table([[("failed", "a"), ("", "x" * 300)], [("", "long"), ("", "y")]], ["ONE", "TWO"], indent=1)
    assert capsys.readouterr().out == "w" * 500 + f"\nonetwo\n ONE   TWO\n a     {'x' * 300}\n long  y\n"


def test_nothing_is_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.line("[bold]:smile: https://example.com [/nope]")
    screen.table([[("", "[red]x[/red]")]])
    assert capsys.readouterr().out == "[bold]:smile: https://example.com [/nope]\n[red]x[/red]\n"


def test_rows_of_different_lengths_and_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.table([])
    screen.table([[("", "a"), ("", "b")], [("", "c")]])
    assert capsys.readouterr().out == "a  b\nc\n"


def test_json_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.json({"a": "ü\x1b##[error]::x"})
    screen.text("one")
    screen.text("two\n")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "##[" not in out
    assert json.loads(out.removesuffix("one\ntwo\n")) == {"a": "ü\x1b##[error]::x"}


def test_every_state_has_a_look() -> None:
    assert {state.value for state in State} <= set(STYLES)


@pytest.mark.parametrize("color", [None, True, False])
def test_no_colour_codes_where_nothing_is_a_terminal(color: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(color)
    screen.line("x", "failed")
    assert capsys.readouterr().out == "x\n"
