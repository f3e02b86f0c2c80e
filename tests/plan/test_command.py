"""What people say: every refusal and every success, with the exact sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.errors import UsageError
from promoter.model.ledger import Asked, Hold, How, Kind, Outcome, Place, Result, Skip, Target
from promoter.model.release import ReleaseState
from promoter.plan.command import Word, say
from tests.plan.worlds import (
    HEAD,
    NOW,
    OTHER,
    World,
    ago,
    back_to,
    held,
    holds,
    line,
    outcome,
    proposed,
    release,
    skipped,
    stay,
    world,
)

ALL = ("dev", "staging", "prod")
NO_R9 = "shop has no release r9\n  Its newest releases: r1, r2, r3, r4."


def book(place: Place) -> World:
    """Give a world of r1 to r4: r4 was not made for staging, and staging is `place`."""
    return world(line(), [1, 2, 3, release(4, ("dev",))], {"staging": place})


def word(verb: str, number: int | None = None, **changes: Any) -> Word:
    """Give a word about staging."""
    return replace(Word(verb, "staging", "kim", NOW, number), **changes)


def spoken(place: Place, said: Word, seen: World | None = None) -> tuple[Place, str]:
    """Give what becomes of the place, and the sentence."""
    app = (seen or book(place)).snapshot.apps["shop"]
    before = app.ledger
    after, sentence = say(line_rules(seen or book(place)), before, said)
    assert {name: it for name, it in after.places.items() if name != "staging"} == {
        name: it for name, it in before.places.items() if name != "staging"
    }
    assert replace(after, places={}) == replace(before, places={})
    return after.place("staging"), sentence


def line_rules(seen: World) -> Any:
    """Give the app's rules."""
    return seen.config.apps["shop"]


REFUSED: list[tuple[str, Place, Word, str]] = [
    (
        "no such environment",
        holds(1),
        word("hold", environment="qa"),
        "shop has no environment qa\n  It has dev, staging, prod.",
    ),
    ("promote: no such release", holds(1), word("promote", 9), NO_R9),
    ("promote: not made for here", holds(1), word("promote", 4), "r4 was not made for staging"),
    ("promote: the newest is not made for here", holds(1), word("promote"), "r4 was not made for staging"),
    ("promote: active", holds(2, 1), word("promote", 2), "r2 is active in staging already"),
    (
        "promote: below the mark",
        holds(3, 1),
        word("promote", 2),
        "staging has had r3, which is newer than r2\n  To go back: promoter rollback shop staging r2",
    ),
    (
        "promote: skipped",
        holds(1, skips={2: skipped()}),
        word("promote", 2),
        "r2 is skipped in staging\n  promoter retry takes that back.",
    ),
    ("rollback: never here", Place(), word("rollback"), "shop has never been in staging"),
    (
        "rollback: nothing verified before",
        holds(2, 1, outcomes={2: outcome(Result.VERIFIED)}),
        word("rollback"),
        "no earlier verified release of shop in staging; name one: rollback ... r3",
    ),
    ("rollback: to what runs", holds(2, 1), word("rollback", 2), "r2 is what staging runs"),
    ("rollback: forward", holds(2, 1), word("rollback", 3), "r3 is newer than r2\n  To go forward: promoter promote"),
    (
        "rollback: to what was never here",
        holds(3, 1),
        word("rollback", 2),
        "r2 was never active in staging, so there is nothing to go back to",
    ),
    ("rollback: no such release", holds(2, 1), word("rollback", 9), NO_R9),
    (
        "hold: over already",
        holds(1),
        word("hold", until=NOW),
        "the hold would be over already\n  Give a time that is still to come: --until 2026-12-24T18:00",
    ),
    ("resume: not held", holds(1), word("resume"), "shop is not held in staging"),
    ("skip: active", holds(2, 1), word("skip", 2), "r2 is active in staging\n  To take it back: promoter rollback"),
    ("skip: no such release", holds(1), word("skip", 9), NO_R9),
    ("retry: nothing to undo", holds(1), word("retry"), "nothing of shop was skipped or failed in staging"),
    (
        "retry: not that one",
        holds(1, skips={2: skipped()}),
        word("retry", 3),
        "r3 was neither skipped nor failed in staging",
    ),
    ("retry: verified", holds(1), word("retry", 1), "r1 was neither skipped nor failed in staging"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "said", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(place: Place, said: Word, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        spoken(place, said)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("promote", "shop has no release yet; make one: promoter release shop"),
        ("skip", "nothing of shop is on its way to staging"),
        ("retry", "nothing of shop was skipped or failed in staging"),
    ],
)
def test_refused_before_there_is_a_release(verb: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        spoken(Place(), word(verb), world(line(), [], {}))
    assert str(refusal.value) == sentence


def test_a_release_that_an_app_without_any_does_not_have() -> None:
    with pytest.raises(UsageError) as refusal:
        spoken(Place(), word("promote", 1), world(line(), [], {}))
    assert str(refusal.value) == "shop has no release r1\n  Its newest releases: none."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"state": ReleaseState.FAILED, "failures": {"prod": "no"}}, "r2 did not render, and goes nowhere"),
        ({"adopted": True}, "r2 was adopted where it stood, and goes nowhere else"),
    ],
)
def test_what_goes_nowhere_is_not_promoted(changes: dict[str, Any], sentence: str) -> None:
    seen = world(line(), [1, release(2, ALL, **changes)], {"staging": holds(1)})
    with pytest.raises(UsageError) as refusal:
        spoken(holds(1), word("promote", 2), seen)
    assert refusal.value.message == sentence


