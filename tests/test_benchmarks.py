"""The benchmarks work: every row, at a tiny size. What is fast is not judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.measure import Figure, Times, ratio
from benchmarks.rows import NAMES, measure


@pytest.mark.parametrize("name", NAMES)
def test_every_row_measures(name: str) -> None:
    row = measure(name, quick=True)
    assert row.name == name
    assert all(figure.value > 0 for figure in row.figures if figure.unit)
    assert any(figure.goal is not None for figure in row.figures)


def test_a_row_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hydrate", "--quick", "--json", str(tmp_path / "figures.json")]) == 0
    written = json.loads((tmp_path / "figures.json").read_text())
    assert [row["name"] for row in written["rows"]] == ["hydrate"]
    renders = written["rows"][0]["figures"][0]
    assert (renders["what"], renders["value"]) == ("renders after the change", 1)
    assert "renders after the change" in capsys.readouterr().out


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "there is no speed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("goal", "at_least", "hit"),
    [(None, False, None), (3, False, True), (2, False, False), (3, True, True), (4, True, False)],
)
def test_a_goal_is_hit_or_missed(goal: float | None, at_least: bool, hit: bool | None) -> None:
    assert Figure("renders", 3, "", goal=goal, at_least=at_least).hit is hit


def test_a_ratio_is_taken_round_by_round() -> None:
    found = ratio("slow / fast", Times([2.0, 9.0, 4.0]), Times([1.0, 3.0, 1.0]))
    assert (found.value, found.low, found.high) == (3.0, 2.0, 4.0)
