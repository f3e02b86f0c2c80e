"""Flagger Canary (flagger.app): whether what its target holds was promoted, and serves.

Fields as Flagger 1.4x writes them (`pkg/apis/flagger/v1beta1/canary.go`, `pkg/controller/scheduler.go`). A Canary has
no observed generation and names no revision; `lastAppliedSpec` and `lastPromotedSpec` are hashes that nobody else can
make. Its phase is that of the last analysis, and stays byte for byte until Flagger notices a change, once an
interval: `Succeeded` alone proves nothing. So the pod template of the target is compared with that of
`<target>-primary`, which has the traffic; the first rollout ends as `Initialized` and never succeeds.

A failed analysis leaves `Failed` behind also when the target is taken back to what the primary runs: Flagger starts
no analysis of what was promoted before. Then the two hashes still differ, and the templates do not.

What cannot be seen: a change of a tracked ConfigMap or Secret that leaves the template alone, until it is noticed.

Invariant: healthy only when the analysis is over, the primary runs the target's pod template, and is healthy itself.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.flagger import primary_key, promoted
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    flag,
    group_of,
    integer,
    key_of,
    moment,
    text,
)
from promoter.cluster.observed import Finding
from promoter.cluster.pods import pod_images
from promoter.cluster.reader import DeliversNothing, Look, Reader, Related
from promoter.cluster.readers.daemonset import READER as DAEMON_SET
from promoter.cluster.readers.deployment import READER as DEPLOYMENT
from promoter.cluster.wording import one_line

_UNNAMED = Key("flagger.app", "Canary", "", "")
_TARGETS: Final = {("apps", "Deployment"): DEPLOYMENT, ("apps", "DaemonSet"): DAEMON_SET}
_PHASES: Final = {
    "Initializing": (Health.PROGRESSING, "makes its primary"),
    "Waiting": (Health.PROGRESSING, "waits for a person or a webhook to let the analysis begin"),
    "Progressing": (Health.PROGRESSING, "is being analysed"),
    "WaitingPromotion": (Health.PROGRESSING, "waits for a person or a webhook to let it be promoted"),
    "Promoting": (Health.PROGRESSING, "is being promoted"),
    "Finalising": (Health.PROGRESSING, "is being promoted"),
    "Terminating": (Health.UNKNOWN, "is being taken down"),
    "Terminated": (Health.UNKNOWN, "was taken down"),
}
_OVER = frozenset({"Initialized", "Succeeded"})


class CanaryReader(DeliversNothing):
    """Reads Flagger Canaries."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("flagger.app", "Canary")})

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Canary; its images are those of the primary, where that is there."""
        health, reason = _phase(obj) or (_failed(obj, look) if _is_failed(obj) else _serving(obj, look))
        primary = look.related(primary_key(_target(obj)))
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=health,
            reason=reason,
            updated=moment(obj, "status", "lastTransitionTime"),
            images=() if primary is None else pod_images(primary),
        )


def _target(obj: Object) -> Key:
    names = (text(obj, "spec", "targetRef", name) for name in ("apiVersion", "kind", "name"))
    version, kind, name = names
    return Key(group_of(version), kind, text(obj, "metadata", "namespace"), name)


def _phase(obj: Object) -> Finding | None:
    """Say what the phase alone decides."""
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if flag(obj, "spec", "suspend"):
        return Health.SUSPENDED, "is suspended (spec.suspend)"
    phase = text(obj, "status", "phase")
    if not phase:
        return Health.PENDING, "has not been seen by Flagger yet"
    if phase in _PHASES:
        return _PHASES[phase]
    if phase == "Failed":
        return None
    if phase not in _OVER:
        return Health.UNKNOWN, f"is in phase {one_line(phase)}, which is not known here"
    return (Health.PROGRESSING, "has not promoted what it saw last") if _differs(obj) else None


def _is_failed(obj: Object) -> bool:
    return text(obj, "status", "phase") == "Failed"


def _differs(obj: Object) -> bool:
    """Tell whether what it saw last is known to be something else than what it promoted last."""
    applied, last = text(obj, "status", "lastAppliedSpec"), text(obj, "status", "lastPromotedSpec")
    return bool(applied and last) and applied != last


def _failed(obj: Object, look: Look) -> Finding:
    """Judge a failed analysis: it counts, unless what failed was taken back since."""
    found = _both(_target(obj), look.related)
    if not isinstance(found, Key) and _differs(obj) and promoted(*found):
        return _serving(obj, look)
    said = one_line(conditions(obj).get("Promoted", NO_CONDITION).message)
    serves = "the canary still serves" if integer(obj, "status", "canaryWeight") == 100 else "what was before serves"
    return Health.FAILED, f"failed; {serves}{': ' + said if said else ''}"


def _serving(obj: Object, look: Look) -> Finding:
    """Judge what is there when the last analysis is over."""
    target = _target(obj)
    reader = _TARGETS.get(target.group_kind)
    if reader is None:
        kind = target.kind or "nothing that it names"
        return Health.UNKNOWN, f"targets {kind}: whether it noticed the last change cannot be told"
    found = _both(target, look.related)
    if isinstance(found, Key):
        return Health.UNKNOWN, f"cannot be judged without {found}, which is not among the objects that were read"
    held, primary = found
    if not promoted(held, primary):
        return Health.PENDING, f"has not noticed yet that {target} was changed"
    report = reader.read(primary, look)
    return report.health, f"{'promoted; ' if report.health is Health.HEALTHY else ''}{report.key} {report.reason}"


def _both(target: Key, related: Related) -> tuple[Object, Object] | Key:
    """Give target and primary, or the name of what is missing."""
    held, primary = related(target), related(primary_key(target))
    if held is None:
        return target
    return primary_key(target) if primary is None else (held, primary)


READER: Final[Reader] = CanaryReader()
