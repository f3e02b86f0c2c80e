"""Flux Kustomization (kustomize.toolkit.fluxcd.io): what it applied, and whether that was found healthy.

Fields and reasons as kustomize-controller 1.9 writes them (`internal/controller/kustomization_controller.go`):

- `Ready` is about the revision that was worked on last, never about the newest commit, and goes to `Unknown` at the
  start of every run. `lastAppliedRevision` is written only after apply, prune and health checks went well.
- `observedGeneration` stays behind while attempts fail; which generation failed stands in `Ready.observedGeneration`.
- `Healthy` exists only with `wait` or `healthChecks`: without it nobody looked, and the workloads decide.

Invariant: healthy only when both the source's artifact (where it is known) and the applied revision hold the content.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from promoter.cluster.fluxsource import FluxSource, behind, delivered_from, flux_source
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
from promoter.cluster.reader import Look, Reader, Related, Relation, Source, clean_path
from promoter.cluster.revision import branch_name, brief, git_commit, mentioned
from promoter.cluster.wording import one_line

_UNNAMED = Key("kustomize.toolkit.fluxcd.io", "Kustomization", "", "")
_NOT_YET = frozenset({"DependencyNotReady", "HealthCheckCanceled"})
_SOURCE_NOT_YET = re.compile(r"artifact not found|not ready", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Finding:
    """A row of the decision table that fits."""

    health: Health
    reason: str
    revision: str = ""
    was_healthy: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """The fields that decide, and how their revisions relate to the content that is asked for."""

    obj: Object
    conditions: dict[str, Condition]
    source: FluxSource | None
    at_source: Relation
    applied: str
    at_applied: Relation
    attempted: str
    at_attempted: Relation
    assesses: bool
    """The spec asks for health checks."""

    def condition(self, kind: str) -> Condition:
        return self.conditions.get(kind, NO_CONDITION)

    @property
    def current(self) -> bool:
        """The newest spec was reconciled with success at least once."""
        return integer(self.obj, "status", "observedGeneration") == integer(self.obj, "metadata", "generation")

    @property
    def failed_now(self) -> bool:
        """The newest attempt at the newest spec failed."""
        ready = self.condition("Ready")
        return ready.status == "False" and ready.observed == integer(self.obj, "metadata", "generation")


class KustomizationReader:
    """Reads Flux Kustomizations."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("kustomize.toolkit.fluxcd.io", "Kustomization")})

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give its path, with URL and branch of its GitRepository; without that, the branch that it reports."""
        path = clean_path(text(obj, "spec", "path"))
        known = delivered_from(obj, related)
        if known is not None:
            return (Source(known[0], known[1], path),)
        names = ("lastAppliedOriginRevision", "lastAppliedRevision", "lastAttemptedRevision")
        branches = (branch_name(text(obj, "status", name)) for name in names)
        return (Source(branch=next((branch for branch in branches if branch), ""), path=path),)

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Kustomization."""
        facts = _facts(obj, look)
        found = _decide(facts)
        inventory = flux_inventory(obj)
        left_out = workloads if found.health is Health.APPLIED_UNASSESSED else unassessed_by_flux
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=found.health,
            reason=found.reason,
            revision=found.revision,
            updated=_updated(obj, facts.condition("Ready")),
            was_healthy=found.was_healthy,
            inventory=inventory,
            uncovered=left_out(inventory or ()),
            remote=dig(obj, "spec", "kubeConfig") is not None,
        )


def _facts(obj: Object, look: Look) -> _Facts:
    source = flux_source(obj, look.related)
    found = conditions(obj)
    applied = text(obj, "status", "lastAppliedOriginRevision") or text(obj, "status", "lastAppliedRevision")
    if source is not None and source.revision and source.artifact == text(obj, "status", "lastAppliedRevision"):
        # An artifact that holds the same under a newer commit does not wake the Kustomization: the commit that it
        # reports lags behind the one that the source reports for the very same artifact.
        applied = source.revision
    attempted = _attempted(obj, found, source)
    return _Facts(
        obj=obj,
        conditions=found,
        source=source,
        at_source=Relation.UNKNOWN if source is None else look.relation(source.revision),
        applied=applied,
        at_applied=look.relation(applied),
        attempted=attempted,
        at_attempted=look.relation(attempted),
        assesses=flag(obj, "spec", "wait") or bool(entries(obj, "spec", "healthChecks")),
    )


def _attempted(obj: Object, found: dict[str, Condition], source: FluxSource | None) -> str:
    """Give the revision being worked on: the message has it also when the artifact could not be opened."""
    reconciling = found.get("Reconciling", NO_CONDITION)
    message = mentioned(reconciling.message) if reconciling.status == "True" else ""
    last = text(obj, "status", "lastAttemptedRevision")
    digest = source is not None and source.artifact != "" and source.artifact == message
    attempted = message if digest or git_commit(message) else last
    if source is not None and source.revision and source.artifact == attempted:
        return source.revision
    return attempted


