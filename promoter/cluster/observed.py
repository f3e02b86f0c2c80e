"""Whether a status is about the object as it stands: the first questions of nearly every reader.

A generation counts changes of the spec, never of the content in Git. Invariant: a status that was not written for the
present generation leads to no verdict on health.
"""

from __future__ import annotations

from promoter.cluster.health import Health
from promoter.cluster.objects import Condition, Object, deleting, dig, integer
from promoter.cluster.wording import one_line

Finding = tuple[Health, str]
"""A verdict and the sentence that says why."""


def not_current(obj: Object) -> Finding | None:
    """Say that `obj` is going, or that its controller has not seen its newest spec; None when its status counts.

    Only for kinds whose controller always writes `status.observedGeneration`.
    """
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    generation, observed = integer(obj, "metadata", "generation"), integer(obj, "status", "observedGeneration")
    if observed is None:
        return Health.PENDING, "has not been seen by its controller yet"
    if observed != generation:
        return Health.PROGRESSING, f"generation {generation} has not been seen by its controller yet"
    return None


def wanted_replicas(obj: Object) -> int:
    """Give how many pods the spec asks for: one when it does not say."""
    stated = integer(obj, "spec", "replicas")
    return 1 if stated is None else stated


def count(obj: Object, name: str) -> int:
    """Give a count in the status; the API leaves out what is zero."""
    return integer(dig(obj, "status"), name) or 0


def why(condition: Condition) -> str:
    """Give reason and message of a condition in one line."""
    said = ": ".join(part for part in (condition.reason, condition.message) if part)
    return one_line(said) or "it does not say why"
