"""Versions at a key that the config names: for what no search can know, like a tag without its image beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from promoter.layout import key_path
from promoter.layout.place import Kind, Part, Place, answers, place_of, reference_place
from promoter.layout.yaml_splice import locate, refused
from promoter.layout.yaml_tree import YamlFile


def find(files: Iterable[YamlFile], key: str, names: tuple[str, ...], kind: Kind) -> Iterator[Place]:
    """Find the values at `key` in `files`: whole references where they name one of `names`, else tags or versions.

    Raises EditRefused where the key holds anything but a plain scalar that may be replaced, and where it holds a
    reference in one file and a bare tag in another: then it does not mean one thing.
    """
    steps = key_path.parse(key)
    found: dict[Part, Place] = {}
    for file in files:
        for node in key_path.nodes(file, steps):
            scalar = locate(file, node.document, node.path)
            place = reference_place(file.name, scalar) if kind is Kind.IMAGE else None
            if place is None or not place.value or not answers(place, names):
                place = place_of(file.name, scalar, Part.TAG, names, kind)
            found.setdefault(place.part, place)
            if len(found) > 1:
                _refuse(key, found)
            yield replace(place, names=names)


def _refuse(key: str, found: Mapping[Part, Place]) -> None:
    one, other = found.values()
    message = f"{key} is a {one.part} in {one.where} but a {other.part} here"
    raise refused(other.file, other.line, message, "Say which file is meant (file:), or write both the same way.")
