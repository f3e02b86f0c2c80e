"""Commit statuses and check runs that must be there and pass on the exact commit.

A missing check is pending: absence is never a pass. A name may be a glob pattern; a pattern without a match is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar, Final

from pydantic import BeforeValidator, Field

from promoter.model.forge import Check
from promoter.model.verdict import Answer, Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject
from promoter.policy.node import Node
from promoter.policy.scalars import SomeTexts, named_entries

OURS: Final = "promoter"
"""The commit status that promoter posts itself: it waits for the gates, so no gate may wait for it."""

_ANSWERS: Final = {"success": Answer.SUCCESS, "pending": Answer.PENDING, "failure": Answer.FAILURE}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A check by name or glob pattern; `reporters`: who may post it, empty: anybody who can."""

    name: str
    reporters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """Every one of `wanted` passes on the head."""

    kind: ClassVar[str] = "checks"
    wanted: tuple[Wanted, ...]

    def __str__(self) -> str:
        return ", ".join(
            f"{one.name} from {' or '.join(one.reporters)}" if one.reporters else one.name for one in self.wanted
        )

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give one verdict for each wanted check, named `checks/NAME`."""
        return tuple(_judge(one, subject) for one in self.wanted)


def _judge(wanted: Wanted, subject: Subject) -> Verdict:
    gate = f"{Checks.kind}/{wanted.name}"
    if subject.head is None:
        return Verdict(gate, Answer.PENDING, "nothing is proposed yet")
    named = [check for check in subject.checks if _matches(wanted.name, check.name)]
    counted = [check for check in named if not wanted.reporters or check.reporter in wanted.reporters]
    if not counted:
        return Verdict(gate, Answer.PENDING, _missing(wanted, named, subject.head[:7]), who=wanted.reporters)
    answers = {check: _ANSWERS.get(check.state, Answer.UNKNOWN) for check in counted}
    for answer, words in (
        (Answer.FAILURE, "failed"),
        (Answer.UNKNOWN, "says something that is no state"),
        (Answer.PENDING, "has not finished"),
    ):
        those = [check for check in counted if answers[check] is answer]
        if those:
            reason = f"{_names(those)} {words}"
            if len(those) == 1 and those[0].description:
                reason += f": {those[0].description}"
            return Verdict(gate, answer, reason, _first(those))
    reporters = ", ".join(sorted({check.reporter for check in counted if check.reporter}))
    return Verdict(gate, Answer.SUCCESS, f"passed ({reporters})" if reporters else "passed", _last(counted))


def _matches(pattern: str, name: str) -> bool:
    return name == pattern or (name != OURS and fnmatchcase(name, pattern))


def _missing(wanted: Wanted, named: list[Check], head: str) -> str:
    what = f"no {wanted.name} on {head} yet"
    if not wanted.reporters:
        return what
    what = f"no {wanted.name} from {' or '.join(wanted.reporters)} on {head} yet"
    others = ", ".join(sorted({check.reporter or "nobody" for check in named}))
    return f"{what}; one from {others} does not count" if others else what


def _names(checks: Iterable[Check]) -> str:
    return ", ".join(sorted({check.name for check in checks}))


def _first(checks: Iterable[Check]) -> datetime | None:
    return min((check.at for check in checks if check.at is not None), default=None)


def _last(checks: Iterable[Check]) -> datetime | None:
    return max((check.at for check in checks if check.at is not None), default=None)


class CheckForm(Form):
    """Who may report a check."""

    from_: SomeTexts = Field(default=(), alias="from")
    """Who may report it (a user, bot or app); a report by anybody else does not count. Default: anybody who can."""


def _entries(node: object) -> dict[str, Node]:
    found = named_entries(node)
    if OURS in found:
        raise ValueError(f"{OURS} is promoter's own status, which waits for the gates; name the check that must pass")
    if any(not name.strip() for name in found):
        raise ValueError("a check needs a name")
    return found


FORM: Final = Annotated[
    dict[str, CheckForm], BeforeValidator(_entries, json_schema_input_type=list[str] | dict[str, CheckForm])
]
"""`[kubeconform]` or `{kubeconform: {from: [github-actions]}}`."""
AFTER_MERGE: Final = True
GATE: Final[type[Gate]] = Checks


def build(form: dict[str, CheckForm]) -> Checks | None:
    """Make the gate; None when no check is wanted."""
    return Checks(tuple(Wanted(name, one.from_) for name, one in form.items())) if form else None
