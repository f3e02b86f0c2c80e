"""What is active and how it came: every row of the rule "the ledger's word, checked by content"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.model.forge import PullState
from promoter.model.ledger import Asked, Drift, How, Kind, Place, Result, Target
from promoter.model.verdict import Answer
from promoter.policy.rules import Freeze, Newer, Rules
from tests.plan.worlds import (
    HEAD,
    NOW,
    OTHER,
    TIP,
    Look,
    Releases,
    ago,
    back_to,
    content,
    fresh,
    held,
    holds,
    line,
    look,
    offer,
    offered,
    outcome,
    proposed,
    pull,
    release,
    rules,
    same,
    says,
    skipped,
    stay,
    world,
)

MERGED = {"pulls": (pull(state=PullState.MERGED),), "pull_releases": {7: 2}}
ENVIRONMENTS = ("dev", "staging", "prod")


def staging(place: Place, slot: dict[str, Any], **environments: Rules) -> Place:
    """Give what becomes of staging; r1 to r3 exist, dev has verified all of them."""
    seen = world(line(**environments), [1, 2, 3], {"dev": holds(3, 2, 1), "staging": place}, {"staging": slot})
    return seen.closed().places["staging"]


ROWS: list[tuple[str, Place, dict[str, Any], int, How]] = [
    ("while the content is the stay's, the stay holds", holds(1), look(1), 1, How.MERGED),
    ("our pull request was merged", holds(1, proposal=proposed(2)), look(2, **MERGED), 2, How.MERGED),
    (
        "a squash loses the trailers, the pull request's head has them",
        holds(1, proposal=proposed(2)),
        look(2, arrived=None, **MERGED),
        2,
        How.MERGED,
    ),
    (
        "the proposal was pushed to the active branch",
        holds(1, proposal=proposed(2)),
        look(2, arrived=2, arrived_kind=Kind.PROMOTION),
        2,
        How.MERGED,
    ),
    (
        "a rollback was merged",
        holds(2, 1, target=back_to(1), proposal=proposed(1, kind=Kind.ROLLBACK)),
        look(1, pulls=(pull(state=PullState.MERGED),), pull_releases={7: 1}),
        1,
        How.ROLLED_BACK,
    ),
    (
        "a rollback was pushed to the active branch",
        holds(2, 1, target=back_to(1)),
        look(1, arrived=1, arrived_kind=Kind.ROLLBACK),
        1,
        How.ROLLED_BACK,
    ),
    (
        "a rollback was merged when its word was over",
        holds(2, 1, proposal=proposed(1, kind=Kind.ROLLBACK)),
        look(1, pulls=(pull(state=PullState.MERGED),), pull_releases={7: 1}),
        1,
        How.ROLLED_BACK,
    ),
    ("a person went back to what was here", holds(2, 1), look(1), 1, How.BY_HAND),
    ("a person went back past a release", holds(3, 2, 1), look(1), 1, How.BY_HAND),
    ("a person brought a release that was never here", holds(1), look(2), 2, How.BY_HAND),
    (
        "its trailers alone prove nothing: a commit for a release that was not proposed is by hand",
        holds(1),
        look(2, arrived=2, arrived_kind=Kind.PROMOTION),
        2,
        How.BY_HAND,
    ),
    ("it was merged together with something else", holds(1, proposal=proposed(2)), look(OTHER, **MERGED), 2, How.MIXED),
    ("it was merged into nothing", Place(proposal=proposed(2)), look(2, **MERGED), 2, How.MERGED),
]


@pytest.mark.parametrize(("place", "slot", "number", "how"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_how_a_release_came(place: Place, slot: dict[str, Any], number: int, how: How) -> None:
    now = staging(place, slot).stay
    assert now is not None
    assert (now.release, now.how) == (number, how)


def test_an_arrival_begins_when_it_is_seen_and_ends_what_was_proposed() -> None:
    before = holds(
        1, proposal=proposed(2), asked=Asked(2, "kim", ago(9), HEAD), target=Target(2, Kind.PROMOTION, "k", NOW)
    )
    # the cluster has not followed yet
    now = staging(before, look(2, says(Answer.PENDING, "behind"), **MERGED))
    assert now.stay == stay(2, 0)
    assert now.past == (before.stay,)
    assert (now.mark, now.pulls_done) == (2, 7)
    assert (now.proposal, now.asked, now.target, now.merging) == (None, None, None, None)
    assert 2 not in now.outcomes


def test_a_stay_is_of_the_release_s_content_where_the_slot_holds_several() -> None:
    """In place, releases that move different values may all stand in one slot."""
    now = staging(holds(1, proposal=proposed(2)), look(OTHER, also=frozenset({content(2)}), **MERGED)).stay
    assert now is not None
    assert (now.release, now.content, now.how) == (2, content(2), How.MERGED)


def test_the_old_outcome_of_a_release_does_not_count_for_its_new_stay() -> None:
    before = holds(1, proposal=proposed(2), outcomes={1: outcome(Result.VERIFIED), 2: outcome(Result.FAILED)})
    assert 2 not in staging(before, look(2, says(Answer.PENDING), **MERGED)).outcomes


def test_other_words_than_for_what_arrived_stay() -> None:
    asked, target = Asked(3, "kim", ago(9), None), back_to(1)
    now = staging(holds(1, proposal=proposed(2), asked=asked, target=target), look(2, **MERGED))
    assert (now.asked, now.target) == (asked, target)


def test_what_a_person_took_back_is_skipped_left_and_held() -> None:
    now = staging(holds(3, 2, 1), look(1))
    assert set(now.skips) == {2, 3}
    assert {number: now.outcomes[number].result for number in (2, 3)} == {2: Result.LEFT, 3: Result.LEFT}
    assert now.hold is not None
    assert now.hold.reason == "taken back to r1 by hand"
    assert (now.mark, now.target) == (3, None)


def test_a_person_s_own_skip_and_hold_are_kept_when_something_is_taken_back() -> None:
    mine, hold = skipped(), held()
    now = staging(holds(2, 1, skips={2: mine}, hold=hold), look(1))
    assert (now.skips[2], now.hold) == (mine, hold)


def test_of_several_releases_with_that_content_the_newest_that_was_here_is_taken_back_to() -> None:
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1), 3]
    place = holds(3, 2, 1)
    place = replace(place, past=tuple(replace(it, content=content(1)) for it in place.past))
    seen = world(line(), releases, {"dev": holds(3, 2, 1), "staging": place}, {"staging": look(1)})
    now = seen.closed().places["staging"]
    assert now.stay is not None
    assert now.stay.release == 2
    assert set(now.skips) == {3}


def test_going_back_counts_before_a_newer_release_of_the_same_content() -> None:
    releases: Releases = [1, 2, same(3, ENVIRONMENTS, staging=1)]
    seen = world(line(), releases, {"dev": holds(2, 1), "staging": holds(2, 1)}, {"staging": look(1)})
    now = seen.closed().places["staging"]
    assert now.stay is not None
    assert now.stay.release == 1


@pytest.mark.parametrize(("verified_in_dev", "number"), [((3, 2, 1), 3), ((2, 1), 2), ((), 2)])
def test_by_hand_means_the_newest_that_may_come_else_the_oldest(verified_in_dev: tuple[int, ...], number: int) -> None:
    releases: Releases = [1, 2, same(3, ENVIRONMENTS, staging=2)]
    dev = holds(*verified_in_dev) if verified_in_dev else holds(1, outcomes={})
    now = world(line(), releases, {"dev": dev, "staging": holds(1)}, {"staging": look(2)}).closed().places["staging"]
    assert now.stay is not None
    assert (now.stay.release, now.stay.how) == (number, How.BY_HAND)


def test_by_hand_passes_to_the_next_only_what_its_own_predecessors_verified() -> None:
    seen = world(line(), [1, 2], {"dev": holds(1), "staging": holds(1), "prod": holds(1)}, {"staging": look(2)})
    sight = seen.closed()
    assert sight.places["staging"].outcomes[2].result is Result.VERIFIED
    assert not sight.passed(2, "staging")
    assert sight.eligible("prod") == []


def test_mixed_is_held_keeps_what_stands_there_and_is_never_verified() -> None:
    now = staging(holds(1, proposal=proposed(2)), look(OTHER, **MERGED))
    assert now.stay is not None
    assert now.stay.content == OTHER
    assert now.hold is not None
    assert now.hold.reason == "r2 was merged, but the slot holds something else as well"
    assert 2 not in now.outcomes


@pytest.mark.parametrize("seen", [OTHER, None], ids=["something that no release explains", "an emptied slot"])
def test_drift_keeps_the_stay_and_stops_its_soak(seen: Any) -> None:
    before = fresh(1, healthy=3)
    now = staging(before, look(seen))
    assert now.drift == Drift(seen, TIP, NOW)
    assert now.stay == replace(before.stay, healthy_since=None) if before.stay else False
    assert now.outcomes == {}


def test_drift_is_written_once_until_it_changes() -> None:
    drift = Drift(OTHER, TIP, ago(30))
    assert staging(holds(1, drift=drift), look(OTHER)).drift == drift
    other = staging(holds(1, drift=drift), look(content(77))).drift
    assert other == Drift(content(77), TIP, NOW)


def test_drift_is_over_when_the_slot_holds_its_stay_again() -> None:
    assert staging(holds(1, drift=Drift(OTHER, TIP, ago(30))), look(1)).drift is None


def test_drift_is_over_when_a_slot_that_never_had_a_release_is_empty_again() -> None:
    assert staging(Place(drift=Drift(OTHER, TIP, ago(30))), look(None)).drift is None


def test_an_empty_slot_without_a_stay_says_nothing() -> None:
    assert staging(Place(), look(None)) == Place(after=("dev",))


def test_merged_and_taken_back_at_once_is_a_skip_and_a_hold() -> None:
    now = staging(holds(1, proposal=proposed(2)), look(1, **MERGED))
    assert now.stay is not None
    assert now.stay.release == 1
    assert now.skips[2].reason == "merged and taken back by hand"
    assert now.outcomes[2].result is Result.LEFT
    assert now.hold is not None
    assert now.hold.reason == "r2 was taken back by hand"
    assert (now.mark, now.pulls_done, now.proposal) == (2, 7, None)


def test_a_rollback_that_is_merged_and_taken_back_at_once_is_not_tried_again() -> None:
    before = holds(2, 1, target=back_to(1), proposal=proposed(1, kind=Kind.ROLLBACK))
    slot = look(2, pulls=(pull(state=PullState.MERGED),), pull_releases={7: 1})
    assert staging(before, slot).target is None


def test_a_merge_of_what_is_active_is_only_noted() -> None:
    now = staging(holds(2, 1, proposal=proposed(2)), look(2, **MERGED))
    assert (now.pulls_done, now.proposal, now.skips, now.hold) == (7, None, {}, None)


def test_a_merge_that_was_dealt_with_is_not_taken_note_of_again() -> None:
    assert staging(holds(1, pulls_done=7), look(1, **MERGED)) == holds(1, pulls_done=7, after=("dev",))


def test_a_merged_pull_request_without_a_known_release_is_nobody_s_arrival() -> None:
    slot = look(2, pulls=(pull(state=PullState.MERGED),), pull_releases={7: 99})
    now = staging(holds(1), slot).stay
    assert now is not None
    assert now.how is How.BY_HAND


def test_a_merge_that_names_a_release_not_made_for_here_does_not_explain_an_empty_slot() -> None:
    releases: Releases = [1, release(2, ("dev",))]
    slot = look(None, pulls=(pull(state=PullState.MERGED),), pull_releases={7: 2})
    now = world(line(), releases, {"dev": holds(2, 1), "staging": holds(1)}, {"staging": slot}).closed()
    stays = now.places["staging"].stay
    assert stays is not None
    assert stays.how is How.MIXED


# --- what changes nothing here ---


def unchanged(
    place: Place, slot: dict[str, Any] | None = None, rest: Look | None = None, **environments: Rules
) -> Place:
    """Give what becomes of staging when r2, verified in dev, has r1's content there."""
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1)]
    slots = {"staging": slot} if slot is not None else {}
    return (
        world(line(**environments), releases, {"dev": holds(2, 1), "staging": place}, slots, rest)
        .closed()
        .places["staging"]
    )


