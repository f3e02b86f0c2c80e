"""docs/unhappy-day.md shows what `promoter demo --bad-day` prints, in its order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promoter.cli.main import main

PAGE = Path(__file__).parents[1] / "docs" / "unhappy-day.md"
PRINTED = re.compile(r"^<!-- from promoter demo --bad-day -->\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIES = re.compile(r"\b[0-9a-f]{7,40}\b|\b\d+\.\d s\b")
"""Ids of commits, and how long this machine took."""


def test_the_page_is_what_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--bad-day", "--plain", "--folder", str(tmp_path / "demo")]) == 0
    printed = [VARIES.sub("X", line) for line in capsys.readouterr().out.splitlines()]
    shown = PRINTED.findall(PAGE.read_text("utf-8"))
    assert len(shown) == 6
    rest = iter(printed)
    for line in (each for text in shown for each in text.splitlines() if each and each != "..."):
        assert VARIES.sub("X", line) in rest, line
