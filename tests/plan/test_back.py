"""How far a rollback reaches, and what it leaves behind so that nothing brings it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from promoter.errors import UsageError
from promoter.model.ledger import Asked, Kind, Outcome, Place, Result, Target
from promoter.model.release import Hotfix
from promoter.plan.back import Reach, Wanted, after, rollback, spread
from tests.plan.worlds import NOW, World, ago, diamond, holds, line, outcome, release, same, skipped, stay, world

ALL = ("dev", "staging", "prod")
KIM = Wanted("kim", NOW, "INC-7")


def taken(seen: World, environment: str, number: int) -> dict[str, Any]:
    """Give the changes of a rollback."""
    return rollback(seen.snapshot.apps["shop"].ledger, environment, number, KIM)


def test_all_that_lies_between_is_skipped_and_what_was_here_is_left() -> None:
    changes = taken(world(line(), [1, 2, 3, release(4, ("dev",)), 5], {"staging": holds(3, 1)}), "staging", 1)
    assert {number: skip.reason for number, skip in changes["skips"].items()} == {2: "INC-7", 3: "INC-7"}
    assert {n for n, word in changes["outcomes"].items() if word.result is Result.LEFT} == {3}
    assert (changes["hold"].by, changes["hold"].reason) == ("kim", "INC-7")


def test_after_an_earlier_rollback_everything_up_to_the_furthest_is_skipped() -> None:
    changes = taken(world(line(), [1, 2, 3, 4, 5], {"staging": holds(2, 4, 1, mark=4)}), "staging", 1)
    assert set(changes["skips"]) == {2, 3, 4}


def test_a_hotfix_that_never_was_here_may_still_come() -> None:
    fix = release(4, ("staging",), hotfix=Hotfix((1,), (), "INC-6"))
    assert set(taken(world(line(), [1, 2, 3, fix], {"staging": holds(3, 1)}), "staging", 1)["skips"]) == {2, 3}


@pytest.mark.parametrize(
    ("environments", "expected"),
    [(("dev",), ["east", "west", "prod"]), (("east",), ["prod"]), (("east", "west"), ["prod"]), (("prod",), [])],
)
def test_what_comes_after(environments: tuple[str, ...], expected: list[str]) -> None:
    assert after(world(diamond(), [1], {}).config.apps["shop"], environments) == expected


STAGING = ("staging",)
UNKNOWN = {1: outcome(Result.VERIFIED)}
REACHED: list[tuple[str, dict[str, Place], tuple[str, ...], int | None, Mapping[str, int]]] = [
    (
        "what it left goes everywhere",
        {"staging": holds(3, 2), "prod": holds(3, 2)},
        STAGING,
        None,
        {"staging": 2, "prod": 2},
    ),
    ("what it left is not there yet", {"staging": holds(3, 2), "prod": holds(2, 1)}, STAGING, None, {"staging": 2}),
    ("what is there is older", {"staging": holds(3, 2), "prod": holds(1)}, STAGING, None, {"staging": 2}),
    ("nothing is there", {"staging": holds(3, 2)}, STAGING, None, {"staging": 2}),
    (
        "each to what it verified",
        {"staging": holds(4, 3), "prod": holds(4, 2, 1)},
        STAGING,
        None,
        {"staging": 3, "prod": 2},
    ),
    ("all to the named one", {n: holds(3, 2, 1) for n in ALL}, ("dev",), 1, {"dev": 1, "staging": 1, "prod": 1}),
    ("not before the named environment", {n: holds(3, 2, 1) for n in ALL}, STAGING, 2, {"staging": 2, "prod": 2}),
    (
        "never past what was verified",
        {"staging": holds(3, 2), "prod": holds(3, 2, 1, outcomes=UNKNOWN)},
        STAGING,
        None,
        {"staging": 2, "prod": 1},
    ),
]


@pytest.mark.parametrize(
    ("places", "environments", "release_", "expected"), [row[1:] for row in REACHED], ids=[row[0] for row in REACHED]
)
def test_where_each_goes(
    places: dict[str, Place], environments: tuple[str, ...], release_: int | None, expected: Mapping[str, int]
) -> None:
    seen = world(line(), [1, 2, 3, 4], places)
    assert spread(seen.config.apps["shop"], seen.snapshot.apps["shop"].ledger, environments, release_) == expected


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ({"staging": holds(3, 2), "prod": holds(3)}, "nothing that was verified in prod is as old as r2"),
        ({"staging": holds(3)}, "no earlier verified release of shop in staging; name one"),
        ({}, "no earlier verified release of shop in staging; name one"),
    ],
)
def test_where_one_of_them_cannot_go_back_nothing_does(places: dict[str, Place], sentence: str) -> None:
    seen = world(line(), [1, 2, 3], places)
    with pytest.raises(UsageError) as refusal:
        spread(seen.config.apps["shop"], seen.snapshot.apps["shop"].ledger, ["staging"], None)
    assert refusal.value.message.startswith(sentence)


@pytest.mark.parametrize(
    ("reach", "verb", "sentence"),
    [
        (Reach(and_after=True), "hold", "hold has no --and-after"),
        (Reach(to="4f1c9d2"), "promote", "promote has no --to"),
        (Reach(everything=True), "rollback", "rollback has no --all"),
        (Reach(and_after=True, to="4f1c9d2"), "rollback", "a commit is of one app in one environment"),
    ],
)
def test_what_a_verb_does_not_take(reach: Reach, verb: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        reach.check(verb)
    assert refusal.value.message == sentence


# --- what was rejected, under another number ---

LEFT = Outcome(Result.LEFT, ago(30), "rolled back by kim")
BACK = holds(1, 2, mark=2, outcomes={1: outcome(Result.VERIFIED), 2: LEFT})
"""Rolled back from r2 to r1."""


def refusal_of(place: Place, **again: int) -> str:
    """Say why r3, which holds in `again` what earlier releases held, does not come to staging."""
    return world(line(), [1, 2, same(3, ALL, **again)], {"staging": place}).sight.refused(3, "staging")


def test_a_newer_release_with_the_rejected_content_does_not_come_by_itself() -> None:
    assert refusal_of(BACK, staging=2) == "holds exactly what r2 did, which was taken back here"
    failed = replace(BACK, outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED)})
    assert refusal_of(failed, staging=2) == "holds exactly what r2 did, which failed here"


@pytest.mark.parametrize(
    ("place", "again"),
    [
        (BACK, {}),
        (BACK, {"staging": 1}),
        (BACK, {"prod": 2}),
        (replace(BACK, outcomes={}), {"staging": 2}),
        (replace(BACK, stay=stay(2)), {"staging": 2}),
        (replace(BACK, asked=Asked(3, "kim", NOW)), {"staging": 2}),
        (replace(BACK, target=Target(3, Kind.PROMOTION, "kim", NOW)), {"staging": 2}),
    ],
    ids=["other content", "what is active", "elsewhere", "nothing rejected", "it is back", "promoted", "retried"],
)
def test_what_may_come(place: Place, again: dict[str, int]) -> None:
    assert refusal_of(place, **again) == ""


TWIN = "holds exactly what r4 does, which was skipped here"


@pytest.mark.parametrize(
    ("place", "number", "expected"),
    [
        (holds(1, skips={4: skipped()}), 3, TWIN),
        (Place(skips={4: skipped()}), 3, TWIN),
        (holds(1, skips={4: skipped()}), 2, ""),
        (holds(1, skips={4: skipped()}), 5, ""),
        (holds(1, skips={3: skipped()}), 4, ""),
        (holds(1, skips={4: skipped()}, asked=Asked(3, "kim", NOW)), 3, ""),
    ],
    ids=["its older twin", "where nothing stands", "other content", "a newer one", "the newer twin", "asked for"],
)
def test_what_a_skip_keeps_out(place: Place, number: int, expected: str) -> None:
    twins = [same(4, ALL, staging=3), same(5, ALL, staging=3)]
    assert world(line(), [1, 2, 3, *twins], {"staging": place}).sight.refused(number, "staging") == expected
