"""What is done for one slot: announce before closing, propose, open, say, merge; and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.model.forge import Check, Protection, PullState
from promoter.model.ledger import Asked, Drift, Kind, Merging, Place, Proposal, Skip
from promoter.model.names import Oid
from promoter.model.plan import (
    ClosePullRequest,
    Commit,
    LeaveQueue,
    MergePullRequest,
    Propose,
    Record,
    SetCommitStatus,
    UpsertPullRequest,
)
from promoter.model.verdict import Answer, Verdict
from promoter.plan.steps import status_text
from promoter.policy.rules import Promote
from tests.plan.worlds import (
    HEAD,
    NOW,
    OTHER,
    TIP,
    Look,
    World,
    ago,
    back_to,
    content,
    held,
    holds,
    line,
    look,
    offer,
    offered,
    proposed,
    pull,
    rules,
    skipped,
    slot,
    world,
)

BACK = Kind.ROLLBACK
WAITING = holds(1, proposal=proposed(2))
OLD = Oid("d" * 40)


def staging(place: Place, seen: dict[str, Any], rest: Look | None = None, **settings: Any) -> World:
    """Give a world where r2 is verified in dev, and prod is held so that all steps are staging's."""
    shape = line(staging=rules("dev", **settings))
    places = {"dev": holds(2, 1), "staging": place, "prod": holds(1, hold=held())}
    return world(shape, [1, 2], places, {"staging": seen}, rest)


def names(seen: World) -> list[str]:
    """Give the kinds of what is done, in order."""
    return [type(action).__name__ for action in seen.plan().actions]


def spoken(seen: World) -> World:
    """Give the same world after its pull request was told everything that the plan wants to say there."""
    text = seen.does(UpsertPullRequest)[0].text
    status = seen.does(SetCommitStatus)
    checks = tuple(Check("promoter", it.state, "promoter", NOW, "", it.description) for it in status)
    app = seen.snapshot.apps["shop"]
    here = app.slots["staging"]
    pulls = tuple(replace(it, title=text.title, body=text.body, labels=text.labels, checks=checks) for it in here.pulls)
    slots = {**app.slots, "staging": replace(here, pulls=pulls)}
    return replace(seen, snapshot=replace(seen.snapshot, apps={"shop": replace(app, slots=slots)}))


# --- propose ---


def test_a_target_is_noted_and_proposed_on_the_active_tip() -> None:
    seen = staging(holds(1), look(1))
    assert names(seen) == ["Record", "Propose"]
    assert seen.does(Propose) == [
        Propose("shop", "r2 is proposed to staging", slot("staging"), 2, Kind.PROMOTION, TIP, content(1), None)
    ]
    assert seen.plan().ledgers[0].places["staging"].proposal == Proposal(2, Kind.PROMOTION, NOW)


def test_a_branch_that_is_not_there_yet_is_proposed_on_nothing() -> None:
    made = staging(Place(), look(None, tip=None)).does(Propose)
    assert [(it.base, it.before, it.expect) for it in made] == [(None, None, None)]


def test_a_new_target_moves_the_same_pull_request() -> None:
    shape = line()
    places = {"dev": holds(3, 2, 1), "staging": WAITING, "prod": holds(1, hold=held())}
    seen = world(shape, [1, 2, 3], places, {"staging": offered(2, 1)})
    assert names(seen) == ["Record", "Propose"]
    assert [(it.release, it.expect) for it in seen.does(Propose)] == [(3, HEAD)]
    assert seen.plan().ledgers[0].places["staging"].proposal == Proposal(3, Kind.PROMOTION, NOW, 7)


def test_a_rollback_takes_the_pull_request_of_what_waits() -> None:
    place = holds(2, 1, target=back_to(1), hold=held(), proposal=proposed(3))
    seen = world(line(), [1, 2, 3], {"dev": holds(2, 1), "staging": place}, {"staging": offered(3, 2)})
    assert [(it.release, it.kind, it.expect) for it in seen.does(Propose, "staging")] == [(1, BACK, HEAD)]
    assert seen.plan().ledgers[0].places["staging"].proposal == Proposal(1, BACK, NOW, 7)


