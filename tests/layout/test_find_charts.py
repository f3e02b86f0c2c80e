from __future__ import annotations

import pytest

from promoter.layout.find_charts import find
from tests.layout.finding import A, found

OCI = "oci://ghcr.io/acme/charts/shop"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "kind: HelmRelease\nmetadata: {name: x}\nspec: {chart: {spec: {chart: cart, version: 1.2.3}}}\n",
            [("spec.chart.spec.version", "TAG", "1.2.3", "cart", "cart")],
            id="HelmRelease",
        ),
        pytest.param(
            "kind: HelmRelease\nmetadata: {name: x}\nspec: {chart: {spec: {version: '>=1.0'}}}\n",
            [("spec.chart.spec.version", "TAG", ">=1.0", "x", "x")],
            id="a patch answers to its own name",
        ),
        pytest.param(
            "kind: HelmRelease\nmetadata: {name: x}\nspec: {chart: {spec: {chart: ./charts/cart, version: 1.0.0}}}\n",
            [("spec.chart.spec.version", "TAG", "1.0.0", "cart", "./charts/cart")],
            id="a chart by path",
        ),
        pytest.param(
            "kind: HelmRelease\nspec: {chart: {repository: 'https://c.example/', name: cart, version: 1.0.0}}\n",
            [("spec.chart.version", "TAG", "1.0.0", "cart", "https://c.example/cart")],
            id="helm.fluxcd.io/v1",
        ),
        pytest.param("kind: HelmRelease\nspec: {chartRef: {kind: OCIRepository, name: x}}\n", [], id="chartRef"),
        pytest.param("kind: HelmRelease\nspec: {chart: {spec: {chart: cart}}}\n", [], id="no version"),
        pytest.param(
            "kind: HelmChart\nspec: {chart: cart, version: 1.x}\n",
            [("spec.version", "TAG", "1.x", "cart", "cart")],
            id="HelmChart",
        ),
        pytest.param(
            f"kind: OCIRepository\nspec: {{url: '{OCI}', ref: {{tag: 1.0.0, digest: '{A}'}}}}\n",
            [
                ("spec.ref.tag", "TAG", "1.0.0", "shop", "ghcr.io/acme/charts/shop"),
                ("spec.ref.digest", "DIGEST", A, "shop", "ghcr.io/acme/charts/shop"),
            ],
            id="OCIRepository",
        ),
        pytest.param(
            f"kind: OCIRepository\nspec: {{url: '{OCI}', ref: {{tag: 1.0.0, semver: '>=1'}}}}\n",
            [("spec.ref.semver", "TAG", ">=1", "shop", "ghcr.io/acme/charts/shop")],
            id="a range goes before a tag",
        ),
        pytest.param(
            f"kind: OCIRepository\nspec: {{url: '{OCI}', ref: {{tag: 1.0.0, semver: ''}}}}\n",
            [("spec.ref.tag", "TAG", "1.0.0", "shop", "ghcr.io/acme/charts/shop")],
            id="an empty range does not",
        ),
        pytest.param(
            "kind: Application\nspec: {source: {repoURL: 'https://c.example', chart: cart, targetRevision: 1.0.0}}\n",
            [("spec.source.targetRevision", "TAG", "1.0.0", "cart", "https://c.example/cart")],
            id="Application",
        ),
        pytest.param(
            "kind: ApplicationSet\nspec: {template: {spec: {sources: [{repoURL: 'oci://g.example/c/shop', "
            "targetRevision: 1.0.0, path: .}, {repoURL: 'https://git.example/x', targetRevision: main}]}}}\n",
            [("spec.template.spec.sources[0].targetRevision", "TAG", "1.0.0", "shop", "g.example/c/shop")],
            id="ApplicationSet; a Git source is no chart",
        ),
    ],
)
def test_versions(text: str, expected: list[tuple[str, ...]]) -> None:
    assert found(find, text) == expected


def test_dependencies_are_those_of_a_chart_file() -> None:
    text = "dependencies: [{name: cart, version: 1.0.0, repository: 'oci://g.example/c'}, {name: local}]\n"
    assert found(find, text, "charts/x/Chart.yaml") == [
        ("dependencies[0].version", "TAG", "1.0.0", "cart", "g.example/c/cart")
    ]
    assert found(find, text, "values.yaml") == []
