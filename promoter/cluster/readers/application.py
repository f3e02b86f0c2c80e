"""Argo CD Application (argoproj.io): what was compared and synced, and how the live objects are.

Fields as Argo CD 3 writes them (`pkg/apis/application/v1alpha1/types.go`). The status has no observed generation:
`sync.comparedTo`, a copy of the spec made at comparison, is the only sign that the spec was seen. `sync.revision` is
what was *compared*, and moves on without a sync when nothing differs; `operationState.syncResult` is what was synced
last, and is never a proof of content. Health is not tied to a revision: it counts only when it was computed after the
last sync ended.

Invariant: healthy only when the slot's source was compared at a revision that holds the content, is synced, no
operation is under way, and the health is newer than the last sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from promoter.cluster.argosource import ArgoSource, argo_sources, compared_to_spec
from promoter.cluster.health import Health, Report
from promoter.cluster.inventory import argo_inventory, unassessed_by_argo
from promoter.cluster.objects import (
    GroupKind,
    Key,
    Object,
    deleting,
    dig,
    entries,
    flag,
    key_of,
    moment,
    text,
)
from promoter.cluster.reader import Look, Reader, Related, Relation, Source
from promoter.cluster.revision import brief
from promoter.cluster.wording import one_line

_UNNAMED = Key("argoproj.io", "Application", "", "")
_SETTLED = timedelta(seconds=5)
"""Health that is younger may have been computed from pods of before the sync."""
_SAME_CLUSTER = frozenset({"", "https://kubernetes.default.svc"})
_FAILED = frozenset({"Failed", "Error"})

_FURTHEST = (Relation.OTHER, Relation.UNKNOWN, Relation.SAME)

_BY_HEALTH: Final = {
    "Healthy": (Health.HEALTHY, "is synced and healthy"),
    "Progressing": (Health.PROGRESSING, "is synced; its resources are progressing"),
    "Missing": (Health.PROGRESSING, "is synced; resources are missing"),
    "Degraded": (Health.FAILED, "is synced, but degraded"),
    "Suspended": (Health.SUSPENDED, "is synced, but a resource is paused"),
}


@dataclass(frozen=True, slots=True)
class _Facts:
    """The fields that decide."""

    obj: Object
    look: Look
    source: ArgoSource
    relation: Relation

    def text(self, *path: str) -> str:
        return text(self.obj, "status", *path)

    @property
    def failed_here(self) -> bool:
        """The last sync failed, and it was a sync (no trial of one) of the revision that was compared."""
        trial = flag(self.obj, "status", "operationState", "operation", "sync", "dryRun")
        return self.text("operationState", "phase") in _FAILED and self.synced_here and not trial

    @property
    def synced_here(self) -> bool:
        """The last sync was of the revision that was compared."""
        return self.source.synced == self.source.compared


_Finding = tuple[Health, str]


class ApplicationReader:
    """Reads Argo CD Applications."""

    kinds: ClassVar[frozenset[GroupKind]] = frozenset({("argoproj.io", "Application")})

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give every source, and every value file that a source is there for."""
        del related
        return tuple(place for source in argo_sources(obj) for place in source.delivers)

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one Application."""
        source = _slot_source(obj, look)
        if source is None:
            found: _Finding = Health.UNKNOWN, "several sources, and none of them is this slot"
            source = ArgoSource((), "", "", "")
        else:
            found = _decide(_Facts(obj, look, source, look.relation(source.revision)))
        inventory = argo_inventory(obj)
        destination = dig(obj, "spec", "destination")
        here = text(destination, "name") in ("in-cluster", look.cluster) or (
            not text(destination, "name") and text(destination, "server") in _SAME_CLUSTER
        )
        return Report(
            key=key_of(obj) or _UNNAMED,
            health=found[0],
            reason=found[1],
            revision=source.revision,
            updated=moment(obj, "status", "reconciledAt"),
            inventory=inventory,
            uncovered=unassessed_by_argo(inventory),
            remote=not here,
            images=_images(obj),
        )


def _images(obj: Object) -> tuple[str, ...]:
    images = dig(obj, "status", "summary", "images")
    return tuple(image for image in images if isinstance(image, str)) if isinstance(images, list) else ()


def _slot_source(obj: Object, look: Look) -> ArgoSource | None:
    """Give the source that is the slot; when the object was named by the config, its only one or what it syncs.

    Where several are, the one that is furthest from what is wanted: sources of one repository are compared at commits
    of their own. Charts deliver no folder: they count where there is nothing else.
    """
    sources = argo_sources(obj)
    matching = [source for source in sources if any(look.of_slot(place) for place in source.delivers)]
    if dig(obj, "spec", "sourceHydrator") is not None:
        return (*matching, *sources)[0]
    fetched = [source for source in sources if source.delivers]
    if not matching and len(fetched) > 1:
        return None
    return min(matching or fetched or sources, key=lambda source: _FURTHEST.index(look.relation(source.revision)))


def _decide(facts: _Facts) -> _Finding:
    """Give the first row that fits."""
    return (
        _object_rows(facts) or _condition_rows(facts) or _compared_rows(facts) or _sync_rows(facts) or _by_health(facts)
    )


def _object_rows(facts: _Facts) -> _Finding | None:
    """Rows A1-A3."""
    if deleting(facts.obj):
        return Health.UNKNOWN, "is being deleted"
    if text(dig(facts.obj, "metadata", "annotations"), "argocd.argoproj.io/skip-reconcile") == "true":
        return Health.SUSPENDED, "is not reconciled (argocd.argoproj.io/skip-reconcile)"
    if not facts.text("sync", "status"):
        return Health.PENDING, "has not been compared yet"
    return None


def _condition_rows(facts: _Facts) -> _Finding | None:
    """Row A4: an Application's conditions have no status, being there is what they say."""
    found = {text(entry, "type"): text(entry, "message") for entry in entries(facts.obj, "status", "conditions")}
    if "InvalidSpecError" in found:
        return Health.FAILED, f"has an invalid spec: {one_line(found['InvalidSpecError'])}"
    for kind in ("ComparisonError", "UnknownError"):
        if kind in found:
            return Health.UNKNOWN, f"{kind}: {one_line(found[kind])}"
    if "SyncError" not in found:
        return None
    message = one_line(found["SyncError"])
    attempted = found["SyncError"].partition("[")[2].partition("]")[0].replace(",", " ").split()
    relations = {facts.look.relation(revision) for revision in attempted}
    if Relation.SAME in relations:
        return Health.FAILED, f"SyncError: {message}"
    if relations == {Relation.UNKNOWN}:
        return Health.UNKNOWN, f"failed to sync a commit that is not known here: {message}"
    return Health.PENDING, f"failed to sync other content: {message}"


