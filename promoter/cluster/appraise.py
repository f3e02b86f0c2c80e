"""Objects judged by themselves: no slot is asked for, so what is wanted is what their own sources have now.

The newest content that an object can know of is the revision in its source's artifact (Flux), or the one that it
compared itself with (Argo CD); an object that is still at an earlier one is behind. Where a repository is at hand, a
`Measure` says what is wanted instead, by content.

Invariants: the readers and the rules for workloads are those of a run. `AppliedUnassessed` stays only where the
workloads that would settle it were not given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promoter.cluster.fluxchart import newest_of
from promoter.cluster.fluxsource import flux_source
from promoter.cluster.health import Health, Report
from promoter.cluster.objects import GroupKind, Key, Object, dig, key_of, text
from promoter.cluster.reader import Look, Reader, Related, Relation, Source
from promoter.cluster.readers import reader_of
from promoter.cluster.revision import git_commit
from promoter.cluster.workloads import with_workloads


@dataclass(frozen=True, slots=True)
class Measure:
    """What is wanted of an object that delivers from `path`, where that can be said."""

    relation: Callable[[str, str], Relation]
    """(path, reported revision) -> how the content there relates to what is wanted."""
    path: str | None = None
    """The path that is asked about; None: each object's own."""


@dataclass(frozen=True, slots=True)
class Appraised:
    """One object and what was made of it."""

    obj: Object
    report: Report
    sources: tuple[Source, ...]


def appraise(
    objects: Iterable[Object], now: datetime, cluster: str = "", measure: Measure | None = None
) -> list[Appraised]:
    """Judge `objects` of one `cluster` at `now` (aware), in the order of their names.

    An object that is there twice with different content is `Unknown`: either may be the old one.
    """
    by_key, doubled = keyed(objects)

    def related(key: Key) -> Object | None:
        return None if key in doubled else by_key.get(key)

    kinds = frozenset((key.group, key.kind) for key in by_key)
    return [
        Appraised(by_key[key], Report(key, Health.UNKNOWN, _TWICE), ())
        if key in doubled
        else _judge(by_key[key], reader_of(key.group_kind), related, now, cluster, measure, kinds)
        for key in sorted(by_key)
    ]


_TWICE = "is there twice, with different content"


def keyed(objects: Iterable[Object]) -> tuple[dict[Key, Object], set[Key]]:
    """Give `objects` by name, the first of each, and the names that stand for different content."""
    by_key: dict[Key, Object] = {}
    doubled: set[Key] = set()
    for obj in objects:
        key = key_of(obj)
        if key is not None and by_key.setdefault(key, obj) != obj:
            doubled.add(key)
    return by_key, doubled


def _judge(
    obj: Object,
    reader: Reader,
    related: Related,
    now: datetime,
    cluster: str,
    measure: Measure | None,
    kinds: frozenset[GroupKind],
) -> Appraised:
    sources = reader.sources(obj, related)
    asked = measure.path if measure is not None else None
    look = Look(
        relation=_relation(obj, related, sources, measure),
        of_slot=lambda source: asked is None or source.path == asked,
        related=related,
        cluster=cluster,
        now=now,
    )
    report = reader.read(obj, look)
    if asked is not None and sources and all(source.path != asked for source in sources):
        paths = ", ".join(sorted({source.path or "the root" for source in sources}))
        return Appraised(obj, replace(report, health=Health.UNKNOWN, reason=f"delivers {paths}, not {asked}"), sources)
    if report.health is Health.HEALTHY and not report.uncovered and not _any_of(report, kinds):
        return Appraised(obj, report, sources)  # there is nothing to look at behind it
    return Appraised(obj, settled(report, look), sources)


def _any_of(report: Report, kinds: frozenset[GroupKind]) -> bool:
    return any((key.group, key.kind) in kinds for key in report.inventory or ())


def settled(report: Report, look: Look) -> Report:
    """Judge what `report`'s object applied beside it, as far as that was given."""
    found = with_workloads(report, look, ())
    missing = not report.uncovered or report.remote or any(look.related(key) is None for key in report.uncovered)
    if report.health is Health.APPLIED_UNASSESSED and found.health is Health.UNKNOWN and missing:
        return replace(found, health=Health.APPLIED_UNASSESSED)
    return found


def _relation(
    obj: Object, related: Related, sources: Sequence[Source], measure: Measure | None
) -> Callable[[str], Relation]:
    if measure is not None and sources:
        path = measure.path if measure.path is not None else sources[0].path
        return lambda revision: measure.relation(path, revision)
    newest = frozenset(_plain(revision) for revision in known_revisions(obj, related) if revision)

    def relation(revision: str) -> Relation:
        if not revision or not newest:
            return Relation.UNKNOWN
        return Relation.SAME if _plain(revision) in newest else Relation.OTHER

    return relation


def known_revisions(obj: Object, related: Related) -> tuple[str, ...]:
    """Give the newest revisions that are known where `obj` stands: its source's, else those that it reports itself."""
    known = newest_of(obj, related)
    if known:
        return known
    source = flux_source(obj, related)
    if source is not None:
        return tuple(filter(None, (source.revision, source.artifact)))
    sync = dig(obj, "status", "sync")
    if sync is not None:
        several = dig(sync, "revisions")
        return (text(sync, "revision"), *(each for each in _texts(several)), *_hydrated(obj))
    attempted = text(obj, "status", "lastAttemptedRevision") or text(obj, "status", "lastAppliedRevision")
    return tuple(filter(None, (attempted, text(obj, "status", "lastAttemptedRevisionDigest"))))


def _hydrated(obj: Object) -> tuple[str, ...]:
    last = dig(obj, "status", "sourceHydrator", "lastSuccessfulOperation")
    return tuple(filter(None, (text(last, "drySHA"), text(last, "hydratedSHA"))))


def _texts(value: object) -> tuple[str, ...]:
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def _plain(revision: str) -> str:
    return git_commit(revision) or revision
