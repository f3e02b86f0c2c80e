from __future__ import annotations

from pathlib import Path

import pytest

from tests.forge.jobs_contract import SMOKE
from tests.repos import commit_files
from tests.run.probes.examined import said
from tests.run.probes.hosted import hosted
from tests.run.shops import RENDERED, make_shop
from tests.run.test_jobs import CONFIG

FILE = ".github/workflows/smoke.yaml"
GATED = CONFIG.replace("ci/smoke.sh", "smoke.yaml")


def test_on_the_local_forge(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, CONFIG)
    text = "there is no file ci/smoke.sh on the branch that people edit"
    assert said(shop.workspace(), "jobs") == [("problem", "shop prod jobs/smoke", text)]
    shop.commit({"ci/smoke.sh": "#!/bin/sh\n"})
    assert said(shop.workspace(), "jobs") == []


def test_without_such_gates(tmp_path: Path) -> None:
    assert said(make_shop(tmp_path, RENDERED).workspace(), "jobs") == []


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({}, f"there is no {FILE} on the branch that people edit"),
        ({FILE: "on: push\n"}, f"{FILE} cannot be started"),
        ({FILE: SMOKE.replace("inputs.key", "inputs.app")}, f"{FILE} does not show the key in the names of its runs"),
        ({FILE: SMOKE}, ""),
    ],
)
def test_on_github(tmp_path: Path, files: dict[str, str], text: str) -> None:
    with hosted(tmp_path) as shop:
        commit_files(shop.repo, "main", {"promoter.yaml": GATED, **files}, "Gate by a job")
        wanted = [("problem", "shop prod jobs/smoke", text)] if text else []
        assert said(shop.workspace(), "jobs") == wanted


@pytest.mark.parametrize("right", ["write", "read"])
def test_the_rights_that_starting_takes(tmp_path: Path, right: str) -> None:
    shipped = (Path(__file__).parents[3] / "docs" / "github" / "promoter.yaml").read_text(encoding="utf-8")
    workflow = shipped.replace("      checks: read", f"      actions: {right}\n      checks: read")
    files = {"promoter.yaml": GATED, FILE: SMOKE, ".github/workflows/promoter.yaml": workflow}
    with hosted(tmp_path) as shop:
        commit_files(shop.repo, "main", files, "Gate by a job")
        found = [one[2] for one in said(shop.workspace(), "workflow")]
    assert found == ([] if right == "write" else ["the permissions of its job lack actions: write"])
