"""People who approved the exact head: so many, by these, never by who wrote the change unless a rule says so.

A review of an earlier head does not count, in either direction; changes requested on this head are a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field

from promoter.model.forge import Permission, Review
from promoter.model.verdict import Answer, Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject
from promoter.policy.node import Node, node_of
from promoter.policy.people import PEOPLE_PATTERN, people
from promoter.policy.scalars import Flag, number, short

MAY_REFUSE: Final = Permission.WRITE.value
"""Who may stop a promotion by requesting changes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`count` approvals in all, by any of `by`; `authors`: those of the change's authors count too."""

    count: int
    by: tuple[str, ...] = (Permission.WRITE.value,)
    authors: bool = False

    def __str__(self) -> str:
        return f"{self.count} {self.whom}" + (" (authors count)" if self.authors else "")

    @property
    def whom(self) -> str:
        """`from team:sre or anybody with write`."""
        ranks = {permission.value for permission in Permission}
        return "from " + " or ".join(f"anybody with {who}" if who in ranks else who for who in self.by)


@dataclass(frozen=True, slots=True)
class Approvals:
    """Every one of `rules` has its approvals."""

    kind: ClassVar[str] = "approvals"
    rules: tuple[Rule, ...]

    def __str__(self) -> str:
        return " and ".join(str(rule) for rule in self.rules)

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict a rule, or one failure when somebody requested changes on this head."""
        if subject.pull is None or subject.head is None:
            reason = "no pull request yet"
            return tuple(Verdict(self.kind, Answer.PENDING, reason, who=rule.by) for rule in self.rules)
        newest = _newest(subject.pull.reviews)
        here = [review for review in newest if review.head == subject.head]
        refused = [review for review in here if review.state == "changes_requested" and MAY_REFUSE in review.groups]
        if refused:
            since = min(review.at for review in refused)
            reason = f"changes requested by {_people(refused)}"
            return (Verdict(self.kind, Answer.FAILURE, reason, since, who=_users(refused)),)
        return tuple(_judge(rule, subject, newest) for rule in self.rules)


def _judge(rule: Rule, subject: Subject, reviews: Sequence[Review]) -> Verdict:
    authors = {author.casefold() for author in subject.authors}
    approved = [review for review in reviews if review.state == "approved" and review.groups.intersection(rule.by)]
    here = [review for review in approved if review.head == subject.head]
    wrote = [review for review in here if review.user.casefold() in authors and not rule.authors]
    counted = [review for review in here if review not in wrote]
    reason = f"{len(counted)} of {rule.count} {rule.whom}"
    if counted:
        reason += f" ({_people(counted)})"
    if len(counted) >= rule.count:
        enough = sorted(review.at for review in counted)[rule.count - 1]
        return Verdict(Approvals.kind, Answer.SUCCESS, reason, enough)
    if wrote:
        are, do = ("is an author", "does") if len(wrote) == 1 else ("are authors", "do")
        reason += f". {_people(wrote)} {are} and {do} not count"
    earlier = [review for review in approved if review.head != subject.head]
    if earlier:
        reason += f". {_people(earlier)} approved an earlier head"
    since = subject.pull.opened_at if subject.pull else None
    return Verdict(Approvals.kind, Answer.PENDING, reason, since, who=rule.by)


def _newest(reviews: Iterable[Review]) -> list[Review]:
    """Give each person's newest review, oldest first."""
    newest: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: review.at):
        newest[review.user.casefold()] = review
    return sorted(newest.values(), key=lambda review: (review.at, review.user))


def _people(reviews: Iterable[Review]) -> str:
    names = [review.user for review in reviews]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _users(reviews: Iterable[Review]) -> tuple[str, ...]:
    return tuple(f"user:{review.user}" for review in reviews)


class ApprovalForm(Form):
    """So many approvals, by any of these."""

    count: Annotated[int, BeforeValidator(number(0, 100))]
    """How many different people. 0: none, where a policy asks for some."""
    from_: Annotated[tuple[PEOPLE_PATTERN, ...], BeforeValidator(people)] = Field(
        default=(Permission.WRITE.value,), alias="from"
    )
    """Who counts: read, triage, write, maintain, admin, team:NAME, user:NAME, codeowners. Default: write."""
    authors: Flag = False
    """Whether approvals by authors of the change count."""


def _rules(value: object) -> list[Node]:
    node = node_of(value)
    read = short("count")
    return [read(item) for item in node.items] if isinstance(node.value, tuple) else [read(node)]


FORM: Final = Annotated[
    tuple[ApprovalForm, ...],
    BeforeValidator(_rules, json_schema_input_type=int | ApprovalForm | list[int | ApprovalForm]),
]
"""`2`, `{count: 2, from: ["team:sre"]}`, or a list of such rules: each must hold."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Approvals


def build(form: tuple[ApprovalForm, ...]) -> Approvals | None:
    """Make the gate; None when no approval is wanted."""
    rules = tuple(Rule(one.count, one.from_, one.authors) for one in form if one.count)
    return Approvals(rules) if rules else None
