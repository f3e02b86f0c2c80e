"""Releases that reach the dry branch by pull request: `dry: {commit: pull_request}`."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import Rejected
from promoter.git.store import CommitInfo
from promoter.model.forge import PullRequest, PullState
from promoter.model.names import Branch, Oid
from promoter.model.release import Release
from promoter.run.dry_pull import Offer
from promoter.run.ledgers import read_ledger
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.run import run
from promoter.run.workspace import Workspace
from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.policy.trees import problems
from tests.repos import commit_files, head, tip

BRANCH = Branch("promoter/release/shop")
SHOP, SIDECAR = "ghcr.io/acme/shop", "ghcr.io/acme/sidecar"
BY_PULL = CONFIG.replace('images: ["ghcr.io/acme/shop"]', f'images: ["{SHOP}", "{SIDECAR}"]') + (
    "dry: {commit: pull_request}\n"
)
SECOND = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: side}
spec: {template: {spec: {containers: [{name: side, image: "ghcr.io/acme/sidecar:1.0.0"}]}}}
"""


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    made = make_fleet(tmp_path, capsys, BY_PULL)
    commit_files(made.repo, "main", {f"shop/{e}/side.yaml": SECOND for e in ("dev", "staging", "prod")}, "Sidecar")
    run(at(made))
    return made


def at(fleet: Fleet, user: str = "kim") -> Workspace:
    return open_workspace(fleet.repo.url, user=user, now=lambda: fleet.now)


def ask(fleet: Fleet, **images: str) -> Offer:
    names = {"shop": SHOP, "sidecar": SIDECAR}
    made = release(at(fleet), "shop", Wish(images={names[key]: version for key, version in images.items()}))
    assert isinstance(made, Offer)
    return made


def pulls(fleet: Fleet) -> list[PullRequest]:
    return list(fleet.forge.pulls([BRANCH])[BRANCH])


def commit(fleet: Fleet, oid: Oid) -> CommitInfo:
    return fleet.repo.store.commit(oid)


def releases(fleet: Fleet) -> list[str]:
    found = read_ledger(fleet.repo, head(fleet.repo, "promoter-ledger/shop"), "shop")
    return [found.releases[number].label for number in sorted(found.releases)]


def standing(fleet: Fleet, branch: str = "main") -> set[str]:
    tree = commit(fleet, head(fleet.repo, branch)).tree
    text = b"".join(fleet.repo.store.blob(entry.id) for _, entry in fleet.repo.store.files(tree, "shop/prod")).decode()
    return {word.strip('"}]').partition("acme/")[2] for word in text.split() if "acme/" in word}


def test_the_dry_branch_is_not_pushed_and_a_merge_makes_the_release(fleet: Fleet) -> None:
    before, known = head(fleet.repo), releases(fleet)
    made = ask(fleet, shop="1.4.2")
    assert (made.version, made.pull.number, made.fresh) == ("1.4.2", pulls(fleet)[-1].number, True)
    assert head(fleet.repo) == before
    assert commit(fleet, head(fleet.repo, BRANCH)).parents == (before,)
    assert standing(fleet, BRANCH) == {"shop:1.4.2", "sidecar:1.0.0"}
    (pull,) = pulls(fleet)
    assert (pull.title, pull.base_branch) == ("Release shop 1.4.2", "main")
    run(at(fleet))
    assert releases(fleet) == known
    fleet.forge.merge_as(pull.number, "kim", "squash", fleet.now)
    run(at(fleet, "promoter"))
    assert releases(fleet) == [*known, "1.4.2"]


def test_asking_again_writes_nothing(fleet: Fleet) -> None:
    ask(fleet, shop="1.4.2")
    fleet.later(minutes=5)
    before, known = fleet.repo.refs(), pulls(fleet)
    again = ask(fleet, shop="1.4.2")
    assert (again.fresh, fleet.repo.refs(), pulls(fleet)) == (False, before, known)


def test_a_branch_without_its_pull_request_gets_one_and_keeps_its_commit(fleet: Fleet) -> None:
    made = ask(fleet, shop="1.4.2")
    fleet.forge.close_as(made.pull.number, "kim", fleet.now)
    fleet.later(minutes=5)
    again = ask(fleet, shop="1.4.2")
    assert (again.head, again.fresh) == (made.head, True)
    assert [pull.state for pull in pulls(fleet)] == [PullState.CLOSED, PullState.OPEN]


