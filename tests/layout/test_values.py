from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from promoter.errors import EditRefused
from promoter.layout import values
from promoter.layout.moved import Moved, Tracked
from tests.layout.finding import A

SHOP = Moved("ghcr.io/acme/shop", also=("eu.gcr.io/acme/shop",))
FILES = {
    "kustomization.yaml": b"images: [{name: ghcr.io/acme/shop, newTag: 1.3.9}]\n",
    "job.yaml": b"containers: [{image: redis:7}, {image: 'docker.io/library/redis:8'}]\n",
    "release.yaml": b"kind: HelmRelease\nspec: {chart: {spec: {chart: cart, version: 2.0.0}}}\n",
    "values.yaml": b"replicas: 3\nname: prod\n",
    "config/a.json": b"{}",
    "templates/x.yaml": b"image: {{ .Values.image }}:1\n",
}


def test_items_of_everything_tracked() -> None:
    tracked = Tracked((SHOP,), (Moved("cart"),), ("values.yaml:replicas", "name"), ("config/**",))
    assert dict(values.items(FILES, tracked)) == {
        "chart:cart": "2.0.0",
        "file:config/a.json": "9e26dfeeb6e641a33dae4961196235bdb965b21b",
        "image:ghcr.io/acme/shop": "1.3.9",
        "value:name": "prod",
        "value:values.yaml:replicas": "3",
    }


def test_without_images_every_image_is_an_item_and_different_values_are_joined() -> None:
    assert dict(values.items(FILES, Tracked())) == {"image:ghcr.io/acme/shop": "1.3.9", "image:redis": "7|8"}


@pytest.mark.parametrize(
    ("tracked", "names", "keys"),
    [
        (Tracked(), ["docker.io/redis"], ["image:redis"]),
        (Tracked((SHOP,)), ["eu.gcr.io/acme/shop"], ["image:ghcr.io/acme/shop"]),
        (Tracked((SHOP,), (Moved("cart"),)), ["cart"], ["chart:cart"]),
        (Tracked((SHOP,)), ["redis"], []),
        (Tracked(), [], []),
        (Tracked(values=("name",)), [], ["value:name"]),
    ],
)
def test_names_of_a_release(tracked: Tracked, names: list[str], keys: list[str]) -> None:
    assert list(values.items(FILES, tracked, names)) == keys


def test_what_is_missing_has_no_item() -> None:
    tracked = Tracked((Moved("none"),), (Moved("none"),), ("none", "other.yaml:replicas"), ("none/*",))
    assert dict(values.items(FILES, tracked)) == {}
    assert dict(values.items({}, Tracked())) == {}


def test_places_and_unreadable_files_are_told() -> None:
    look = values.look(FILES, Tracked())
    assert [place.where for place in look.places["image:redis"]] == ["job.yaml:1", "job.yaml:1"]
    assert [bad.file for bad in look.unreadable] == ["templates/x.yaml"]
    assert str(look.unreadable[0]).startswith("templates/x.yaml:1: ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"images: [{{name: ghcr.io/acme/shop, newTag: 1, digest: '{A}'}}]", f"1@{A}"),
        (f"images: [{{name: ghcr.io/acme/shop, newTag: 1@{A}}}]", f"1@{A}"),
        (f"images: [{{name: ghcr.io/acme/shop, digest: '{A}'}}]", f"@{A}"),
        ("images: [{name: ghcr.io/acme/shop, newTag: 1, digest: ''}]", "1"),
        (f"containers: [{{image: 'ghcr.io/acme/shop:1@{A}'}}]", f"1@{A}"),
        ("containers: [{image: eu.gcr.io/acme/shop:1}]", "1"),
        ("containers: [{image: ghcr.io/acme/shop}, {image: 'ghcr.io/acme/shop:1'}]", "1"),
        ("containers: [{image: ghcr.io/acme/shop}]", ""),
        ("kind: OCIRepository\nspec: {url: 'oci://ghcr.io/acme/shop', ref: {tag: 1}}", "1"),
    ],
)
def test_one_text_an_image(text: str, value: str) -> None:
    assert dict(values.items({"a.yaml": text.encode()}, Tracked((SHOP,)))) == {"image:ghcr.io/acme/shop": value}


def test_a_marker_says_where_and_nothing_else_counts() -> None:
    text = b'a: 1.0 # {"$imagepolicy": "ns:shop:tag"}\ncontainers: [{image: "ghcr.io/acme/shop:2.0"}]\n'
    moved = Moved("ghcr.io/acme/shop", marker="ns:shop")
    assert dict(values.items({"a.yaml": text}, Tracked((moved,)))) == {"image:ghcr.io/acme/shop": "1.0"}


def test_a_file_limits_the_search() -> None:
    files = {"a.yaml": b"containers: [{image: 'x/y:1'}]", "b.yaml": b"containers: [{image: 'x/y:2'}]"}
    assert dict(values.items(files, Tracked((Moved("x/y", file="b*.yaml"),)))) == {"image:x/y": "2"}


def test_content_ids_are_those_of_git(tmp_path: Path) -> None:
    items = {"value:b": "ä", "image:a": "1"}
    data = values.canonical(items)
    assert data == '{\n "image:a": "1",\n "value:b": "ä"\n}\n'.encode()
    assert values.parse_canonical(data) == items
    (tmp_path / "items").write_bytes(data)
    git = subprocess.run(["git", "hash-object", "items"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert values.blob_id(data) == git.stdout.strip()
    assert values.canonical(dict(reversed(items.items()))) == data


@pytest.mark.parametrize("data", [b"[]", b'{"a": 1}', b"{", b""])
def test_what_is_not_canonical_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ValueError):
        values.parse_canonical(data)


def test_what_is_carried_from_one_environment_to_the_next() -> None:
    source = {
        "image:a": "2",
        "image:new": "1",
        "chart:c": "2",
        "value:v": "1",
        "value:w": "1",
        "file:x": "1",
        "file:y": "2",
    }
    target = {"image:a": "1", "chart:c": "1", "value:v": "2", "file:x": "2", "file:z": "3"}
    files = {"file:x": "1", "file:y": "2", "file:z": ""}
    assert values.carried(source, target) == {"chart:c": "2", "image:a": "2", "value:v": "1", **files}
    assert values.carried(source, target, ["a"]) == {"image:a": "2", "value:v": "1", **files}


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        ("a.b", ("", "a.b")),
        ("v.yaml:a.b", ("v.yaml", "a.b")),
        ('a."b:c"', ("", 'a."b:c"')),
        ('v:"b:c"', ("v", '"b:c"')),
    ],
)
def test_entries_of_the_allow_list(entry: str, parts: tuple[str, str]) -> None:
    assert values.split_entry(entry) == parts


@pytest.mark.parametrize("entry", [":a", "a:"])
def test_an_entry_without_file_or_key_is_refused(entry: str) -> None:
    with pytest.raises(EditRefused):
        values.split_entry(entry)


@pytest.mark.parametrize(
    ("have", "wanted", "answer"),
    [
        ("1", "1", True),
        ("1", "2", False),
        ("", "1", False),
        ("", "", True),
        (f"@{A}", f"1@{A}", True),
        (f"1@{A}", f"1@{A}", True),
        (f"@{A}|1@{A}", f"1@{A}", True),
        (f"2@{A}", f"1@{A}", False),
        ("@", "1", False),
        ("7|8", "7|8", True),
        ("7|8", "7", False),
        (">=1 || <3", ">=1 || <3", True),
    ],
)
def test_satisfies(have: str, wanted: str, *, answer: bool) -> None:
    assert values.satisfies(have, wanted) is answer
