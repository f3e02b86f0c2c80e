"""What the page on comments says of short forms is what each forge lets through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promoter.comments.answer import KNOWN
from promoter.forge.chosen import forge_for
from promoter.forge.local import LocalForge
from tests.repos import make_repo

PAGE = (Path(__file__).parents[2] / "docs" / "comments.md").read_text("utf-8")
ROW = re.compile(r"^  \| (?P<who>[^|]+) \| (?P<short>`/[^|]*) \|(?P<long>[^|]*)\|$", re.MULTILINE)


@pytest.mark.parametrize(
    ("who", "url"),
    [("GitHub", "https://github.com/acme/fleet"), ("GitLab", "https://gitlab.com/acme/fleet"), ("local", "")],
)
def test_each_forge(who: str, url: str, tmp_path: Path) -> None:
    [row] = [match for match in ROW.finditer(PAGE) if who in match["who"]]
    chosen = forge_for(url, {}) if url else None
    forge = chosen.forge if chosen is not None else LocalForge(make_repo(tmp_path / "fleet.git", {"a": ""}))
    assert re.findall(r"`/(\w+)`", row["short"]) == sorted(forge.short_verbs)
    rest = {entry.name for entry in KNOWN} - forge.short_verbs
    assert re.findall(r"`/promoter (\w+)`", row["long"]) == sorted(rest)
