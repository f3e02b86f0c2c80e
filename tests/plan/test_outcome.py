"""What becomes of a release where it is active: every row is one look at a stay of r2, verified after a soak."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from promoter.model.ledger import How, Kind, Ledger, Place, Result
from promoter.model.verdict import Answer, Verdict
from promoter.plan.outcome import checks, health, last_verified, verify_deadline
from promoter.policy.gate import Subject
from promoter.policy.rules import OnFailure, Verify
from tests.plan.worlds import (
    NOW,
    OTHER,
    TIP,
    World,
    ago,
    back_to,
    check,
    fresh,
    held,
    holds,
    look,
    offered,
    outcome,
    pipeline,
    proposed,
    rules,
    says,
    skipped,
    stay,
    world,
)

WELL, SICK = says(Answer.SUCCESS, "healthy"), says(Answer.FAILURE, "CrashLoopBackOff")
AWAY, BEHIND = says(Answer.UNKNOWN, "unreachable"), says(Answer.PENDING, "behind")
SOAK = Verify(soak=timedelta(minutes=30), within=timedelta(minutes=60))


class Passes:
    """A check after the merge that says what it is told."""

    kind: ClassVar[str] = "passes"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def evaluate(self, subject: Subject, now: Any) -> tuple[Verdict, ...]:
        assert (subject.head, subject.pull, subject.release.number) == (TIP, None, 2)
        return (Verdict("e2e", self.answer, f"{len(subject.checks)} checks"),)


def dev(place: Place, slot: dict[str, Any], **verify: Any) -> World:
    """Give a world with one environment that soaks for 30 minutes and gives a release 60."""
    shape = pipeline(dev=rules(verify=replace(SOAK, **verify)))
    return world(shape, [1, 2, 3], {"dev": place}, {"dev": slot})


def becomes(place: Place, slot: dict[str, Any], **verify: Any) -> Place:
    """Give what becomes of that place."""
    return dev(place, slot, **verify).closed().places["dev"]


def result(place: Place, slot: dict[str, Any], number: int = 2, **verify: Any) -> Result | None:
    """Give the outcome of the stay."""
    word = becomes(place, slot, **verify).outcomes.get(number)
    return word.result if word is not None else None


def since(number: int, healthy: int | None = None, unhealthy: int | None = None) -> Place:
    """Give a place where r2 came `number` minutes ago."""
    place = fresh(2, 1, since=number, healthy=healthy)
    if unhealthy is not None and place.stay is not None:
        place = replace(place, stay=replace(place.stay, unhealthy_since=ago(unhealthy)))
    return place


@pytest.mark.parametrize(
    ("place", "live", "expected"),
    [
        (since(5), WELL, None),
        (since(300), WELL, None),
        (since(40, healthy=29), WELL, None),
        (since(40, healthy=30), WELL, Result.VERIFIED),
        (since(4000, healthy=3000), WELL, Result.VERIFIED),
        (since(59), BEHIND, None),
        (since(60), BEHIND, Result.FAILED),
        (since(59), SICK, None),
        (since(60), SICK, Result.FAILED),
        (since(100, healthy=35), SICK, None),
        (since(100, unhealthy=59), SICK, None),
        (since(100, unhealthy=60), SICK, Result.FAILED),
        (since(149, unhealthy=5), SICK, None),
        (since(150, unhealthy=5), SICK, Result.FAILED),
        (since(59), AWAY, None),
        (since(60), AWAY, None),
        (since(90), AWAY, Result.UNVERIFIED),
        (since(95, healthy=80), AWAY, None),
        (since(95, healthy=90), AWAY, Result.UNVERIFIED),
    ],
    ids=[
        "just healthy: the soak begins",
        "a late run fails nothing that is healthy by then",
        "soaks",
        "soaked",
        "soaked between runs that were far apart",
        "behind, in time",
        "behind, too late",
        "sick, in time",
        "sick, too late",
        "a dip begins the time again",
        "a dip, in time",
        "a dip, too late",
        "up and down, in time",
        "up and down, at the end of all patience",
        "unknown, in time",
        "unknown at the deadline is no failure",
        "unknown when a soak could have been over",
        "unknown while it soaked: the soak is over, its deadline is not",
        "unknown past the soak and its deadline",
    ],
)
def test_one_look(place: Place, live: Any, expected: Result | None) -> None:
    assert result(place, look(2, live)) is expected


def test_a_healthy_look_begins_the_soak_and_ends_a_dip() -> None:
    now = becomes(since(50, unhealthy=20), look(2, WELL)).stay
    assert now is not None
    assert (now.healthy_since, now.unhealthy_since) == (NOW, None)


def test_a_dip_restarts_the_soak() -> None:
    now = becomes(since(50, healthy=29), look(2, SICK)).stay
    assert now is not None
    assert (now.healthy_since, now.unhealthy_since) == (None, NOW)


@pytest.mark.parametrize(
    ("well", "begins_again"),
    [
        (None, False),
        (40, False),
        (29, False),
        (28, True),
        (0, True),
        (-1, False),
    ],  # minutes ago; the last: another clock
)
def test_a_dip_that_only_the_cluster_saw_restarts_the_soak(well: int | None, begins_again: bool) -> None:
    place = since(50, healthy=29)
    told = replace(WELL, well_since=ago(well) if well is not None else None)
    now = becomes(place, look(2, told)).stay
    assert now is not None
    assert place.stay is not None
    assert now.healthy_since == (NOW if begins_again else place.stay.healthy_since)


def test_a_dip_that_the_cluster_remembers_is_told_once() -> None:
    told = replace(WELL, well_since=ago(10))
    first = becomes(since(50, healthy=29), look(2, told))
    assert becomes(first, look(2, told)).stay == first.stay


def test_a_second_look_at_a_dip_writes_nothing() -> None:
    place = since(50, unhealthy=20)
    assert becomes(place, look(2, SICK)).stay == place.stay


def test_unknown_neither_counts_nor_resets() -> None:
    place = since(50, healthy=29)
    assert becomes(place, look(2, AWAY)).stay == place.stay


def test_without_a_soak_the_first_healthy_look_verifies() -> None:
    now = becomes(since(5), look(2, WELL), soak=timedelta(0)).outcomes[2]
    assert (now.result, now.at, now.reason) == (Result.VERIFIED, NOW, "live and healthy")


@pytest.mark.parametrize(
    ("soak", "words"),
    [(30 * 60, "soaked 30m"), (2 * 3600, "soaked 2h"), (2 * 86400, "soaked 2d"), (90, "soaked 90s")],
)
def test_a_soak_is_told(soak: int, words: str) -> None:
    place = since(5000, healthy=4000)
    assert becomes(place, look(2, WELL), soak=timedelta(seconds=soak)).outcomes[2].reason == words


@pytest.mark.parametrize(
    ("known", "live", "expected"),
    [
        (Result.VERIFIED, WELL, Result.VERIFIED),
        (Result.VERIFIED, AWAY, Result.VERIFIED),
        (Result.VERIFIED, BEHIND, Result.VERIFIED),
        (Result.VERIFIED, SICK, Result.UNHEALTHY),
        (Result.UNHEALTHY, SICK, Result.UNHEALTHY),
        (Result.UNHEALTHY, WELL, Result.VERIFIED),
        (Result.UNVERIFIED, WELL, Result.VERIFIED),
        (Result.UNVERIFIED, SICK, Result.UNVERIFIED),
        (Result.UNVERIFIED, AWAY, Result.UNVERIFIED),
        (Result.UNHEALTHY, AWAY, Result.UNHEALTHY),
        (Result.FAILED, WELL, Result.FAILED),
        (Result.LEFT, WELL, Result.LEFT),
    ],
    ids=lambda it: str(it) if isinstance(it, Result) else "",
)
def test_what_was_known_before(known: Result, live: Any, expected: Result) -> None:
    """Failed and left are a person's to undo; verified is lost by what is seen to be sick, and by nothing else."""
    place = holds(2, 1, outcomes={2: outcome(known)})
    now = becomes(place, look(2, live)).outcomes[2]
    assert now.result is expected
    assert (now == outcome(known)) is (expected is known), "evidence is written when it changes, and only then"


