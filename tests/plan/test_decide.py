"""Whole plans: how an app begins, what is made of what people changed, the order of actions, and the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.model.ledger import Drift, Hold, Place
from promoter.model.plan import Action, MakeRelease, Propose, Record, State
from promoter.model.release import ReleaseState
from promoter.model.state import plain
from promoter.model.verdict import Answer
from promoter.plan.decide import decide
from tests.plan.worlds import (
    LEDGER,
    NOW,
    OTHER,
    TIP,
    Look,
    Releases,
    World,
    ago,
    fresh,
    held,
    holds,
    line,
    look,
    offered,
    proposed,
    release,
    says,
    skipped,
    world,
)

ALL = ("dev", "staging", "prod")


def kinds(seen: World) -> list[str]:
    """Give the kinds of what is done, in order."""
    return [type(action).__name__ for action in seen.plan().actions]


# --- how an app begins ---


@pytest.mark.parametrize(
    ("slots", "dry_changed", "done", "problem"),
    [
        ({}, True, ["MakeRelease"], ""),
        ({}, False, [], ""),
        (
            {"dev": look(OTHER)},
            True,
            [],
            "shop: something stands in its slots already. Take it as the start: promoter adopt shop",
        ),
        (
            {"dev": look(OTHER, our_trailers=True)},
            True,
            [],
            "shop: its active branches carry promoter's commits, but its ledger is missing. Restore that branch, or "
            "start again from what runs: promoter adopt shop --lost-ledger",
        ),
    ],
    ids=["empty slots", "empty slots and nothing to release", "something stands there", "a lost ledger"],
)
def test_an_app_without_a_ledger(slots: dict[str, Any], dry_changed: bool, done: list[str], problem: str) -> None:
    seen = world(line(), [], {}, slots, Look(tip=None, dry_changed=dry_changed))
    plan = seen.plan()
    assert kinds(seen) == done
    assert plan.problems == ((problem,) if problem else ())
    assert [it.environment for it in plan.slots] == list(ALL)


def test_the_first_release_is_made_on_no_ledger() -> None:
    seen = world(line(), [], {}, rest=Look(tip=None, dry_changed=True))
    assert seen.does(MakeRelease) == [MakeRelease("shop", "the first release of an app with empty slots", None)]


def test_a_ledger_that_is_not_believed_is_unknown_and_nothing_is_done() -> None:
    seen = world(line(), [1, 2], {name: holds(1) for name in ALL}, rest=Look(dry_changed=True))
    app = replace(seen.snapshot.apps["shop"], doubt="shop: its ledger was signed by somebody else")
    plan = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app})).plan()
    assert (plan.actions, plan.problems) == ((), (app.doubt,))
    assert {it.state for it in plan.slots} == {State.UNKNOWN}
    assert {verdict.answer for it in plan.slots for verdict in it.waiting_for} == {Answer.UNKNOWN}


# --- what people changed ---


def test_a_changed_dry_branch_is_a_release_on_the_ledger_that_was_seen() -> None:
    seen = world(line(), [1], {name: holds(1) for name in ALL}, rest=Look(dry_changed=True))
    assert seen.does(MakeRelease) == [MakeRelease("shop", "the dry branch has changed what is rendered", LEDGER)]


def test_what_is_known_is_recorded_before_a_release_is_made() -> None:
    places = {**{name: holds(1) for name in ALL}, "dev": fresh(1)}
    assert kinds(world(line(), [1], places, rest=Look(dry_changed=True))) == ["Record"]


@pytest.mark.parametrize(
    ("environment", "in_place", "made"),
    [("dev", True, "dev"), ("dev", False, None), ("staging", True, None)],
    ids=["in a first environment", "of a rendered slot", "in a later environment"],
)
def test_a_value_that_somebody_changed_is_a_release(environment: str, in_place: bool, made: str | None) -> None:
    drift = Drift(OTHER, TIP, ago(5))
    places = {**{name: holds(1) for name in ALL}, environment: holds(1, drift=drift)}
    seen = world(line(), [1], places, {environment: look(OTHER)}, Look(in_place=in_place))
    assert [it.from_environment for it in seen.does(MakeRelease)] == ([made] if made else [])


# --- the order of actions ---


def test_the_ledger_is_written_first_and_once() -> None:
    seen = world(line(), [1, 2], {"dev": fresh(2, 1, since=1), "staging": holds(1), "prod": holds(1)})
    assert kinds(seen) == ["Record", "Propose"]
    record = seen.does(Record)[0]
    assert record.expect == LEDGER
    assert record.reason.splitlines() == [
        "dev: r2 is healthy",
        "dev: r2 is verified: live and healthy",
        "staging: r2 is proposed (promotion)",
    ]
    assert seen.plan().ledgers == (record.ledger,)


def test_one_look_carries_what_changes_nothing_through_the_whole_line() -> None:
    releases: Releases = [1, release(2, content=release(1, ALL).content)]
    seen = world(line(), releases, {name: holds(1) for name in ALL})
    assert kinds(seen) == ["Record"]
    assert [seen.plan().ledgers[0].places[name].mark for name in ALL] == [2, 2, 2]


def test_what_the_slot_holds_already_is_not_proposed() -> None:
    """r2 has the content of r1 and is held off: when somebody resumes it arrives by itself."""
    releases: Releases = [1, release(2, content=release(1, ALL).content)]
    places = {"dev": holds(2, 1), "staging": holds(1, hold=held(), proposal=proposed(2, None)), "prod": holds(1)}
    assert world(line(), releases, places).does(Propose, "staging") == []


def test_a_failed_release_goes_nowhere() -> None:
    broken = release(2, ALL, state=ReleaseState.FAILED, failures={"prod": "no such file"})
    seen = world(line(), [1, broken], {name: holds(1) for name in ALL})
    assert kinds(seen) == []


def test_apps_that_the_config_does_not_name_are_left_alone() -> None:
    seen = world(line(), [1], {name: holds(1) for name in ALL})
    gone = replace(seen, config=replace(seen.config, apps={}))
    assert (gone.plan().actions, gone.plan().slots, gone.plan().ledgers) == ((), (), ())


def test_apps_that_were_not_looked_at_are_left_alone() -> None:
    seen = world(line(), [1, 2], {name: holds(1) for name in ALL})
    assert replace(seen, snapshot=replace(seen.snapshot, apps={})).plan().actions == ()


def test_problems_of_the_look_are_passed_on() -> None:
    seen = world(line(), [1], {name: holds(1) for name in ALL})
    app = replace(seen.snapshot.apps["shop"], problems=("shop: a branch is missing",))
    assert replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app})).plan().problems == app.problems


def test_the_next_look_is_the_earliest_of_all_slots() -> None:
    places = {
        "dev": holds(1),
        "staging": holds(1, hold=held(until=NOW + timedelta(hours=5))),
        "prod": fresh(1, since=5),
    }
    seen = world(line(), [1], places, {"prod": look(1, says(Answer.PENDING, "behind"))})
    assert seen.plan().next_look == NOW + timedelta(minutes=55)


# --- the same input, the same plan ---

PLACES = st.sampled_from(
    [
        Place(),
        holds(1),
        holds(2, 1),
        holds(3, 2, 1),
        fresh(2, 1),
        fresh(3, 1, healthy=2),
        holds(1, hold=held()),
        holds(1, hold=held(until=ago(1))),
        holds(1, proposal=proposed(2)),
        holds(1, skips={3: skipped()}),
        holds(2, 1, drift=Drift(OTHER, TIP, ago(9))),
    ]
)
SLOTS = st.sampled_from(
    [{}, look(1), look(2), look(3), look(OTHER), look(None), offered(2, 1), offered(3, 1), offered(3, 2, ours=False)]
)
REPORTS = st.sampled_from([(), (says(Answer.PENDING),), (says(Answer.FAILURE),), (says(Answer.UNKNOWN),)])


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any mixture of places and looks, also those that no history leads to."""
    slots: dict[str, dict[str, Any]] = {}
    for name in ALL:
        live = draw(REPORTS)
        slots[name] = {**draw(SLOTS), **({"live": live} if live else {})}
    return world(line(), [1, 2, 3], {name: draw(PLACES) for name in ALL}, slots)


