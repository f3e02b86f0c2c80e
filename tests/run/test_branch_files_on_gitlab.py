"""What stands beside the manifests on GitLab: CODEOWNERS at the root, and a pipeline for what is merged there alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from promoter.model.names import Branch
from promoter.run.branch_files import MARK, wanted, write
from promoter.run.init_pipeline import PIPELINE, ROOT
from promoter.run.workspace import Workspace
from tests.gitlab.hub import PATH
from tests.gitlab.server import serve
from tests.gitlab_ci.conditions import chosen
from tests.repos import commit_files, head, make_repo
from tests.run.probes.examined import said
from tests.run.probes.test_pipeline import Hosted
from tests.run.shops import IMAGE, RENDERED, manifest

DOCUMENTED = Path(__file__).parents[2] / "docs" / "gitlab"
OWNERS = f"{MARK}, from CODEOWNERS of the branch that people edit; change that one.\n"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Hosted]:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    files |= {"CODEOWNERS": "* @root\nshop/ @acme/shop\n", PIPELINE: (DOCUMENTED / "promoter.yml").read_text("utf-8")}
    repo = make_repo(tmp_path / f"{PATH}.git", {"promoter.yaml": RENDERED, **files})
    with serve(tmp_path) as server:
        yield Hosted(server, repo, tmp_path)
        assert server.strayed == []


def put(ws: Workspace) -> list[str]:
    return [branch for branch, _ in write(ws, wanted(ws, ws.repository.refs(["refs/heads/"])))]


def text(shop: Hosted, branch: str, path: str) -> str:
    data = shop.repo.store.read(shop.repo.store.commit(head(shop.repo, branch)).tree, path)
    assert data is not None
    return data.decode()


def test_what_is_merged_wakes_promoter_and_nothing_else_does(shop: Hosted) -> None:
    assert put(shop.workspace()) == ["environment/dev", "environment/prod"]
    assert (
        text(shop, "environment/prod", "CODEOWNERS")
        == f"{OWNERS}/shop/ @acme/shop\n/.gitlab-ci.yml @root\n/CODEOWNERS @root\n"
    )
    made = text(shop, "environment/prod", ROOT)
    assert made.startswith(f"{MARK}: ")
    assert yaml.safe_load(made) == yaml.safe_load((DOCUMENTED / "environment.gitlab-ci.yml").read_text("utf-8"))
    rules = yaml.safe_load(text(shop, "environment/dev", ROOT))["workflow"]["rules"]
    for source, branch, runs in [
        ("push", "environment/dev", True),
        ("push", "environment/dev-next/shop", False),
        ("push", "environment/prod", False),
        ("merge_request_event", "environment/dev", False),
        ("schedule", "environment/dev", False),
    ]:
        assert chosen(rules, {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch}) is runs
    assert put(shop.workspace()) == []
    assert said(shop.workspace(), "branch_files") == []


def test_somebodys_own_files_stay(shop: Hosted) -> None:
    put(shop.workspace())
    commit_files(shop.repo, "environment/dev", {ROOT: "stages: [x]\n", "CODEOWNERS": None}, "Ours")
    ws = shop.workspace()
    found = {one.branch: one for one in wanted(ws, ws.repository.refs(["refs/heads/"])).branches}
    assert found[Branch("environment/dev")].foreign == (ROOT,)
    assert list(found[Branch("environment/dev")].files) == ["CODEOWNERS"]
    assert said(shop.workspace(), "branch_files") == [("warning", "environment/dev", "CODEOWNERS is missing")]


def test_without_a_pipeline_of_its_own_nothing_wakes(shop: Hosted) -> None:
    commit_files(shop.repo, "main", {PIPELINE: None}, "Use the component")
    ws = shop.workspace()
    found = wanted(ws, ws.repository.refs(["refs/heads/"]))
    assert [list(one.files) for one in found.branches] == [["CODEOWNERS"], ["CODEOWNERS"]]
    assert found.notes == (f"{PIPELINE} is not on main, or a branch's name needs quotes, so nothing there wakes it",)
