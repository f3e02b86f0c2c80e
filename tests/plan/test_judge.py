"""Every verdict of promoter's own on a release on its way, word for word; then the configured gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from promoter.model.forge import Protection, PullState
from promoter.model.ledger import Asked, Drift, Kind, Place, Result
from promoter.model.names import Branch, Oid
from promoter.model.release import SourceCommit
from promoter.model.verdict import Answer, Verdict
from promoter.plan.judge import judge, merge_word, on_offer, open_pull
from promoter.plan.sight import Sight
from promoter.policy.gate import Subject
from promoter.policy.rules import Freeze, Promote, Verify
from tests.plan.worlds import (
    HEAD,
    NOW,
    OTHER,
    TIP,
    Look,
    ago,
    approved,
    back_to,
    check,
    diamond,
    fresh,
    held,
    holds,
    line,
    look,
    offer,
    offered,
    proposed,
    pull,
    release,
    rules,
    says,
    world,
)

UP, BACK = Kind.PROMOTION, Kind.ROLLBACK
OK, WAIT, NO = Answer.SUCCESS, Answer.PENDING, Answer.FAILURE
WEEK = Freeze(NOW.date(), NOW.date() + timedelta(days=5), (), "fair")
CI, ONE = Protection(required_checks=("ci",)), Protection(required_approvals=1)
APPROVED = pull(reviews=(approved(),))
DAY = NOW + timedelta(days=1)


class Notes:
    """A gate that writes down what it was asked about."""

    kind: ClassVar[str] = "notes"

    def __init__(self) -> None:
        self.asked: list[Subject] = []

    def evaluate(self, subject: Subject, now: Any) -> tuple[Verdict, ...]:
        self.asked.append(subject)
        return (Verdict("notes", Answer.PENDING, "written down"),)


def sight(
    place: Place | None = None, slot: Mapping[str, Any] | None = None, rest: Look | None = None, **settings: Any
) -> Sight:
    """Give a world where r2 is verified in dev and staging holds r1."""
    shape = line(staging=rules("dev", **settings))
    places = {"dev": holds(2, 1), "staging": place or holds(1), "prod": holds(1)}
    return world(shape, [1, 2], places, {"staging": slot or look(1)}, rest).sight


def said(seen: Sight, kind: Kind = UP, environment: str = "staging") -> list[tuple[str, Answer, str]]:
    """Give all verdicts on r2 (a rollback: r1), short."""
    return [(v.gate, v.answer, v.reason) for v in judge(seen, environment, 2 if kind is UP else 1, kind)]


ORDER = ("order", OK, "verified in dev, 4 Mar 05:20")


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (sight(), None),
        (sight(slot=offered(2, 1)), None),
        (sight(holds(1, hold=held())), ("hold", WAIT, "held by kim: INC-1")),
        (sight(holds(1, hold=held(reason=""))), ("hold", WAIT, "held by kim")),
        (sight(holds(1, hold=held(until=DAY))), ("hold", WAIT, "held by kim until 5 Mar 12:00: INC-1")),
        (sight(holds(1, hold=held(until=ago(1)))), None),
        (sight(rest=Look(settings={"freeze": (WEEK,)})), ("freeze", WAIT, "frozen until 9 Mar 00:00: fair")),
        (sight(fresh(1), look(1, says(WAIT, "behind"))), ("settled", WAIT, "r1 is being verified here: behind")),
        (
            sight(fresh(1, healthy=10), look(1), verify=Verify(soak=timedelta(hours=1))),
            ("settled", WAIT, "r1 soaks here until 4 Mar 12:50"),
        ),
        (
            sight(holds(1, drift=Drift(OTHER, TIP, ago(9)))),
            ("drift", NO, "the slot was changed by hand; adopt it, take it back, or merge by hand"),
        ),
        (
            sight(slot=look(1, proposal=offer(2, 1, ours=False))),
            (
                "head",
                NO,
                "environment/staging-next/shop holds commits that are not promoter's; delete the branch to have it "
                "made again",
            ),
        ),
        (sight(slot=look(1, proposal=offer(2, 1, ours=False, merged=True))), None),
        (sight(slot=offered(2, 1, pulls=(pull(draft=True),))), ("draft", WAIT, "the pull request is a draft")),
        (
            sight(slot=offered(2, 1, pulls=(pull(labels=("x", "promoter/hold")),))),
            ("hold", WAIT, "label promoter/hold on pull request 7"),
        ),
        (sight(slot=offered(2, 1, pulls=(pull(labels=("held",)),))), ("hold", WAIT, "label held on pull request 7")),
        (sight(slot=offered(2, 1, pulls=(pull(labels=("env/staging",)),))), None),
        (
            sight(slot=offered(2, 1, protection=Protection(required_checks=("ci", "promoter")))),
            ("forge", WAIT, "the forge requires the check ci"),
        ),
        (
            sight(slot=offered(2, 1, pulls=(pull(checks=(check("ci", "failure"),)),), protection=CI)),
            ("forge", WAIT, "the forge requires the check ci"),
        ),
        (
            sight(slot=offered(2, 1, pulls=(pull(checks=(check("ci"),)),), protection=CI)),
            None,
        ),
        (
            sight(slot=offered(2, 1, pulls=(APPROVED,), protection=Protection(required_approvals=2))),
            ("forge", WAIT, "the forge requires 2 approvals, has 1"),
        ),
        (
            sight(
                slot=offered(
                    2, 1, pulls=(pull(reviews=(approved(head=TIP), replace(approved(), state="dismissed"))),),
                    protection=ONE,
                )
            ),
            ("forge", WAIT, "the forge requires 1 approval, has 0"),
        ),
        (
            sight(slot=offered(2, 1, pulls=(APPROVED,), protection=ONE)),
            None,
        ),
        (sight(slot=look(1, protection=Protection(required_checks=("ci",), required_approvals=2))), None),
    ],
    ids=[
        "nothing stands against it",
        "it is proposed",
        "held",
        "held without a reason",
        "held until",
        "a hold that is over",
        "frozen",
        "what is here is not verified yet",
        "what is here soaks",
        "drift",
        "a person's commits on the branch",
        "a person's commits that are merged",
        "a draft",
        "the label that holds",
        "the label that says held",
        "another label",
        "a check that the forge requires",
        "a required check that failed",
        "a required check that passed",
        "an approval that the forge requires",
        "approvals of another head, and dismissed ones",
        "approved as the forge requires",
        "the forge asks nothing of what is not proposed",
    ],
)  # fmt: skip
def test_one_verdict(seen: Sight, verdict: tuple[str, Answer, str] | None) -> None:
    assert said(seen) == ([ORDER, verdict] if verdict is not None else [ORDER])


def test_several_verdicts_stand_in_the_order_in_which_people_read_them() -> None:
    labelled = pull(draft=True, labels=("held",))
    slot = offered(2, 1, ours=False, pulls=(labelled,), protection=CI)
    place = fresh(1, hold=held(), drift=Drift(OTHER, TIP, ago(9)))
    seen = sight(place, slot, Look(settings={"freeze": (WEEK,)}), gates=(Notes(),))
    gates = ["order", "settled", "hold", "freeze", "drift", "head", "draft", "hold", "forge", "notes"]
    assert [gate for gate, _, _ in said(seen)] == gates


def test_when_a_verdict_can_change_by_time_alone_it_says_when() -> None:
    freeze = Look(settings={"freeze": (WEEK,)})
    soaking = sight(fresh(1, healthy=10), look(1), verify=Verify(soak=timedelta(hours=1)))
    deploying = sight(fresh(1, since=5), look(1, says(WAIT)), verify=Verify(within=timedelta(hours=1)))
    cases = {
        "hold": (sight(holds(1, hold=held(until=DAY))), DAY),
        "freeze": (sight(rest=freeze), NOW.replace(day=9, hour=0)),
        "settled": (soaking, NOW + timedelta(minutes=50)),
        "settled ": (deploying, NOW + timedelta(minutes=55)),
        "drift": (sight(holds(1, drift=Drift(OTHER, TIP, ago(9)))), None),
    }
    for gate, (seen, until) in cases.items():
        found = [verdict.until for verdict in judge(seen, "staging", 2, UP) if verdict.gate == gate.strip()]
        assert found == [until], gate


# --- the order ---


def test_a_first_environment_comes_first() -> None:
    assert said(sight(), environment="dev")[0] == ("order", OK, "comes first")


def test_the_order_names_what_is_missing() -> None:
    assert said(sight(), environment="prod")[0] == ("order", WAIT, "not verified in staging")


@pytest.mark.parametrize(
    ("either", "east", "west", "verdict"),
    [
        (False, holds(2, 1), holds(2, 1), (OK, "verified in east, 4 Mar 05:20, verified in west, 4 Mar 05:20")),
        (False, holds(1), holds(2, 1), (WAIT, "not verified in east")),
        (False, holds(1), holds(1), (WAIT, "not verified in east or west")),
        (True, holds(1), holds(2, 1), (OK, "verified in west, 4 Mar 05:20")),
        (True, holds(1), holds(1), (WAIT, "not verified in east or west")),
    ],
)
def test_the_order_at_a_join(either: bool, east: Place, west: Place, verdict: tuple[Answer, str]) -> None:
    shape = diamond(prod=rules("east west", either=either))
    seen = world(shape, [1, 2], {"dev": holds(2, 1), "east": east, "west": west, "prod": holds(1)}).sight
    assert said(seen, environment="prod")[0] == ("order", *verdict)


def test_an_environment_that_the_config_lacks_verifies_nothing() -> None:
    seen = world({"prod": rules("gone")}, [1, 2], {}).sight
    assert said(seen, environment="prod")[0] == ("order", WAIT, "not verified in gone")


# --- a rollback ---


def test_a_rollback_needs_the_right_and_nothing_else() -> None:
    place = fresh(2, 1, hold=held(), target=back_to(1))
    slot = offered(1, 2, kind=BACK, pulls=(pull(labels=("held",)),))
    seen = sight(place, slot, Look(settings={"freeze": (WEEK,)}), gates=(Notes(),))
    assert said(seen, BACK) == [("order", OK, "rolled back by kim")]


def test_a_rollback_without_a_name_is_somebody_s() -> None:
    assert said(sight(holds(2, 1)), BACK) == [("order", OK, "rolled back by somebody")]


def test_a_rollback_waits_for_a_draft_a_person_s_commits_and_the_forge() -> None:
    slot = offered(1, 2, kind=BACK, ours=False, pulls=(pull(draft=True),), protection=CI)
    seen = sight(holds(2, 1, target=back_to(1)), slot)
    assert [(gate, answer) for gate, answer, _ in said(seen, BACK)] == [
        ("order", OK), ("head", NO), ("draft", WAIT), ("forge", WAIT)
    ]  # fmt: skip


def test_a_pull_request_that_a_person_pointed_elsewhere_is_not_merged() -> None:
    there = pull(base_branch=Branch("elsewhere"))
    text = "pull request 7 goes into elsewhere now; let it go into environment/staging, or close it"
    for kind, target in ((Kind.PROMOTION, None), (BACK, back_to(1))):
        number, before = (2, 1) if kind is Kind.PROMOTION else (1, 2)
        seen = sight(holds(before, target=target), offered(number, before, kind=kind, pulls=(there,)))
        assert ("base", NO, text) in [(gate, answer, reason) for gate, answer, reason in said(seen, kind)]
        both = sight(holds(before, target=target), offered(number, before, kind=kind, pulls=(pull(6), there)))
        assert "base" not in [gate for gate, *_ in said(both, kind)]


@pytest.mark.parametrize(
    ("by", "edited", "stops"),
    [("kim", 9, False), ("kim", 0, True), ("kim", 1, True), ("promoter", 9, True)],
    ids=["a person who could see the edit", "an edit after the word", "at the same moment", "nobody's word"],
)
def test_a_rollback_overwrites_a_hand_edit_only_on_the_word_of_a_person_who_saw_it(
    by: str, edited: int, stops: bool
) -> None:
    place = holds(2, 1, target=back_to(1, by), drift=Drift(OTHER, TIP, ago(edited)))
    found = [reason for gate, _, reason in said(sight(place), BACK) if gate == "drift"]
    wanted = "the slot was changed by hand since; adopt it, take it back, or say promoter rollback again"
    assert found == ([wanted] if stops else [])


# --- one exact head ---


@pytest.mark.parametrize(
    ("slot", "head", "number"),
    [
        (look(1), None, None),
        (look(1, proposal=offer(2, 1)), HEAD, None),
        (offered(2, 1), HEAD, 7),
        (offered(2, 1, pulls=(pull(head=TIP),)), HEAD, None),
        (offered(2, 1, pulls=(pull(state=PullState.CLOSED),)), HEAD, None),
        (offered(1, 1), None, None),
        (offered(2, 1, kind=BACK), None, None),
        (offered(2, 1, ours=False), None, None),
        (offered(2, 1, merged=True), None, None),
        (offered(2, 3), HEAD, 7),
        (offered(2, 3, content=OTHER), None, None),
    ],
    ids=[
        "nothing is proposed",
        "pushed, no pull request",
        "an open pull request",
        "a pull request at another head",
        "a closed pull request",
        "another release",
        "a rollback to it",
        "not ours",
        "merged",
        "made on what the slot holds",
        "made on what the slot does not hold any more",
    ],
)
def test_gates_judge_the_exact_head_or_none(slot: dict[str, Any], head: Oid | None, number: int | None) -> None:
    notes = Notes()
    judge(sight(slot=slot, gates=(notes,)), "staging", 2, UP)
    asked = notes.asked[0]
    assert (asked.app, asked.environment, asked.release.number) == ("shop", "staging", 2)
    assert asked.head == head
    assert (asked.pull.number if asked.pull else None) == number


def test_gates_see_the_checks_of_that_head_and_who_wrote_the_change() -> None:
    notes = Notes()
    made = release(2, ("dev", "staging", "prod"), by="ada", commits=(SourceCommit(TIP, "Lin", "Add it"),))
    shape = line(staging=rules("dev", gates=(notes,)))
    slot = offered(2, 1, pulls=(pull(checks=(check("ci"),)),))
    seen = world(shape, [1, made], {"dev": holds(2, 1), "staging": holds(1)}, {"staging": slot}).sight
    judge(seen, "staging", 2, UP)
    assert notes.asked[0].checks == (check("ci"),)
    assert notes.asked[0].authors == {"Lin", "ada"}


def test_the_open_pull_request_is_the_newest_that_is_open() -> None:
    pulls = (pull(3, PullState.CLOSED), pull(5), pull(7), pull(9, PullState.MERGED))
    found = open_pull(sight(slot=look(1, pulls=pulls)), "staging")
    assert found is not None
    assert found.number == 7


def test_what_is_on_offer_is_ours_or_nothing() -> None:
    assert on_offer(sight(slot=offered(2, 1)), "staging", 2, UP) == offer(2, 1)
    assert on_offer(sight(slot=offered(2, 1)), "staging", 1, UP) is None


# --- who merges ---

ASKED = Asked(2, "kim", ago(5), HEAD)


@pytest.mark.parametrize(
    ("settings", "asked", "slot", "promoter"),
    [
        ({"promote": Promote.AUTO}, None, offered(2, 1), True),
        ({"promote": Promote.COMMIT}, None, look(1), True),
        ({"promote": Promote.REVIEW}, None, offered(2, 1), False),
        ({"promote": Promote.REQUEST}, None, offered(2, 1), False),
        ({"promote": Promote.REVIEW}, ASKED, offered(2, 1), True),
        ({"promote": Promote.REQUEST}, ASKED, offered(2, 1), True),
        ({"promote": Promote.REVIEW}, replace(ASKED, head=TIP), offered(2, 1), False),
        ({"promote": Promote.REVIEW}, replace(ASKED, head=None), offered(2, 1), False),
        ({"promote": Promote.REVIEW}, replace(ASKED, release=1), offered(2, 1), False),
        ({"promote": Promote.REVIEW}, ASKED, look(1), False),
    ],
    ids=[
        "auto", "commit", "review", "request", "review, asked", "request, asked", "asked for another head",
        "asked for no head yet", "asked for another release", "asked, but nothing is on offer",
    ],
)  # fmt: skip
def test_who_merges(settings: dict[str, Any], asked: Asked | None, slot: dict[str, Any], promoter: bool) -> None:
    word = merge_word(sight(holds(1, asked=asked), slot, **settings), "staging", 2, UP)
    assert (word is None) is promoter
    if word is not None:
        assert (word.gate, word.reason) == ("merge", "a person merges it, or says promoter promote")


@pytest.mark.parametrize(("rollback", "promoter"), [(Promote.AUTO, True), (Promote.REVIEW, False)])
def test_who_merges_a_rollback_has_its_own_rule(rollback: Promote, promoter: bool) -> None:
    seen = sight(holds(2, 1, target=back_to(1)), offered(1, 2, kind=BACK), promote=Promote.REQUEST, rollback=rollback)
    assert (merge_word(seen, "staging", 1, BACK) is None) is promoter


def test_a_gate_s_failure_is_not_swallowed() -> None:
    class Broken(Notes):
        def evaluate(self, subject: Subject, now: Any) -> tuple[Verdict, ...]:
            raise ValueError("a gate's own fault")

    with pytest.raises(ValueError, match="own fault"):
        judge(sight(gates=(Broken(),)), "staging", 2, UP)


def test_the_result_of_an_old_stay_does_not_pass_the_order() -> None:
    dev = holds(2, 1)
    dev = replace(dev, outcomes={**dev.outcomes, 2: replace(dev.outcomes[2], result=Result.LEFT)})
    seen = world(line(), [1, 2], {"dev": dev, "staging": holds(1, proposal=proposed(2))}).sight
    assert said(seen)[0] == ("order", WAIT, "not verified in dev")
