"""Flux HelmRelease (helm.toolkit.fluxcd.io): which chart and values were released, and whether that came up.

Fields and reasons as helm-controller 1.6 writes them (`internal/controller/helmrelease_controller.go`,
`internal/reconcile`):

- There is no revision of Git in it: what was released is a chart version (`history[0]`), for an OCIRepository or
  ExternalArtifact with a digest. The commit is known only where the version was proven to be packaged from it.
- `lastAttempted*` is written before Helm runs, `history[0]` by what Helm did: after a rollback that is a deployed
  release of the *old* chart. `Ready` stays `True` while a new generation or a new chart is being looked at.
- `observedGeneration` is not written while it waits or retries: what failed stands in `Ready.observedGeneration`.
- Health is looked at during install, upgrade and rollback only, and not at all with `disableWait`.

Invariant: healthy only when the newest spec was observed, what was released is what was attempted, and that is what
the chart's source has, or the only version that the spec lets be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from promoter.cluster.fluxchart import Chart, bare_version, chart_of, digest_of, places
from promoter.cluster.fluxsource import behind
from promoter.cluster.health import Health, Report
from promoter.cluster.inventory import flux_inventory, unassessed_by_flux, workloads
from promoter.cluster.objects import (
    NO_CONDITION,
    Condition,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    dig,
    entries,
    flag,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.reader import Look, Reader, Related, Relation, Source
from promoter.cluster.revision import brief
from promoter.cluster.wording import one_line

_UNNAMED = Key("helm.toolkit.fluxcd.io", "HelmRelease", "", "")
_NOT_YET = frozenset({"DependencyNotReady", "SourceNotReady", "HealthCheckCanceled"})
_BY_HELM = frozenset(
    {
        "InstallFailed", "UpgradeFailed", "TestFailed", "RollbackSucceeded", "UninstallSucceeded", "RollbackFailed",
        "UninstallFailed", "RetriesExceeded", "MissingRollbackTarget",
    }
)  # fmt: skip
"""Failures of what `lastAttempted*` names; others come before that is written."""

_LEGACY_LEAVES_OUT = frozenset({("apps", "DaemonSet"), ("apps", "StatefulSet")})
"""What Helm's own way of waiting (`waitStrategy: legacy`) does not wait for."""


@dataclass(frozen=True, slots=True)
class _Finding:
    """A row of the decision table that fits."""

    health: Health
    reason: str
    was_healthy: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """The fields that decide."""

    obj: Object
    look: Look
    conditions: dict[str, Condition]
    chart: Chart

    def condition(self, kind: str) -> Condition:
        return self.conditions.get(kind, NO_CONDITION)

    def text(self, name: str) -> str:
        return text(self.obj, "status", name)

    def about_newest(self, condition: Condition) -> bool:
        """The condition was written for the newest spec."""
        return condition.observed == integer(self.obj, "metadata", "generation")

    @property
    def released(self) -> Object:
        """The newest release, as Helm stored it; empty when there is none."""
        return next(iter(entries(self.obj, "status", "history")), {})

    @property
    def attempted(self) -> str:
        """The revision that was worked on last, in the words of its source where it is still what the source has."""
        if self.chart.source is None or self.ahead:
            return self.text("lastAttemptedRevision")
        return self.chart.source.revision or self.chart.source.artifact

    @property
    def ahead(self) -> bool:
        """The chart's source has another chart than the one that was worked on last, or is about to."""
        source = self.chart.source
        if source is None:
            return False
        worked_on = self.text("lastAttemptedRevisionDigest" if self.chart.by_digest else "lastAttemptedRevision")
        has = digest_of(source.artifact) if self.chart.by_digest else source.artifact
        return self.chart.busy or has != worked_on

    @property
    def actions(self) -> tuple[Object, ...]:
        """The parts of the spec that the last Helm action went by: one, or all that may be when that is not known."""
        last = text(self.released, "action") or self.text("lastAttemptedReleaseAction")
        names = (last,) if last in ("install", "upgrade", "rollback") else ("install", "upgrade")
        return tuple(dig(self.obj, "spec", name) or {} for name in names)


