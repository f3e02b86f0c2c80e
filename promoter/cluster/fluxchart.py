"""Where a HelmRelease (helm.toolkit.fluxcd.io/v2) has its chart from, and whether what it worked on is what is there.

`spec.chart` is a template of a HelmChart, whose name stands in `status.helmChart`; `spec.chartRef` names a HelmChart,
an OCIRepository or an ExternalArtifact. Of a HelmChart the release repeats the version, of the others the digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from promoter.cluster.fluxsource import SOURCES, FluxSource, fetched_from, referenced, source_key, source_of
from promoter.cluster.objects import Key, Object, dig, integer, key_of, text
from promoter.cluster.reader import Related, Source, clean_path
from promoter.cluster.revision import branch_name

_EXACT = re.compile(r"=?\s*v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)(?:\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a HelmRelease, as far as it can be seen."""

    key: Key | None
    """The object that hands it over; None when the release does not say."""
    obj: Object | None
    """That object; None when it is not there."""
    source: FluxSource | None
    """What it has; None when it is not there."""
    spec: Object
    """The spec of the HelmChart, from the object or its template; empty for other kinds."""
    repository: tuple[Key, Object] | None
    """The source that a HelmChart is packaged from, when it is there."""

    @property
    def by_digest(self) -> bool:
        """Tell whether the release repeats a digest, not only a version."""
        return self.key is not None and self.key.kind != "HelmChart"

    @property
    def busy(self) -> bool:
        """Tell whether the newest spec of the object that hands the chart over was not looked at yet."""
        if self.obj is None or text(self.obj, "kind") == "ExternalArtifact":
            return False
        return integer(self.obj, "status", "observedGeneration") != integer(self.obj, "metadata", "generation")

    @property
    def git(self) -> FluxSource | None:
        """The GitRepository that it is packaged from, when it is one and there."""
        if self.repository is None or self.repository[0].kind != "GitRepository":
            return None
        return source_of(*self.repository)

    @property
    def pinned(self) -> str:
        """The one version that the spec lets be, without build metadata and `v`; empty for ranges and charts in Git."""
        from_index = text(self.spec, "sourceRef", "kind") == "HelmRepository"
        match = _EXACT.fullmatch(text(self.spec, "version").strip()) if from_index else None
        return match.group(1) if match else ""


def chart_of(obj: Object, related: Related) -> Chart:
    """Give the chart of a HelmRelease."""
    namespace = text(obj, "metadata", "namespace")
    reference = dig(obj, "spec", "chartRef")
    if reference is not None:
        key: Key | None = source_key(reference, namespace)
    else:
        owner, _, name = text(obj, "status", "helmChart").partition("/")
        key = Key(SOURCES, "HelmChart", owner, name) if name else None
    seen = related(key) if key is not None else None
    spec: Object = {}
    if reference is None:
        spec = _mapping(dig(obj, "spec", "chart", "spec"))
    elif key is not None and key.kind == "HelmChart" and seen is not None:
        spec, namespace = _mapping(dig(seen, "spec")), key.namespace
    return Chart(
        key=key,
        obj=seen,
        source=None if seen is None or key is None else source_of(key_of(seen) or key, seen),
        spec=spec,
        repository=referenced(spec.get("sourceRef"), namespace, related),
    )


def _mapping(value: object) -> Object:
    return value if isinstance(value, dict) else {}


def newest_of(obj: Object, related: Related) -> tuple[str, ...]:
    """Give the newest revisions that are known to a source or a HelmRelease itself; nothing for other kinds.

    Of a HelmRelease whose chart comes from Git those of the repository and of the chart's version: a chart that is
    proven to be packaged from an older commit is behind.
    """
    key = key_of(obj)
    if key is None:
        return ()
    if key.group == SOURCES:
        own = source_of(key, obj)
        return tuple(filter(None, (own.revision, own.artifact)))
    if key.group_kind != ("helm.toolkit.fluxcd.io", "HelmRelease"):
        return ()
    chart = chart_of(obj, related)
    if chart.source is None:
        return ()
    newest = chart.source.revision if chart.git is None else chart.git.revision
    return tuple(filter(None, (newest, chart.source.artifact)))


def places(chart: Chart) -> Iterator[Source]:
    """Give where in Git the chart stands, and its values files; nothing for a chart from elsewhere."""
    if text(chart.spec, "sourceRef", "kind") != "GitRepository":
        return
    known = fetched_from(*chart.repository) if chart.repository is not None else None
    if known is None:
        known = ("", branch_name(text(chart.obj, "status", "observedSourceArtifactRevision")))
    path = clean_path(text(chart.spec, "chart"))
    yield Source(*known, path)
    files = chart.spec.get("valuesFiles")
    for name in files if isinstance(files, list) else ():
        file = clean_path(name) if isinstance(name, str) else ""
        if file:
            yield Source(*known, file)
            yield Source(*known, file.rpartition("/")[0])


def bare_version(version: str) -> str:
    """Give a chart version without build metadata and without a leading `v`."""
    return version.partition("+")[0].removeprefix("v")


def digest_of(artifact: str) -> str:
    """Give the digest in an artifact's revision, `latest@sha256:...` or `sha256:...`."""
    return artifact.rpartition("@")[2]
