from __future__ import annotations

import pytest

from promoter.errors import RenderFailed
from promoter.render.references import Names, config_references, is_remote, references

RESOURCE, CONFIG, FILE, CHART = Names.RESOURCE, Names.CONFIG, Names.FILE, Names.CHART


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", []),
        ("resources:\n", []),
        ("resources: [a.yaml, ../base]\nbases: [../old]\ncomponents: [../c]",
         [("a.yaml", RESOURCE), ("../base", RESOURCE), ("../old", RESOURCE), ("../c", RESOURCE)]),
        ("Resources: [../base]", [("../base", RESOURCE)]),
        ("{resources: [../base]}", [("../base", RESOURCE)]),
        ("generators: [gen.yaml]\ntransformers: [../t]\nvalidators: [v.yaml]",
         [("gen.yaml", CONFIG), ("../t", CONFIG), ("v.yaml", CONFIG)]),
        ("generators:\n  - |-\n    kind: ConfigMapGenerator\n    metadata: {name: x}\n    files: [inline.txt]\n",
         [("inline.txt", FILE)]),
        ("crds: [crd.yaml]\nconfigurations: [conf.yaml]", [("crd.yaml", FILE), ("conf.yaml", FILE)]),
        ("patchesStrategicMerge:\n- p.yaml\n- |-\n  kind: Deployment\n  metadata: {name: x}\n", [("p.yaml", FILE)]),
        ("patches: [{path: p.yaml}, {patch: 'not: a path'}]", [("p.yaml", FILE)]),
        ("patchesJson6902: [{path: j.json, target: {kind: X}}]", [("j.json", FILE)]),
        ("replacements: [{path: r.yaml}, {source: {}}]", [("r.yaml", FILE)]),
        ("openapi: {path: schema.json}", [("schema.json", FILE)]),
        ("configMapGenerator: [{name: x, files: [a.txt, key=b.txt], envs: [c.env], env: d.env, literals: [e=f]}]",
         [("c.env", FILE), ("d.env", FILE), ("a.txt", FILE), ("b.txt", FILE)]),
        ("secretGenerator: [{name: x, files: [tls.crt]}]", [("tls.crt", FILE)]),
        ("helmCharts: [{name: web}]", [("charts/web", CHART)]),
        ("helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: web, valuesFile: v.yaml, "
         "additionalValuesFiles: [w.yaml]}]", [("../../charts/web", CHART), ("v.yaml", FILE), ("w.yaml", FILE)]),
        ("helmCharts: [{name: web, version: 1.2.3, repo: 'https://charts.example.com'}]",
         [("charts/web-1.2.3/web", CHART)]),
        ("helmCharts: [{name: web, version: 1.2.3}]", [("charts/web", CHART)]),
        ("commonAnnotations: {home: 'https://example.com'}\nnamePrefix: dev-", []),
    ],
)  # fmt: skip
def test_a_kustomization_names(text: str, named: list[tuple[str, Names]]) -> None:
    found = [(reference.path, reference.names) for reference in references(text.encode(), "k")]
    assert found == named


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kind: PatchTransformer\npath: p.yaml", [("p.yaml", FILE)]),
        ("kind: PatchStrategicMergeTransformer\npaths: [p.yaml, q.yaml]", [("p.yaml", FILE), ("q.yaml", FILE)]),
        ("kind: SecretGenerator\nenvs: [s.env]\n---\nkind: ConfigMapGenerator\nfiles: [k=f]",
         [("s.env", FILE), ("f", FILE)]),
        ("kind: ReplacementTransformer\nreplacements: [{path: r.yaml}]", [("r.yaml", FILE)]),
        ("kind: HelmChartInflationGenerator\nname: web\nchartHome: ../charts\nvaluesFile: v.yaml",
         [("../charts/web", CHART), ("v.yaml", FILE)]),
        ("kind: Deployment\nspec: {}", []),
    ],
)  # fmt: skip
def test_a_generator_s_config_names(text: str, named: list[tuple[str, Names]]) -> None:
    assert [(reference.path, reference.names) for reference in config_references(text.encode(), "c")] == named


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- a\n- b\n", "k is not one YAML mapping"),
        ("resources: []\n---\nresources: []\n", "k is not one YAML mapping"),
        ("resources:\n  - a\n b: 1\n", "k is not YAML: line 3"),
        ("resources: [\xff]", "k is not YAML"),
        (
            "helmChartInflationGenerator: [{chartName: x, helmBin: ./evil}]",
            "helmChartInflationGenerator is not supported",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        list(references(text.encode("latin-1"), "k"))


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("../base", False),
        ("deploy.yaml", False),
        ("github-runner/base", False),
        ("my.gitops/base", False),
        ("https://example.com/a.yaml", True),
        ("HTTPS://example.com/a.yaml", True),
        ("github.com/acme/base?ref=v1", True),
        ("git@example.com:acme/base.git", True),
        ("ssh://git@example.com/acme/base", True),
        ("git::https://example.com/acme/base", True),
        ("example.com/acme/base.git//deploy?ref=main", True),
        ("acme/base?ref=v1", True),
        ("file:///etc", True),
    ],
)
def test_remote_is_what_kustomize_would_fetch(path: str, *, remote: bool) -> None:
    assert is_remote(path) is remote