@pytest.mark.parametrize(
    ("seen", "rebuilt"),
    [
        (offered(2, 1), False),
        (offered(2, 1, parent=OLD), False),
        (offered(2, 1, parent=OLD, pulls=(pull(mergeable=True),)), False),
        (offered(2, 1, parent=OLD, pulls=(pull(mergeable=False),)), True),
        (offered(2, 1, pulls=(pull(mergeable=False),)), False),
        (offered(2, 1, proposal=offer(2, 9)), True),
        (offered(2, 1, merged=True, pulls=()), True),
        (offered(1, 1), True),
        (offered(2, 1, kind=BACK), True),
    ],
    ids=[
        "exactly what is wanted",
        "the branch moved outside the slot",
        "behind, and the forge merges it",
        "behind, and the forge does not merge it",
        "not mergeable, and not for being behind",
        "the slot's content is not the one in its parent",
        "the head is merged already, and the slot holds something else",
        "another release",
        "a rollback to it",
    ],
)
def test_when_a_proposal_is_made_again(seen: dict[str, Any], rebuilt: bool) -> None:
    world = staging(WAITING, seen, promote=Promote.REVIEW)
    assert bool(world.does(Propose)) is rebuilt


@pytest.mark.parametrize(
    "seen",
    [
        offered(2, 1, ours=False),
        look(1, proposal=offer(2, 1, ours=False)),
        offered(2, 1, proposal=offer(2, 9, ours=False, parent=OLD), pulls=(pull(mergeable=False),)),
    ],
    ids=["in a pull request", "without one", "behind"],
)
def test_a_person_s_head_is_left_alone(seen: dict[str, Any]) -> None:
    here = staging(holds(1, proposal=proposed(2, pull=None if not seen.get("pulls") else 7)), seen)
    assert names(here) == []


def test_a_person_s_head_that_is_merged_is_over() -> None:
    assert names(staging(holds(1), look(1, proposal=offer(2, 1, ours=False, merged=True)))) == ["Record", "Propose"]


# --- open ---


def test_what_is_pushed_is_opened() -> None:
    seen = staging(holds(1, proposal=proposed(2, None)), look(1, proposal=offer(2, 1)))
    assert names(seen) == ["UpsertPullRequest"]
    opened = seen.does(UpsertPullRequest)[0]
    assert (opened.number, opened.head, opened.reason) == (None, HEAD, "open a pull request into staging")


def test_a_second_pull_request_is_never_opened() -> None:
    assert [it.number for it in staging(WAITING, offered(2, 1)).does(UpsertPullRequest)] == [7]


def test_a_pull_request_that_has_not_seen_the_push_is_waited_for() -> None:
    assert names(staging(WAITING, offered(2, 1, pulls=(pull(head=OLD),)))) == []


def full(limit: int) -> Look:
    """Give a config that allows `limit` open pull requests."""
    return Look(settings={"open_pull_requests": limit})


@pytest.mark.parametrize(
    ("limit", "seen", "done"),
    [
        (0, look(1), []),
        (0, look(1, proposal=offer(2, 1)), []),
        (1, look(1), ["Record", "Propose"]),
        (1, offered(2, 1), ["Record", "UpsertPullRequest", "SetCommitStatus", "MergePullRequest"]),
        (0, offered(2, 1), ["Record", "UpsertPullRequest", "SetCommitStatus", "MergePullRequest"]),
    ],
    ids=["no room to propose", "no room to open", "room", "it is the open one", "it was open before the limit"],
)
def test_the_limit_of_open_pull_requests(limit: int, seen: dict[str, Any], done: list[str]) -> None:
    place = WAITING if "proposal" in seen else holds(1)
    assert names(staging(replace(place, proposal=place.proposal and proposed(2)), seen, full(limit))) == done


def test_the_limit_does_not_stop_a_rollback() -> None:
    seen = staging(holds(2, 1, target=back_to(1), hold=held()), look(2), full(0))
    assert [it.kind for it in seen.does(Propose, "staging")] == [BACK]


@pytest.mark.parametrize("pushed", [False, True])
def test_the_limit_counts_what_this_plan_opens(pushed: bool) -> None:
    shape = {name: rules(clusters=(name,)) for name in ("a", "b", "c")}
    places = {name: holds(1, proposal=proposed(2, None) if pushed else None) for name in shape}
    slots = {name: look(1, proposal=offer(2, 1) if pushed else None) for name in shape}
    seen = world(shape, [1, 2], places, slots, full(2))
    assert len(seen.does(UpsertPullRequest if pushed else Propose)) == 2


# --- say ---


def test_a_pull_request_is_told_once() -> None:
    seen = staging(WAITING, offered(2, 1), promote=Promote.REVIEW)
    assert names(seen) == ["UpsertPullRequest", "SetCommitStatus"]
    assert names(spoken(seen)) == []


