"""The order: what passed where, what may come here, and what never does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.model.ledger import Drift, How, Place, Result
from promoter.model.plan import ClosePullRequest
from promoter.model.release import Hotfix, Release, ReleaseState
from promoter.plan.sight import Sight
from promoter.policy.rules import Accept, Promote, Rules, Verify
from tests.plan.worlds import (
    NOW,
    OTHER,
    TIP,
    Releases,
    ago,
    diamond,
    fresh,
    held,
    holds,
    line,
    offered,
    outcome,
    pipeline,
    proposed,
    release,
    rules,
    same,
    skipped,
    stay,
    world,
)

V, U = Result.VERIFIED, Result.UNVERIFIED


def sight(shape: Mapping[str, Rules], releases: Releases, **places: Place) -> Sight:
    """Give the app as the ledger has it, nothing closed."""
    return world(shape, releases, places).sight


def said(**results: Result) -> Mapping[str, Place]:
    """Give places where r2 has these outcomes and nothing else was ever active."""
    return {name: Place(outcomes={2: outcome(result)}) for name, result in results.items()}


EITHER = diamond(prod=rules("east west", either=True))


@pytest.mark.parametrize(
    ("shape", "results", "cleared"),
    [
        (line(), {"dev": V, "staging": V}, True),
        (line(), {"staging": V}, False),
        (line(), {"dev": V}, False),
        (line(), {"dev": U, "staging": V}, False),
        (line(), {"dev": V, "staging": Result.FAILED}, False),
        (line(), {"dev": V, "staging": Result.UNHEALTHY}, False),
        (line(), {"dev": V, "staging": Result.LEFT}, False),
        (line(), {"dev": V, "staging": U}, False),
        (diamond(), {"dev": V, "east": V, "west": V}, True),
        (diamond(), {"dev": V, "east": V}, False),
        (diamond(), {"east": V, "west": V}, False),
        (EITHER, {"dev": V, "west": V}, True),
        (EITHER, {"dev": V, "east": V, "west": Result.FAILED}, True),
        (EITHER, {"dev": V}, False),
        (pipeline(prod=rules()), {}, True),
        (pipeline(prod=rules("gone")), {}, False),
    ],
    ids=[
        "line: verified all the way",
        "line: not verified at the start of the way",
        "line: not verified just before",
        "line: unverified passes nothing",
        "line: failed before",
        "line: unhealthy later",
        "line: left later",
        "line: not knowable",
        "all: both",
        "all: one of two",
        "all: both, but not where they come from",
        "any: one of two",
        "any: one of two, the other failed",
        "any: none",
        "a first environment",
        "an environment that is not there",
    ],
)
def test_what_a_release_has_passed_before_prod(
    shape: Mapping[str, Rules], results: Mapping[str, Result], cleared: bool
) -> None:
    seen = sight(shape, [2], **said(**results))
    assert seen.cleared(2, "prod") is cleared
    assert (seen.eligible("prod") == [2]) is cleared


def test_a_change_of_a_place_is_seen_by_the_order_at_once() -> None:
    seen = sight(line(), [2], **said(dev=V))
    assert seen.passed(2, "dev")
    seen.change("dev", "it is sick", outcomes={2: outcome(Result.UNHEALTHY)})
    assert not seen.passed(2, "dev")
    assert seen.changes == ["dev: it is sick"]


ALL = ("dev", "staging", "prod")


@pytest.mark.parametrize(
    ("made", "place", "why"),
    [
        (release(2, ALL), Place(), ""),
        (release(2, ALL, state=ReleaseState.FAILED), Place(), "the release is failed"),
        (release(2, ALL, state=ReleaseState.DRAFT), Place(), "the release is draft"),
        (release(2, ALL, adopted=True), Place(), "adopted where it stands only"),
        (release(2, ("dev", "prod")), Place(), "not rendered for staging"),
        (release(2, ("staging", "prod")), Place(), "not rendered for dev"),
        (release(2, ("prod",)), Place(), "not rendered for staging, dev"),
        (release(2, ALL), Place(skips={2: skipped()}), "skipped by kim"),
        (release(2, ALL), Place(outcomes={2: outcome(Result.FAILED)}), "failed here"),
        (release(2, ALL), Place(outcomes={2: outcome(Result.UNHEALTHY)}), "unhealthy here"),
        (release(2, ALL), Place(outcomes={2: outcome(Result.LEFT)}), "left here"),
        (release(2, ALL), Place(outcomes={2: outcome(Result.UNVERIFIED)}), ""),
        (release(2, ALL), Place(outcomes={2: outcome(Result.VERIFIED)}), ""),
        (release(2, ALL, version="2.0.0-rc.1"), Place(), ""),
    ],
)
def test_what_never_comes_to_staging_by_itself(made: Release, place: Place, why: str) -> None:
    assert sight(line(), [made], staging=place).refused(2, "staging") == why


@pytest.mark.parametrize(
    ("version", "why"),
    [("1.4.0", ""), ("2.0.0", "not in >=1 <2"), ("", "no version is not a version; only >=1 <2")],
)
def test_a_release_that_is_not_accepted_is_passed_over(version: str, why: str) -> None:
    shape = line(staging=rules("dev", accept=Accept(semver=">=1 <2")))
    made = release(2, ALL, version=version)
    seen = sight(shape, [made, 1], dev=holds(2, 1))
    assert seen.refused(2, "staging") == why


def _runs(number: int, **changes: Any) -> Place:
    """Give a place where r1, r2 and r3 were verified, and which of them is active."""
    here = holds(3, 2, 1)
    return replace(here, stay=stay(number), **changes)


@pytest.mark.parametrize(
    ("number", "staging", "why"),
    [
        (3, _runs(3), ""),
        (2, _runs(3), "staging runs r3 now"),
        (2, _runs(2), ""),
        (3, _runs(2), "staging runs r2 now"),
        (3, _runs(3, drift=Drift(OTHER, TIP, ago(5))), "staging runs no release now"),
        (3, holds(3, 2, 1, stay=stay(3, how=How.MIXED)), "staging runs no release now"),
        (4, _runs(3), "staging runs r3 now"),  # the same bytes there as r2
        (5, _runs(3), ""),  # the same bytes there as r3
        (6, _runs(3), ""),  # on its way to staging: the order waits for it
        (7, _runs(3), ""),  # a hotfix
    ],
)
def test_what_another_environment_does_not_run_is_passed_over(number: int, staging: Place, why: str) -> None:
    shape = line(prod=rules("staging", accept=Accept(active_in="staging")))
    fix = release(7, ("prod",), hotfix=Hotfix((1,), (TIP,), "INC-1"))
    made: Releases = [1, 2, 3, same(4, ALL, staging=2), same(5, ALL, staging=3), release(6, ALL), fix]
    passed = {**staging.outcomes, 4: outcome(V), 5: outcome(V)}
    dev = holds(5, 4, 3, 2, 1)
    places = {"dev": dev, "staging": replace(staging, outcomes=passed), "prod": holds(1)}
    assert sight(shape, made, **places).refused(number, "prod") == why


def test_what_waits_is_withdrawn_when_the_environment_before_goes_on() -> None:
    prod = rules("staging", promote=Promote.REVIEW, accept=Accept(active_in="staging"))
    shape = line(staging=rules("dev", verify=Verify(soak=timedelta(hours=1))), prod=prod)
    places = {"dev": holds(3, 2, 1), "staging": fresh(3, 2, 1), "prod": holds(1, proposal=proposed(2))}
    slots = {"prod": offered(2, 1)}
    (action,) = world(shape, [1, 2, 3], places, slots).does(ClosePullRequest, "prod")
    assert action.reason == "r2 is not for prod any more: staging runs r3 now"


def test_what_any_of_several_predecessors_needs_is_only_itself() -> None:
    made = release(2, ("east", "prod"))
    assert sight(EITHER, [made]).refused(2, "prod") == ""
    assert sight(diamond(), [made]).refused(2, "prod") == "not rendered for west"


def test_only_what_is_above_the_mark_comes() -> None:
    seen = sight(line(), [1, 2, 3, 4], dev=holds(4, 3, 2, 1), staging=holds(1, mark=2))
    assert seen.newer("staging") == [3, 4]
    assert seen.eligible("staging") == [3, 4]
    assert seen.newer("dev") == []


def test_an_older_release_stays_eligible_while_a_newer_one_is_on_its_way() -> None:
    seen = sight(line(), [1, 2, 3], dev=fresh(3, 2, 1), staging=holds(1))
    assert seen.eligible("staging") == [2]


@pytest.mark.parametrize(
    ("place", "settled"),
    [
        (Place(), True),
        (holds(1), True),
        (fresh(1), False),
        (holds(1, stay=stay(1, how=How.MIXED, content=OTHER), outcomes={}), True),
        (holds(1, outcomes={1: outcome(Result.FAILED)}), True),
        (holds(1, outcomes={1: outcome(Result.UNVERIFIED)}), True),
    ],
    ids=["nothing active", "verified", "not known yet", "mixed", "failed", "unverified frees the place"],
)
def test_what_is_active_may_be_left_when_its_outcome_is_known(place: Place, settled: bool) -> None:
    assert sight(line(), [1], dev=place).settled("dev") is settled


def test_a_hold_is_in_force_until_its_end() -> None:
    for until, force in ((None, True), (NOW, False), (ago(1), False), (NOW.replace(hour=13), True)):
        assert (sight(line(), [1], dev=holds(1, hold=held(until=until))).hold("dev") is not None) is force


def test_labels_are_versions_where_there_is_one() -> None:
    seen = sight(line(), [1, release(2, ALL, version="1.4.2")])
    assert [seen.label(number) for number in (1, 2, 9)] == ["r1", "r2 (1.4.2)", "r9"]
    assert sorted(seen.releases) == [1, 2]
