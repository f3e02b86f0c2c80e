"""The contract of a gate: one small rule that answers for one exact subject.

A gate is a frozen dataclass (its fields: its settings) in `policy/gates/<kind>.py`. It reads nothing but the subject.
Invariant: what it cannot know is `pending` or `unknown`, never `success`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from promoter.model.forge import Check, PullRequest
from promoter.model.ledger import Place
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.model.verdict import Verdict


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


class Gate(Protocol):
    """What every gate offers."""

    kind: ClassVar[str]
    """The key in the config, and the file's name."""

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give this gate's verdicts on `subject` (one a rule or check), reasons without relative times."""
        ...


GateTable = Mapping[str, type[Gate]]