def _updated(obj: Object, ready: Condition) -> datetime | None:
    history = (moment(entry, "lastReconciled") for entry in entries(obj, "status", "history"))
    return latest(ready.since, *history)


def _decide(facts: _Facts) -> _Finding:
    """Give the first row that fits."""
    for rows in (_object_rows, _source_rows, _failure_rows, _running_rows):
        found = rows(facts)
        if found is not None:
            return found
    return _applied_rows(facts)


def _object_rows(facts: _Facts) -> _Finding | None:
    """Rows 1-5: states of the object that no revision explains."""
    obj, stalled = facts.obj, facts.condition("Stalled")
    if deleting(obj):
        return _Finding(Health.UNKNOWN, "is being deleted")
    if flag(obj, "spec", "suspend"):
        return _Finding(Health.SUSPENDED, "is suspended (spec.suspend)")
    observed = integer(obj, "status", "observedGeneration")
    fresh = observed is None or observed < 0
    if not facts.conditions or (fresh and not facts.failed_now and stalled.status != "True"):
        return _Finding(Health.PENDING, "has not been reconciled yet")
    if stalled.status == "True" and stalled.observed in (None, integer(obj, "metadata", "generation")):
        return _Finding(Health.FAILED, f"is stalled until its spec changes: {_why(stalled)}")
    if not facts.current and not facts.failed_now:
        return _Finding(Health.PROGRESSING, "its newest spec has not been reconciled yet")
    # A failed first or newest generation is a failure, but of which content, only rows 6-11 can say.
    return None


def _source_rows(facts: _Facts) -> _Finding | None:
    """Rows 6-8: what the source has."""
    found = behind(facts.source, facts.at_source)
    return None if found is None else _Finding(*found)


def _failure_rows(facts: _Facts) -> _Finding | None:
    """Rows 9-11: the newest attempt did not go well."""
    ready = facts.condition("Ready")
    if ready.status != "False":
        return None
    waits = ready.reason == "ArtifactFailed" and _SOURCE_NOT_YET.search(ready.message) is not None
    if ready.reason in _NOT_YET or waits:
        return _Finding(Health.PROGRESSING, f"waits: {_why(ready)}", facts.attempted)
    if facts.at_attempted is Relation.SAME:
        return _Finding(Health.FAILED, _why(ready), facts.attempted)
    if facts.at_attempted is Relation.OTHER:
        reason = f"failed at {brief(facts.attempted)}, which holds other content: {_why(ready)}"
        return _Finding(Health.PENDING, reason, facts.attempted)
    name = facts.attempted or "a revision that it does not name"
    return _Finding(Health.UNKNOWN, f"failed at {brief(name)}, which is not a commit known here: {_why(ready)}")


def _running_rows(facts: _Facts) -> _Finding | None:
    """Rows 12-13: a run is under way. Every run starts so, also the checks of what has long been applied."""
    if facts.condition("Ready").status == "True" and facts.condition("Reconciling").status != "True":
        return None
    if facts.at_applied is Relation.SAME and facts.at_attempted is not Relation.OTHER:
        reason = "re-checking what is already applied"
        return _Finding(Health.PROGRESSING, reason, facts.applied, was_healthy=True)
    return _Finding(Health.PROGRESSING, "reconciliation is in progress", facts.attempted)


def _applied_rows(facts: _Facts) -> _Finding:
    """Rows 14-17: at rest, ready."""
    applied, healthy = facts.applied, facts.condition("Healthy")
    if facts.at_applied is Relation.OTHER:
        return _Finding(Health.PENDING, f"applied {brief(applied)}, which holds other content", applied)
    if facts.at_applied is Relation.UNKNOWN:
        name = applied or "a revision that it does not name"
        return _Finding(Health.UNKNOWN, f"applied {brief(name)}, which is not a commit known here", applied)
    last = text(facts.obj, "status", "lastAttemptedRevision")
    if last and last != text(facts.obj, "status", "lastAppliedRevision"):
        return _Finding(Health.PROGRESSING, f"is ready, but works on {brief(last)}", applied)
    if not (facts.assesses and healthy.status):
        return _Finding(Health.APPLIED_UNASSESSED, "applied without a health check", applied)
    if healthy.status != "True":
        return _Finding(Health.PROGRESSING, f"is ready, but not healthy: {_why(healthy)}", applied)
    return _Finding(Health.HEALTHY, "applied, and found healthy", applied)


def _why(condition: Condition) -> str:
    return one_line(": ".join(part for part in (condition.reason, condition.message) if part)) or "it does not say why"


READER: Final[Reader] = KustomizationReader()
