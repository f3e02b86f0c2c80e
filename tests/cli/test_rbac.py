from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.kube.server import Kube


def printed(text: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text))


def asking(folder: Path, capsys: pytest.CaptureFixture[str], live: str) -> Fleet:
    return make_fleet(folder, capsys, CONFIG.replace("live: none", f"live: {live}"))


def test_a_role_for_the_whole_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = asking(tmp_path, capsys, '{kubernetes: {context: "{cluster}"}}')
    text = fleet.ok("rbac")
    (role,) = printed(text)
    assert text.startswith("# for dev, staging, prod\n---\n")
    assert (role["kind"], role["metadata"]) == ("ClusterRole", {"name": "promoter"})
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    resources = {name for rule in role["rules"] for name in rule["resources"]}
    assert resources >= {"kustomizations", "helmreleases", "applications", "deployments", "gitrepositories", "canaries"}
    assert resources.isdisjoint({"secrets", "configmaps", "*"})
    assert fleet("rbac", "--json").json == {"schema": "promoter.rbac/v1", "objects": [role]}


def test_a_role_in_each_namespace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = asking(tmp_path, capsys, "{kubernetes: in-cluster}")
    both = asking(tmp_path / "other", capsys, "{kubernetes: {context: a, namespaces: [shop, flux-system]}}")
    assert [obj["kind"] for obj in printed(fleet.ok("rbac"))] == ["ClusterRole"]
    made = printed(both.ok("rbac", "prod", "--service-account", "ci/reader", "--name", "status"))
    assert [(obj["kind"], obj["metadata"].get("namespace")) for obj in made] == [
        ("ServiceAccount", "ci"),
        ("Role", "flux-system"),
        ("RoleBinding", "flux-system"),
        ("Role", "shop"),
        ("RoleBinding", "shop"),
    ]
    assert made[4]["subjects"] == [{"kind": "ServiceAccount", "name": "reader", "namespace": "ci"}]
    assert made[4]["roleRef"]["name"] == made[3]["metadata"]["name"] == "status"


def test_nothing_reads_the_api(fleet: Fleet) -> None:
    said = fleet("rbac")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: nothing here reads the Kubernetes API")


def test_an_account_without_a_namespace(fleet: Fleet) -> None:
    said = fleet("rbac", "--namespace", "shop", "--service-account", "reader")
    assert (said.code, said.err.splitlines()[0]) == (2, "promoter: --service-account reader names no account")


def test_what_a_cluster_serves(kube: Kube, fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig()))
    made = printed(fleet.ok("rbac", "--context", "admin", "--service-account", "default/reader"))
    for obj in made:
        kube.apply(obj)
    served = {(group, name) for rule in made[1]["rules"] for group in rule["apiGroups"] for name in rule["resources"]}
    assert served >= {("apps", "deployments"), ("", "pods"), ("argoproj.io", "applications")}
    assert [obj["kind"] for obj in made] == ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"]
    gone = fleet("rbac", "--context", "gone")
    assert (gone.code, gone.err.startswith("promoter: there is no context gone in ")) == (1, True)
