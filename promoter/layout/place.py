"""Where an image's tag or a chart's version stands in a file, and how that scalar holds it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from promoter.layout.tag import Pin, Reference, familiar, parse_reference
from promoter.layout.yaml_tree import Path, Scalar

SEPARATOR = "|"
"""Joins the values of one item that differ within one environment: no tag, digest or version contains it."""


class Part(StrEnum):
    """What the scalar is: a tag or version (a digest may follow a tag), a digest, a whole image reference, or text."""

    TAG = "tag"
    DIGEST = "digest"
    REFERENCE = "tag in image reference"
    TEXT = "text in a file that is not YAML"


class Kind(StrEnum):
    """What moves there."""

    IMAGE = "image"
    CHART = "chart"


@dataclass(frozen=True, slots=True)
class Place:
    """One scalar that holds (a part of) what pins an image or chart."""

    file: str
    document: int
    path: Path
    part: Part
    value: str
    """The tag, version or digest that stands there, without what surrounds it; empty when there is none yet."""
    line: int
    """1-based."""
    names: tuple[str, ...]
    """What it is the version of; the first is the name that it goes by when nobody tracks it."""
    kind: Kind = Kind.IMAGE
    group: Path = ()
    """Places of one file, document and group belong together: a tag and the digest beside it."""

    @property
    def where(self) -> str:
        """`FILE:LINE`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no YAML (a template, a broken file), and why; `line` is 0 when unknown."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}" if self.line else f"{self.file}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, in the order of the files, and what it could not read."""

    places: tuple[Place, ...]
    unreadable: tuple[Unreadable, ...] = ()


def place_of(file: str, scalar: Scalar, part: Part, names: tuple[str, ...], kind: Kind = Kind.IMAGE) -> Place:
    """Make the place that `scalar` is, grouped with its siblings."""
    path = scalar.path
    return Place(file, scalar.document, path, part, scalar.value, scalar.line, names, kind, path[:-1])


def reference_place(file: str, scalar: Scalar) -> Place | None:
    """Make the place of an image reference; None when the scalar holds none. `OLD=NAME:TAG` (Argo CD) is one too."""
    reference = parse_reference(scalar.value.rpartition("=")[2])
    if reference is None:
        return None
    path = scalar.path
    pin = str(reference.pin)
    return Place(file, scalar.document, path, Part.REFERENCE, pin, scalar.line, (reference.name,), Kind.IMAGE, path)


def answers(place: Place, names: Iterable[str]) -> bool:
    """Tell whether `place` belongs to one of `names`, whatever the spelling of the registry."""
    mine = {spelling(name, place.kind) for name in place.names}
    return any(spelling(name, place.kind) in mine for name in names)


def spelling(name: str, kind: Kind) -> str:
    """Give the one spelling under which equal names are equal."""
    bare = name.removeprefix("oci://").rstrip("/")
    return familiar(bare) if kind is Kind.IMAGE else bare


def grouped(places: Iterable[Place]) -> Iterator[tuple[Place, ...]]:
    """Give the places that belong together."""
    groups: dict[tuple[str, int, Path], list[Place]] = {}
    for place in places:
        groups.setdefault((place.file, place.document, place.group), []).append(place)
    return (tuple(group) for group in groups.values())


def value_of(group: tuple[Place, ...]) -> str:
    """Give what a group of places holds: `1.3.9`, `@sha256:...` or both as one; several, joined, if they differ."""
    digests = sorted({place.value for place in group if place.part is Part.DIGEST and place.value})
    others = sorted({place.value for place in group if place.part is not Part.DIGEST})
    if len(digests) == 1:
        others = [value if "@" in value else f"{value}@{digests[0]}" for value in others or [""]]
    elif digests:
        others += [f"@{digest}" for digest in digests]
    return SEPARATOR.join(others)


def holding(group: tuple[Place, ...], value: str, scalars: Mapping[Place, str]) -> dict[Place, str]:
    """Give the text that each place of `group` takes so that the group holds `value`; `scalars`: their texts now.

    A digest goes where a digest stands; else behind the tag. A digest that the new value lacks is emptied.
    """
    tag, _, digest = value.partition("@")
    apart = any(place.part is Part.DIGEST for place in group)
    texts: dict[Place, str] = {}
    for place in group:
        if place.part is Part.DIGEST:
            texts[place] = digest
        elif place.part is Part.REFERENCE:
            texts[place] = _repinned(scalars[place], Pin(tag, digest))
        else:
            texts[place] = tag if apart else value
    return texts


def _repinned(text: str, pin: Pin) -> str:
    before, equals, written = text.rpartition("=")
    reference = parse_reference(written)
    name = reference.name if reference else written
    return before + equals + str(Reference(name, pin))
