"""How a Flux source is: what kinds of source.toolkit.fluxcd.io that hand over an artifact have in common.

Fields and reasons as source-controller 1.9 writes them. `observedGeneration` follows success only: which spec failed
stands in the conditions. An ExternalArtifact has no observed generation; there `Ready` tells it. `Ready` is left alone
by an uneventful poll, so a source that is not ready has something to fetch, or cannot.

Invariant: healthy only with an artifact of its newest spec that is the content asked for, and nothing newer waiting
for it that cannot be fetched. A source delivers nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from promoter.cluster.fluxsource import SOURCES, FluxSource, source_of
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import (
    NO_CONDITION,
    GroupKind,
    Key,
    Object,
    conditions,
    deleting,
    integer,
    key_of,
    latest,
    moment,
    text,
)
from promoter.cluster.reader import Look, Related, Relation, Source
from promoter.cluster.revision import brief
from promoter.cluster.wording import one_line

_FETCHES = ("FetchFailed", "BuildFailed", "IncludeUnavailable", "StorageOperationFailed")

_Finding = tuple[Health, str]


@dataclass(frozen=True, slots=True)
class SourceReader:
    """Reads sources of one kind."""

    kinds: ClassVar[frozenset[GroupKind]]

    def sources(self, obj: Object, related: Related) -> tuple[Source, ...]:
        """Give nothing: who uses a source delivers from it, the source itself applies nothing."""
        del obj, related
        return ()

    def read(self, obj: Object, look: Look) -> Report:
        """Judge one source."""
        (group_kind,) = self.kinds
        key = key_of(obj) or Key(*group_kind, "", "")
        source = source_of(key, obj)
        found = _object_rows(obj, source) or _artifact_rows(obj, source, look)
        return Report(
            key=key,
            health=found[0],
            reason=found[1],
            revision=source.revision or source.artifact,
            updated=latest(
                conditions(obj).get("Ready", NO_CONDITION).since, moment(obj, "status", "artifact", "lastUpdateTime")
            ),
        )


def only(kind: str) -> frozenset[GroupKind]:
    """Give the kinds of a reader that reads one kind of source."""
    return frozenset({(SOURCES, kind)})


def _object_rows(obj: Object, source: FluxSource) -> _Finding | None:
    """Judge what no revision explains: states of the object, and of its newest spec."""
    if deleting(obj):
        return Health.UNKNOWN, "is being deleted"
    if source.suspended:
        return Health.SUSPENDED, "is suspended (spec.suspend)"
    found, generation = conditions(obj), integer(obj, "metadata", "generation")
    stalled = found.get("Stalled", NO_CONDITION)
    if stalled.status == "True" and stalled.observed in (None, generation):
        return Health.FAILED, f"is stalled until its spec changes: {source.trouble}"
    failed = any(
        found.get(kind, NO_CONDITION).status == "True" and found[kind].observed == generation for kind in _FETCHES
    )
    if failed and (not source.artifact or not _current(obj)):
        return Health.FAILED, f"cannot fetch what its spec asks for: {source.trouble}"
    if not found or (not source.artifact and found.get("Reconciling", NO_CONDITION).status != "True"):
        return Health.PENDING, "has fetched nothing yet"
    if not _current(obj):
        return Health.PROGRESSING, "its newest spec has not been fetched yet"
    if not source.trouble and found.get("Reconciling", NO_CONDITION).status == "True":
        return Health.PROGRESSING, f"is fetching: {one_line(found['Reconciling'].message)}"
    return None


def _current(obj: Object) -> bool:
    """Tell whether what it has is of its newest spec."""
    generation = integer(obj, "metadata", "generation")
    if text(obj, "kind") == "ExternalArtifact":
        return conditions(obj).get("Ready", NO_CONDITION).observed in (None, generation)
    return integer(obj, "status", "observedGeneration") == generation


def _artifact_rows(obj: Object, source: FluxSource, look: Look) -> _Finding:
    """Judge what it has."""
    revision = source.revision or source.artifact
    relation = look.relation(revision)
    stuck = f"; it is stuck: {source.trouble}" if source.trouble else ""
    if not source.artifact:
        return Health.PENDING, f"has fetched nothing yet{stuck}"
    if relation is Relation.OTHER:
        if conditions(obj).get("SourceVerified", NO_CONDITION).status == "False":
            return Health.FAILED, f"has {brief(revision)}, and rejected the signature of what is newer{stuck}"
        return Health.PENDING, f"has {brief(revision)}, which holds other content{stuck}"
    if relation is Relation.UNKNOWN:
        return Health.UNKNOWN, f"has {brief(revision)}, which is not a commit known here{_hint(source)}"
    ready = conditions(obj).get("Ready", NO_CONDITION)
    if ready.status != "True" or source.trouble:
        reason = source.trouble or one_line(ready.message) or ready.reason or "it does not say why"
        return Health.PROGRESSING, f"has {brief(revision)}, but nothing newer: {reason}"
    return Health.HEALTHY, f"has {brief(revision)}"


def _hint(source: FluxSource) -> str:
    if source.revision:
        return ""
    if source.key.kind == "HelmChart":
        return "; with reconcileStrategy: Revision a chart from Git names its commit"
    return "; its metadata names none" if source.key.kind in ("OCIRepository", "ExternalArtifact") else ""
