from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.model.forge import Review
from promoter.model.verdict import Answer, Verdict, worst
from promoter.policy.gates.approvals import Approvals, Rule
from tests.policy.gates.subjects import HEAD, NOON, OLD, at, review, subject

SRE = ("team:sre",)
BY_SRE = Rule(2, SRE)


@pytest.mark.parametrize(
    ("rule", "reviews", "authors", "answer", "reason"),
    [
        (Rule(1), [], (), "pending", "0 of 1 from anybody with write"),
        (Rule(1), [review("ada")], (), "success", "1 of 1 from anybody with write (ada)"),
        (Rule(1), [review("ada", "approved", "read")], (), "pending", "0 of 1 from anybody with write"),
        (Rule(1), [review("ada", "dismissed")], (), "pending", "0 of 1 from anybody with write"),
        (BY_SRE, [review("ada", "approved", "team:sre")], (), "pending", "1 of 2 from team:sre (ada)"),
        (
            BY_SRE,
            [review("ada", "approved", "team:sre"), review("bo")],
            (),
            "pending",
            "1 of 2 from team:sre (ada)",
        ),
        (
            BY_SRE,
            [review("ada", "approved", "team:sre"), review("bo", "approved", "team:sre", minutes=1)],
            (),
            "success",
            "2 of 2 from team:sre (ada and bo)",
        ),
        (
            BY_SRE,
            [review(name, "approved", "team:sre", minutes=index) for index, name in enumerate("abc")],
            (),
            "success",
            "3 of 2 from team:sre (a, b and c)",
        ),
        (
            Rule(2, ("team:sre", "codeowners")),
            [review("ada", "approved", "team:sre"), review("bo", "approved", "codeowners")],
            (),
            "success",
            "2 of 2 from team:sre or codeowners (ada and bo)",
        ),
        (
            Rule(1),
            [review("Kim")],
            ("kim",),
            "pending",
            "0 of 1 from anybody with write. Kim is an author and does not count",
        ),
        (
            Rule(1),
            [review("kim"), review("lin")],
            ("kim", "lin", "ada"),
            "pending",
            "0 of 1 from anybody with write. kim and lin are authors and do not count",
        ),
        (Rule(1, authors=True), [review("kim")], ("kim",), "success", "1 of 1 from anybody with write (kim)"),
        (
            Rule(1),
            [review("ada", head=OLD)],
            (),
            "pending",
            "0 of 1 from anybody with write. ada approved an earlier head",
        ),
        (
            Rule(2),
            [review("ada"), review("ada", minutes=1)],
            (),
            "pending",
            "1 of 2 from anybody with write (ada)",
        ),
        (
            Rule(1),
            [review("ada"), review("ada", "dismissed", minutes=1)],
            (),
            "pending",
            "0 of 1 from anybody with write",
        ),
        (
            Rule(1),
            [review("bo", "changes_requested", head=OLD), review("ada")],
            (),
            "success",
            "1 of 1 from anybody with write (ada)",
        ),
        (
            Rule(1),
            [review("bo", "changes_requested", "read"), review("ada")],
            (),
            "success",
            "1 of 1 from anybody with write (ada)",
        ),
        (Rule(1), [review("bo", "changes_requested"), review("ada")], (), "failure", "changes requested by bo"),
        (
            Rule(1),
            [review("bo", "changes_requested"), review("bo", minutes=1)],
            (),
            "success",
            "1 of 1 from anybody with write (bo)",
        ),
        (
            Rule(1),
            [review("ada"), review("ada", "changes_requested", minutes=1)],
            (),
            "failure",
            "changes requested by ada",
        ),
        (
            Rule(1),
            [review("kim", "changes_requested"), review("ada", "approved")],
            ("kim",),
            "failure",
            "changes requested by kim",
        ),
    ],
)
def test_one_rule(rule: Rule, reviews: list[Review], authors: tuple[str, ...], answer: str, reason: str) -> None:
    found = Approvals((rule,)).evaluate(subject(*reviews, authors=authors), NOON)
    assert [(verdict.gate, verdict.answer, verdict.reason) for verdict in found] == [
        ("approvals", Answer(answer), reason)
    ]


def test_each_rule_must_hold() -> None:
    gate = Approvals((Rule(1, SRE), Rule(1, ("codeowners",))))
    found = gate.evaluate(subject(review("ada", "approved", "team:sre", minutes=3)), NOON)
    assert found == (
        Verdict("approvals", Answer.SUCCESS, "1 of 1 from team:sre (ada)", at(3)),
        Verdict("approvals", Answer.PENDING, "0 of 1 from codeowners", NOON, who=("codeowners",)),
    )


def test_since_is_the_approval_that_was_enough() -> None:
    reviews = [review(name, minutes=index) for index, name in enumerate("abcd")]
    (verdict,) = Approvals((Rule(2),)).evaluate(subject(*reviews), NOON)
    assert verdict.since == at(1)


def test_who_can_act() -> None:
    (verdict,) = Approvals((BY_SRE,)).evaluate(subject(), NOON)
    assert verdict.who == SRE
    (verdict,) = Approvals((BY_SRE,)).evaluate(subject(review("bo", "changes_requested")), NOON)
    assert verdict.who == ("user:bo",)


def test_without_a_pull_request() -> None:
    (verdict,) = Approvals((BY_SRE,)).evaluate(subject(head=None, pull=False), NOON)
    assert (verdict.answer, verdict.reason, verdict.who) == (Answer.PENDING, "no pull request yet", SRE)


def test_in_words() -> None:
    gate = Approvals((Rule(2, ("team:sre", "codeowners"), True), Rule(1)))
    assert str(gate) == "2 from team:sre or codeowners (authors count) and 1 from anybody with write"


reviews_given = st.lists(
    st.builds(
        review,
        st.sampled_from(["ada", "bo", "kim"]),
        st.sampled_from(["approved", "changes_requested", "dismissed"]),
        st.sampled_from(["write", "read", "team:sre"]),
        head=st.sampled_from([HEAD, OLD]),
        minutes=st.integers(0, 5),
    ),
    max_size=6,
)


@given(reviews_given, st.permutations(range(6)))
def test_the_order_of_reviews_of_different_times_does_not_matter(reviews: list[Review], places: list[int]) -> None:
    one_a_moment = list({(review.user, review.at): review for review in reviews}.values())
    moved = [one_a_moment[place] for place in places if place < len(one_a_moment)]
    gate = Approvals((Rule(1), Rule(1, SRE)))
    assert gate.evaluate(subject(*one_a_moment), NOON) == gate.evaluate(subject(*moved), NOON)


@given(reviews_given)
def test_only_approvals_of_this_head_by_others_pass(reviews: list[Review]) -> None:
    found = Approvals((Rule(1),)).evaluate(subject(*reviews, authors=("kim",)), NOON)
    counted = {one.user for one in reviews if one.state == "approved" and one.head == HEAD and "write" in one.groups}
    assert worst(found) is not Answer.SUCCESS or counted - {"kim"}
