"""The contract of a gate: one small rule that answers for one exact subject.

A gate is a frozen dataclass (its fields: its settings) in `policy/gates/<kind>.py`. It reads nothing but the subject.
Invariant: what it cannot know is `pending` or `unknown`, never `success`.

What only the world can answer is asked and not done: a gate with `asks` says what it wants to know about a subject.
When nothing else is missing (after the merge: when it has soaked), the run finds it out (`promoter/run/asking`, a file
for each kind) and decides again; then the replies stand in the subject. `asked` and `from_reply` are all that such a
gate needs. One that is `early` is asked as soon as something is proposed, whatever else is missing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from promoter.model.ask import Ask, Replies
from promoter.model.forge import Check, PullRequest
from promoter.model.ledger import Place
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.model.verdict import Answer, Verdict


@dataclass(frozen=True, slots=True)
class Subject:
    """What a gate judges: a release on its way into an environment, at one exact head.

    As verification (after the merge) `head` is the active commit and `pull` is None.
    """

    app: str
    environment: str
    release: Release
    head: Oid | None
    """None while nothing has been proposed yet."""
    pull: PullRequest | None
    checks: tuple[Check, ...]
    """Checks on `head`."""
    authors: frozenset[str]
    """Who wrote the change or asked for the release: their approval does not count."""
    timezone: str = "UTC"
    """The config's, an IANA name."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Environment -> what is remembered of this app there."""
    releases: Mapping[int, Release] = field(default_factory=dict)
    """The app's releases that are still known."""
    replies: Replies = field(default_factory=dict)
    """What was found out."""
    merged: bool = False
    """It is verification."""


class Gate(Protocol):
    """What every gate offers."""

    kind: ClassVar[str]
    """The key in the config, and the file's name."""

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give this gate's verdicts on `subject` (one a rule or check), reasons without relative times."""
        ...


@runtime_checkable
class AskingGate(Gate, Protocol):
    """A gate that has to be told something."""

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give what it wants to know about `subject`; nothing while there is nothing to ask about."""
        ...


@runtime_checkable
class EarlyGate(AskingGate, Protocol):
    """A gate that people should see the answer of before they answer themselves."""

    early: ClassVar[bool]


def asked(kind: str, name: str, subject: Subject, settings: Hashable) -> Ask | None:
    """Give the ask of a gate of `kind` about `subject`; None while nothing is proposed."""
    if subject.head is None:
        return None
    release = subject.release
    return Ask(
        kind, name, subject.app, subject.environment, release.number, release.version, release.dry, subject.head,
        settings, subject.merged,
    )  # fmt: skip


def from_reply(kind: str, name: str, subject: Subject, settings: Hashable) -> Verdict:
    """Give the verdict of what was found out, or that nothing was yet."""
    ask = asked(kind, name, subject, settings)
    if ask is None:
        return Verdict(f"{kind}/{name}", Answer.PENDING, "nothing is proposed yet")
    reply = subject.replies.get(ask)
    if reply is None:
        return Verdict(ask.gate, Answer.PENDING, "asked when nothing else is missing")
    return Verdict(ask.gate, reply.answer, reply.reason, until=reply.until)


GateTable = Mapping[str, type[Gate]]
