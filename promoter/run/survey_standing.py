"""Which versions one environment uses: those in its own files, and those in files that it reaches elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from promoter.layout import search
from promoter.layout.place import Kind, Part, Place, grouped, spelling, value_of
from promoter.layout.tag import is_version
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.layout.yaml_tree import YamlFile
from promoter.run.survey_found import Standing

_MUTABLE = re.compile(r"v?[0-9]{1,4}(?:\.[0-9]{1,4})?|[^0-9]*")
"""Tags that people move: without a digit, or a version without its last part."""
_FLUX = ("HelmRelease", "OCIRepository", "HelmChart")


def standing(own: Mapping[str, bytes], reached: Mapping[str, bytes]) -> tuple[Standing, ...]:
    """Give what stands in `own` files and in `reached` ones, path -> bytes.

    What an own file overrides (kustomize's `images:`, a patch of a HelmRelease) is not given again from elsewhere.
    """
    mine = list(_all(search.parse(own), own=True))
    theirs = list(_all(search.parse(reached), own=False))
    charts = {one.name: one.chart for one in theirs if one.chart}
    mine = [replace(one, chart=one.chart or charts.get(one.name, "")) if _is_release(one) else one for one in mine]
    mine = [one for one in mine if one.value or one.chart]
    over = {(one.kind, name) for one in mine if one.overrides for name in (one.name, *one.also)}
    kept = [one for one in theirs if not ({(one.kind, name) for name in (one.name, *one.also)} & over)]
    return (*mine, *kept)


def floats(one: Standing) -> str:
    """Say why a version does not say what runs; empty when it does."""
    value, digest = one.value.partition("@")[0], "@" in one.value
    if digest:
        return ""
    if not value:
        return "names no version, so whatever is newest runs"
    if one.kind is Kind.CHART:
        return "" if is_version(value) else f"is the range {value}"
    return f"has the tag {value}, which looks like one that is moved" if _MUTABLE.fullmatch(value) else ""


def _is_release(one: Standing) -> bool:
    return one.kind is Kind.CHART and one.object == "HelmRelease"


def _all(parsed: search.Parsed, *, own: bool) -> Iterator[Standing]:
    for tree in parsed.yaml.values():
        yield from _releases(tree, own)
    for (kind, name), places in parsed.places.items():
        named = [place for place in places if spelling(place.names[0], kind) == name]
        for group in grouped(place for place in named if not _in_release(parsed, place)):
            yield _standing(parsed, group, own)


def _standing(parsed: search.Parsed, group: tuple[Place, ...], own: bool) -> Standing:
    first = group[0]
    document = parsed.yaml[first.file].documents[first.document]
    flux = document.text("kind") if isinstance(document, YamlMapping) else ""
    return Standing(
        first.kind,
        first.names[0],
        value_of(group),
        first.where,
        own,
        also=tuple(name for name in first.names[1:] if first.kind is Kind.IMAGE),
        overrides=first.kind is Kind.CHART or (first.part is not Part.REFERENCE and "images" in first.path),
        object=flux if flux in _FLUX else "",
    )


def _in_release(parsed: search.Parsed, place: Place) -> bool:
    """Tell whether a chart's version is a HelmRelease's own, which `_releases` gives."""
    document = parsed.yaml[place.file].documents[place.document]
    return (
        place.kind is Kind.CHART
        and isinstance(document, YamlMapping)
        and document.text("kind") == "HelmRelease"
        and place.path[:3] == ("spec", "chart", "spec")
    )


def _releases(tree: YamlFile, own: bool) -> Iterator[Standing]:
    """Give the chart of every HelmRelease, also without a version: then Flux takes the newest."""
    for document in tree.documents:
        if not isinstance(document, YamlMapping) or document.text("kind") != "HelmRelease":
            continue
        spec = document.mapping("spec", "chart", "spec")
        name = document.text("metadata", "name")
        version = spec.scalar("version") if spec is not None else None
        chart = spec.text("chart") if spec is not None else ""
        if spec is None or not name or not (chart or version):
            continue
        line = version.line if version is not None else spec.line
        value = version.value if version is not None else ""
        # A search by shape knows a patch by the release's name, and what names its chart by that.
        known = chart.rstrip("/").rpartition("/")[2] if chart and own else name
        yield Standing(
            Kind.CHART, known, value, f"{tree.name}:{line}", own, chart or "", overrides=bool(value),
            also=(name,) if known != name else (), object="HelmRelease",
        )  # fmt: skip
