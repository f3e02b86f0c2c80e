"""What a gate wants to know of the world, and what the world said.

`decide` asks nothing: it says what it would have to know (`promoter.plan.asking`), the run finds out
(`promoter.run.asking`), and the replies are a part of what the next decision sees. Invariants: equal asks have one
reply; a reply is for one exact head, and is forgotten when the run ends.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter.model.job import JobRun
from promoter.model.names import Oid
from promoter.model.verdict import Answer


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about a release in an environment, or on its way there, as the commit `head`."""

    kind: str
    """The gate's kind: who can answer."""
    name: str
    """Which of that gate's questions it is."""
    app: str
    environment: str
    release: int
    version: str
    dry: Oid
    """The commit that the release was made from."""
    head: Oid
    settings: Hashable
    """What the gate's config says of it."""
    merged: bool = False
    """It is about what is active: `head` is the commit of the stay."""

    @property
    def gate(self) -> str:
        """The name of its verdict: `commands/smoke`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one ask; what could not be found out is `UNKNOWN`, with the reason."""

    answer: Answer
    reason: str
    until: datetime | None = None
    """When it is worth asking again, where that was said."""
    job: JobRun | None = None
    """Of a job: how it goes."""
    start: bool = False
    """Of a job: it may be started."""


Replies = Mapping[Ask, Reply]