def test_unhealthy_later_begins_the_soak_again() -> None:
    sick = becomes(holds(2, 1), look(2, SICK))
    assert sick.stay is not None
    assert (sick.stay.healthy_since, sick.stay.unhealthy_since) == (None, NOW)
    better = becomes(sick, look(2, WELL))
    assert better.outcomes[2].result is Result.UNHEALTHY
    assert better.stay is not None
    assert better.stay.healthy_since == NOW


@pytest.mark.parametrize(
    "place",
    [Place(), holds(2, 1, stay=stay(2, 90, How.MIXED, content=OTHER), outcomes={})],
    ids=["nothing active", "mixed"],
)
def test_what_has_no_outcome(place: Place) -> None:
    assert becomes(place, look(place.stay.content if place.stay else None, WELL)).outcomes == {}


def test_a_drifted_slot_has_no_outcome() -> None:
    assert becomes(since(500, healthy=400), look(OTHER, WELL)).outcomes == {1: outcome(Result.VERIFIED)}


# --- all clusters together ---

SIX = ("eu-1", "eu-2")


@pytest.mark.parametrize(
    ("live", "answer", "sentence"),
    [
        ((WELL, WELL), Answer.SUCCESS, "eu-1: healthy"),
        ((WELL, BEHIND), Answer.PENDING, "eu-2: behind"),
        ((AWAY, BEHIND), Answer.UNKNOWN, "eu-1: unreachable"),
        ((AWAY, SICK), Answer.FAILURE, "eu-2: CrashLoopBackOff"),
        ((WELL,), Answer.UNKNOWN, "nothing is known of eu-2"),
        ((), Answer.UNKNOWN, "nothing is known of eu-1, eu-2"),
    ],
)
def test_the_worst_cluster_speaks_for_all(live: tuple[Any, ...], answer: Answer, sentence: str) -> None:
    shape = pipeline(dev=rules(clusters=SIX))
    reports = tuple(replace(it, cluster=name) for it, name in zip(live, SIX, strict=False))
    seen = world(shape, [1], {"dev": holds(1)}, {"dev": {"live": reports}})
    assert health(seen.sight, "dev") == (answer, sentence)