def _compared_rows(facts: _Facts) -> _Finding | None:
    """Rows A5-A9: whether the comparison is of this spec and this content."""
    if not compared_to_spec(facts.obj):
        return Health.PROGRESSING, "its newest spec has not been compared yet"
    phase = facts.text("operationState", "phase")
    if dig(facts.obj, "operation") is not None or phase in ("Running", "Terminating"):
        return Health.PROGRESSING, "a sync is under way"
    if facts.text("sync", "status") not in ("Synced", "OutOfSync"):
        return Health.UNKNOWN, "does not know whether it is in sync"
    revision = facts.source.revision
    hydrating = _hydration(facts)
    if facts.relation is Relation.OTHER:
        return hydrating or (Health.PENDING, f"compared {brief(revision)}, which holds other content")
    if facts.relation is Relation.UNKNOWN:
        name = revision or facts.source.compared or "a revision that it does not name"
        return hydrating or (Health.UNKNOWN, f"compared {brief(name)}, which is not a commit known here")
    return None


def _hydration(facts: _Facts) -> _Finding | None:
    """Say that the hydrator failed on the content that is asked for."""
    current = dig(facts.obj, "status", "sourceHydrator", "currentOperation")
    if text(current, "phase") == "Failed" and facts.look.relation(text(current, "drySHA")) is Relation.SAME:
        return Health.FAILED, f"could not be hydrated: {one_line(text(current, 'message'))}"
    return None


def _sync_rows(facts: _Facts) -> _Finding | None:
    """Rows A10-A13: whether the cluster is as compared."""
    message = one_line(facts.text("operationState", "message"))
    if facts.text("sync", "status") == "OutOfSync":
        return _out_of_sync(facts, message)
    finished, compared = (
        moment(facts.obj, "status", *path) for path in (("operationState", "finishedAt"), ("reconciledAt",))
    )
    if compared is None or (finished is not None and finished > compared):
        return Health.PROGRESSING, "health has not been computed since the sync ended"
    if facts.failed_here:
        return Health.FAILED, f"the sync failed: {message}"
    return None


def _out_of_sync(facts: _Facts, message: str) -> _Finding:
    """Rows A10-A11, and why it stays so where Argo CD will not sync again by itself."""
    automated = dig(facts.obj, "spec", "syncPolicy", "automated")
    if automated is None or text(automated, "enabled") == "False":
        return Health.PENDING, "is out of sync, and syncs only when a person asks"
    if facts.failed_here:
        return Health.FAILED, f"the sync failed: {message}"
    differing = [entry for entry in entries(facts.obj, "status", "resources") if text(entry, "status") == "OutOfSync"]
    if differing and all(flag(entry, "requiresPruning") for entry in differing) and not flag(automated, "prune"):
        return Health.PROGRESSING, "is out of sync: what is no longer in Git is not pruned (syncPolicy.automated.prune)"
    again = flag(automated, "selfHeal") or facts.text("operationState", "phase") != "Succeeded"
    if facts.synced_here and not again:
        return (
            Health.PROGRESSING,
            "is out of sync: was changed since, and does not heal itself (syncPolicy.automated.selfHeal)",
        )
    return Health.PROGRESSING, "is out of sync"


def _by_health(facts: _Facts) -> _Finding:
    """Row A14."""
    status = facts.text("health", "status")
    since = moment(facts.obj, "status", "health", "lastTransitionTime")
    if status == "Healthy" and since is not None and facts.look.now - since < _SETTLED:
        return Health.PROGRESSING, "has been healthy for less than five seconds"
    if status == "Healthy" and not entries(facts.obj, "status", "resources"):
        return Health.UNKNOWN, "is healthy, but has no resources"
    health, reason = _BY_HEALTH.get(status, (Health.UNKNOWN, "does not know its health"))
    message = one_line(facts.text("health", "message"))
    return health, f"{reason}: {message}" if message and health is not Health.HEALTHY else reason


READER: Final[Reader] = ApplicationReader()
