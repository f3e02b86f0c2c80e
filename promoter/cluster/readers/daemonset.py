"""DaemonSet (apps): the rules of kstatus, with two that it lacks.

Rules in order as in cli-utils `pkg/kstatus/status/core.go`, `daemonsetConditions`. Added: with `OnDelete`, old pods
wait for a person; and one that a Flagger Canary targets is what its primary is, because Flagger leaves it without
pods by a node selector that no node has.

Invariant: healthy only when the newest spec was seen, and every node that should has a ready pod of it.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.flagger import primary_of, promoted
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import GroupKind, Key, Object, integer, key_of, text
from promoter.cluster.observed import Finding, count, not_current
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader

_UNNAMED = Key("apps", "DaemonSet", "", "")


class DaemonSetReader(DeliversNothing):
    """Reads DaemonSets."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("apps", "DaemonSet")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one DaemonSet; with a primary, what that runs. It tells no time."""
        primary = primary_of(obj, look.related)
        health, reason = _decide(obj)
        if health is Health.HEALTHY and primary is not None:
            name = text(primary, "metadata", "name")
            health, reason = _decide(primary)
            reason = f"{reason}, as {name}"
            if not promoted(obj, primary):
                health, reason = Health.PROGRESSING, f"is not promoted: {name} serves, and its pods are other ones"
        images = pod_images(obj if primary is None else primary)
        return Report(key_of(obj) or _UNNAMED, health, reason, images=images)


def _decide(obj: Object) -> Finding:
    found = not_current(obj)
    if found is not None:
        return found
    wanted = integer(obj, "status", "desiredNumberScheduled")
    if wanted is None:
        return Health.PROGRESSING, "does not say how many nodes it is for"
    updated = count(obj, "updatedNumberScheduled")
    if updated < wanted and text(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return Health.SUSPENDED, f"{updated} of {wanted} pods are updated; the others wait to be deleted (OnDelete)"
    for name, word in (
        ("currentNumberScheduled", "exist"),
        ("updatedNumberScheduled", "are updated"),
        ("numberAvailable", "are available"),
        ("numberReady", "are ready"),
    ):
        if count(obj, name) < wanted:
            return Health.PROGRESSING, f"{count(obj, name)} of {wanted} pods {word}"
    return Health.HEALTHY, "is ready on every node that it is for" if wanted else "is for no node of this cluster"


READER: Final[Reader] = DaemonSetReader()