def test_an_unchanged_release_joins_the_stay_and_its_clock_never_its_verdict() -> None:
    soaking = fresh(1, since=20, healthy=15)
    now = unchanged(soaking)
    assert now.stay == stay(2, 20, How.UNCHANGED, healthy=15, content=content(1))
    assert now.past == (soaking.stay,)
    assert now.mark == 2
    assert now.outcomes[2].at == NOW, "verified by this look, on its own"


def test_an_unchanged_release_does_not_inherit_verified() -> None:
    now = unchanged(holds(1), look(1, says(Answer.UNKNOWN, "unreachable")))
    assert now.stay is not None
    assert now.stay.release == 2
    assert now.outcomes[2].result is Result.UNVERIFIED


@pytest.mark.parametrize(
    ("place", "rest"),
    [
        (holds(1, hold=held()), None),
        (holds(1, skips={2: skipped()}), None),
        (holds(1), Look(settings={"freeze": (Freeze(NOW.date(), NOW.date().replace(day=9), (), "fair"),)})),
        (holds(1, stay=stay(1, how=How.MIXED, content=OTHER)), None),
        (holds(2, 1), None),
    ],
    ids=["held", "skipped", "frozen", "mixed", "not above the mark"],
)
def test_an_unchanged_release_does_not_arrive(place: Place, rest: Look | None) -> None:
    now = unchanged(place, look(place.stay.content if place.stay else None), rest)
    assert now.stay == place.stay