@pytest.mark.parametrize("part", ["title", "body", "labels", "state", "description"])
def test_what_somebody_changed_is_said_again(part: str) -> None:
    seen = spoken(staging(WAITING, offered(2, 1), promote=Promote.REVIEW))
    app = seen.snapshot.apps["shop"]
    here = app.slots["staging"]
    told = here.pulls[0]
    other: dict[str, Any] = {part: () if part == "labels" else "something else"}
    if part in ("state", "description"):
        told = replace(told, checks=(replace(told.checks[0], **other),))
    else:
        told = replace(told, **other)
    changed = replace(app, slots={**app.slots, "staging": replace(here, pulls=(told,))})
    again = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": changed}))
    assert names(again) == ["SetCommitStatus" if part in ("state", "description") else "UpsertPullRequest"]


def test_a_person_s_labels_are_no_reason_to_write() -> None:
    seen = spoken(staging(WAITING, offered(2, 1), promote=Promote.REVIEW))
    app = seen.snapshot.apps["shop"]
    here = app.slots["staging"]
    told = replace(here.pulls[0], labels=(*here.pulls[0].labels, "urgent"))
    changed = replace(app, slots={**app.slots, "staging": replace(here, pulls=(told,))})
    assert names(replace(seen, snapshot=replace(seen.snapshot, apps={"shop": changed}))) == []


@pytest.mark.parametrize(
    ("verdicts", "state", "said"),
    [
        ((), "success", "every gate passed"),
        ((Verdict("a", Answer.SUCCESS, "yes"),), "success", "every gate passed"),
        ((Verdict("a", Answer.SUCCESS, "yes"), Verdict("b", Answer.PENDING, "soon")), "pending", "b: soon"),
        ((Verdict("a", Answer.UNKNOWN, "who knows"),), "pending", "a: who knows"),
        (
            (
                Verdict("a", Answer.PENDING, "soon"),
                Verdict("b", Answer.FAILURE, "no"),
                Verdict("c", Answer.FAILURE, "never"),
            ),
            "failure",
            "b: no; c: never",
        ),
        ((Verdict("a", Answer.PENDING, "x" * 137),), "pending", "a: " + "x" * 137),
        ((Verdict("a", Answer.PENDING, "x" * 138),), "pending", "a: " + "x" * 136 + "…"),
    ],
    ids=["nothing", "passed", "pending", "unknown never passes", "the worst alone", "140 characters", "141 characters"],
)
def test_the_commit_status(verdicts: tuple[Verdict, ...], state: str, said: str) -> None:
    assert status_text(verdicts) == (state, said)
    assert len(said) <= 140


# --- merge ---


