from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import Permission
from tests.run.probes.examined import said
from tests.run.shops import RENDERED, make_shop


@pytest.mark.parametrize(
    ("allow", "text"),
    [
        ("{hold: [write]}", ""),
        ('{hold: ["user:kim"]}', ""),
        ('{hold: ["team:sre"]}', ""),
        ('{hold: ["user:ada", maintain]}', ""),
        ('{hold: ["user:ada", "team:sre"]}', ""),
        ('{hold: ["user:ada"]}', "nobody may say hold there: ada has no right on the repository"),
        ('{hold: ["team:qa"], skip: ["team:qa"]}', "nobody may say hold, skip there: nobody is in team qa"),
        (
            "{override: [codeowners]}",
            "nobody may say override there: main has no CODEOWNERS file",
        ),
    ],
)
def test_who_may_say_something(tmp_path: Path, allow: str, text: str) -> None:
    config = RENDERED.replace("{name: prod, promote: auto}", f"{{name: prod, allow: {allow}}}")
    shop = make_shop(tmp_path, config)
    people = {"kim": Permission.WRITE, "lin": Permission.READ}
    shop.forge.set_people(people, {"sre": ["kim", "lin"]}, shop.now)
    assert said(shop, "allow") == ([("problem", "shop prod", text)] if text else [])


def test_who_owns_code_may(tmp_path: Path) -> None:
    config = RENDERED.replace("prod, promote: auto}", "prod, allow: {override: [codeowners]}}")
    assert said(make_shop(tmp_path, config, {"CODEOWNERS": "* @lin\n"}), "allow") == []


def test_nothing_is_told_of_teams(tmp_path: Path) -> None:
    config = RENDERED.replace("prod, promote: auto}", 'prod, allow: {hold: ["team:qa"]}}')
    assert said(make_shop(tmp_path, config), "allow") == []
