"""A ledger whose chain is made short, and what is remembered of the long one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from promoter.errors import LostRace, UsageError
from promoter.git.ref import RefUpdate
from promoter.git.store import Store
from promoter.model.forge import Permission
from promoter.model.names import Oid
from promoter.model.state import dump
from promoter.plan.report.status import plan_json
from promoter.run.act import act
from promoter.run.command import NotAllowed, command
from promoter.run.compact import compact
from promoter.run.ledgers import read_ledger
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.remembered import ledger_at
from promoter.run.run import run, see
from promoter.run.workspace import Workspace
from tests.cli.fleet import CONFIG, Fleet, copy_fleet, make_fleet
from tests.repos import head

LEDGER = "promoter-ledger/shop"
ROOT = "refs/promoter/archive/"


def ws(fleet: Fleet, user: str = "kim") -> Workspace:
    return open_workspace(fleet.repo.url, user=user, now=lambda: fleet.now)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Three releases; the last waits for its approval in prod."""
    made = make_fleet(tmp_path_factory.mktemp("long"), config=CONFIG + "interchange: hydrator\n")
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        release(ws(made), "shop", Wish(version))
        run(ws(made))
        made.later(hours=1)
    return made


@pytest.fixture
def fleet(world: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return copy_fleet(world, tmp_path, capsys)


def chain(fleet: Fleet, tip: Oid) -> list[Oid]:
    return [commit.id for commit in fleet.repo.store.history(tip)]


def archives(fleet: Fleet) -> dict[str, Oid]:
    return fleet.repo.refs([ROOT])


def plan(fleet: Fleet) -> str:
    seen, found = see(ws(fleet))
    return json.dumps(plan_json(ws(fleet).config, seen, found, fleet.now))


def test_the_chain_is_short_and_the_old_one_is_kept(fleet: Fleet) -> None:
    old = head(fleet.repo, LEDGER)
    before = read_ledger(fleet.repo, old, "shop")
    done = compact(ws(fleet), "shop")
    assert (done.tip, done.commits) == (head(fleet.repo, LEDGER), len(chain(fleet, old)))
    assert archives(fleet) == {f"{ROOT}shop/{fleet.now.date()}-{old[:7]}": old} == {done.archive: old}
    assert len(chain(fleet, done.tip)) == 2
    after = read_ledger(fleet.repo, done.tip, "shop")
    assert (after.places, after.next, list(after.releases)) == (before.places, before.next, list(before.releases))
    assert {one.stored for one in after.releases.values()} == {fleet.repo.store.commit(done.tip).parents[0]}


def test_the_plan_is_the_same_before_and_after(fleet: Fleet) -> None:
    before = plan(fleet)
    compact(ws(fleet), "shop")
    assert plan(fleet) == before
    refs = fleet.repo.refs()
    assert run(ws(fleet)).done == ()
    assert fleet.repo.refs() == refs


def test_compacting_twice_changes_nothing(fleet: Fleet) -> None:
    compact(ws(fleet), "shop")
    refs = fleet.repo.refs()
    assert compact(ws(fleet), "shop").archive == ""
    assert fleet.repo.refs() == refs


def test_every_release_still_has_its_content(fleet: Fleet) -> None:
    done = compact(ws(fleet), "shop")
    ledger = read_ledger(fleet.repo, done.tip, "shop")
    tree = fleet.repo.store.commit(fleet.repo.store.commit(done.tip).parents[0]).tree
    for number, one in ledger.releases.items():
        for environment, content in one.content.items():
            entry = fleet.repo.store.entry(tree, f"r{number}/{environment}")
            assert entry is not None
            assert str(entry.id) == content
        assert fleet.repo.store.entry(tree, f"hydrator.metadata/r{number}") is not None
    assert len(ledger.releases) == 3


def test_a_rollback_works_after_it(fleet: Fleet) -> None:
    done = compact(ws(fleet), "shop")
    fleet.repo.update([RefUpdate(done.archive, archives(fleet)[done.archive], None)])
    gone = ["git", f"--git-dir={fleet.repo.url}", "gc", "--quiet", "--prune=now"]
    subprocess.run(gone, check=True, capture_output=True)
    command(ws(fleet), "rollback", "shop", ["dev"], 1)
    run(ws(fleet))
    store = Store(Path(fleet.repo.url))
    files = store.files(store.commit(head(fleet.repo, "environment/dev")).tree, "shop")
    assert b"ghcr.io/acme/shop:1.1.0" in b"".join(store.blob(entry.id) for _, entry in files)
    release(ws(fleet), "shop", Wish("1.4.0"))
    stay = ledger_at(ws(fleet), "shop").place("dev").stay
    assert stay is not None
    assert stay.release == 1


def test_a_run_that_looked_before_loses_and_writes_nothing(fleet: Fleet) -> None:
    command(ws(fleet), "hold", "shop", ["dev"], until=fleet.now.replace(hour=fleet.now.hour + 1))
    fleet.later(hours=2)
    early = ws(fleet)
    seen, found = see(early)
    assert found.actions
    done = compact(ws(fleet), "shop")
    told: list[str] = []
    act(early, seen, found.actions, lambda event: told.append(event.what))
    assert told == ["lost"]
    assert head(fleet.repo, LEDGER) == done.tip


def test_a_write_in_between_wins(fleet: Fleet) -> None:
    early = ws(fleet)
    stale = early.repository.refs()
    command(ws(fleet), "hold", "shop", ["dev"])
    now = fleet.repo.refs()
    with pytest.raises(LostRace):
        early.repository.update(
            [
                RefUpdate(f"{ROOT}shop/x", None, stale[f"refs/heads/{LEDGER}"]),
                RefUpdate(f"refs/heads/{LEDGER}", stale[f"refs/heads/{LEDGER}"], stale["refs/heads/main"]),
            ]
        )
    assert fleet.repo.refs() == now


def test_who_may_not(fleet: Fleet) -> None:
    fleet.forge.set_people({"kim": Permission.READ}, {}, fleet.now)
    refs = fleet.repo.refs()
    with pytest.raises(NotAllowed):
        compact(ws(fleet), "shop")
    assert fleet.repo.refs() == refs
    with pytest.raises(UsageError, match="cart has no releases yet"):
        compact(ws(make_fleet(Path(fleet.repo.url).parent / "new")), "cart")


def test_what_the_terminal_says(fleet: Fleet) -> None:
    old = head(fleet.repo, LEDGER)
    text = dump(read_ledger(fleet.repo, old, "shop")).decode()
    assert fleet.ok("ledger", "show", "shop") == text
    out = fleet.ok("ledger", "compact", "shop")
    (archive,) = archives(fleet)
    assert out == f"shop: {len(chain(fleet, old))} commits are kept in {archive}\n"
    assert fleet.ok("ledger", "show", "shop") != text
    assert fleet.ok("ledger", "show", "shop", "--at", old[:10]) == text
    assert fleet("ledger", "show", "shop", "--json").json["app"] == "shop"
    assert fleet.ok("ledger", "compact", "shop") == "shop: nothing to compact\n"
    for wrong in ("zz", "0" * 40, fleet.repo.store.commit(head(fleet.repo, LEDGER)).parents[0]):
        assert fleet("ledger", "show", "shop", "--at", wrong).code == 2
