"""Image references in one string: `image:` of containers at any depth, of values files, and of JSON patches.

Any mapping counts, whatever its kind: a CronJob, a Rollout, a Knative Service, a custom template. A reference without a
tag or digest is a place only in a list of containers: elsewhere `image:` may be the name of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator

from promoter.layout.place import Place, reference_place
from promoter.layout.yaml_tree import List, Mapping, YamlFile

_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers", "steps", "sidecars"})


def find(file: YamlFile) -> Iterator[Place]:
    """Find the image references of `file`."""
    for mapping in file.mappings:
        scalar = mapping.scalar("image")
        if scalar is None and mapping.text("op") and mapping.text("path").endswith("/image"):
            scalar = mapping.scalar("value")
        place = reference_place(file.name, scalar) if scalar else None
        if place and (place.value or _is_container(mapping)):
            yield place


def _is_container(mapping: Mapping) -> bool:
    return isinstance(mapping.parent, List) and mapping.parent.key in _CONTAINERS
