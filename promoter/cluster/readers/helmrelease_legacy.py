"""Legacy HelmRelease (helm.fluxcd.io/v1), as the archived Helm Operator of Flux 1 writes it.

`revision` is the commit of a chart from Git, else the chart's version, and is written only when all went well;
`lastAttemptedRevision` when Helm begins. `observedGeneration` is written after failures too, `releaseStatus` is
`deployed` again after a rollback: neither says that anything is well. `phase` does. The object has no way to say that
it is suspended or that no operator runs. Flux' health checks find it healthy whatever it says.

Invariant: healthy only in phase `Succeeded` for the newest spec, with what was attempted last, and when Helm waited.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.fluxchart import bare_version
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    entries,
    flag,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.reader import Look, Reader, Related, Relation, Source, clean_path
from promoter.cluster.revision import brief
from promoter.cluster.wording import one_line

_UNNAMED = Key("helm.fluxcd.io", "HelmRelease", "", "")
_FAILED = {
    "ChartFetchFailed": "its chart cannot be fetched",
    "DeployFailed": "its chart cannot be released",
    "TestFailed": "its tests failed",
    "Failed": "its release failed",
    "RollingBack": "is being rolled back",
    "RolledBack": "was rolled back",
    "RollbackFailed": "cannot be rolled back",
}
_TELLING = {"ChartFetchFailed": "ChartFetched", "TestFailed": "Tested"}
"""The condition whose message says why, where it is not `Released`."""


class LegacyHelmReleaseReader:
    """Reads HelmReleases of the Helm Operator."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("helm.fluxcd.io", "HelmRelease")})

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give where its chart stands, when it comes from Git; without `ref` the operator's own default counts."""
        del related
        repository = text(obj, "spec", "chart", "git")
        if not repository:
            return ()
        branch = text(obj, "spec", "chart", "ref")
        return (Source(repository, branch, clean_path(text(obj, "spec", "chart", "path"))),)

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one HelmRelease."""
        health, reason = _decide(obj, look)
        times = [moment(entry, "lastUpdateTime") for entry in entries(obj, "status", "conditions")]
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=health,
            reason=reason,
            revision=text(obj, "status", "lastAttemptedRevision" if health is Health.FAILED else "revision"),
            updated=latest(*times),
        )


def _decide(obj: Object, look: Look) -> tuple[Health, str]:
    """Give the first row that fits."""
    phase = text(obj, "status", "phase")
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if not phase:
        return Health.PENDING, "has not been reconciled yet"
    if integer(obj, "status", "observedGeneration") != integer(obj, "metadata", "generation"):
        return Health.PROGRESSING, "its newest spec has not been reconciled yet"
    if phase in _FAILED:
        return _failed(obj, look, phase)
    if phase != "Succeeded" or conditions(obj).get("Released", NO_CONDITION).status != "True":
        return Health.PROGRESSING, f"is in phase {phase}"
    return _succeeded(obj, look)


def _failed(obj: Object, look: Look, phase: str) -> tuple[Health, str]:
    attempted = text(obj, "status", "lastAttemptedRevision")
    message = one_line(conditions(obj).get(_TELLING.get(phase, "Released"), NO_CONDITION).message)
    why = f"{_FAILED[phase]}: {message}" if message else _FAILED[phase]
    relation = look.relation(attempted)
    if relation is Relation.SAME:
        return Health.FAILED, why
    if relation is Relation.OTHER:
        return Health.PENDING, f"failed at {brief(attempted)}, which holds other content: {why}"
    name = brief(attempted) or "a revision that it does not name"
    return Health.UNKNOWN, f"failed at {name}, which is not a commit known here: {why}"


def _succeeded(obj: Object, look: Look) -> tuple[Health, str]:
    revision, attempted = text(obj, "status", "revision"), text(obj, "status", "lastAttemptedRevision")
    if not revision:
        return Health.UNKNOWN, "does not say what it released"
    if attempted != revision:
        return Health.PROGRESSING, f"released {brief(revision)}, but works on {brief(attempted) or 'another one'}"
    asked = "" if text(obj, "spec", "chart", "git") else text(obj, "spec", "chart", "version")
    if asked and bare_version(asked) != bare_version(revision):
        return Health.PROGRESSING, f"its spec asks for chart {asked}, and {revision} is released"
    relation = look.relation(revision)
    if relation is Relation.OTHER:
        return Health.PENDING, f"released {brief(revision)}, which holds other content"
    if relation is Relation.UNKNOWN:
        return Health.UNKNOWN, f"released {brief(revision)}, which is not a commit known here"
    if not flag(obj, "spec", "wait"):
        return Health.APPLIED_UNASSESSED, "released without waiting for health (spec.wait)"
    return Health.HEALTHY, "released, and found healthy"


READER: Final[Reader] = LegacyHelmReleaseReader()
