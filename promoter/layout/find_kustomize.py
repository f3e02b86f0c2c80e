"""Kustomize's `images:` (`name`, `newName`, `newTag`, `digest`) in kustomizations, components, Flux Kustomizations and
Argo CD Applications, and its `helmCharts:`.

Format: kustomize's `types.Image` and `types.HelmChart`; Argo CD writes images as `NAME:TAG` or `OLD=NAME:TAG`.
"""

from __future__ import annotations

from collections.abc import Iterator

from promoter.layout.place import Kind, Part, Place, place_of, reference_place
from promoter.layout.yaml_tree import Mapping, Scalar, YamlFile


def find(file: YamlFile) -> Iterator[Place]:
    """Find the entries of `images:` and `helmCharts:` that hold a version."""
    for mapping in file.mappings:
        for item in mapping.items("images"):
            if isinstance(item, Mapping):
                yield from _entry(file, item)
            elif isinstance(item, Scalar) and mapping.key == "kustomize":
                place = reference_place(file.name, item)
                if place and place.value:
                    yield place
        for chart in mapping.mappings("helmCharts"):
            version, name = chart.scalar("version"), chart.text("name")
            if version and name:
                full = f"{chart.text('repo').rstrip('/')}/{name}"
                yield place_of(file.name, version, Part.TAG, (name, full), Kind.CHART)


def _entry(file: YamlFile, entry: Mapping) -> Iterator[Place]:
    name, new_name = entry.text("name"), entry.text("newName")
    names = tuple(filter(None, (new_name, name)))
    if not name:
        return
    for key, part in (("newTag", Part.TAG), ("digest", Part.DIGEST)):
        scalar = entry.scalar(key)
        if scalar:
            yield place_of(file.name, scalar, part, names)
