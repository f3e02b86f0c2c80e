"""What one look means for the ledger: people's closes and reopenings, holds that end, a graph that changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.model.forge import PullState
from promoter.model.ledger import Asked, Kind, Merging, Place, Skip, Target
from promoter.model.names import Oid
from tests.plan.worlds import (
    HEAD,
    NOW,
    Look,
    World,
    ago,
    back_to,
    diamond,
    held,
    holds,
    line,
    look,
    offer,
    offered,
    pipeline,
    proposed,
    pull,
    rules,
    skipped,
    world,
)

CLOSED = pull(state=PullState.CLOSED, closed_by="kim", closed_at=ago(3))


def staging(place: Place, slot: dict[str, Any] | None = None) -> World:
    """Give a world where r2 may come to staging, which holds r1."""
    slots = {"staging": slot} if slot is not None else {}
    return world(line(), [1, 2, 3], {"dev": holds(3, 2, 1), "staging": place}, slots)


def becomes(place: Place, slot: dict[str, Any] | None = None) -> Place:
    """Give what becomes of that place."""
    return staging(place, slot).closed().places["staging"]


# --- pull requests ---


def test_an_open_pull_request_is_bound_to_what_is_proposed() -> None:
    assert becomes(holds(1, proposal=proposed(3, None)), offered(3, 1)).proposal == proposed(3, 7)


def test_an_older_pull_request_is_not_bound() -> None:
    older = look(1, pulls=(replace(CLOSED, number=6),))
    assert becomes(holds(1, proposal=proposed(3, None), pulls_done=7), older).proposal == proposed(3, None)


@pytest.mark.parametrize("who", ["kim", None])
def test_a_close_is_a_skip_by_whoever_closed(who: str | None) -> None:
    merging = Merging(3, HEAD, ago(4))
    place = holds(1, proposal=proposed(3), asked=Asked(3, "kim", ago(9), HEAD), merging=merging)
    closed = replace(CLOSED, closed_by=who)
    now = becomes(place, look(1, pulls=(closed,), pull_releases={7: 3}))
    assert now.skips == {3: Skip(who or "somebody", ago(3), "closed pull request 7", 7)}
    assert (now.proposal, now.asked, now.merging, now.pulls_done) == (None, None, None, 7)


def test_a_close_of_what_somebody_named_takes_that_word_back() -> None:
    named = holds(2, 1, target=back_to(1), proposal=proposed(1, kind=Kind.ROLLBACK), hold=held())
    now = becomes(named, look(2, pulls=(CLOSED,), pull_releases={7: 1}))
    assert now.target is None
    assert set(now.skips) == {1}


def test_a_close_leaves_words_about_other_releases() -> None:
    asked = Asked(3, "kim", ago(9))
    target = Target(3, Kind.PROMOTION, "kim", ago(9))
    place = holds(1, proposal=proposed(2), asked=asked, target=target)
    now = becomes(place, look(1, pulls=(CLOSED,), pull_releases={7: 2}))
    assert (now.asked, now.target) == (asked, target)


def test_a_close_counts_for_the_release_on_the_branch_not_for_the_one_that_is_proposed_next() -> None:
    place = holds(1, proposal=proposed(3, pull=8))
    now = becomes(place, look(1, pulls=(CLOSED,), pull_releases={7: 2}))
    assert set(now.skips) == {2}
    assert now.proposal == proposed(3, pull=8)


def test_a_closed_branch_that_is_gone_counts_for_what_was_proposed() -> None:
    assert set(becomes(holds(1, proposal=proposed(3)), look(1, pulls=(CLOSED,))).skips) == {3}


def test_a_close_of_something_unknown_is_dealt_with_and_skips_nothing() -> None:
    now = becomes(holds(1), look(1, pulls=(CLOSED,), pull_releases={7: 99}))
    assert (now.skips, now.pulls_done) == ({}, 7)


def test_a_close_that_was_announced_is_no_skip() -> None:
    closed = replace(CLOSED, closed_by="promoter")
    now = becomes(holds(1, proposal=proposed(3), announced=(6, 7)), look(1, pulls=(closed,), pull_releases={7: 3}))
    assert (now.skips, now.announced, now.pulls_done, now.proposal) == ({}, (6,), 7, None)


def test_a_close_is_taken_note_of_once() -> None:
    done = holds(1, pulls_done=7)
    assert becomes(done, look(1, pulls=(CLOSED,), pull_releases={7: 3})) == replace(done, after=("dev",))


def test_a_close_in_the_future_is_written_down_as_now() -> None:
    """Clocks of forges run ahead."""
    late = replace(CLOSED, closed_at=NOW + timedelta(minutes=3))
    now = becomes(holds(1, proposal=proposed(3)), look(1, pulls=(late,), pull_releases={7: 3}))
    assert now.skips[3].at == NOW


def test_a_reopened_pull_request_takes_its_skip_back() -> None:
    skip = Skip("kim", ago(9), "closed pull request 7", 7)
    now = becomes(holds(1, skips={2: skipped(), 3: skip}), offered(3, 1))
    assert set(now.skips) == {2}


def test_an_open_pull_request_takes_back_no_other_skip() -> None:
    skips = {3: Skip("kim", ago(9), "closed pull request 6", 6)}
    assert becomes(holds(1, skips=skips, pulls_done=6), offered(3, 1)).skips == skips
    assert becomes(holds(1, skips={3: skipped()}), offered(3, 1)).skips == {3: skipped()}


def test_a_pull_request_that_was_dealt_with_and_is_open_again_is_awaited_again() -> None:
    now = becomes(holds(1, pulls_done=8, skips={3: Skip("kim", ago(9), "closed pull request 7", 7)}), offered(3, 1))
    assert (now.reopened, now.skips) == ((7,), {})
    closed = becomes(now, look(1, pulls=(CLOSED,), pull_releases={7: 3}))
    assert (closed.reopened, closed.pulls_done, set(closed.skips)) == ((), 8, {3})


# --- holds ---


@pytest.mark.parametrize(("minutes", "over"), [(-1, True), (0, True), (1, False)])
def test_a_hold_until_a_moment_is_over_at_that_moment(minutes: int, over: bool) -> None:
    hold = held(until=NOW + timedelta(minutes=minutes))
    assert becomes(holds(1, hold=hold)).hold == (None if over else hold)


def test_a_hold_without_an_end_has_none() -> None:
    assert becomes(holds(1, hold=held())).hold == held()


# --- the graph ---


@pytest.mark.parametrize(
    ("agreed", "reason"),
    [
        (("dev",), ""),
        (("qa",), "the pipeline changed: came after qa, now after dev"),
        (("dev", "qa"), "the pipeline changed: came after dev, qa, now after dev"),
        ((), ""),
    ],
    ids=["the same", "replaced", "one of two removed", "one added"],
)
def test_an_environment_whose_predecessor_went_is_held(agreed: tuple[str, ...], reason: str) -> None:
    rest = Look(agreed={"staging": agreed})
    now = world(line(), [1], {"dev": holds(1), "staging": holds(1)}, rest=rest).closed().places["staging"]
    assert now.after == ("dev",)
    assert (now.hold.reason if now.hold else "") == reason


def test_an_environment_that_lost_all_predecessors_is_held() -> None:
    shape = pipeline(dev=rules(), staging=rules())
    now = world(shape, [1], {"staging": holds(1)}, rest=Look(agreed={"staging": ("dev",)})).closed().places["staging"]
    assert now.hold is not None
    assert now.hold.reason == "the pipeline changed: came after dev, now after nothing"


def test_a_person_s_hold_stays_when_the_graph_changes() -> None:
    rest = Look(agreed={"staging": ("qa",)})
    now = world(line(), [1], {"staging": holds(1, hold=held())}, rest=rest).closed().places["staging"]
    assert (now.hold, now.after) == (held(), ("dev",))


def test_a_new_environment_is_not_held() -> None:
    now = world(diamond(), [1], {"dev": holds(1)}).closed().places["prod"]
    assert (now.hold, now.after) == (None, ("east", "west"))


def test_what_the_config_no_longer_names_is_kept_in_the_ledger() -> None:
    shape = pipeline(dev=rules())
    seen = world(shape, [1], {"dev": holds(1), "old": holds(1)})
    assert seen.closed().ledger().places["old"] == holds(1)


# --- words without a subject ---


def test_a_target_that_is_here_is_done() -> None:
    assert becomes(holds(2, 1, target=Target(2, Kind.PROMOTION, "kim", ago(5)))).target is None


ASKED = Asked(3, "kim", ago(5))
BOUND = Asked(3, "kim", ago(5), HEAD)


@pytest.mark.parametrize(
    ("asked", "slot", "left"),
    [
        (ASKED, look(1), ASKED),
        (ASKED, offered(3, 1), BOUND),
        (ASKED, offered(2, 1), ASKED),
        (BOUND, offered(3, 1), BOUND),
        (BOUND, look(1), BOUND),
        (replace(BOUND, head=Oid("c" * 40)), offered(3, 1), None),
        (BOUND, look(1, proposal=offer(3, 1, head=Oid("c" * 40), ours=False)), BOUND),
        (BOUND, look(1, proposal=offer(3, 1, head=Oid("c" * 40), merged=True)), BOUND),
        (ASKED, look(1, proposal=offer(3, 1, kind=Kind.ROLLBACK)), ASKED),
        (Asked(99, "kim", ago(5)), look(1), None),
    ],
    ids=[
        "nothing proposed yet",
        "bound to the first head that is proposed",
        "another release is proposed",
        "its head is proposed",
        "its branch is gone for now",
        "another head of the same release",
        "a person's head",
        "a merged head",
        "a rollback's head",
        "an unknown release",
    ],
)
def test_a_word_is_for_one_head(asked: Asked, slot: dict[str, Any], left: Asked | None) -> None:
    assert becomes(holds(1, asked=asked), slot).asked == left


def test_a_word_for_what_is_active_or_skipped_has_no_subject() -> None:
    assert becomes(holds(3, 1, asked=ASKED)).asked is None
    assert becomes(holds(1, asked=ASKED, skips={3: skipped()})).asked is None


def test_every_change_is_told() -> None:
    sight = staging(holds(1, proposal=proposed(3, None), hold=held(until=ago(1))), offered(3, 1)).closed()
    assert sight.changes == [
        "staging: the hold by kim is over",
        "staging: r3 is proposed in pull request 7",
        "prod: comes after staging",
    ]