class HelmReleaseReader:
    """Reads Flux HelmReleases."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("helm.toolkit.fluxcd.io", "HelmRelease")})

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give where its chart and its values files stand, when they come from Git."""
        return tuple(dict.fromkeys(places(chart_of(obj, related))))

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one HelmRelease."""
        facts = _Facts(obj, look, conditions(obj), chart_of(obj, look.related))
        found = _decide(facts)
        inventory = flux_inventory(obj)
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=found.health,
            reason=found.reason,
            revision=facts.attempted,
            updated=latest(facts.condition("Ready").since, moment(facts.released, "lastDeployed")),
            was_healthy=found.was_healthy,
            inventory=inventory,
            uncovered=_uncovered(facts, inventory or (), found.health),
            remote=dig(obj, "spec", "kubeConfig") is not None,
        )


def _uncovered(facts: _Facts, inventory: tuple[Key, ...], health: Health) -> tuple[Key, ...]:
    """Give what nobody waited for."""
    if health is Health.APPLIED_UNASSESSED:
        return workloads(inventory)
    left = set(unassessed_by_flux(inventory))
    if text(facts.obj, "spec", "waitStrategy", "name") == "legacy":
        left.update(key for key in inventory if key.group_kind in _LEGACY_LEAVES_OUT)
    if any(flag(action, "disableWaitForJobs") for action in facts.actions):
        left.update(key for key in inventory if key.group_kind == ("batch", "Job"))
    return tuple(key for key in inventory if key in left)


def _decide(facts: _Facts) -> _Finding:
    """Give the first row that fits."""
    for rows in (_object_rows, _source_rows, _failure_rows, _running_rows):
        found = rows(facts)
        if found is not None:
            return found
    return _released_rows(facts)


def _object_rows(facts: _Facts) -> _Finding | None:
    """Rows 1-4: states of the object that no chart explains."""
    if deleting(facts.obj):
        return _Finding(Health.UNKNOWN, "is being deleted")
    if flag(facts.obj, "spec", "suspend"):
        return _Finding(Health.SUSPENDED, "is suspended (spec.suspend)")
    ready, stalled = facts.condition("Ready"), facts.condition("Stalled")
    observed = integer(facts.obj, "status", "observedGeneration")
    failed = ready.status == "False" and facts.about_newest(ready)
    fresh = observed is None or observed < 0
    if not facts.conditions or (fresh and not failed and stalled.status != "True"):
        return _Finding(Health.PENDING, "has not been reconciled yet")
    if _stalled(facts) and stalled.reason not in _BY_HELM:
        return _Finding(Health.FAILED, f"is stalled until its spec changes: {_why(stalled)}")
    return None


def _stalled(facts: _Facts) -> bool:
    stalled = facts.condition("Stalled")
    return stalled.status == "True" and (stalled.observed is None or facts.about_newest(stalled))


def _source_rows(facts: _Facts) -> _Finding | None:
    """Say that the repository of the chart does not have the content that is asked for."""
    git = facts.chart.git
    found = behind(git, Relation.UNKNOWN if git is None else facts.look.relation(git.revision))
    return None if found is None else _Finding(found[0], found[1])


def _failure_rows(facts: _Facts) -> _Finding | None:
    """Rows 4-6: the newest attempt did not go well, or could not begin."""
    ready, stalled = facts.condition("Ready"), _stalled(facts)
    if not stalled and (ready.status != "False" or not facts.about_newest(ready)):
        return None
    why = _why(facts.condition("Stalled") if stalled else ready)
    if not stalled and ready.reason in _NOT_YET:
        return _Finding(Health.PROGRESSING, f"waits: {why}")
    if not stalled and ready.reason not in _BY_HELM:
        # These come before the attempt is on record: they are of what the source has now.
        source = facts.chart.source
        return _failed(facts, facts.attempted if source is None else source.revision or source.artifact, why)
    attempted = integer(facts.obj, "status", "lastAttemptedGeneration")
    if attempted is not None and attempted != integer(facts.obj, "metadata", "generation"):
        return None
    if facts.ahead:
        name = brief(facts.text("lastAttemptedRevision"))
        return _Finding(Health.PENDING, f"failed at chart {name}, and its source {facts.chart.key} moved on: {why}")
    return _failed(facts, facts.attempted, why)


def _failed(facts: _Facts, revision: str, why: str) -> _Finding:
    relation = facts.look.relation(revision)
    if relation is Relation.SAME:
        return _Finding(Health.FAILED, why)
    if relation is Relation.OTHER:
        return _Finding(Health.PENDING, f"failed at {brief(revision)}, which holds other content: {why}")
    name = brief(revision) or "a revision that it does not name"
    return _Finding(Health.UNKNOWN, f"failed at {name}, which is not a commit known here: {why}")


def _running_rows(facts: _Facts) -> _Finding | None:
    """Row 7: a run is under way. Every run starts so, also the checks of what has long been released."""
    if integer(facts.obj, "status", "observedGeneration") != integer(facts.obj, "metadata", "generation"):
        return _Finding(Health.PROGRESSING, "its newest spec has not been reconciled yet")
    if facts.condition("Ready").status != "True":
        return _Finding(Health.PROGRESSING, "reconciliation is in progress")
    if facts.condition("Reconciling").status != "True":
        return None
    if _released_rows(facts).health in (Health.HEALTHY, Health.APPLIED_UNASSESSED):
        return _Finding(Health.PROGRESSING, "re-checking what is already released", was_healthy=True)
    return _Finding(Health.PROGRESSING, "reconciliation is in progress")


def _released_rows(facts: _Facts) -> _Finding:
    """Rows 8-14: at rest, ready."""
    found = _helm_rows(facts) or _chart_rows(facts)
    if found is not None:
        return found
    if _tests_matter(facts) and facts.condition("TestSuccess").status != "True":
        return _Finding(Health.FAILED, f"its tests did not pass: {_why(facts.condition('TestSuccess'))}")
    mode = text(facts.obj, "spec", "driftDetection", "mode")
    if facts.condition("Drifted").status == "True" and mode in ("enabled", "warn"):
        return _Finding(Health.UNKNOWN, f"is released, but changed since: {_why(facts.condition('Drifted'))}")
    if any(flag(action, "disableWait") for action in facts.actions):
        return _Finding(Health.APPLIED_UNASSESSED, "released without waiting for health (disableWait)")
    return _Finding(Health.HEALTHY, "released, and found healthy")


def _helm_rows(facts: _Facts) -> _Finding | None:
    """Rows 8-9: what Helm has is deployed, and is what was attempted."""
    released = facts.released
    version = text(released, "chartVersion")
    if not version or not facts.text("lastAttemptedRevision"):
        return _Finding(Health.UNKNOWN, "does not say what it released")
    for kind, bad in (("Remediated", "True"), ("Released", "False")):
        if facts.condition(kind).status == bad:
            return _Finding(Health.FAILED, f"chart {version} is what is left: {_why(facts.condition(kind))}")
    status = text(released, "status")
    if status != "deployed":
        return _Finding(Health.FAILED, f"chart {version} is {status or 'not deployed'}")
    pairs = (
        ("chartVersion", "lastAttemptedRevision", "chart"),
        ("configDigest", "lastAttemptedConfigDigest", "values"),
        ("ociDigest", "lastAttemptedRevisionDigest", "artifact"),
    )
    for field, attempted, what in pairs:
        if text(released, field) != facts.text(attempted):
            return _Finding(Health.PROGRESSING, f"chart {version} is released, but not with the {what} attempted last")
    return None


def _chart_rows(facts: _Facts) -> _Finding | None:
    """Row 10: the chart is the one that its source has, or the only one that may be; and it holds the content."""
    chart, version = facts.chart, facts.text("lastAttemptedRevision")
    if chart.pinned and bare_version(version) != chart.pinned:
        return _Finding(Health.PROGRESSING, f"its spec asks for chart {chart.pinned}, and {version} is released")
    if facts.ahead:
        stuck = f"; it is stuck: {chart.source.trouble}" if chart.source and chart.source.trouble else ""
        return _Finding(Health.PENDING, f"chart {version} is released, and its source {chart.key} moved on{stuck}")
    if chart.source is None and not chart.pinned:
        missing = f"{chart.key} is not among the objects that were read" if chart.key else "it names no chart source"
        return _Finding(Health.UNKNOWN, f"released chart {version}, but {missing}")
    relation = facts.look.relation(facts.attempted)
    if relation is Relation.SAME:
        return None
    if relation is Relation.OTHER:
        reason = f"released chart {version} of {brief(facts.attempted)}, which holds other content"
        return _Finding(Health.PENDING, reason)
    hint = "; with reconcileStrategy: Revision a chart from Git names its commit" if chart.git else ""
    return _Finding(Health.UNKNOWN, f"released chart {version}, which names no commit known here{hint}")


def _tests_matter(facts: _Facts) -> bool:
    """Tell whether failed tests count: the action's own word wins over the release's."""
    if not flag(facts.obj, "spec", "test", "enable"):
        return False
    ignored = flag(facts.obj, "spec", "test", "ignoreFailures")
    own = [text(action, "remediation", "ignoreTestFailures").lower() for action in facts.actions]
    return not all(word == "true" if word else ignored for word in own)


def _why(condition: Condition) -> str:
    return one_line(": ".join(part for part in (condition.reason, condition.message) if part)) or "it does not say why"


READER: Final[Reader] = HelmReleaseReader()
