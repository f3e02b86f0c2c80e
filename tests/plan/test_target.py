"""Which release comes next: replace, wait, queue, request, a named one, and environments that meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from promoter.model.ledger import Asked, Kind, Place, Result, Target
from promoter.model.names import Oid
from promoter.model.verdict import Answer, Verdict
from promoter.plan.target import choose
from promoter.policy.gate import Subject
from promoter.policy.rules import Freeze, Newer, Promote, Rules
from tests.plan.worlds import (
    NOW,
    Look,
    Releases,
    ago,
    approved,
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
    skipped,
    world,
)

UP, BACK = Kind.PROMOTION, Kind.ROLLBACK
FAIR = Freeze(NOW.date(), NOW.date() + timedelta(days=2), ("stag*",), "fair")


class Refuses:
    """A gate that fails what it is told to fail."""

    kind: ClassVar[str] = "refuses"

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers

    def evaluate(self, subject: Subject, now: Any) -> tuple[Verdict, ...]:
        failed = subject.release.number in self.numbers
        return (Verdict("e2e", Answer.FAILURE if failed else Answer.PENDING, "as told"),)


def staging(
    place: Place, slot: dict[str, Any] | None = None, rest: Look | None = None, **settings: Any
) -> tuple[int, Kind] | None:
    """Give what should come to staging; r1 to r3 are verified in dev."""
    shape = line(staging=rules("dev", **settings))
    slots = {"staging": slot} if slot is not None else {}
    seen = world(shape, [1, 2, 3], {"dev": holds(3, 2, 1), "staging": place}, slots, rest)
    return choose(seen.closed(), "staging")


WAITING = holds(1, proposal=proposed(2))
"""r2 waits in a pull request."""


@pytest.mark.parametrize(
    ("newer", "place", "slot", "expected"),
    [
        (Newer.REPLACE, holds(1), look(1), 3),
        (Newer.REPLACE, WAITING, offered(2, 1), 3),
        (Newer.REPLACE, WAITING, offered(2, 1, pulls=(pull(reviews=(approved(),)),)), 2),
        (Newer.REPLACE, WAITING, offered(2, 1, pulls=(pull(reviews=(approved(head=Oid("c" * 40)),)),)), 3),
        (Newer.REPLACE, WAITING, offered(2, 1, pulls=(pull(reviews=(replace(approved(), state="dismissed"),)),)), 3),
        (Newer.WAIT, WAITING, offered(2, 1), 2),
        (Newer.WAIT, holds(1), look(1), 3),
        (Newer.QUEUE, holds(1), look(1), 2),
        (Newer.QUEUE, WAITING, offered(2, 1), 2),
        (Newer.QUEUE, replace(WAITING, skips={2: skipped()}), look(1), 3),
        (Newer.QUEUE, holds(1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED)}), look(1), 3),
        (Newer.REPLACE, holds(3, 1), look(3), None),
    ],
    ids=[
        "replace: the newest",
        "replace: a newer one takes the place of what waits",
        "replace: until a person has approved it",
        "replace: an approval of an earlier head is none",
        "replace: a dismissed approval is none",
        "wait: what waits goes first",
        "wait: nothing waits, so the newest",
        "queue: each in its turn",
        "queue: what waits goes first",
        "queue: what was skipped loses its turn",
        "queue: what failed here loses its turn",
        "nothing is newer",
    ],
)
def test_newer(newer: Newer, place: Place, slot: dict[str, Any], expected: int | None) -> None:
    assert staging(place, slot, newer=newer) == ((expected, UP) if expected is not None else None)


@pytest.mark.parametrize("newer", list(Newer))
def test_what_fails_never_holds_the_place(newer: Newer) -> None:
    place, slot = WAITING, offered(2, 1, pulls=(pull(reviews=(approved(),)),))
    assert staging(place, slot, newer=newer, gates=(Refuses(2),)) == (3, UP)


def test_the_newest_waits_even_when_it_fails() -> None:
    assert staging(holds(1, proposal=proposed(3)), offered(3, 1), gates=(Refuses(3),)) == (3, UP)


@pytest.mark.parametrize("newer", list(Newer))
def test_what_lost_its_pass_loses_its_place(newer: Newer) -> None:
    shape = line(staging=rules("dev", newer=newer))
    dev = holds(3, 2, 1)
    dev = replace(dev, outcomes={**dev.outcomes, 2: outcome(Result.LEFT)})
    seen = world(shape, [1, 2, 3], {"dev": dev, "staging": WAITING}, {"staging": offered(2, 1)})
    assert choose(seen.closed(), "staging") == (3, UP)


# --- request ---


@pytest.mark.parametrize(
    ("asked", "place", "expected"),
    [
        (None, holds(1), None),
        (2, holds(1), 2),
        (3, holds(1), 3),
        (2, holds(2, 1), None),
        (2, holds(1, hold=held()), None),
        (2, WAITING, 2),
        (3, WAITING, 3),
    ],
    ids=["nobody asked", "asked", "asked for the newest", "active", "held", "it waits", "another one waits"],
)
def test_by_request_nothing_moves_until_somebody_asks(asked: int | None, place: Place, expected: int | None) -> None:
    word = Asked(asked, "kim", ago(5)) if asked is not None else None
    found = staging(replace(place, asked=word), promote=Promote.REQUEST)
    assert found == ((expected, UP) if expected is not None else None)


def test_what_somebody_asked_for_goes_before_newer_ones() -> None:
    assert staging(holds(1, asked=Asked(2, "kim", ago(5)))) == (2, UP)


def test_asking_does_not_change_the_order() -> None:
    shape = line()
    seen = world(shape, [1, 2], {"dev": holds(1), "staging": holds(1, asked=Asked(2, "kim", ago(5)))})
    assert choose(seen.closed(), "staging") is None


# --- holds and freezes ---


@pytest.mark.parametrize("rest", [None, Look(settings={"freeze": (FAIR,)})], ids=["held", "frozen"])
@pytest.mark.parametrize(
    ("place", "expected"), [(holds(1), None), (WAITING, (2, UP)), (replace(WAITING, skips={2: skipped()}), None)]
)
def test_where_nothing_moves_what_waits_stays_and_nothing_new_is_proposed(
    rest: Look | None, place: Place, expected: tuple[int, Kind] | None
) -> None:
    place = place if rest is not None else replace(place, hold=held())
    slot = offered(2, 1) if expected is not None else look(1)
    assert staging(place, slot, rest) == expected


def test_a_freeze_of_other_environments_stops_nothing() -> None:
    rest = Look(settings={"freeze": (replace(FAIR, environments=("prod*",)),)})
    assert staging(holds(1), rest=rest) == (3, UP)


# --- a release that was named ---


def test_a_rollback_goes_before_everything() -> None:
    place = holds(2, 1, target=back_to(1), hold=held(), proposal=proposed(3))
    slot = offered(3, 2, pulls=(pull(reviews=(approved(),)),))
    rest = Look(settings={"freeze": (FAIR,)})
    assert staging(place, slot, rest) == (1, BACK)


def test_a_rollback_to_a_release_that_is_forgotten_is_none() -> None:
    assert staging(holds(1, target=back_to(99))) == (3, UP)


def test_an_older_release_that_was_named_comes_when_it_has_passed() -> None:
    named = Target(2, UP, "kim", ago(5))
    here = holds(1, mark=3, target=named)
    assert staging(here) == (2, UP)
    seen = world(line(), [1, 2], {"dev": holds(1), "staging": here})
    assert choose(seen.closed(), "staging") is None


# --- environments that meet ---


def join(east: Place, west: Place, **changes: Rules) -> tuple[int, Kind] | None:
    """Give what should come to west, which meets east before prod; dev has verified all."""
    places: Mapping[str, Place] = {"dev": holds(3, 2, 1), "east": east, "west": west, "prod": holds(1)}
    return choose(world(diamond(**changes), [1, 2, 3], places).closed(), "west")


def test_at_a_join_a_sibling_s_release_comes_first() -> None:
    assert join(fresh(2, 1, since=5), holds(1)) == (2, UP)
    assert join(holds(2, 1), holds(1)) == (2, UP)


def test_at_a_join_the_newest_of_what_the_sibling_verified() -> None:
    assert join(fresh(3, 2, 1, since=5), holds(1)) == (3, UP)
    verified = holds(
        3, 2, 1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.VERIFIED), 3: outcome(Result.FAILED)}
    )
    assert join(replace(verified, stay=holds(1).stay), holds(1)) == (2, UP)


def test_at_a_join_a_sibling_where_nothing_is_active_counts_by_what_it_verified() -> None:
    assert join(Place(outcomes={2: outcome(Result.VERIFIED)}), holds(1)) == (2, UP)
    assert join(Place(), holds(1)) == (3, UP)


def test_at_a_join_nothing_in_common_is_the_newest() -> None:
    assert join(holds(1), holds(1)) == (3, UP)


def test_where_any_is_enough_nobody_has_to_meet() -> None:
    assert join(holds(2, 1), holds(1), prod=rules("east west", either=True)) == (3, UP)


def test_a_release_that_is_not_for_here_is_no_candidate() -> None:
    releases: Releases = [1, release(2, ("dev", "east"))]
    places = {"dev": holds(2, 1), "east": holds(2, 1), "west": holds(1)}
    assert choose(world(diamond(), releases, places).closed(), "west") is None
