from __future__ import annotations

import pytest

from promoter.layout.find_kustomize import find
from tests.layout.finding import A, found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"""
            kind: Kustomization
            images:
            - name: ghcr.io/acme/shop
              newTag: 1.10
              digest: {A}
            - name: redis
              newName: mirror.example/redis
              newTag: "7"
            - name: placeholder
              newName: other
            - newTag: nameless
            """,
            [
                ("images[0].newTag", "TAG", "1.10", "ghcr.io/acme/shop"),
                ("images[0].digest", "DIGEST", A, "ghcr.io/acme/shop"),
                ("images[1].newTag", "TAG", "7", "mirror.example/redis", "redis"),
            ],
            id="kustomization",
        ),
        pytest.param(
            "kind: Kustomization\nspec: {images: [{name: a/b, newTag: 1}]}\n",
            [("spec.images[0].newTag", "TAG", "1", "a/b")],
            id="Flux Kustomization",
        ),
        pytest.param(
            "spec: {source: {kustomize: {images: ['a/b:1', 'old=c/d:2', 'e/f', 'g=h']}}}\n",
            [
                ("spec.source.kustomize.images[0]", "REFERENCE", "1", "a/b"),
                ("spec.source.kustomize.images[1]", "REFERENCE", "2", "c/d"),
            ],
            id="Argo CD",
        ),
        pytest.param("images: ['a/b:1']\n", [], id="a list of images that is not kustomize's"),
        pytest.param(
            "helmCharts:\n- {name: cart, repo: 'https://c.example', version: 1.2.3}\n- {name: none}\n",
            [("helmCharts[0].version", "TAG", "1.2.3", "cart", "https://c.example/cart")],
            id="helmCharts",
        ),
    ],
)
def test_entries(text: str, expected: list[tuple[str, ...]]) -> None:
    assert found(find, text) == expected
