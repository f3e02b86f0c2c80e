"""Break-glass: a gate passes for one release, because somebody with the right said so.

A word is for (environment, release, what stood in the slot): a head that is made again for the same release on the same
content keeps it, and any other release, or the slot changed in between, makes it void. Invariant: only configured gates
pass by word; the order, holds, freezes, and what a person did by hand have words of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from promoter.errors import UsageError
from promoter.model.ledger import Override, Place
from promoter.model.names import ContentId, Oid
from promoter.model.release import Release
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gate import Subject
from promoter.policy.rules import Rules
from promoter.policy.spelling import guess

OTHERWISE: Final[Mapping[str, str]] = {
    "order": "It goes to the environments before first; what cannot wait: promoter release APP VERSION --hotfix",
    "settled": "It waits until what is active is known to be well; to take that back: promoter rollback",
    "hold": "To end it: promoter resume",
    "freeze": "Take it out of promoter.yaml, which is reviewed like everything else.",
    "drift": "To keep what was changed by hand: promoter adopt",
    "head": "Delete the branch to have it made again.",
    "draft": "Mark the pull request as ready.",
    "forge": "The forge asks for it; whoever may can change its rules there.",
    "merge": "To have it merged: promoter promote",
    "request": "To ask for it: promoter promote",
}
"""What else can be waited for, none of it a gate -> the way past it."""
_ANY_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)
_NO_RELEASE: Final = Release(0, _ANY_DAY, Oid(""), "", {})


def check_gate(rules: Rules, environment: str, gate: str) -> None:
    """Refuse `gate` where it is none of the environment's gates, by kind or by name. Raises UsageError."""
    if gate in OTHERWISE:
        raise UsageError(f"{gate} is no gate, and cannot be overridden", OTHERWISE[gate])
    nothing = Subject("", environment, _NO_RELEASE, None, None, (), frozenset())
    names = {verdict.gate for one in rules.gates for verdict in one.evaluate(nothing, _ANY_DAY)}
    names |= {one.kind for one in rules.gates}
    if gate in names:
        return
    has = f"It has {', '.join(sorted(names))}." if names else "It has none."
    raise UsageError(f"{environment} has no gate {gate}{guess(gate, names)}", has)


def added(place: Place, word: Override) -> tuple[Override, ...]:
    """Give the place's words with `word`, which replaces an earlier one about the same gate and release."""
    return (*(one for one in place.overrides if (one.release, one.gate) != (word.release, word.gate)), word)


def stands_on(place: Place) -> ContentId | None:
    """Give what the slot holds by the ledger, on which a word is said."""
    return place.stay.content if place.stay is not None else None


def in_force(place: Place, release: int) -> tuple[Override, ...]:
    """Give the words that count for `release` here."""
    here = stands_on(place)
    return tuple(one for one in place.overrides if one.release == release and one.before == here)


def overridden(place: Place, release: int, verdict: Verdict, show: Callable[[datetime], str]) -> Verdict:
    """Give `verdict`, of a configured gate, as it is by people's words; `show` writes a moment."""
    if verdict.answer is Answer.SUCCESS or not place.overrides:
        return verdict
    for word in reversed(in_force(place, release)):
        if word.gate in (verdict.gate, verdict.gate.partition("/")[0]):
            reason = f"overridden by {word.by}, {show(word.at)}: {word.reason}"
            return replace(verdict, answer=Answer.SUCCESS, reason=reason, since=word.at, until=None, who=())
    return verdict
