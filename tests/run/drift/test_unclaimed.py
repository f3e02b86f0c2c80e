"""Folders of the slots' branches that are no slot's."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.run.drift.unclaimed import unclaimed
from promoter.run.run import see
from tests.repos import commit_files
from tests.run.shops import IN_PLACE, LAYOUT, RENDERED, Shop, make_shop

FOLDERS = 'layout: {branch: "deploy", path: "{environment}/{app}"}\n'
ROOT = 'layout: {branch: "environment/{environment}", path: ""}\n'


def found(shop: Shop) -> list[tuple[str, str]]:
    ws = shop.workspace()
    return [(one.branch, one.path) for one in unclaimed(ws, see(ws)[0])]


@pytest.mark.parametrize(
    ("layout", "branch", "added", "left"),
    [
        (LAYOUT, "environment/prod", "debug/pod.yaml", [("environment/prod", "debug")]),
        (LAYOUT, "environment/prod", ".github/workflows/x.yaml", []),
        (LAYOUT, "environment/prod", "README.md", []),
        (LAYOUT, "environment/prod", "shop/pod.yaml", []),
        (FOLDERS, "deploy", "prod/debug/deep/pod.yaml", [("deploy", "prod/debug")]),
        (FOLDERS, "deploy", "old/shop/pod.yaml", [("deploy", "old")]),
        (ROOT, "environment/prod", "debug/pod.yaml", []),
    ],
)
def test_what_is_left_over(tmp_path: Path, layout: str, branch: str, added: str, left: list[tuple[str, str]]) -> None:
    shop = make_shop(tmp_path, RENDERED.replace(LAYOUT, layout))
    shop.run()
    assert found(shop) == []
    commit_files(shop.repo, branch, {added: "a: b\n"}, "Add", at=shop.now)
    assert found(shop) == left


def test_in_place_everything_is_peoples(tmp_path: Path) -> None:
    assert found(make_shop(tmp_path, IN_PLACE, {"debug/pod.yaml": "a: b\n"})) == []