def test_an_unchanged_release_does_not_arrive_over_a_hand_edit() -> None:
    now = unchanged(holds(1), look(OTHER)).stay
    assert now is not None
    assert now.release == 1


def test_an_unchanged_release_waits_for_its_predecessors() -> None:
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1)]
    now = world(line(), releases, {"dev": fresh(2, 1), "staging": holds(1)}, {"dev": look(2, says(Answer.PENDING))})
    assert now.closed().places["staging"].mark == 1


@pytest.mark.parametrize(
    ("newer", "waiting", "joined"),
    [
        (Newer.REPLACE, None, 4),
        (Newer.REPLACE, 3, 4),
        (Newer.WAIT, None, 4),
        (Newer.WAIT, 3, 2),
        (Newer.QUEUE, None, 2),
        (Newer.QUEUE, 3, 2),
    ],
)
def test_who_is_overtaken_by_an_unchanged_release(newer: Newer, waiting: int | None, joined: int) -> None:
    """r2 and r4 change nothing in staging, r3 does."""
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1), 3, same(4, ENVIRONMENTS, staging=1)]
    place = holds(1, proposal=proposed(waiting) if waiting else None)
    slot = offered(waiting, 1) if waiting else look(1)
    environments = line(staging=rules("dev", newer=newer), prod=rules("staging"))
    places = {"dev": holds(4, 3, 2, 1), "staging": place}
    now = world(environments, releases, places, {"staging": slot}).closed().places["staging"].stay
    assert now is not None
    assert now.release == joined