def test_a_merge_is_written_down_before_it_is_tried_and_names_head_and_base() -> None:
    seen = staging(WAITING, offered(2, 1))
    assert names(seen) == ["Record", "UpsertPullRequest", "SetCommitStatus", "MergePullRequest"]
    assert seen.plan().ledgers[0].places["staging"].merging == Merging(
        2, HEAD, NOW, ("order: verified in dev, 4 Mar 05:20",)
    )
    assert seen.does(MergePullRequest) == [
        MergePullRequest(
            "shop", "every gate of staging passed", slot("staging"), 7, 2, Kind.PROMOTION, HEAD, content(1), "merge",
            fast_forward=True, base=TIP,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("merging", "written"),
    [(None, True), (Merging(2, HEAD, ago(9), ("before",)), False), (Merging(2, OLD, ago(9)), True)],
    ids=["the first try", "tried before", "decided for another head"],
)
def test_a_decision_is_for_one_head(merging: Merging | None, written: bool) -> None:
    seen = staging(replace(WAITING, merging=merging), offered(2, 1))
    assert bool(seen.does(Record)) is written
    assert len(seen.does(MergePullRequest)) == 1


@pytest.mark.parametrize(
    ("protection", "parent", "forward", "method"),
    [
        (Protection(), TIP, True, "merge"),
        (Protection(), OLD, False, "merge"),
        (Protection(may_push=False), TIP, False, "merge"),
        (Protection(may_push=False, methods=("squash", "rebase")), TIP, False, "squash"),
        (Protection(may_push=False, methods=()), TIP, False, "merge"),
    ],
)
def test_how_it_is_merged(protection: Protection, parent: Oid, forward: bool, method: str) -> None:
    merge = staging(WAITING, offered(2, 1, parent=parent, protection=protection)).does(MergePullRequest)[0]
    assert (merge.fast_forward, merge.method) == (forward, method)


@pytest.mark.parametrize(
    ("place", "seen", "settings"),
    [
        (WAITING, offered(2, 1, pulls=(pull(draft=True),)), {}),
        (WAITING, offered(2, 1, pulls=(pull(labels=("promoter/hold",)),)), {}),
        (WAITING, offered(2, 1, protection=Protection(required_checks=("ci",))), {}),
        (WAITING, offered(2, 1), {"promote": Promote.REVIEW}),
        (replace(WAITING, hold=held()), offered(2, 1), {}),
        (replace(WAITING, drift=Drift(OTHER, TIP, ago(3))), {**offered(2, 1), "content": OTHER}, {}),
    ],
    ids=["a draft", "a label", "a check", "a person merges", "held", "drift"],
)
def test_what_is_not_merged(place: Place, seen: dict[str, Any], settings: dict[str, Any]) -> None:
    assert staging(place, seen, **settings).does(MergePullRequest) == []


QUEUED = (pull(queued=True),)


@pytest.mark.parametrize(
    ("place", "changes", "settings"),
    [
        (replace(WAITING, hold=held()), {}, {}),
        (replace(WAITING, skips={2: skipped()}), {}, {}),
        (WAITING, {"pulls": (pull(queued=True, labels=("promoter/hold",)),)}, {}),
        (WAITING, {"protection": Protection(required_checks=("ci",))}, {}),
        (WAITING, {"ours": False}, {}),
        (WAITING, {}, {"promote": Promote.REVIEW}),
    ],
    ids=["held", "skipped", "a label", "a check", "somebody's commit", "a person merges"],
)
def test_what_is_not_to_be_merged_leaves_the_merge_queue_first(
    place: Place, changes: dict[str, Any], settings: dict[str, Any]
) -> None:
    """A queue merges by itself, so what it is to merge is judged as long as it is there."""
    seen = staging(place, offered(2, 1, **{"pulls": QUEUED, **changes}), **settings)
    assert [it.number for it in seen.does(LeaveQueue)] == [7]
    assert next(name for name in names(seen) if name != "Record") == "LeaveQueue"
    others = (replace(one, queued=False) for one in changes.get("pulls", QUEUED))
    assert not staging(place, offered(2, 1, **{**changes, "pulls": tuple(others)}), **settings).does(LeaveQueue)


def test_what_is_still_to_be_merged_stays_in_the_merge_queue() -> None:
    assert not staging(WAITING, offered(2, 1, pulls=QUEUED)).does(LeaveQueue)


def test_a_newer_target_takes_the_old_one_out_of_the_merge_queue() -> None:
    seen = staging(WAITING, offered(2, 1, pulls=QUEUED, kind=BACK))
    assert [name for name in names(seen) if name != "Record"][:2] == ["LeaveQueue", "Propose"]


def test_what_a_person_asked_for_is_merged_at_that_head() -> None:
    asked = Asked(2, "kim", ago(3), HEAD)
    seen = staging(replace(WAITING, asked=asked), offered(2, 1), promote=Promote.REVIEW)
    assert [it.expect_head for it in seen.does(MergePullRequest)] == [HEAD]


# --- straight to the branch ---


def test_straight_is_noted_and_committed_without_a_pull_request() -> None:
    seen = staging(holds(1), look(1), promote=Promote.COMMIT)
    assert names(seen) == ["Record", "Commit"]
    assert seen.does(Commit) == [
        Commit("shop", "r2 goes straight to staging", slot("staging"), 2, Kind.PROMOTION, TIP, content(1))
    ]


def test_straight_waits_for_its_gates() -> None:
    assert names(staging(holds(1, drift=Drift(OTHER, TIP, ago(3))), look(OTHER), promote=Promote.COMMIT)) == []


def test_straight_is_noted_once() -> None:
    seen = staging(holds(1, proposal=proposed(2, None)), look(1), promote=Promote.COMMIT)
    assert names(seen) == ["Commit"]


def test_a_rollback_may_go_straight_where_promotions_do_not() -> None:
    seen = staging(holds(2, 1, target=back_to(1), hold=held()), look(2), rollback=Promote.COMMIT)
    assert [(it.release, it.kind) for it in seen.does(Commit, "staging")] == [(1, BACK)]


def test_of_those_that_wait_behind_only_the_next_to_merge_is_made_again_where_the_base_demands_it() -> None:
    """Three environments on one branch that demands up-to-date heads; one of them waits for a person."""
    shape = {name: rules(clusters=(name,)) for name in ("a", "b", "c")}
    shape["a"] = replace(shape["a"], promote=Promote.REVIEW, gates=())
    here = pull(mergeable=False, base_branch=slot("a").branch)
    behind = offered(2, 1, parent=OLD, pulls=(here,), protection=Protection(up_to_date=True))
    places = {name: holds(1, proposal=proposed(2)) for name in shape}
    places["a"] = replace(places["a"], hold=held())
    seen = world(shape, [1, 2], places, dict.fromkeys(shape, behind))
    app = seen.snapshot.apps["shop"]
    shared = {name: replace(it, slot=replace(it.slot, branch=slot("a").branch)) for name, it in app.slots.items()}
    seen = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": replace(app, slots=shared)}))
    assert [it.slot.environment for it in seen.does(Propose)] == ["b"]


def test_a_pull_request_that_was_to_be_closed_and_is_wanted_again_stays_open() -> None:
    seen = staging(replace(WAITING, announced=(6, 7)), offered(2, 1), promote=Promote.REVIEW)
    assert seen.does(ClosePullRequest) == []
    assert seen.plan().ledgers[0].places["staging"].announced == (6,)


# --- withdraw ---


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (replace(WAITING, skips={2: skipped()}), "r2 is skipped in staging: not this one"),
        (holds(1, mark=2, proposal=proposed(2)), "staging has had r2, which is newer than r2"),
    ],
)
def test_a_close_is_announced_before_it_is_done(place: Place, why: str) -> None:
    seen = staging(place, offered(2, 1))
    assert names(seen) == ["Record", "ClosePullRequest"]
    assert [(it.number, it.reason) for it in seen.does(ClosePullRequest)] == [(7, why)]
    assert seen.plan().ledgers[0].places["staging"].announced == (7,)