def test_without_any_cluster_nothing_is_known() -> None:
    shape = {"dev": rules()}
    seen = world(shape, [1], {"dev": holds(1)})
    assert health(seen.sight, "dev") == (Answer.UNKNOWN, "nothing is known of dev")


def test_health_is_given_only_where_the_config_says_so() -> None:
    seen = dev(since(5), look(2, SICK), health=False)
    assert health(seen.sight, "dev") == (Answer.SUCCESS, "verify: {health: false}")


# --- checks after the merge ---


def checked(answer: Answer, minutes: int) -> Result | None:
    """Give what a check says of a release that was healthy for so many minutes; it soaks 30 and has 60 more."""
    slot = look(2, WELL, checks=(check("e2e"),))
    return result(since(200, healthy=minutes), slot, gates=(Passes(answer),))


@pytest.mark.parametrize(
    ("answer", "minutes", "expected"),
    [
        (Answer.SUCCESS, 29, None),
        (Answer.SUCCESS, 30, Result.VERIFIED),
        (Answer.PENDING, 30, None),
        (Answer.UNKNOWN, 89, None),
        (Answer.PENDING, 90, Result.UNVERIFIED),
        (Answer.UNKNOWN, 90, Result.UNVERIFIED),
        (Answer.FAILURE, 29, None),
        (Answer.FAILURE, 30, Result.FAILED),
    ],
)
def test_checks_are_asked_after_the_soak(answer: Answer, minutes: int, expected: Result | None) -> None:
    assert checked(answer, minutes) is expected


def test_what_the_checks_said_is_the_reason() -> None:
    slot = look(2, WELL, checks=(check("e2e"),))
    now = becomes(since(200, healthy=100), slot, gates=(Passes(Answer.FAILURE), Passes(Answer.SUCCESS)))
    assert now.outcomes[2].reason == "e2e: 1 checks"


def test_a_late_check_verifies_what_was_unverified_and_no_late_failure_fails_it() -> None:
    place = holds(2, 1, outcomes={2: outcome(Result.UNVERIFIED)})
    slot = look(2, WELL, checks=(check("e2e"),))
    assert result(place, slot, gates=(Passes(Answer.SUCCESS),)) is Result.VERIFIED
    assert result(place, slot, gates=(Passes(Answer.FAILURE),)) is Result.UNVERIFIED


