from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promoter.errors import RenderFailed
from promoter.render.hydrate import hydrate
from promoter.render.port import SETTINGS
from promoter.render.program import Programs
from tests.render.commits import PROGRAMS, Commit, commit, fixture, link, render, request, version

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
CHART = {
    "charts/mail/Chart.yaml": "apiVersion: v2\nname: mail\nversion: 1.0.0\n",
    "charts/mail/values.yaml": "greeting: hello\n",
    "charts/mail/templates/a.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n"
        "data: {greeting: {{ .Values.greeting }}}\n"
    ),
}


def reached(source: Commit, path: str = "app") -> list[str]:
    return [name for name in render(source, request(path)).inputs if name != SETTINGS]


@pytest.fixture
def shop(tmp_path: Path) -> Commit:
    return fixture(tmp_path, "rendered-kustomize")


def test_an_overlay_takes_its_base_its_component_and_its_files(shop: Commit) -> None:
    result = render(shop, request("apps/shop/overlays/prod", environment="prod"))
    deployment = yaml.safe_load(result.files["deployment-shop.yaml"])
    assert deployment["spec"]["replicas"] == 4
    assert deployment["spec"]["template"]["metadata"]["annotations"] == {"tracing": "on"}
    config = yaml.safe_load(next(data for name, data in result.files.items() if name.startswith("configmap-shop-")))
    assert config["data"] == {"GREETING": "welcome", "banner": "Open all day\n"}
    assert list(result.inputs) == ["apps/shop/base", "apps/shop/overlays/prod", "components/tracing", SETTINGS]
    assert {path: shop.id(path) for path in result.inputs if path != SETTINGS} == {
        path: oid for path, oid in result.inputs.items() if path != SETTINGS
    }
    assert result.tools.keys() == {"kustomize"}


def test_the_same_commit_gives_the_same_bytes(shop: Commit) -> None:
    wish = request("apps/shop/overlays/prod", environment="prod")
    assert render(shop, wish) == render(shop, wish)


def test_the_repository_s_root_can_be_rendered_without_what_is_below(tmp_path: Path) -> None:
    source = commit(
        tmp_path,
        {
            "kustomization.yaml": "resources: [own/a.yaml, apps/x/b.yaml]\n",
            "own/a.yaml": CONFIG_MAP % "a",
            "apps/x/b.yaml": CONFIG_MAP % "b",
            "apps/x/kustomization.yaml": "resources: [b.yaml]\n",
            "apps/y/kustomization.yaml": "resources: []\n",
        },
    )
    result = render(source, request(""))
    assert list(result.files) == ["configmap-a.yaml", "configmap-b.yaml"]
    assert list(result.inputs) == ["apps/x/b.yaml", "kustomization.yaml", "own", SETTINGS]


def test_generators_and_their_folders_are_followed(tmp_path: Path) -> None:
    source = commit(
        tmp_path,
        {
            "app/kustomization.yaml": "generators: [gen.yaml]\ntransformers: [../label]\n",
            "app/gen.yaml": (
                "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nfiles: [text.txt]\n"
                "options: {disableNameSuffixHash: true}\n"
            ),
            "app/text.txt": "hi",
            "label/kustomization.yaml": "resources: [label.yaml]\n",
            "label/label.yaml": (
                "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: label}\nlabels: {team: web}\n"
                "fieldSpecs: [{path: metadata/labels, create: true}]\n"
            ),
        },
    )
    result = render(source, request("app"))
    loaded = yaml.safe_load(result.files["configmap-made.yaml"])
    assert (loaded["data"], loaded["metadata"]["labels"]) == ({"text.txt": "hi"}, {"team": "web"})
    assert list(result.inputs) == ["app", "label", SETTINGS]