def test_a_newer_version_moves_the_pull_request_and_keeps_what_waits_beside_it(fleet: Fleet) -> None:
    first = ask(fleet, shop="1.4.2")
    ask(fleet, sidecar="2.0.0")
    last = ask(fleet, shop="1.4.3")
    assert first.pull.number == last.pull.number
    assert commit(fleet, last.head).parents == (head(fleet.repo),)
    assert standing(fleet, BRANCH) == {"shop:1.4.3", "sidecar:2.0.0"}
    (pull,) = pulls(fleet)
    assert pull.title == "Release shop 1.4.3, 2.0.0"
    assert "1.4.2" not in pull.body


def test_what_the_dry_branch_changed_itself_is_not_taken_back(fleet: Fleet) -> None:
    ask(fleet, shop="1.4.2", sidecar="2.0.0")
    files = {f"shop/{env}/side.yaml": SECOND.replace("1.0.0", "3.0.0") for env in ("dev", "staging", "prod")}
    commit_files(fleet.repo, "main", files, "Newer sidecar")
    ask(fleet, shop="1.4.3")
    assert standing(fleet, BRANCH) == {"shop:1.4.3", "sidecar:3.0.0"}


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_after_a_merge_the_branch_is_used_again(fleet: Fleet, method: str) -> None:
    fleet.forge.merge_as(ask(fleet, shop="1.4.2").pull.number, "kim", method, fleet.now)
    again = ask(fleet, shop="1.4.3")
    assert again.pull.number == pulls(fleet)[-1].number != pulls(fleet)[0].number
    assert commit(fleet, again.head).parents == (head(fleet.repo),)


def test_a_persons_commits_are_not_replaced(fleet: Fleet) -> None:
    ask(fleet, shop="1.4.2")
    theirs = commit_files(fleet.repo, BRANCH, {"shop/prod/more.yaml": "# more\n"}, "More")
    with pytest.raises(Rejected, match="holds commits that are not promoter's"):
        ask(fleet, shop="1.4.3")
    assert tip(fleet.repo, BRANCH) == theirs


def test_what_stands_there_already_is_released_at_once(fleet: Fleet) -> None:
    before = head(fleet.repo)
    commit_files(fleet.repo, "main", {"shop/prod/more.yaml": "kind: List\n"}, "More")
    made = release(at(fleet), "shop", Wish(images={SHOP: "1.0.0"}))
    assert isinstance(made, Release)
    assert made.number == 2
    assert (pulls(fleet), head(fleet.repo) != before) == ([], True)


def test_what_the_terminal_says(fleet: Fleet) -> None:
    out = fleet.ok("release", "shop", "--image", f"{SHOP}=1.4.2")
    assert out.splitlines() == [
        f"shop 1.4.2 is proposed: pull request {pulls(fleet)[-1].number} into main",
        "  ghcr.io/acme/shop  1.0.0  -> 1.4.2",
        "promoter run makes the release once a person has merged it",
    ]
    made = fleet("release", "shop", "--image", f"{SHOP}=1.4.2", "--json").json
    assert (made["schema"], made["changed"], made["version"]) == ("promoter.offer/v1", False, "1.4.2")
    assert made["images"] == [{"name": SHOP, "from": "1.0.0", "to": "1.4.2", "digest": None}]


def test_the_key_is_refused_where_nothing_is_committed() -> None:
    text = "version: 1\nlive: none\nenvironments: [dev]\napps: {a: x}\ndry: {commit: pull_request}\n"
    (found,) = problems({"promoter.yaml": text, "x/a.yaml": ""})
    assert found.startswith("promoter.yaml:5:dry.commit: needs a layout: ")


def test_labels_wait_with_what_waits_and_reach_the_release(fleet: Fleet) -> None:
    def ask_for(version: str, *labels: str) -> Offer:
        made = release(at(fleet), "shop", Wish(images={SHOP: version}, labels=labels))
        assert isinstance(made, Offer)
        return made

    assert ask_for("1.4.2", "hotfix").fresh
    assert not ask_for("1.4.2", "hotfix").fresh
    assert not ask_for("1.4.2").fresh
    assert ask_for("1.4.2", "urgent").fresh
    last = ask_for("1.4.3")
    assert commit(fleet, last.head).message == "Release shop 1.4.3\n\nPromoter-Label: hotfix\nPromoter-Label: urgent\n"
    fleet.forge.merge_as(last.pull.number, "kim", "rebase", fleet.now)
    run(at(fleet, "promoter"))
    newest = read_ledger(fleet.repo, head(fleet.repo, "promoter-ledger/shop"), "shop").newest
    assert newest is not None
    assert (newest.label, newest.labels) == ("1.4.3", ("hotfix", "urgent"))
