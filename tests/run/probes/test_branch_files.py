from __future__ import annotations

from pathlib import Path

from promoter.git.ref import RefUpdate
from promoter.run.branch_files import OWNERS, WAKE, wanted, write
from tests.repos import head
from tests.run.probes.examined import said
from tests.run.probes.hosted import hosted
from tests.run.shops import IN_PLACE, make_shop
from tests.run.test_branch_files import CODEOWNERS, WORKFLOW


def test_owners_that_are_missing_and_that_changed(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    assert said(shop, "branch_files") == [], "there are no such branches yet"
    shop.run()
    branches = ("environment/dev", "environment/prod")
    assert said(shop, "branch_files") == [("warning", one, f"{OWNERS} is missing") for one in branches]
    ws = shop.workspace()
    write(ws, wanted(ws, ws.repository.refs()))
    assert said(shop, "branch_files") == []
    shop.commit({"CODEOWNERS": "* @kim\n"})
    changed = f"{OWNERS} is not what it should be any more"
    assert said(shop, "branch_files") == [("warning", one, changed) for one in branches]


def test_what_wakes_promoter(tmp_path: Path) -> None:
    with hosted(tmp_path, files=WORKFLOW) as shop:
        assert said(shop.workspace(), "branch_files") == []
        shop.repo.update([RefUpdate("refs/heads/environment/dev", None, head(shop.repo))])
        assert said(shop.workspace(), "branch_files") == [("note", "environment/dev", f"{WAKE} is missing")]
        ws = shop.workspace()
        write(ws, wanted(ws, ws.repository.refs(["refs/heads/"])))
        assert said(shop.workspace(), "branch_files") == []


def test_nothing_without_a_layout(tmp_path: Path) -> None:
    assert said(make_shop(tmp_path, IN_PLACE, CODEOWNERS), "branch_files") == []
