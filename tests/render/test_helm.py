from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promoter.errors import RenderFailed
from promoter.render.port import SETTINGS
from tests.render.commits import Commit, fixture, link, render, request

SETTING: dict[str, str | tuple[str, ...]] = {
    "chart": "/charts/web",
    "values": ("common.yaml", "env/{environment}.yaml"),
}


@pytest.fixture
def web(tmp_path: Path) -> Commit:
    return fixture(tmp_path, "rendered-helm")


def deployment(source: Commit, environment: str = "dev", **settings: str) -> dict[str, dict[str, object]]:
    wish = request("apps/web", "helm", {**SETTING, **settings}, app="web", environment=environment)
    files = render(source, wish).files
    loaded = yaml.safe_load(next(data for name, data in files.items() if name.startswith("deployment-")))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize(("environment", "replicas", "tag"), [("dev", 2, "1.5.0"), ("prod", 6, "1.4.0")])
def test_later_values_files_win(web: Commit, environment: str, replicas: int, tag: str) -> None:
    loaded = deployment(web, environment)
    assert loaded["spec"]["replicas"] == replicas
    assert f"ghcr.io/acme/web:{tag}" in str(loaded)


def test_the_chart_and_the_named_values_are_the_inputs(web: Commit) -> None:
    result = render(web, request("apps/web", "helm", SETTING, app="web"))
    assert list(result.inputs) == ["apps/web/common.yaml", "apps/web/env/dev.yaml", "charts/web", SETTINGS]
    assert result.tools.keys() == {"helm"}
    assert list(result.files) == [
        "configmap-web-motd.yaml",
        "customresourcedefinition-pages.web.example.com.yaml",
        "deployment-web.yaml",
        "job-web-migrate.yaml",
    ]


def test_settings_reach_helm(web: Commit) -> None:
    loaded = deployment(web, release="site-{environment}", namespace="{app}-{environment}")
    assert loaded["metadata"] == {"name": "site-dev", "namespace": "web-dev"}
    files = render(web, request("apps/web", "helm", {**SETTING, "crds": "false", "hooks": "false"}, app="web")).files
    assert list(files) == ["configmap-web-motd.yaml", "deployment-web.yaml"]


def test_what_the_cluster_can_do_is_said(web: Commit) -> None:
    source = web.edited(
        {
            "charts/web/templates/able.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: able}\ndata:\n"
            "  kube: {{ .Capabilities.KubeVersion.Version | quote }}\n"
            '  pages: {{ .Capabilities.APIVersions.Has "x.example.com/v1" | quote }}\n'
        }
    )
    settings = {**SETTING, "kube_version": "1.33.1", "api_versions": ("x.example.com/v1", "y.example.com/v1")}
    files = render(source, request("apps/web", "helm", settings)).files
    assert yaml.safe_load(files["configmap-able.yaml"])["data"] == {"kube": "v1.33.1", "pages": "true"}


def test_a_chart_is_found_and_its_values_for_the_environment_too(web: Commit) -> None:
    source = web.edited({"charts/web/values-dev.yaml": "tag: 9.9.9\n"})
    result = render(source, request("charts/web", app="web"))
    assert b"ghcr.io/acme/web:9.9.9" in result.files["deployment-web.yaml"]
    result = render(source, request("charts/web", app="web", environment="prod"))
    assert b"ghcr.io/acme/web:1.0.0" in result.files["deployment-web.yaml"]


def test_values_are_found_in_the_app_s_folder(web: Commit) -> None:
    result = render(web, request("apps/web", "helm", {"chart": "/charts/web"}, app="web", environment="prod"))
    assert list(result.inputs) == ["apps/web/env/prod.yaml", "charts/web", SETTINGS]


