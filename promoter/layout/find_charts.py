"""Chart versions, by what a mapping looks like, at any depth (so that templates of other objects count too).

Formats: Flux `HelmRelease` (`helm.toolkit.fluxcd.io/v2`; also `helm.fluxcd.io/v1`), `HelmChart` and `OCIRepository`
(`source.toolkit.fluxcd.io`); Argo CD's `source` and `sources` (`chart` or an `oci://` `repoURL`, with
`targetRevision`); `dependencies` of Helm's `Chart.yaml`. A HelmRelease without a chart's name is a patch: it answers to
its own name. Kustomize's `helmCharts` are in `find_kustomize`.
"""

from __future__ import annotations

from collections.abc import Iterator

from promoter.layout.place import Kind, Part, Place, place_of
from promoter.layout.yaml_tree import Mapping, Scalar, YamlFile


def find(file: YamlFile) -> Iterator[Place]:
    """Find the chart versions of `file`."""
    is_chart_file = file.name.rpartition("/")[2] in ("Chart.yaml", "requirements.yaml")
    for mapping in file.mappings:
        kind = mapping.text("kind")
        if kind == "HelmRelease":
            yield from _release(file, mapping)
        elif kind == "HelmChart":
            yield from _version(file, mapping.scalar("spec", "version"), mapping.text("spec", "chart"))
        elif kind == "OCIRepository":
            yield from _artifact(file, mapping)
        elif "targetRevision" in mapping.entries:
            yield from _source(file, mapping)
        if is_chart_file and mapping.parent is None:
            for item in mapping.mappings("dependencies"):
                yield from _version(file, item.scalar("version"), item.text("name"), item.text("repository"))


def _release(file: YamlFile, release: Mapping) -> Iterator[Place]:
    chart = release.mapping("spec", "chart")
    if chart is None:
        return
    own_name = release.text("metadata", "name")
    if "spec" in chart.entries:
        name = chart.text("spec", "chart") or own_name
        yield from _version(file, chart.scalar("spec", "version"), name)
    else:
        yield from _version(file, chart.scalar("version"), chart.text("name") or own_name, chart.text("repository"))


def _artifact(file: YamlFile, repository: Mapping) -> Iterator[Place]:
    """Read an OCIRepository: Flux takes its digest before a range and a range before a tag."""
    ref = repository.mapping("spec", "ref")
    url = repository.text("spec", "url").removeprefix("oci://").rstrip("/")
    if ref is None or not url:
        return
    names = (url.rpartition("/")[2], url)
    version = next((found for key in ("semver", "tag") if (found := ref.scalar(key)) and found.value), None)
    version = version or ref.scalar("tag") or ref.scalar("semver")
    for scalar, part in ((version, Part.TAG), (ref.scalar("digest"), Part.DIGEST)):
        if scalar:
            yield place_of(file.name, scalar, part, names, Kind.CHART)


def _source(file: YamlFile, source: Mapping) -> Iterator[Place]:
    url, chart = source.text("repoURL"), source.text("chart")
    if chart:
        yield from _version(file, source.scalar("targetRevision"), chart, url)
    elif url.startswith("oci://"):
        parent, _, name = url.rstrip("/").rpartition("/")
        yield from _version(file, source.scalar("targetRevision"), name, parent)


def _version(file: YamlFile, scalar: Scalar | None, chart: str, repository: str = "") -> Iterator[Place]:
    """Make the place; a chart by path (`./charts/shop`) answers to its folder, one in a repository to both names."""
    if scalar is None or not chart:
        return
    short = chart.rstrip("/").rpartition("/")[2]
    full = f"{repository.rstrip('/')}/{chart}" if repository else chart
    yield place_of(file.name, scalar, Part.TAG, (short, full.removeprefix("oci://")), Kind.CHART)
