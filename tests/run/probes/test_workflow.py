from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.model.names import Branch
from tests.github.records import Workflow
from tests.repos import commit_files, head
from tests.run.probes.examined import said
from tests.run.probes.hosted import GATED, Hosted, hosted
from tests.run.shops import make_shop

FILE = ".github/workflows/promoter.yaml"
SHIPPED = (Path(__file__).parents[3] / "docs" / "github" / "promoter.yaml").read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Hosted]:
    with hosted(tmp_path) as shop:
        yield shop


def put(shop: Hosted, text: str | None, branch: str = "main") -> None:
    commit_files(shop.repo, branch, {FILE: text}, "Change the workflow")


def test_the_workflow_that_promoter_brings_is_no_finding(shop: Hosted) -> None:
    put(shop, SHIPPED)
    assert said(shop.workspace(), "workflow") == []


def test_none_runs_promoter(shop: Hosted) -> None:
    put(shop, "on: push\njobs: {test: {runs-on: ubuntu-24.04, steps: [{run: make promoter}]}}\n")
    text = "no workflow on main runs promoter"
    assert said(shop.workspace(), "workflow") == [("warning", ".github/workflows", text)]


def test_it_stands_on_another_branch(shop: Hosted) -> None:
    shop.repo.update([RefUpdate("refs/heads/edit", None, head(shop.repo))])
    put(shop, SHIPPED, "edit")
    ws = shop.workspace()
    ws.branch = Branch("edit")
    text = "it stands on edit, but not on the default branch main"
    assert said(ws, "workflow") == [("warning", FILE, text)]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('  schedule:\n    - cron: "*/10 * * * *"', "  # ", "schedule does not start it"),
        ("  issue_comment:", "  issues:", "issue_comment does not start it"),
        ('branches: [main, "environment/**"]', "branches: [master]", "a push to main does not start it"),
        ("contents: write", "contents: read", "the permissions of its job lack contents: write"),
        ("statuses: write", "actions: read", "the permissions of its job lack statuses: write"),
    ],
)
def test_what_it_does_not_hear_and_may_not_do(shop: Hosted, old: str, new: str, text: str) -> None:
    assert SHIPPED.count(old) == 1
    put(shop, SHIPPED.replace(old, new))
    assert [(subject, found) for _, subject, found in said(shop.workspace(), "workflow")] == [(FILE, text)]


def test_two_workflows_together_hear_all(shop: Hosted) -> None:
    put(shop, SHIPPED.replace("  issue_comment:", "  issues:"))
    more = "on: {issue_comment: {types: [created]}}\njobs: {a: {steps: [{run: promoter action}]}}\n"
    commit_files(shop.repo, "main", {".github/workflows/comments.yml": more}, "More")
    assert said(shop.workspace(), "workflow") == []


def test_gates_wait_for_checks_that_never_start(tmp_path: Path) -> None:
    with hosted(tmp_path, GATED) as shop:
        put(shop, SHIPPED)
        text = "it waits for kubeconform, and GITHUB_TOKEN opens its pull requests"
        assert said(shop.workspace(), "workflow") == [("warning", "shop last", text)]
        put(
            shop, SHIPPED.replace("        with:\n", "        with:\n          token: ${{ steps.app.outputs.token }}\n")
        )
        assert said(shop.workspace(), "workflow") == []


def test_rights_that_only_gates_need(tmp_path: Path) -> None:
    with hosted(tmp_path, GATED) as shop:
        put(shop, SHIPPED.replace("checks: read", "actions: read"))
        lacks = [text for _, _, text in said(shop.workspace(), "workflow") if "lack" in text]
        assert lacks == ["the permissions of its job lack checks: read"]


def test_the_right_to_write_deployments(tmp_path: Path) -> None:
    with hosted(tmp_path, GATED.replace("live: none", "live: none\ndeployments: true")) as shop:
        for right, told in (("read", ["the permissions of its job lack deployments: write"]), ("write", [])):
            put(shop, SHIPPED.replace("deployments: read", f"deployments: {right}"))
            assert [text for _, _, text in said(shop.workspace(), "workflow") if "lack" in text] == told


def test_it_is_switched_off(shop: Hosted) -> None:
    put(shop, SHIPPED)
    shop.server.hub.workflows = [Workflow(FILE, "disabled_inactivity")]
    text = "GitHub switched it off, for nothing happened here for 60 days"
    assert said(shop.workspace(), "workflow") == [("problem", FILE, text)]


def test_no_other_forge_is_asked(tmp_path: Path) -> None:
    assert said(make_shop(tmp_path), "workflow") == []
