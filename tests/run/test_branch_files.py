"""What stands beside the manifests on their branches: written once, by commits of ours, and kept by every proposal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from promoter.errors import LostRace
from promoter.forge.codeowners import parse_codeowners
from promoter.git.ref import RefUpdate
from promoter.model.names import Branch
from promoter.run.branch_files import MARK, OWNERS, WAKE, Wanted, wanted, write
from promoter.run.workspace import Workspace
from tests.repos import commit_files, head, tip
from tests.run.probes.hosted import Hosted, hosted
from tests.run.shops import APP, HEAD, IN_PLACE, RENDERED, Shop, make_shop

DOCUMENTED = Path(__file__).parents[2] / "docs" / "github"
WORKFLOW = {".github/workflows/promoter.yaml": (DOCUMENTED / "promoter.yaml").read_text(encoding="utf-8")}
CODEOWNERS = {"CODEOWNERS": "* @root\nshop/ @acme/shop\n"}
TEXT = f"{MARK}, from CODEOWNERS of the branch that people edit; change that one.\n/.github/ @root\n/shop/ @acme/shop\n"
ROOTED = f'{HEAD}layout: {{branch: "env/{{app}}/{{environment}}", path: ""}}\napps: {{shop: {{{APP}}}}}\n'
FOLDERS = f'{HEAD}layout: {{branch: deploy, path: "{{environment}}/{{app}}"}}\napps: {{shop: {{{APP}}}}}\n'


def seen(ws: Workspace) -> Wanted:
    return wanted(ws, ws.repository.refs(["refs/heads/"]))


def put(shop: Shop) -> list[str]:
    """Write what is wanted; give the branches that moved."""
    shop.later()
    ws = shop.workspace()
    return [branch for branch, _ in write(ws, seen(ws))]


def test_owners_of_the_sources_own_the_slots(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    assert put(shop) == ["environment/dev", "environment/prod"]
    assert shop.text("environment/prod", OWNERS) == TEXT
    names = [
        name for name, _ in shop.repo.store.children(shop.repo.store.commit(head(shop.repo, "environment/dev")).tree)
    ]
    assert names == [".github"], "no workflow where no GitHub is"


def test_twice_is_once(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    put(shop)
    before = shop.repo.refs()
    assert (put(shop), shop.repo.refs()) == ([], before)


def test_what_changes_is_written_again_and_nothing_else_is(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    put(shop)
    shop.run()
    before = head(shop.repo, "environment/prod")
    shop.commit({"CODEOWNERS": "* @root\nshop/ @acme/sre\n"})
    assert put(shop) == ["environment/dev", "environment/prod"]
    commit = shop.repo.store.commit(head(shop.repo, "environment/prod"))
    assert commit.parents == (before,)
    assert "/shop/ @acme/sre" in shop.text("environment/prod", OWNERS)
    assert "1.0.0" in shop.text("environment/prod", "shop/deployment-shop.yaml")


@pytest.mark.parametrize(
    ("config", "branch", "path"),
    [
        (RENDERED, "environment/{}", "shop/"),
        (ROOTED, "env/shop/{}", ""),
        (FOLDERS, "deploy", "{}/shop/"),
    ],
    ids=["branches", "roots", "folders"],
)
def test_proposals_and_merges_keep_them(tmp_path: Path, config: str, branch: str, path: str) -> None:
    shop = make_shop(tmp_path, config, CODEOWNERS)
    put(shop)
    shop.release("1.0.1")
    shop.run()
    for name in ("dev", "prod"):
        text = shop.text(branch.format(name), OWNERS)
        owners = parse_codeowners(text)
        manifest = f"{path.format(name)}deployment-shop.yaml"
        assert owners.owners(manifest) == ("@acme/shop",)
        assert owners.owners(".github/workflows/promoter-wake.yaml") == ("@root",)
        assert "1.0.1" in shop.text(branch.format(name), manifest)
    assert {name: shop.active(name) for name in ("dev", "prod")} == {"dev": 1, "prod": 1}
    shop.run()
    assert shop.run().done == (), "they are no drift"


def test_they_may_come_later(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, ROOTED, CODEOWNERS)
    shop.run()
    shop.run()
    assert shop.active("prod") == 1
    assert len(put(shop)) == 2
    assert shop.run().done == ()
    assert shop.ledger.place("prod").drift is None


def test_what_somebody_wrote_there_stays(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    shop.run()
    commit_files(shop.repo, "environment/prod", {OWNERS: "* @theirs\n"}, "Ours", at=shop.now)
    found = {one.branch: one for one in seen(shop.workspace()).branches}
    assert found[Branch("environment/prod")].foreign == (OWNERS,)
    assert put(shop) == ["environment/dev"]
    assert shop.text("environment/prod", OWNERS) == "* @theirs\n"


def test_nothing_is_wanted_without_owners_or_layout(tmp_path: Path) -> None:
    assert [one.files for one in seen(make_shop(tmp_path / "a").workspace()).branches] == [{}, {}]
    assert seen(make_shop(tmp_path / "b", IN_PLACE, CODEOWNERS).workspace()) == Wanted(())


def test_a_line_about_some_files_is_told(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files={"CODEOWNERS": "* @root\nshop/*/app.yaml @lin\n", "shop/dev/README": "x"})
    found = seen(shop.workspace())
    assert found.notes == ("CODEOWNERS:2 speaks of some files of shop only, which cannot be told apart once rendered",)


def test_a_branch_that_moved_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, files=CODEOWNERS)
    shop.run()
    ws = shop.workspace()
    found = seen(ws)
    theirs = commit_files(shop.repo, "environment/dev", {"x": "y"}, "Meanwhile", at=shop.now)
    with pytest.raises(LostRace):
        write(ws, found)
    assert tip(shop.repo, "environment/dev") == theirs


# --- on GitHub ---


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Hosted]:
    with hosted(tmp_path, files=WORKFLOW | CODEOWNERS) as shop:
        yield shop


def test_on_github_the_documented_workflow_wakes_promoter(github: Hosted) -> None:
    ws = github.workspace()
    assert [branch for branch, _ in write(ws, seen(ws))] == ["environment/dev", "environment/prod"]
    tree = github.repo.store.commit(head(github.repo, "environment/prod")).tree
    data = github.repo.store.read(tree, WAKE)
    assert data is not None
    assert yaml.safe_load(data) == yaml.safe_load((DOCUMENTED / "wake.yaml").read_text(encoding="utf-8"))
    assert github.repo.store.read(tree, OWNERS) == TEXT.encode()
    assert [one.files for one in seen(github.workspace()).branches] == [{}, {}]


def test_it_starts_the_workflow_that_there_is(tmp_path: Path) -> None:
    ours = "on: {workflow_dispatch: }\njobs: {a: {steps: [{run: promoter run}]}}\n"
    with hosted(tmp_path, files={".github/workflows/it's ours.yml": ours}) as shop:
        shop.repo.update([RefUpdate('refs/heads/a"b', None, head(shop.repo))])
        ws = shop.workspace()
        ws.branch = Branch('a"b')
        [one, _] = seen(ws).branches
    env = yaml.safe_load(one.files[WAKE])["jobs"]["wake"]["steps"][0]["env"]
    assert (env["WORKFLOW"], env["BRANCH"]) == ("it's ours.yml", 'a"b')


@pytest.mark.parametrize("on", ["push", "[push, schedule]"])
def test_without_one_that_can_be_started_nothing_wakes(tmp_path: Path, on: str) -> None:
    files = {".github/workflows/x.yml": f"on: {on}\njobs: {{a: {{steps: [{{run: promoter run}}]}}}}\n"}
    with hosted(tmp_path, files=files) as shop:
        found = seen(shop.workspace())
    assert [one.files for one in found.branches] == [{}, {}]
    assert found.notes == ("no workflow on main runs promoter and can be started, so nothing there wakes it",)


def test_an_installed_package_carries_it_along() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '\n"docs/github/wake.yaml" = "promoter/workflows/wake.yaml"\n' in project
