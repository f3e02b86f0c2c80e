"""Application of app.k8s.io: an index of what others apply, and what its controller last made of it.

Fields as `sigs.k8s.io/application` v0.8 writes them (`api/v1beta1/application_types.go`,
`controllers/application_controller.go`). It names no revision and no image. Its controller looks again only every two
minutes, whatever happens to the components; it leaves out of the list whatever it cannot find or judge, and calls an
empty list ready; it counts old pods of a Deployment, and a Job that was only started, as ready. Nobody develops it any
more, and where it does not run, a `Ready` of long ago stays for ever.

Invariant: its own word is never health. At best its components were ready, and are to be read themselves.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from promoter.cluster.health import Health, Report
from promoter.cluster.inventory import workloads
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    entries,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.observed import Finding, not_current, why
from promoter.cluster.reader import DeliversNothing, Look, Reader

_UNNAMED = Key("app.k8s.io", "Application", "", "")
_READY_OF = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")


class SigsApplicationReader(DeliversNothing):
    """Reads Applications of app.k8s.io."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("app.k8s.io", "Application")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Application; its components are its inventory, and those that run something must be read."""
        del look
        health, reason = _decide(obj)
        inventory = _components(obj)
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=health,
            reason=reason,
            updated=latest(*(moment(entry, "lastUpdateTime") for entry in entries(obj, "status", "conditions"))),
            inventory=inventory,
            uncovered=workloads(inventory),
        )


def _components(obj: Object) -> tuple[Key, ...]:
    """Give the components: the controller looks for them in the Application's own namespace."""
    namespace = text(obj, "metadata", "namespace")
    return tuple(
        Key(text(entry, "group"), text(entry, "kind"), namespace, text(entry, "name"))
        for entry in entries(obj, "status", "components")
    )


def _decide(obj: Object) -> Finding:
    phase = text(obj, "spec", "assemblyPhase")
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if phase == "Failed":
        return Health.FAILED, "its assembly failed (spec.assemblyPhase)"
    if phase == "Pending":
        return Health.PENDING, "is still being assembled (spec.assemblyPhase)"
    found = conditions(obj)
    if not found:
        return Health.PENDING, "has not been seen by its controller, which may not run in this cluster"
    stale = not_current(obj)
    if stale is not None:
        return Health.PROGRESSING, stale[1]
    return _counted(obj) or _by_condition(obj)


def _counted(obj: Object) -> Finding | None:
    """Say that the list of components proves nothing: it is empty, or not the one that was counted."""
    listed = entries(obj, "status", "components")
    counted = _READY_OF.fullmatch(text(obj, "status", "componentsReady"))
    if not listed or (counted is not None and int(counted.group(2)) == 0):
        return Health.UNKNOWN, "has found no components: its selector or its componentKinds match nothing"
    if counted is not None and int(counted.group(2)) != len(listed):
        return Health.PROGRESSING, f"counts {counted.group(2)} components and lists {len(listed)}"
    return None


def _by_condition(obj: Object) -> Finding:
    found = conditions(obj)
    error, ready = found.get("Error", NO_CONDITION), found.get("Ready", NO_CONDITION)
    if error.status == "True":
        return Health.UNKNOWN, f"could not be looked at whole: {why(error)}"
    late = [text(entry, "name") for entry in entries(obj, "status", "components") if text(entry, "status") != "Ready"]
    if ready.status != "True" or late:
        names = f": {', '.join(late[:3])}{' and more' if len(late) > 3 else ''}" if late else ""
        return Health.PROGRESSING, f"its components are not ready{names}"
    return Health.APPLIED_UNASSESSED, "its components were ready when its controller last looked"


READER: Final[Reader] = SigsApplicationReader()