DONE: list[tuple[str, Place, Word, dict[str, Any], str]] = [
    (
        "promote: the one that is proposed",
        holds(1, proposal=proposed(2)),
        word("promote", head=HEAD),
        {"asked": Asked(2, "kim", NOW, HEAD)},
        "kim: promote r2 to staging",
    ),
    (
        "promote: a named one",
        holds(1, proposal=proposed(2)),
        word("promote", 3, reason="it is time"),
        {"asked": Asked(3, "kim", NOW)},
        'kim: promote r3 to staging "it is time"',
    ),
    (
        "rollback: to the last that was verified",
        holds(3, 2, 1, skips={2: skipped()}),
        word("rollback", reason="INC-7"),
        {
            "target": Target(1, Kind.ROLLBACK, "kim", NOW, "INC-7"),
            "hold": Hold("kim", NOW, "INC-7"),
            "skips": {2: skipped(), 3: Skip("kim", NOW, "INC-7")},
            "outcomes": {
                1: outcome(Result.VERIFIED),
                2: Outcome(Result.LEFT, NOW, "rolled back by kim: INC-7"),
                3: Outcome(Result.LEFT, NOW, "rolled back by kim: INC-7"),
            },
        },
        'kim: roll back staging from r3 to r1 "INC-7"',
    ),
    (
        "rollback: to a named one, and what somebody asked for is over",
        holds(3, 2, 1, hold=held(), asked=Asked(3, "ada", ago(5)), outcomes={}),
        word("rollback", 2),
        {
            "target": Target(2, Kind.ROLLBACK, "kim", NOW),
            "asked": None,
            "skips": {3: Skip("kim", NOW, "rolled back to r2")},
            "outcomes": {3: Outcome(Result.LEFT, NOW, "rolled back by kim: rolled back to r2")},
        },
        "kim: roll back staging from r3 to r2",
    ),
    (
        "rollback: a hold of promoter's own becomes the person's",
        holds(2, 1, hold=held("promoter", "r2 failed")),
        word("rollback", 1, reason="INC-7"),
        {
            "target": Target(1, Kind.ROLLBACK, "kim", NOW, "INC-7"),
            "hold": Hold("kim", NOW, "INC-7"),
            "skips": {2: Skip("kim", NOW, "INC-7")},
            "outcomes": {1: outcome(Result.VERIFIED), 2: Outcome(Result.LEFT, NOW, "rolled back by kim: INC-7")},
        },
        'kim: roll back staging from r2 to r1 "INC-7"',
    ),
    (
        "hold",
        holds(1, asked=Asked(2, "ada", ago(5))),
        word("hold", reason="INC-8"),
        {"hold": Hold("kim", NOW, "INC-8"), "asked": None},
        'kim: hold staging "INC-8"',
    ),
    (
        "hold: until",
        holds(1, hold=held()),
        word("hold", until=NOW + timedelta(hours=1)),
        {"hold": Hold("kim", NOW, "", NOW + timedelta(hours=1))},
        "kim: hold staging",
    ),
    ("resume", holds(1, hold=held()), word("resume"), {"hold": None}, "kim: resume staging"),
    (
        "skip: the one that is proposed",
        holds(1, proposal=proposed(2), asked=Asked(2, "ada", ago(5)), target=Target(2, Kind.PROMOTION, "ada", ago(5))),
        word("skip", reason="waits for the migration"),
        {"skips": {2: Skip("kim", NOW, "waits for the migration")}, "asked": None, "target": None},
        'kim: skip r2 in staging "waits for the migration"',
    ),
    (
        "skip: a named one, and other words stay",
        holds(1, asked=Asked(2, "ada", ago(5)), target=Target(2, Kind.PROMOTION, "ada", ago(5))),
        word("skip", 3),
        {"skips": {3: Skip("kim", NOW)}},
        "kim: skip r3 in staging",
    ),
    ("skip: the newest", holds(1), word("skip"), {"skips": {4: Skip("kim", NOW)}}, "kim: skip r4 in staging"),
    (
        "retry: a skip",
        holds(1, skips={2: skipped(), 3: skipped()}),
        word("retry", 2),
        {"skips": {3: skipped()}},
        "kim: retry r2 in staging",
    ),
    (
        "retry: the newest that was skipped",
        holds(1, skips={2: skipped(), 3: skipped()}),
        word("retry"),
        {"skips": {2: skipped()}},
        "kim: retry r3 in staging",
    ),
    (
        "retry: what failed and is active is judged again from now",
        holds(2, 1, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED)}, hold=held("promoter")),
        word("retry"),
        {"outcomes": {1: outcome(Result.VERIFIED)}, "stay": stay(2, 0)},
        "kim: retry r2 in staging",
    ),
    (
        "retry: what failed and is active is not rolled back any more",
        holds(2, 1, outcomes={2: outcome(Result.FAILED)}, target=back_to(1, "promoter")),
        word("retry"),
        {"outcomes": {}, "stay": stay(2, 0), "target": None},
        "kim: retry r2 in staging",
    ),
    (
        "retry: unhealthy",
        holds(2, 1, outcomes={2: outcome(Result.UNHEALTHY)}),
        word("retry"),
        {"outcomes": {}, "stay": stay(2, 0)},
        "kim: retry r2 in staging",
    ),
    (
        "retry: what was taken away comes again",
        holds(1, mark=2, skips={2: skipped()}, outcomes={2: outcome(Result.LEFT)}),
        word("retry", reason="it was the network"),
        {"skips": {}, "outcomes": {}, "target": Target(2, Kind.PROMOTION, "kim", NOW, "it was the network")},
        'kim: retry r2 in staging "it was the network"',
    ),
]


