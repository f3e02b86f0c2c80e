"""What one object says of itself: its health, for which revision, and what it brought along.

Invariant: only `HEALTHY` can become success. A report is about `revision`; whether that is the content that is asked
for was settled by the reader before it said `HEALTHY`, `APPLIED_UNASSESSED` or `FAILED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from promoter.cluster.objects import Key


class Health(StrEnum):
    """Where an object is on the way to the content that is asked for."""

    PENDING = "Pending"
    """Its controller has not picked it up yet."""
    PROGRESSING = "Progressing"
    """It, or something newer, is being worked on."""
    HEALTHY = "Healthy"
    APPLIED_UNASSESSED = "AppliedUnassessed"
    """Applied, and nobody looked whether it works: its workloads decide."""
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    UNKNOWN = "Unknown"
    NONE = "NoHealth"
    """It has no health of its own, or does not say of which spec: it proves nothing and stands in nobody's way."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader made of one object."""

    key: Key
    health: Health
    reason: str
    """A sentence for people; foreign text in it is one short line."""
    revision: str = ""
    """The revision that the verdict is about, as it was written; empty when it holds whatever the revision."""
    updated: datetime | None = None
    """When the controller last said so; None when the object does not tell."""
    was_healthy: bool = False
    """Progressing, but only to check again what was applied and healthy before."""
    inventory: tuple[Key, ...] | None = None
    """What it applied; None when it does not tell."""
    uncovered: tuple[Key, ...] = ()
    """Those in `inventory` whose health its own verdict leaves out, and must be read."""
    remote: bool = False
    """What it applied runs in another cluster than the one it was read from."""
    well_since: datetime | None = None
    """When it became healthy, where it remembers that: a dip that nobody saw shows here."""
    images: tuple[str, ...] = ()
    """Image references: of a workload those of its pods, of an Argo CD Application those that it saw running."""
