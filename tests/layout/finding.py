"""What a finder's table says of a place: `PATH part value name`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import dedent

from promoter.layout.place import Place
from promoter.layout.yaml_tree import YamlFile, read, show

A = "sha256:" + "a" * 64
B = "sha256:" + "b" * 64


def found(find: Callable[[YamlFile], Iterator[Place]], text: str, name: str = "f.yaml") -> list[tuple[str, ...]]:
    """Give each place as (path, part, value, *names)."""
    places = find(read(name, dedent(text).encode()))
    return [(show(place.path), place.part.name, place.value, *place.names) for place in places]