def text(actions: tuple[Action, ...]) -> str:
    """Give actions as text that shows everything."""
    return json.dumps([[type(it).__name__, plain(it)] for it in actions])


@given(seen=worlds())
def test_the_same_world_gives_the_same_plan(seen: World) -> None:
    first, second = seen.plan(), decide(seen.config, seen.snapshot, NOW)
    assert first == second
    assert text(first.actions) == text(second.actions)


@given(seen=worlds())
def test_recording_comes_to_an_end(seen: World) -> None:
    """A second look may bind the pull request of what the first one chose; then nothing is left to write down."""
    for _ in range(3):
        plan = seen.plan()
        app = replace(seen.snapshot.apps["shop"], ledger=plan.ledgers[0])
        seen = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))
    again = seen.plan()
    assert [it for it in again.actions if isinstance(it, Record)] == []
    assert again.ledgers == plan.ledgers


@given(seen=worlds())
def test_nothing_is_done_where_a_person_holds(seen: World) -> None:
    book = seen.snapshot.apps["shop"].ledger
    stopped = {name: replace(book.place(name), hold=Hold("kim", ago(9)), target=None) for name in ALL}
    app = replace(seen.snapshot.apps["shop"], ledger=replace(book, places=stopped))
    plan = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app})).plan()
    assert {type(it).__name__ for it in plan.actions} <= {
        "Record", "UpsertPullRequest", "SetCommitStatus", "ClosePullRequest", "Propose"
    }  # fmt: skip
    moved = [it for it in plan.actions if isinstance(it, Propose)]
    assert all(book.place(it.slot.environment).proposal is not None for it in moved)