def test_what_lost_its_pass_is_closed() -> None:
    places = {"dev": holds(1), "staging": WAITING, "prod": holds(1)}
    seen = world(line(), [1, 2], places, {"staging": offered(2, 1)})
    assert [it.reason for it in seen.does(ClosePullRequest)] == ["r2 is not verified in dev any more"]


def test_a_pull_request_for_what_is_active_is_closed() -> None:
    seen = staging(holds(2, 1), offered(2, 2))
    assert [it.reason for it in seen.does(ClosePullRequest)] == ["r2 is active in staging"]


def test_what_cannot_come_is_closed() -> None:
    shape = line(staging=rules("dev", promote=Promote.REQUEST))
    places = {"dev": holds(2, 1), "staging": holds(1), "prod": holds(1, hold=held())}
    seen = world(shape, [1, 2], places, {"staging": offered(2, 1)})
    assert [it.reason for it in seen.does(ClosePullRequest)] == ["r2 cannot come to staging"]


def test_a_close_is_announced_once() -> None:
    seen = staging(replace(WAITING, skips={2: skipped()}, announced=(7,)), offered(2, 1))
    assert names(seen) == ["ClosePullRequest"]


@pytest.mark.parametrize(
    "seen",
    [offered(2, 1, pull_releases={}), offered(2, 1, ours=False), look(1, pulls=(pull(state=PullState.CLOSED),))],
    ids=["not ours: no trailers", "a person's commits", "closed already"],
)
def test_what_is_not_closed(seen: dict[str, Any]) -> None:
    place = holds(1, skips={2: Skip("kim", ago(3))}, pulls_done=7 if seen["pulls"][0].state is PullState.CLOSED else 0)
    assert staging(place, seen).does(ClosePullRequest) == []


def test_a_proposal_without_a_pull_request_is_forgotten_when_it_has_no_target() -> None:
    seen = staging(holds(1, proposal=proposed(2, None), skips={2: skipped()}), look(1, proposal=offer(2, 1)))
    assert names(seen) == ["Record"]
    assert seen.plan().ledgers[0].places["staging"].proposal is None


def test_a_forge_is_spoken_to_in_its_own_word() -> None:
    """And what it says is known again: nothing is left to say."""
    draft = offered(2, 1, pulls=(replace(offered(2, 1)["pulls"][0], draft=True),))
    seen = staging(holds(1, proposal=proposed(2)), draft)
    app = replace(seen.snapshot.apps["shop"], called="merge request")
    seen = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))
    text, status = seen.does(UpsertPullRequest)[0].text, seen.does(SetCommitStatus)[0]
    assert "the merge request is a draft" in text.body
    assert "the merge request is a draft" in status.description
    assert "pull request" not in text.body + status.description
    assert names(spoken(seen)) == []