def test_values_that_are_added_later_are_noticed(web: Commit) -> None:
    wish = request("apps/web", "helm", {"chart": "/charts/web"}, app="web", environment="qa")
    assert list(render(web, wish).inputs) == ["apps/web", "charts/web", SETTINGS]
    more = web.edited({"apps/web/env/qa.yaml": "replicas: 3\n"})
    assert list(render(more, wish).inputs) == ["apps/web/env/qa.yaml", "charts/web", SETTINGS]


def test_a_path_that_is_a_file_is_the_last_values_file(web: Commit) -> None:
    settings: dict[str, str | tuple[str, ...]] = {"chart": "../../../charts/web", "values": ("../common.yaml",)}
    result = render(web, request("apps/web/env/prod.yaml", "helm", settings, app="web", environment="prod"))
    loaded = yaml.safe_load(result.files["deployment-web.yaml"])
    assert loaded["spec"]["replicas"] == 6


@pytest.mark.parametrize(
    ("changes", "settings", "why"),
    [
        ({}, {"values": ("none.yaml",)}, "render names none.yaml, which is not in this commit"),
        ({}, {"values": ("env",)}, "apps/web/env is a folder"),
        ({}, {"values": ("../../../x.yaml",)}, "leaves the repository"),
        ({}, {"values": ("https://example.com/v.yaml",)}, "render names https://example.com/v.yaml, which is not"),
        ({}, {"chart": "/charts"}, "charts has no Chart.yaml"),
        ({}, {"chart": "oci://ghcr.io/acme/web"}, "render names oci://ghcr.io/acme/web, which is not"),
        ({}, {"crds": "maybe"}, "crds must be true or false, not maybe"),
        ({}, {"value": "x"}, "helm has no setting value"),
        ({}, {"chart": ("a", "b")}, "chart must be one text"),
        ({"apps/web/values/dev.yaml": "", "apps/web/values-dev.yaml": ""}, {"values": None},
         "several values files may be meant: apps/web/values-dev.yaml, apps/web/values/dev.yaml, apps/web/env/dev"),
        ({"apps/web/env/dev.yaml": "tag: ''\n"}, {}, "(?s)helm failed.*tag must be set"),
        ({"apps/web/env/dev.yaml": "tag: ["}, {}, "helm failed"),
        ({"charts/web/charts/motd/Chart.yaml": None, "charts/web/charts/motd/templates/motd.yaml": None}, {},
         "(?s)helm failed.*motd"),
        ({"charts/web/values.schema.json": '{"$ref": "https://example.com/values.json"}'}, {}, "helm failed"),
    ],
)  # fmt: skip
def test_what_does_not_render_says_why(
    web: Commit, changes: dict[str, str | None], settings: dict[str, str | tuple[str, ...] | None], why: str
) -> None:
    given = {key: value for key, value in {**SETTING, **settings}.items() if value is not None}
    with pytest.raises(RenderFailed, match=why):
        render(web.edited(changes), request("apps/web", "helm", given, app="web"))


def test_a_chart_s_symlink_out_of_the_commit_is_refused(web: Commit) -> None:
    source = web.edited({"charts/web/files/key": link(web, "../../../../.ssh/id_ed25519")})
    with pytest.raises(RenderFailed, match="the symlink charts/web/files/key leaves the repository"):
        render(source, request("apps/web", "helm", SETTING, app="web"))


def test_a_subchart_behind_a_symlink_is_an_input(web: Commit) -> None:
    source = web.edited(
        {
            "shared/motd/Chart.yaml": web.read("charts/web/charts/motd/Chart.yaml"),
            "shared/motd/templates/motd.yaml": web.read("charts/web/charts/motd/templates/motd.yaml"),
            "charts/web/charts/motd/Chart.yaml": None,
            "charts/web/charts/motd/templates/motd.yaml": None,
        }
    )
    source = source.edited({"charts/web/charts/motd": link(source, "../../../shared/motd")})
    result = render(source, request("apps/web", "helm", SETTING, app="web"))
    assert "shared/motd" in result.inputs
    assert "configmap-web-motd.yaml" in result.files