def test_in_a_queue_an_unchanged_release_waits_behind_one_that_changes_something() -> None:
    releases: Releases = [1, 2, same(3, ENVIRONMENTS, staging=1)]
    environments = line(staging=rules("dev", newer=Newer.QUEUE))
    now = world(environments, releases, {"dev": holds(3, 2, 1), "staging": holds(1)}).closed().places["staging"].stay
    assert now is not None
    assert now.release == 1


def test_an_unchanged_arrival_ends_the_word_that_asked_for_it() -> None:
    assert unchanged(holds(1, asked=Asked(2, "kim", ago(5)))).asked is None


def test_a_rollback_to_the_same_content_arrives_without_a_pull_request() -> None:
    place = holds(2, 1, target=back_to(1), hold=held())
    place = replace(place, stay=stay(2, healthy=490, content=content(1)))
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1)]
    now = world(line(), releases, {"dev": holds(2, 1), "staging": place}).closed().places["staging"]
    assert now.stay is not None
    assert (now.stay.release, now.stay.how) == (1, How.ROLLED_BACK)
    assert now.target is None
    assert now.outcomes[2].result is Result.LEFT


def test_a_rollback_to_other_content_needs_a_proposal() -> None:
    now = staging(holds(2, 1, target=back_to(1), hold=held()), look(2)).stay
    assert now is not None
    assert now.release == 2


def test_a_retry_of_the_same_content_arrives_without_a_pull_request() -> None:
    releases: Releases = [1, same(2, ENVIRONMENTS, staging=1)]
    place = holds(1, mark=2, target=Target(2, Kind.PROMOTION, "kim", ago(1)))
    now = world(line(), releases, {"dev": holds(2, 1), "staging": place}).closed().places["staging"]
    assert now.stay is not None
    assert (now.stay.release, now.stay.how, now.stay.since, now.target) == (2, How.UNCHANGED, NOW, None)


def test_a_release_that_is_what_a_mixed_slot_holds_begins_a_stay_of_its_own() -> None:
    place = holds(2, 1, stay=stay(2, how=How.MIXED, content=content(3)), outcomes={1: outcome(Result.VERIFIED)})
    now = staging(place, look(3, says(Answer.PENDING)))
    assert now.stay is not None
    assert (now.stay.release, now.stay.how, now.stay.since) == (3, How.UNCHANGED, NOW)


def test_only_so_many_earlier_stays_are_kept() -> None:
    past = tuple(stay(1, 1000 + index) for index in range(30))
    now = staging(holds(1, past=past, proposal=proposed(2)), look(2, **MERGED))
    assert len(now.past) == 20


def test_what_the_look_says_of_a_proposal_is_not_an_arrival() -> None:
    assert staging(holds(1), look(1, proposal=offer(2, 1))).stay == holds(1).stay
