"""Any object whose kind has no reader of its own, by the rules of kstatus, and never on the word of silence.

Rules in order as in cli-utils `pkg/kstatus/status/generic.go` and `status.go`: deletion, generation, `Reconciling`,
`Stalled`, the rule of the kind (`kstatus_kinds.py`), `Ready`. Where kstatus is content with less, it is not followed:

- what says nothing of its health is current there; here it has no health, which proves nothing;
- a `Ready` that names no generation, on an object whose spec was changed since it was made, may be of the old spec: it
  proves nothing either. One that names another generation than the object's is not over yet;
- `Available` is asked where there is no `Ready` (APIService, many operators).

Invariant: healthy only by a condition or a count that was written for the present generation.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.health import Health, Report
from promoter.cluster.kstatus_kinds import RULES
from promoter.cluster.objects import (
    NO_CONDITION,
    Condition,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    dig,
    integer,
    key_of,
    latest,
)
from promoter.cluster.observed import Finding, why
from promoter.cluster.pods import images_of, pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader

_UNNAMED = Key("", "", "", "")
_FIRST = frozenset({None, 1})
"""Generations whose status can be of no older spec: the first, or none where the kind counts no generations."""


class KstatusReader(DeliversNothing):
    """Reads any object."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset()

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one object."""
        health, reason = _decide(obj, look)
        times = [condition.since for condition in conditions(obj).values()]
        images = pod_images(obj) or (images_of(dig(obj, "spec")) if dig(obj, "kind") == "Pod" else ())
        return Report(key_of(obj) or _UNNAMED, health, reason, updated=latest(*times), images=images)


def _decide(obj: Object, look: Look) -> Finding:
    found, key = conditions(obj), key_of(obj)
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    generation, observed = integer(obj, "metadata", "generation"), integer(obj, "status", "observedGeneration")
    if observed is not None and generation is not None and observed != generation:
        return Health.PROGRESSING, f"generation {generation} has not been seen by its controller yet"
    for kind, health in (("Reconciling", Health.PROGRESSING), ("Stalled", Health.FAILED)):
        if found.get(kind, NO_CONDITION).status == "True":
            return health, f"{kind}: {why(found[kind])}"
    rule = None if key is None else RULES.get(key.group_kind)
    if rule is not None:
        return rule(obj, look.now)
    for kind in ("Ready", "Available"):
        if found.get(kind, NO_CONDITION).status:
            return _by_condition(kind, found[kind], generation, observed)
    return Health.NONE, "has no health of its own"


def _by_condition(kind: str, condition: Condition, generation: int | None, observed: int | None) -> Finding:
    if condition.status != "True":
        return Health.PROGRESSING, f"{kind} is {condition.status}: {why(condition)}"
    if condition.observed is not None and generation is not None and condition.observed != generation:
        return Health.PROGRESSING, f"{kind} is of generation {condition.observed}, not {generation}"
    if observed is None and condition.observed is None and generation not in _FIRST:
        return Health.NONE, f"{kind} does not say for which generation"
    return Health.HEALTHY, f"{kind} is True"


KSTATUS: Final[Reader] = KstatusReader()
