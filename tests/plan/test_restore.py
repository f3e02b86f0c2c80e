"""When what was recorded is put back over a hand edit, what judges it, and what people's words make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.model.forge import PullState
from promoter.model.ledger import Asked, Drift, How, Kind, Place, Result, Target
from promoter.model.names import Oid
from promoter.model.plan import MergePullRequest, Propose, UpsertPullRequest
from promoter.model.release import SourceCommit
from promoter.plan.command import Word, say
from promoter.plan.restore import restores
from promoter.policy.rules import OnDrift, Promote
from tests.plan.worlds import (
    HEAD,
    NOW,
    OTHER,
    TIP,
    World,
    ago,
    approved,
    back_to,
    held,
    holds,
    line,
    look,
    offered,
    outcome,
    proposed,
    pull,
    rules,
    skipped,
    stay,
    world,
)

EDITED = Drift(OTHER, TIP, ago(10))
BY = (SourceCommit(Oid("c" * 40), "Kim", "Try it"),)


def town(place: Place, slot: dict[str, Any] | None = None, **changes: Any) -> World:
    """Give a world in which staging is `place`, edited by hand, and overwrites that."""
    here = rules("dev", **{"drift": OnDrift.OVERWRITE, **changes})
    places = {"dev": holds(2, 1), "staging": place}
    return world(line(staging=here), [1, 2], places, {"staging": slot or look(OTHER)})


def put_back(**changes: Any) -> int | None:
    """Give what is put back where r2 was edited by hand, with `changes` of the place."""
    return restores(town(holds(2, 1, **{"drift": EDITED, **changes})).sight, "staging")


def test_what_was_recorded_is_put_back() -> None:
    assert put_back() == 2
    assert put_back(outcomes={}) == 2
    assert restores(town(holds(2, 1, drift=EDITED), drift=OnDrift.BLOCK).sight, "staging") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"drift": None},
        {"drift": replace(EDITED, kept_by="kim")},
        {"stay": None},
        {"stay": stay(2, how=How.MIXED)},
        {"stay": stay(9)},
        {"skips": {2: skipped()}},
        {"outcomes": {2: outcome(Result.FAILED)}},
        {"outcomes": {2: outcome(Result.LEFT)}},
        {"outcomes": {2: outcome(Result.UNHEALTHY)}},
        {"target": back_to(1)},
        {"hold": held()},
    ],
    ids=str,
)
def test_what_is_not_put_back(changes: dict[str, Any]) -> None:
    assert put_back(**changes) is None


def test_a_hold_keeps_its_pull_request_and_stops_the_merge() -> None:
    place = holds(2, 1, drift=EDITED, hold=held(), proposal=proposed(2, kind=Kind.RESTORE))
    slot = {**offered(2, 2, kind=Kind.RESTORE), "content": OTHER}
    slot["proposal"] = replace(slot["proposal"], before=OTHER)
    seen = town(place, slot)
    assert restores(seen.sight, "staging") == 2
    assert seen.does(MergePullRequest, "staging") == []
    (merge,) = town(replace(place, hold=None), slot).does(MergePullRequest, "staging")
    assert (merge.kind, merge.before, merge.release) == (Kind.RESTORE, OTHER, 2)


def test_it_is_proposed_on_top_of_the_edit_and_says_whose_that_is() -> None:
    (propose,) = town(holds(2, 1, drift=EDITED)).does(Propose, "staging")
    assert (propose.kind, propose.release, propose.before, propose.base) == (Kind.RESTORE, 2, OTHER, TIP)
    slot = {**offered(2, 2, kind=Kind.RESTORE), "content": OTHER, "edits": BY, "pulls": (), "pull_releases": {}}
    slot["proposal"] = replace(slot["proposal"], before=OTHER)
    place = holds(2, 1, drift=EDITED, proposal=proposed(2, None, Kind.RESTORE))
    (upsert,) = town(place, slot).does(UpsertPullRequest, "staging")
    assert upsert.text.title == "Put back shop r2 in staging"
    assert "**What it overwrites**:\n\n- `ccccccc` Try it (Kim)" in upsert.text.body


OPEN = holds(2, 1, drift=EDITED, proposal=proposed(2, kind=Kind.RESTORE))


def said(place: Place, verb: str, release: int | None = None) -> tuple[Place, str]:
    """Say something about staging."""
    seen = town(place)
    book, sentence = say(
        seen.config.apps["shop"],
        seen.snapshot.apps["shop"].ledger,
        Word(verb, "staging", "kim", NOW, release, head=HEAD),
    )
    return book.place("staging"), sentence


def test_words_about_it() -> None:
    asked, sentence = said(OPEN, "promote")
    assert (asked.asked, sentence) == (Asked(2, "kim", NOW, HEAD), "kim: put r2 back in staging")
    kept, sentence = said(OPEN, "skip")
    assert (kept.drift, kept.skips) == (replace(EDITED, kept_by="kim"), {})
    assert sentence == "kim: keep what was changed by hand in staging"
    again, _ = said(kept, "retry")
    assert again.drift == EDITED


@pytest.mark.parametrize("drift", [EDITED, None], ids=["edited", "the edit is gone"])
def test_closing_it_skips_no_release(drift: Drift | None) -> None:
    slot = {**offered(2, 2, kind=Kind.RESTORE), "content": OTHER if drift else look(2)["content"]}
    slot["pulls"] = (pull(state=PullState.CLOSED, closed_by="kim"),)
    place = town(replace(OPEN, drift=drift), slot).closed().places["staging"]
    assert (place.skips, place.proposal) == ({}, None)
    assert place.drift == (replace(EDITED, kept_by="kim", pull=7) if drift else None)


def test_reopening_it_takes_that_back() -> None:
    slot = {**offered(2, 2, kind=Kind.RESTORE), "content": OTHER}
    place = replace(OPEN, drift=replace(EDITED, kept_by="kim", pull=7), pulls_done=7, proposal=None)
    assert town(place, slot).closed().places["staging"].drift == replace(EDITED, pull=None)


def test_a_person_s_word_merges_it_where_people_merge() -> None:
    slot = {**offered(2, 2, kind=Kind.RESTORE), "content": OTHER, "pulls": (pull(reviews=(approved(),)),)}
    slot["proposal"] = replace(slot["proposal"], before=OTHER)
    place = replace(OPEN, asked=Asked(2, "kim", ago(1), HEAD))
    assert town(OPEN, slot, promote=Promote.REVIEW).does(MergePullRequest, "staging") == []
    assert town(place, slot, promote=Promote.REVIEW).does(MergePullRequest, "staging")


def test_who_named_a_release_goes_first() -> None:
    place = holds(1, 2, mark=2, drift=EDITED, target=Target(2, Kind.PROMOTION, "kim", ago(1)))
    assert restores(town(place).sight, "staging") is None
