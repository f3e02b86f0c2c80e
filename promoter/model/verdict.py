"""A rule's answer for one exact subject. Invariant: only `SUCCESS` lets anything pass; `UNKNOWN` never does."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Answer(StrEnum):
    """The four answers of a rule."""

    SUCCESS = "success"
    PENDING = "pending"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `gate` says, why, and when it is worth asking again."""

    gate: str
    answer: Answer
    reason: str
    """A sentence for people, without a relative time."""
    since: datetime | None = None
    until: datetime | None = None
    """When the answer can change by the passing of time alone; None when something else must happen."""
    who: tuple[str, ...] = ()
    """Who can act: `team:sre`, `user:kim`."""
    url: str = ""
    """Where people see more of it, on the forge; empty: nowhere."""

    @property
    def passed(self) -> bool:
        """Tell whether this verdict lets the subject pass."""
        return self.answer is Answer.SUCCESS


def worst(verdicts: Iterable[Verdict]) -> Answer:
    """Give the one answer for all of `verdicts`: failure, then unknown, then pending; success when there are none."""
    return gravest({verdict.answer for verdict in verdicts})


def gravest(answers: Collection[Answer]) -> Answer:
    """Give the one answer for all of `answers`, by the same order."""
    for answer in (Answer.FAILURE, Answer.UNKNOWN, Answer.PENDING):
        if answer in answers:
            return answer
    return Answer.SUCCESS
