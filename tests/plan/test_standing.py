"""How a slot stands: the first state that fits, what it waits for, and when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from promoter.model.ledger import Drift, How, Kind, Place, Result
from promoter.model.plan import SlotPlan, State
from promoter.model.release import ReleaseState
from promoter.model.verdict import Answer
from promoter.policy.rules import Accept, Freeze, Promote, Verify
from tests.plan.worlds import (
    NOW,
    OTHER,
    TIP,
    Look,
    Releases,
    ago,
    back_to,
    diamond,
    fresh,
    held,
    holds,
    line,
    look,
    offered,
    outcome,
    proposed,
    pull,
    release,
    rules,
    says,
    skipped,
    stay,
    world,
)

ALL = ("dev", "staging", "prod")
WELL, SICK = says(Answer.SUCCESS), says(Answer.FAILURE)
AWAY, BEHIND = says(Answer.UNKNOWN), says(Answer.PENDING)
SOAK = Verify(soak=timedelta(minutes=30), within=timedelta(minutes=60))
WEEK = Freeze(NOW.date(), NOW.date() + timedelta(days=5), (), "fair")
MIXED = holds(1, stay=stay(1, how=How.MIXED, content=OTHER), outcomes={})
FAILED = holds(2, 1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED, 50)})


def staging(
    place: Place, slot: dict[str, Any] | None = None, rest: Look | None = None, newest: int = 2, **settings: Any
) -> SlotPlan:
    """Give how staging stands; dev has verified everything up to `newest`."""
    numbers = list(range(1, newest + 1))
    shape = line(staging=rules("dev", **settings))
    places = {"dev": holds(*reversed(numbers)), "staging": place, "prod": holds(1)}
    plan = world(shape, numbers, places, {"staging": slot} if slot is not None else {}, rest).plan()
    return next(it for it in plan.slots if it.environment == "staging")


@pytest.mark.parametrize(
    ("place", "slot", "state", "since"),
    [
        (FAILED, look(2, SICK), State.FAILED, ago(50)),
        (replace(FAILED, hold=held()), look(2, SICK), State.FAILED, ago(50)),
        (replace(FAILED, hold=held()), look(2, AWAY), State.FAILED, ago(50)),
        (replace(FAILED, hold=held()), look(2, WELL), State.HELD, ago(30)),
        (FAILED, look(2, WELL), State.FAILED, ago(50)),
        (holds(2, 1, outcomes={2: outcome(Result.UNHEALTHY, 50)}), look(2, SICK), State.FAILED, ago(50)),
        (holds(2, 1, hold=held()), look(2, AWAY), State.HELD, ago(30)),
        (holds(2, 1, hold=held(until=ago(1))), look(2), State.CURRENT, ago(500)),
        (Place(), look(OTHER), State.UNKNOWN, None),
        (holds(2, 1), look(2, AWAY), State.UNKNOWN, ago(500)),
        (holds(2, 1, drift=Drift(OTHER, TIP, ago(9))), look(OTHER, AWAY), State.BLOCKED, ago(9)),
        (holds(1, proposal=proposed(2)), offered(2, 1, ours=False), State.BLOCKED, ago(60)),
        (fresh(2, 1), look(2, BEHIND), State.DEPLOYING, ago(5)),
        (fresh(2, 1), look(2, SICK), State.DEPLOYING, ago(5)),
        (fresh(2, 1, healthy=4), look(2, WELL), State.SOAKING, ago(4)),
        (fresh(1, healthy=4), look(1, WELL), State.SOAKING, ago(4)),
        (holds(1, proposal=proposed(2)), offered(2, 1, pulls=(pull(draft=True),)), State.WAITING, ago(60)),
        (holds(2, 1), look(2), State.CURRENT, ago(500)),
        (MIXED, look(OTHER, WELL), State.WAITING, NOW),
        (Place(mark=2), look(None), State.CURRENT, None),
        (holds(2, 1, outcomes={2: outcome(Result.UNVERIFIED)}), look(2, BEHIND), State.CURRENT, ago(500)),
    ],
    ids=[
        "failed",
        "failed goes before held",
        "failed, and nothing is known now",
        "failed, well again, held",
        "failed stays failed until somebody retries",
        "unhealthy later",
        "held goes before unknown",
        "a hold that is over",
        "something nobody knows",
        "nothing is known of the cluster",
        "a hand edit goes before unknown",
        "a verdict is failure",
        "not live yet",
        "not healthy yet",
        "soaks",
        "soaks although something newer waits",
        "a gate is pending",
        "all is as it should be",
        "mixed has no outcome, something newer waits",
        "nothing was ever here",
        "not verified, and something else does not wait",
    ],
)
def test_the_first_state_that_fits(place: Place, slot: dict[str, Any], state: State, since: datetime | None) -> None:
    found = staging(place, slot, verify=SOAK)
    assert (found.state, found.since) == (state, since)


def test_what_a_slot_tells_of_its_target() -> None:
    found = staging(holds(2, 1, target=back_to(1), hold=held()), look(2, BEHIND))
    assert (found.app, found.target, found.kind, found.live) == ("shop", 1, Kind.ROLLBACK, Answer.PENDING)
    nothing = staging(holds(2, 1))
    assert (nothing.target, nothing.kind, nothing.waiting_for) == (None, Kind.PROMOTION, ())


def test_nothing_is_live_where_nothing_is_active() -> None:
    assert staging(Place(mark=2), look(None)).live is Answer.UNKNOWN


def test_who_merges_is_among_what_is_waited_for() -> None:
    found = staging(holds(1, proposal=proposed(2)), offered(2, 1), promote=Promote.REVIEW)
    assert [verdict.gate for verdict in found.waiting_for] == ["order", "merge"]
    assert found.state is State.WAITING


# --- nothing is chosen, and something newer exists ---


def upstream(seen: SlotPlan) -> list[str]:
    """Give what is waited for, as sentences."""
    return [f"{verdict.gate}: {verdict.reason}" for verdict in seen.waiting_for]


def test_what_is_not_verified_before_is_waited_for() -> None:
    shape, places = line(), {"dev": fresh(2, 1), "staging": holds(1), "prod": holds(1)}
    plan = world(shape, [1, 2], places, {"dev": look(2, BEHIND)}).plan()
    assert [it.state for it in plan.slots] == [State.DEPLOYING, State.WAITING, State.WAITING]
    assert [it.since for it in plan.slots[1:]] == [ago(1000)] * 2, "since there is what is waited for"
    assert upstream(plan.slots[1]) == ["order: r2 is not verified in dev"]
    assert upstream(plan.slots[2]) == ["order: r2 is not verified in staging"]


def test_at_a_join_everything_that_is_missing_is_named() -> None:
    places = {"dev": holds(2, 1), "east": fresh(2, 1), "west": fresh(2, 1), "prod": holds(1)}
    plan = world(diamond(), [1, 2], places, {"east": look(2, BEHIND), "west": look(2, BEHIND)}).plan()
    assert upstream(plan.slots[3]) == ["order: r2 is not verified in east or west"]


@pytest.mark.parametrize(("either", "waits"), [(True, ["order: r2 is not verified in east or west"]), (False, [])])
def test_at_a_join_what_can_still_come_one_way_is_waited_for(either: bool, waits: list[str]) -> None:
    """r2 failed in east and is on its way through west."""
    shape = diamond(prod=rules("east west", either=either))
    east = holds(2, 1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED)})
    places = {"dev": holds(2, 1), "east": east, "west": fresh(2, 1), "prod": holds(1)}
    plan = world(shape, [1, 2], places, {"east": look(2, SICK), "west": look(2, BEHIND)}).plan()
    assert upstream(plan.slots[3]) == waits


def test_by_request_a_word_is_waited_for() -> None:
    found = staging(holds(1), promote=Promote.REQUEST)
    assert upstream(found) == ["request: nothing moves here until somebody says promoter promote"]
    assert found.state is State.WAITING


@pytest.mark.parametrize(
    ("reason", "sentence"), [("INC-1", "hold: held by kim: INC-1"), ("", "hold: held by kim")], ids=["why", "no reason"]
)
def test_where_it_is_held_the_hold_is_waited_for(reason: str, sentence: str) -> None:
    assert upstream(staging(holds(1, hold=held(reason=reason)))) == [sentence]


def test_where_it_is_frozen_the_calendar_is_waited_for_and_nobody_s_word() -> None:
    found = staging(holds(1), rest=Look(settings={"freeze": (WEEK,)}))
    assert upstream(found) == ["freeze: frozen until 9 Mar 00:00: fair"]
    assert (found.state, found.next_look) == (State.WAITING, NOW.replace(day=9, hour=0))


def test_what_can_never_come_is_not_waited_for() -> None:
    releases: Releases = [1, release(2, ALL, state=ReleaseState.FAILED)]
    plan = world(line(), releases, {name: holds(1) for name in ALL}).plan()
    assert [(it.state, it.waiting_for) for it in plan.slots] == [(State.CURRENT, ())] * 3


def test_what_was_overtaken_before_is_not_waited_for() -> None:
    """r2 failed in dev and r3 took its place there; r3 is still to be verified."""
    places = {"dev": fresh(3, 2, 1), "staging": holds(1), "prod": holds(1)}
    dev = replace(places["dev"], outcomes={2: outcome(Result.FAILED)})
    plan = world(line(), [1, 2, 3], {**places, "dev": dev}, {"dev": look(3, BEHIND)}).plan()
    assert upstream(plan.slots[1]) == ["order: r3 is not verified in dev"]


def test_what_is_passed_over_is_named_and_why() -> None:
    releases: Releases = [
        1,
        release(2, ALL, version="2.0.0-rc.1"),
        release(3, ("dev",), version="2.0.0"),
        release(4, ALL, version="2.0.1"),
        release(5, ALL, version="2.0.2"),
    ]
    shape = line(staging=rules("dev", accept=Accept(semver=">=1")))
    places = {"dev": holds(5, 4, 3, 2, 1), "staging": holds(1, skips={4: skipped()}), "prod": holds(1)}
    found = world(shape, releases, places).plan().slots[1]
    assert found.target == 5
    assert found.passed_over == (
        (2, "not in >=1 (pre-release)"),
        (3, "not rendered for staging"),
        (4, "skipped by kim"),
    )


# --- when to look again ---

LATER = NOW + timedelta(hours=9)


def minutes(count: int) -> datetime:
    """Give the moment so many minutes from now."""
    return NOW + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("place", "slot", "expected"),
    [
        (holds(2, 1), look(2), None),
        (fresh(2, 1, since=5, healthy=4), look(2), minutes(26)),
        (fresh(2, 1, since=5), look(2, BEHIND), minutes(55)),
        (fresh(2, 1, since=70), look(2, AWAY), minutes(20)),
        (fresh(2, 1, since=70, healthy=60), look(2, AWAY), minutes(30)),
        (holds(2, 1, hold=held(until=LATER)), look(2), LATER),
        (fresh(2, 1, since=5, healthy=4, hold=held(until=LATER)), look(2), minutes(26)),
        (holds(2, 1, outcomes={2: outcome(Result.UNHEALTHY)}, stay=stay(2, 90, healthy=10)), look(2), minutes(20)),
        (holds(2, 1, outcomes={2: outcome(Result.UNVERIFIED)}, stay=stay(2, 90, healthy=10)), look(2), minutes(20)),
        (holds(2, 1, outcomes={2: outcome(Result.FAILED)}, stay=stay(2, 90, healthy=10)), look(2), None),
        (holds(2, 1, outcomes={2: outcome(Result.UNHEALTHY)}, stay=stay(2, 90)), look(2, SICK), None),
        (fresh(1, since=5, healthy=4), look(1), minutes(26)),
        (MIXED, look(OTHER), None),
        (Place(mark=2), look(None), None),
    ],
    ids=[
        "nothing is to come by itself",
        "the end of the soak",
        "the deadline",
        "nothing known past the deadline: when it is unverified",
        "nothing known past the soak: when it is unverified",
        "the end of a hold",
        "the earliest of several",
        "the soak after it was unhealthy",
        "the soak after it was unverified",
        "what failed waits for a person",
        "what is sick waits for a change",
        "what is here soaks, then the newer may come",
        "mixed waits for a person",
        "nothing here",
    ],
)
def test_the_next_look(place: Place, slot: dict[str, Any], expected: datetime | None) -> None:
    assert staging(place, slot, verify=SOAK).next_look == expected


# --- how far behind ---


@pytest.mark.parametrize(("here", "behind"), [(Place(), 4), (holds(1), 3), (holds(3, 1), 1), (holds(4, 1), 0)])
def test_how_many_releases_an_environment_is_behind(here: Place, behind: int) -> None:
    assert staging(here, look(here.stay.release if here.stay else None), newest=4).behind == behind


def test_nothing_is_behind_what_is_not_there() -> None:
    plan = world(line(), [1, 2], {"staging": holds(1)}).plan()
    assert [it.behind for it in plan.slots] == [0, 0, 0]
