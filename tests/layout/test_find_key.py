from __future__ import annotations

import pytest

from promoter.errors import EditRefused
from promoter.layout.find_key import find
from promoter.layout.place import Kind, Part
from promoter.layout.yaml_tree import YamlFile, read

NAMES = ("ghcr.io/acme/shop", "eu.gcr.io/acme/shop")


def files(*texts: str) -> list[YamlFile]:
    return [read(f"{number}.yaml", text.encode()) for number, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("text", "part", "value"),
    [
        ("a: {b: 1.3.9}", Part.TAG, "1.3.9"),
        ("a: {b: eu.gcr.io/acme/shop:1.3.9}", Part.REFERENCE, "1.3.9"),
        ("a: {b: other:1.3.9}", Part.TAG, "other:1.3.9"),
        ("a: {b: }", Part.TAG, ""),
    ],
)
def test_a_tag_or_a_reference(text: str, part: Part, value: str) -> None:
    place = next(find(files(text), "a.b", NAMES, Kind.IMAGE))
    assert (place.part, place.value, place.names) == (part, value, NAMES)


def test_every_file_and_document_that_has_the_key() -> None:
    places = list(find(files("a: 1", "b: 1", "a: 2\n---\na: 3\n"), "a", NAMES, Kind.CHART))
    assert [(place.where, place.document, place.value) for place in places] == [
        ("1.yaml:1", 0, "1"),
        ("3.yaml:1", 0, "2"),
        ("3.yaml:3", 1, "3"),
    ]


def test_different_kinds_at_one_key_are_refused() -> None:
    with pytest.raises(EditRefused) as error:
        list(find(files("a: 1.3.9", "x: 1\na: ghcr.io/acme/shop:1.3.9"), "a", NAMES, Kind.IMAGE))
    assert error.value.message == "2.yaml:2: a is a tag in 1.yaml:1 but a tag in image reference here"


@pytest.mark.parametrize("text", ["a: {c: 1}", "a: [1]", "a: &n 1\nb: *n", "x: &n {a: 1}\na: *n", "a: |\n  1\n"])
def test_what_cannot_be_replaced_is_refused(text: str) -> None:
    with pytest.raises(EditRefused, match=r"1\.yaml:"):
        list(find(files(text), "a", NAMES, Kind.IMAGE))
