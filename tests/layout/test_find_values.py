from __future__ import annotations

import pytest

from promoter.layout.find_values import find, orphans
from promoter.layout.yaml_tree import read, show
from tests.layout.finding import A, found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"image: {{repository: ghcr.io/acme/shop, tag: 1.10, digest: {A}}}\n",
            [("image.tag", "TAG", "1.10", "ghcr.io/acme/shop"), ("image.digest", "DIGEST", A, "ghcr.io/acme/shop")],
            id="repository, tag, digest",
        ),
        pytest.param(
            "image: {registry: ghcr.io, repository: acme/shop, tag: ''}\n",
            [("image.tag", "TAG", "", "ghcr.io/acme/shop")],
            id="registry apart",
        ),
        pytest.param(
            "web: {image: ghcr.io/acme/web, tag: 2}\n",
            [("web.tag", "TAG", "2", "ghcr.io/acme/web")],
            id="image and tag",
        ),
        pytest.param(
            "image: ghcr.io/acme/web\nimageTag: '2'\n", [("imageTag", "TAG", "2", "ghcr.io/acme/web")], id="imageTag"
        ),
        pytest.param(
            "imageRegistry: r.example\nimageRepository: a/b\nimageTag: 3\nsidecarRepository: c/d\nsidecarTag: 4\n",
            [("imageTag", "TAG", "3", "r.example/a/b"), ("sidecarTag", "TAG", "4", "c/d")],
            id="prefixes",
        ),
        pytest.param(
            "parameters:\n- {name: image.repository, value: a/b}\n- {name: image.tag, value: '5'}\n",
            [("parameters[1].value", "TAG", "5", "a/b")],
            id="Argo CD parameters",
        ),
        pytest.param("repository: https://git.example/x\ntag: v1\n", [], id="a URL is no image"),
        pytest.param("repository: {{x: 1}: 2}\ntag: 1\n", [], id="a mapping is no image"),
        pytest.param("image: ghcr.io/acme/web:1\ntag: 2\n", [], id="a whole reference is another finder's"),
    ],
)
def test_parts_apart(text: str, expected: list[tuple[str, ...]]) -> None:
    assert found(find, text) == expected


def test_tags_without_an_image_are_offered() -> None:
    text = b"a: {tag: 1}\nb: {repository: x, tag: 2}\nc: {image: x, tag: 3}\nd: {tag: {e: 1}}\n"
    assert [show(scalar.path) for scalar in orphans(read("f.yaml", text))] == ["a.tag"]