@pytest.mark.parametrize("known", [Result.UNVERIFIED, Result.UNHEALTHY])
def test_a_check_that_stays_away_writes_nothing_again(known: Result) -> None:
    place = holds(2, 1, outcomes={2: outcome(known)})
    slot = look(2, WELL, checks=(check("e2e"),))
    assert becomes(place, slot, gates=(Passes(Answer.PENDING),)).outcomes[2] == outcome(known)


def test_no_stay_has_no_checks() -> None:
    assert checks(dev(Place(), {}, gates=(Passes(Answer.SUCCESS),)).sight, "dev") == ()


# --- what follows a failure ---


def failed(place: Place, on_failure: OnFailure, slot: dict[str, Any] | None = None) -> Place:
    """Give what follows when r2 failed."""
    return becomes(place, slot or look(2, SICK), on_failure=on_failure)


def test_continue_only_says_so() -> None:
    now = failed(since(60), OnFailure.CONTINUE)
    assert (now.outcomes[2].result, now.hold, now.target) == (Result.FAILED, None, None)


def test_hold_holds() -> None:
    now = failed(since(60), OnFailure.HOLD)
    assert now.hold is not None
    assert (now.hold.by, now.hold.reason[:11]) == ("promoter", "r2 failed: ")
    assert now.target is None


def test_rollback_goes_back_to_the_last_verified_and_holds() -> None:
    now = failed(since(60), OnFailure.ROLLBACK)
    assert now.hold is not None
    assert now.target is not None
    assert (now.target.release, now.target.kind, now.target.by) == (1, Kind.ROLLBACK, "promoter")


@pytest.mark.parametrize(
    "place",
    [
        fresh(2, since=60),
        replace(since(60), outcomes={1: outcome(Result.UNVERIFIED)}),
        replace(since(60), skips={1: skipped()}),
        replace(since(60), stay=stay(2, 60, How.ROLLED_BACK)),
    ],
    ids=["nothing before", "not verified before", "skipped before", "a rollback that failed: one a failure"],
)
def test_rollback_with_nothing_to_go_back_to_only_holds(place: Place) -> None:
    now = failed(place, OnFailure.ROLLBACK)
    assert now.target is None
    assert now.hold is not None


def test_a_person_s_hold_and_word_are_kept() -> None:
    place = replace(fresh(3, 2, 1, since=60), hold=held(), target=back_to(1))
    now = failed(place, OnFailure.ROLLBACK, look(3, SICK))
    assert (now.hold, now.target) == (held(), back_to(1))


def test_a_failure_leaves_the_proposal_to_the_target() -> None:
    place = replace(since(60), proposal=proposed(3))
    assert failed(place, OnFailure.HOLD, {**offered(3, 2), "live": (SICK,)}).proposal == proposed(3)


@pytest.mark.parametrize(
    ("place", "below", "expected"),
    [
        (holds(3, 2, 1), 3, 2),
        (holds(3, 1, 2), 3, 2),
        (holds(3, 2, 1), 2, 1),
        (holds(3, 2, 1, skips={2: skipped()}), 3, 1),
        (holds(3, 2, 1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.LEFT)}), 3, 1),
        (holds(3), 3, None),
    ],
)
def test_the_last_verified(place: Place, below: int, expected: int | None) -> None:
    assert last_verified(Ledger("shop"), place, below) == expected


@pytest.mark.parametrize(
    ("began", "unhealthy", "deadline"), [(0, None, 60), (0, 30, 90), (0, 100, 150)], ids=["merged", "a dip", "the end"]
)
def test_the_deadline(began: int, unhealthy: int | None, deadline: int) -> None:
    """30 minutes of soak, 60 to become healthy; two times that and the soak is the end."""
    start = NOW + timedelta(minutes=began)
    dip = NOW + timedelta(minutes=unhealthy) if unhealthy is not None else None
    here = replace(stay(1), since=start, unhealthy_since=dip)
    assert verify_deadline(here, SOAK) == NOW + timedelta(minutes=deadline)


def test_where_a_person_holds_nothing_is_taken_back_by_itself() -> None:
    now = failed(replace(since(60), hold=held()), OnFailure.ROLLBACK)
    assert (now.hold, now.target, now.outcomes[2].result) == (held(), None, Result.FAILED)