@pytest.mark.parametrize(
    "files",
    [
        {"app/kustomization.yaml": "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: mail, releaseName: post, "
                                   "valuesFile: values.yaml}]\n"},
        {"app/kustomization.yaml": "generators: [gen]\n",
         "app/gen/kustomization.yaml": "resources: [mail.yaml]\n",
         "app/gen/mail.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: m}\n"
                              "name: mail\nreleaseName: post\nchartHome: ../charts\nvaluesFile: values.yaml\n"},
    ],
    ids=["helmCharts", "generator"],
)  # fmt: skip
def test_a_chart_in_the_commit_is_inflated(tmp_path: Path, files: dict[str, str]) -> None:
    source = commit(tmp_path, {**CHART, "app/values.yaml": "greeting: ahoy\n", **files})
    result = render(source, request("app"))
    assert yaml.safe_load(result.files["configmap-post.yaml"])["data"] == {"greeting": "ahoy"}
    assert "charts/mail" in result.inputs
    assert result.tools.keys() == {"kustomize", "helm"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("resources: ['https://example.com/base.yaml']", "app/kustomization.yaml: resources names https://"),
        ("Resources: ['https://example.com/base.yaml']", "[Rr]esources names https://example.com/base.yaml"),
        ("components: ['github.com/acme/base?ref=v1']", "components names github.com/acme/base"),
        ("patches: [{path: 'https://example.com/p.yaml'}]", "patches names https://example.com/p.yaml"),
        ("resources: [../../outside]", "resources leaves the repository"),
        ("resources: [none/../../../outside]", "resources leaves the repository"),
        ("resources: [/etc/kubernetes]", "names the absolute path /etc/kubernetes"),
        ("configMapGenerator: [{name: x, files: [passwords=/etc/passwd]}]", "the absolute path /etc/passwd"),
        ("configMapGenerator: [{name: x, files: [../../../../etc/passwd]}]", "leaves the repository"),
        ("resources: [../none]", r"resources names \.\./none, which is not in this commit"),
        ("resources: [../empty]", "empty has no kustomization.yaml"),
        ("helmCharts: [{name: mail, version: 1.0.0, repo: 'https://charts.example.com'}]",
         "needs the chart in charts/mail-1.0.0/mail, which is not"),
        ("resources:\n  - a\n b: x", "app/kustomization.yaml is not YAML: line 3"),
        ("resources: [../beside/a.yaml]", "kustomize failed.*\n.*is not in or below"),
        ("resources: [broken.yaml]", "kustomize failed"),
        ("patches: [{path: none.yaml}]", "kustomize failed"),
        ("transformers: [{x: y}]", "kustomize failed"),
        ("nonsense: true", "kustomize failed.*\n.*nonsense"),
        ("resources: []", "kustomize failed|no object was rendered"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_from_the_commit_alone_fails(tmp_path: Path, text: str, why: str) -> None:
    source = commit(
        tmp_path,
        {
            "app/kustomization.yaml": text,
            "app/broken.yaml": "a: [",
            "empty/x.yaml": "",
            "beside/a.yaml": CONFIG_MAP % "a",
        },
    )
    with pytest.raises(RenderFailed, match=f"(?s)shop in dev: .*({why})"):
        render(source, request("app"))


def test_a_failure_names_no_temporary_folder_and_reads_the_same_twice(tmp_path: Path) -> None:
    source = commit(tmp_path, {"app/kustomization.yaml": "resources: [broken.yaml]", "app/broken.yaml": "a: ["})
    said = []
    for _ in range(2):
        with pytest.raises(RenderFailed) as failed:
            render(source, request("app"))
        said.append(str(failed.value))
    assert said[0] == said[1]
    assert "/tmp" not in said[0]


def test_a_base_behind_a_symlink_counts_where_it_stands(tmp_path: Path) -> None:
    plain = commit(
        tmp_path,
        {
            "app/kustomization.yaml": "resources: [base]\n",
            "shared/kustomization.yaml": "resources: [a.yaml]\n",
            "shared/a.yaml": CONFIG_MAP % "a",
        },
    )
    source = plain.edited({"app/base": link(plain, "../shared")})
    assert reached(source) == ["app", "shared"]


@pytest.mark.parametrize(
    ("target", "why"),
    [("../../../secret.yaml", "the symlink app/a.yaml leaves the repository"), ("/etc/passwd", "absolute path")],
)
def test_a_symlink_out_of_the_commit_is_refused(tmp_path: Path, target: str, why: str) -> None:
    plain = commit(tmp_path, {"app/kustomization.yaml": "resources: [a.yaml]\n"})
    with pytest.raises(RenderFailed, match=why):
        render(plain.edited({"app/a.yaml": link(plain, target)}), request("app"))


def test_kustomize_inside_kubectl_makes_the_same(shop: Commit, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.write_text(
        f'#!/bin/sh\nif [ $1 = version ]; then echo \'{{"kustomizeVersion": "v{version("kustomize")}"}}\'; else\n'
        f'shift; exec {PROGRAMS.which("kustomize")} build "$@"; fi\n'
    )
    kubectl.chmod(0o755)
    wish = request("apps/shop/overlays/dev")
    result = hydrate(shop, [wish], {}, programs=Programs(str(tmp_path / "bin")))["shop", "dev"]
    assert result == render(shop, wish)


def test_bases_in_a_circle_are_kustomize_s_to_refuse(tmp_path: Path) -> None:
    files = {"app/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../app]\n"}
    with pytest.raises(RenderFailed, match=r"(?s)kustomize failed.*cycle"):
        render(commit(tmp_path, files), request("app"))


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        ("apps/shop/base/service.yaml", "kustomize", "is a file, and kustomize needs a folder"),
        ("apps/shop/overlays", "kustomize", "apps/shop/overlays has no kustomization.yaml"),
        ("apps/none", "auto", "apps/none is not in this commit"),
    ],
)
def test_the_path_must_be_a_kustomization(shop: Commit, path: str, kind: str, why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        render(shop, request(path, kind))


def test_a_change_of_what_is_reached_changes_the_inputs_and_no_other_does(shop: Commit) -> None:
    wish = request("apps/shop/overlays/prod", environment="prod")
    before = render(shop, wish)
    touched = shop.edited({"apps/shop/overlays/dev/new.yaml": "x: 1", "README.md": "Read me"})
    assert render(touched, wish) == before
    for path in ("apps/shop/base/service.yaml", "components/tracing/new", "apps/shop/overlays/prod/texts/banner.txt"):
        changed = shop.edited({path: (shop.read(path) or b"") + b"\n"})
        assert render(changed, wish).inputs != before.inputs