@pytest.mark.parametrize(
    ("place", "said", "changes", "sentence"), [row[1:] for row in DONE], ids=[row[0] for row in DONE]
)
def test_done(place: Place, said: Word, changes: dict[str, Any], sentence: str) -> None:
    assert spoken(place, said) == (replace(place, **{"after": ("dev",), **changes}), sentence)


def test_a_rollback_counts_from_every_stay_that_is_newer() -> None:
    now, _ = spoken(holds(2, 3, 1), word("rollback", 1))
    assert set(now.skips) == {2, 3}


def test_a_rollback_skips_a_mixed_release_too() -> None:
    place = holds(2, 1, stay=stay(2, how=How.MIXED, content=OTHER))
    now, _ = spoken(place, word("rollback", 1))
    assert set(now.skips) == {2}


@pytest.mark.parametrize("verb", ["hold", "resume", "promote", "skip", "retry"])
@pytest.mark.parametrize("by", ["promoter", "kim"])
def test_who_says_something_takes_over_from_a_rollback_by_policy(verb: str, by: str) -> None:
    """A person's own rollback goes on; only a retry of what it leaves ends that as well."""
    place = holds(2, 1, hold=held("promoter"), outcomes={2: outcome(Result.FAILED)}, target=back_to(1, by))
    now, _ = spoken(place, word(verb, 2 if verb == "retry" else 3 if verb in ("promote", "skip") else None))
    assert now.target == (None if by == "promoter" or verb == "retry" else back_to(1, by))


def test_a_word_about_an_environment_without_a_place_makes_one() -> None:
    now, _ = spoken(Place(), word("hold"), world(line(), [1], {}))
    assert now == Place(hold=Hold("kim", NOW))
