"""Hydrated commits as Argo CD's Source Hydrator and GitOps Promoter read them: `interchange: hydrator`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promoter.model.ledger import How, Ledger
from promoter.model.names import Oid
from promoter.run.command import command
from promoter.run.ledgers import read_ledger
from promoter.run.open import open_workspace
from promoter.run.run import Outcome, run
from tests.cli.fleet import CONFIG, MANIFEST, Fleet, make_fleet
from tests.policy.trees import problems
from tests.repos import commit_files, head, tip

PLAIN = CONFIG.replace('path: "{app}"', 'path: "."').replace("  cart: {path", "  # cart: {path")
ON = PLAIN + "interchange: hydrator\n"
NOTES = "refs/notes/hydrator.metadata"
ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return make_fleet(tmp_path, config=ON)


def go(fleet: Fleet) -> Outcome:
    return run(open_workspace(fleet.repo.url, now=lambda: fleet.now))


def approve(fleet: Fleet) -> None:
    for pull in fleet.forge.all_pulls():
        if pull.state == "open":
            fleet.forge.approve(pull.number, "lin", fleet.now)
            fleet.forge.merge_as(pull.number, "lin", "squash", fleet.now)


def change(fleet: Fleet, *environments: str, again: str = "0") -> Oid:
    files = {f"shop/{env}/app.yaml": MANIFEST.format(app="shop", environment=f"{env}-{again}") for env in environments}
    return commit_files(fleet.repo, "main", files, "Change it\n\nFor a reason.", at=fleet.now)


def text(fleet: Fleet, branch: str, path: str = "hydrator.metadata") -> Any:
    data = fleet.repo.store.read(fleet.repo.store.commit(head(fleet.repo, branch)).tree, path)
    return json.loads(data) if data is not None else None


def note(fleet: Fleet, environment: str) -> Any:
    found = fleet.repo.refs([NOTES]).get(NOTES)
    if found is None:
        return None
    tree = fleet.repo.store.commit(found).tree
    data = fleet.repo.store.read(tree, head(fleet.repo, f"environment/{environment}"))
    return json.loads(data) if data is not None else None


def ledger(fleet: Fleet) -> Ledger:
    return read_ledger(fleet.repo, head(fleet.repo, "promoter-ledger/shop"), "shop")


def test_what_a_hydrated_commit_says(fleet: Fleet) -> None:
    dry = change(fleet, *ENVIRONMENTS)
    go(fleet)
    assert text(fleet, "environment/dev") == {
        "drySha": dry,
        "author": "Kim <kim@example.com>",
        "date": "2026-11-20T14:05:00Z",
        "subject": "Change it",
        "body": "For a reason.",
    }
    assert text(fleet, "environment/prod-next") == text(fleet, "environment/dev")
    (waiting,) = [pull for pull in fleet.forge.all_pulls() if pull.state == "open"]
    assert "hydrator.metadata" not in waiting.body


def test_the_file_stands_in_the_slot_of_a_shared_branch(tmp_path: Path) -> None:
    fleet = make_fleet(tmp_path, config=CONFIG + "interchange: hydrator\n")
    go(fleet)
    assert text(fleet, "environment/dev") is None
    assert text(fleet, "environment/dev", "shop/hydrator.metadata")["drySha"] == head(fleet.repo)
    assert fleet.repo.refs(["refs/notes/"]) == {}


def test_a_release_that_changes_nothing_here_is_noted_on_the_tip(fleet: Fleet) -> None:
    first = change(fleet, *ENVIRONMENTS)
    go(fleet)
    before = head(fleet.repo, "environment/dev")
    second = change(fleet, "prod", again="1")
    said = go(fleet)
    assert head(fleet.repo, "environment/dev") == before
    assert (text(fleet, "environment/dev")["drySha"], note(fleet, "dev")) == (first, {"drySha": second})
    stay = ledger(fleet).place("dev").stay
    assert stay is not None
    assert (stay.release, stay.how) == (2, How.UNCHANGED)
    noted = [(event.environment, event.text) for event in said.done if event.what == "noted"]
    assert [name for name, _ in noted] == ["dev", "staging"]
    assert noted[0][1] == f"environment/dev at {before[:7]} is what {second[:7]} renders to as well"


def test_runs_on_an_unchanged_world_write_nothing(fleet: Fleet) -> None:
    change(fleet, *ENVIRONMENTS)
    go(fleet)
    change(fleet, "prod", again="1")
    go(fleet)
    before, pulls = fleet.repo.refs(), fleet.forge.all_pulls()
    fleet.later(hours=2)
    assert go(fleet).done == ()
    assert (fleet.repo.refs(), fleet.forge.all_pulls()) == (before, pulls)


def test_a_note_that_was_lost_or_is_wrong_is_written_again_and_others_stay(fleet: Fleet) -> None:
    change(fleet, *ENVIRONMENTS)
    go(fleet)
    second = change(fleet, "prod", again="1")
    go(fleet)
    mine = head(fleet.repo, "environment/dev")
    theirs = "a" * 40
    noted = fleet.repo.refs([NOTES])[NOTES]
    store = fleet.repo.store
    tree = store.edit_tree(store.commit(noted).tree, {mine: None})
    tree = store.edit_tree(tree, {theirs: next(iter(store.files(store.commit(noted).tree)))[1]})
    lost = store.put_commit(tree, [noted], "Lost", ("Kim", "kim@example.com"), fleet.now)
    store.repo.references.create(NOTES, lost, force=True)
    go(fleet)
    assert note(fleet, "dev") == {"drySha": second}
    found = store.commit(fleet.repo.refs([NOTES])[NOTES])
    assert (found.parents, store.entry(found.tree, theirs) is not None) == ((lost,), True)


def test_a_proposal_stays_ours_when_the_key_is_turned_on_or_off(fleet: Fleet) -> None:
    change(fleet, *ENVIRONMENTS)
    go(fleet)
    proposed = head(fleet.repo, "environment/prod-next")
    commit_files(fleet.repo, "main", {"promoter.yaml": PLAIN}, "Off", at=fleet.now)
    done = go(fleet)
    seen = done.snapshot.apps["shop"].slots["prod"].proposal
    assert seen is not None
    assert (seen.ours, head(fleet.repo, "environment/prod-next")) == (True, proposed)
    approve(fleet)
    change(fleet, *ENVIRONMENTS, again="2")
    go(fleet)
    assert text(fleet, "environment/dev") is None
    assert tip(fleet.repo, "environment/dev") is not None
    commit_files(fleet.repo, "main", {"promoter.yaml": ON}, "On", at=fleet.now)
    third = change(fleet, *ENVIRONMENTS, again="3")
    go(fleet)
    assert text(fleet, "environment/dev")["drySha"] == third


def test_a_rollback_brings_back_what_was_said_then(fleet: Fleet) -> None:
    first = change(fleet, *ENVIRONMENTS)
    go(fleet)
    second = change(fleet, *ENVIRONMENTS, again="1")
    go(fleet)
    assert text(fleet, "environment/dev")["drySha"] == second
    command(open_workspace(fleet.repo.url, user="kim", now=lambda: fleet.now), "rollback", "shop", ["dev"])
    go(fleet)
    assert text(fleet, "environment/dev")["drySha"] == first
    assert ledger(fleet).place("dev").drift is None


def test_the_key_is_refused_where_nothing_is_hydrated() -> None:
    text = "version: 1\nlive: none\nenvironments: [dev]\napps: {a: x}\ninterchange: hydrator\n"
    (found,) = problems({"promoter.yaml": text, "x/a.yaml": ""})
    assert found == "promoter.yaml:5:interchange: needs a layout: without one nothing is hydrated"
