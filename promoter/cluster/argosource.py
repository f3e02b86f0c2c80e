"""The sources of an Argo CD Application: where each delivers from, and which revision of it was compared and synced.

`spec.sources` wins over `spec.source`; `sync.revisions[i]` and `syncResult.revisions[i]` belong to `sources[i]`. Of a
source that is only a `ref:`, the value files that name it (`$values/shop/dev.yaml`) are what it delivers. A source
hydrator has two: the branch that it syncs from, and the dry branch, whose commit is known only while the last
hydration is the one that was compared (never with `hydrateTo`: that hydration is on another branch).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter.cluster.objects import Object, dig, entries, text
from promoter.cluster.reader import Source, clean_path

_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class ArgoSource:
    """One source of an Application."""

    delivers: tuple[Source, ...]
    """What it may be known by; nothing for a chart."""
    revision: str
    """The revision that names the commit of `delivers`; empty when it is not known."""
    compared: str
    """`sync.revision` of this source, as reported."""
    synced: str
    """The revision of this source that was synced last, with or without success."""


def argo_sources(obj: Object) -> tuple[ArgoSource, ...]:
    """Give the sources in the order of the spec."""
    hydrator = dig(obj, "spec", "sourceHydrator")
    if isinstance(hydrator, Mapping):
        return tuple(_hydrated(obj, hydrator))
    several = entries(obj, "spec", "sources")
    if several:
        return tuple(_several(obj, several))
    source = dig(obj, "spec", "source")
    compared, synced = _single(obj)
    return (ArgoSource(tuple(_places(source, ())), compared, compared, synced),)


def _single(obj: Object) -> tuple[str, str]:
    return text(obj, "status", "sync", "revision"), text(obj, "status", "operationState", "syncResult", "revision")


def _several(obj: Object, sources: tuple[Object, ...]) -> Iterator[ArgoSource]:
    compared = _texts(obj, "status", "sync", "revisions")
    synced = _texts(obj, "status", "operationState", "syncResult", "revisions")
    complete = len(compared) == len(sources)
    for index, source in enumerate(sources):
        # A list of another length belongs to another spec: then no revision is this source's.
        revision = compared[index] if complete else ""
        yield ArgoSource(
            delivers=tuple(_places(source, sources)),
            revision=revision,
            compared=revision,
            synced=synced[index] if len(synced) == len(sources) else "",
        )


def _hydrated(obj: Object, hydrator: Mapping[str, Any]) -> Iterator[ArgoSource]:
    compared, synced = _single(obj)
    repository = text(hydrator, "drySource", "repoURL")
    wet = Source(
        repository, text(hydrator, "syncSource", "targetBranch"), clean_path(text(hydrator, "syncSource", "path"))
    )
    yield ArgoSource((wet,), compared, compared, synced)
    last = dig(obj, "status", "sourceHydrator", "lastSuccessfulOperation")
    known = not text(hydrator, "hydrateTo", "targetBranch") and compared and text(last, "hydratedSHA") == compared
    dry = Source(
        repository,
        _branch(text(hydrator, "drySource", "targetRevision")),
        clean_path(text(hydrator, "drySource", "path")),
    )
    yield ArgoSource((dry,), text(last, "drySHA") if known else "", compared, synced)


def _places(source: Any, siblings: tuple[Object, ...]) -> Iterator[Source]:
    if text(source, "chart"):
        return
    repository, branch = text(source, "repoURL"), _branch(text(source, "targetRevision"))
    reference = text(source, "ref")
    if text(source, "path") or not reference:
        yield Source(repository, branch, clean_path(text(source, "path")))
    if not reference:
        return
    for sibling in siblings:
        for file in _texts(sibling, "helm", "valueFiles"):
            name, _, rest = file.partition("/")
            if name == f"${reference}":
                path = clean_path(rest)
                yield Source(repository, branch, path)
                yield Source(repository, branch, path.rpartition("/")[0])


def _branch(revision: str) -> str:
    return "" if revision == "HEAD" else revision.removeprefix(_HEADS)


def _texts(obj: Any, *path: str) -> tuple[str, ...]:
    value = dig(obj, *path)
    return tuple(entry if isinstance(entry, str) else "" for entry in value) if isinstance(value, list) else ()


def compared_to_spec(obj: Object) -> bool:
    """Tell whether the last comparison was of the spec as it is now: its sources and its destination."""
    compared = dig(obj, "status", "sync", "comparedTo")
    if not isinstance(compared, Mapping):
        return False
    return _same_sources(obj, compared) and _same_destination(dig(obj, "spec", "destination"), compared)


def _same_sources(obj: Object, compared: Mapping[str, Any]) -> bool:
    hydrator = dig(obj, "spec", "sourceHydrator")
    if isinstance(hydrator, Mapping):
        source = compared.get("source")
        return (text(source, "repoURL"), text(source, "targetRevision"), text(source, "path")) == (
            text(hydrator, "drySource", "repoURL"),
            text(hydrator, "syncSource", "targetBranch"),
            text(hydrator, "syncSource", "path"),
        )
    kind = "sources" if entries(obj, "spec", "sources") else "source"
    return bool(_lean(dig(obj, "spec", kind)) == _lean(compared.get(kind)))


def _same_destination(spec: Any, compared: Mapping[str, Any]) -> bool:
    """Compare what both name: the controller may add the server that it found by name, or the other way round."""
    seen = compared.get("destination")
    both = [name for name in ("server", "name") if text(spec, name) and text(seen, name)]
    named = any(text(spec, name) for name in ("server", "name"))
    same = all(text(spec, name) == text(seen, name) for name in (*both, "namespace"))
    return same and (bool(both) or not named)


def _lean(value: Any) -> Any:
    """Leave out what is empty or false: the controller does not write it, the spec may."""
    if isinstance(value, Mapping):
        lean = {name: _lean(entry) for name, entry in value.items()}
        return {name: entry for name, entry in lean.items() if entry}
    return [_lean(entry) for entry in value] if isinstance(value, list) else value
