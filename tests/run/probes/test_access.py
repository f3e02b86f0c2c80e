"""What real API servers let us see."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from promoter.cluster.api.kinds import KINDS
from promoter.cluster.api.rbac import rules
from promoter.run.open import open_workspace, utc_now
from promoter.run.workspace import Workspace
from tests.kube.server import Kube, private
from tests.run.probes.examined import found, said
from tests.run.shops import RENDERED, make_shop

DEPLOYMENTS = ("apps", "Deployment")
KUSTOMIZATIONS = ("kustomize.toolkit.fluxcd.io", "Kustomization")


def workspace(
    folder: Path, config: Path, context: str, ahead: timedelta = timedelta(), more: str = "", app: str = ""
) -> Workspace:
    """Give a shop whose clusters are all one kubeconfig context; our clock is `ahead` of the machine's."""

    def clock() -> datetime:
        return utc_now() + ahead

    live = f'live: {{kubernetes: {{context: "{context}"{more}}}}}'
    shop = make_shop(folder, RENDERED.replace("live: none", live).replace("images", f"{app}images"))
    env = {**os.environ, "KUBECONFIG": str(config), "PROMOTER_CACHE": str(folder / "cache")}
    return open_workspace(shop.repo.url, user="promoter", now=clock, env=env, writes=False)


def test_all_may_be_read(kube: Kube, tmp_path: Path) -> None:
    user = kube.restrict(rules(KINDS.keys()))
    assert said(workspace(tmp_path, kube.kubeconfig(user=user), user.name), "access") == []


def test_a_kind_that_delivers_may_not_be_listed(kube: Kube, tmp_path: Path) -> None:
    user = kube.restrict(rules(KINDS.keys() - {DEPLOYMENTS, KUSTOMIZATIONS}))
    (finding,) = found(workspace(tmp_path, kube.kubeconfig(user=user), user.name), "access")
    assert finding.severity == "problem"
    assert finding.subject.startswith(f"context {user.name} (")
    assert finding.text == "to list deployments.apps, kustomizations.kustomize.toolkit.fluxcd.io is forbidden"
    assert finding.fix == (
        "what is missing is a ClusterRole with {apiGroups: [apps], resources: [deployments], verbs: [get, list, "
        "watch]} and {apiGroups: [kustomize.toolkit.fluxcd.io], resources: [kustomizations], verbs: [get, list, "
        "watch]}; promoter rbac prints all of it, to apply"
    )


def test_a_workload_that_may_not_be_listed_is_a_warning(kube: Kube, tmp_path: Path) -> None:
    user = kube.restrict(rules(KINDS.keys() - {DEPLOYMENTS}))
    ws = workspace(tmp_path, kube.kubeconfig(user=user), user.name)
    assert [(severity, text) for severity, _, text in said(ws, "access")] == [
        ("warning", "to list deployments.apps is forbidden")
    ]


def test_only_the_namespaces_that_are_read_are_tried(kube: Kube, tmp_path: Path) -> None:
    space = kube.namespace()
    user = kube.restrict(rules(KINDS.keys()), namespace=space)
    config = kube.kubeconfig(user=user)
    inside = workspace(tmp_path / "inside", config, user.name, more=f", namespaces: [{space}]")
    assert said(inside, "access") == []
    outside = workspace(tmp_path / "outside", config, user.name, more=f", namespaces: [{space}, default]")
    (finding,) = found(outside, "access")
    assert f"a Role in default, {space} with" in finding.fix


def test_clocks_that_differ(kube: Kube, tmp_path: Path) -> None:
    config = kube.kubeconfig()
    (finding,) = found(workspace(tmp_path / "a", config, "admin", timedelta(minutes=-5)), "access")
    assert finding.severity == "warning"
    assert finding.text in [f"its clock is {seconds} s ahead of this machine's" for seconds in range(297, 303)]
    (finding,) = found(workspace(tmp_path / "b", config, "admin", timedelta(minutes=5)), "access")
    assert finding.text in [f"its clock is {seconds} s behind this machine's" for seconds in range(297, 303)]


def test_a_context_that_is_not_there(kube: Kube, tmp_path: Path) -> None:
    (finding,) = found(workspace(tmp_path, kube.kubeconfig(), "gone"), "access")
    assert (finding.severity, finding.subject) == ("problem", "context gone")
    assert finding.text.startswith("there is no context gone in ")


def test_nothing_that_delivers_then_nothing_that_is_named_then_nothing_at_all(tmp_path: Path) -> None:
    with private(tmp_path / "kube", "canaries.flagger.app") as server:
        config = server.kubeconfig()
        (finding,) = found(workspace(tmp_path / "bare", config, "admin"), "access")
        assert finding.severity == "problem"
        assert finding.text == "it serves no kind that delivers from Git, neither Flux' nor Argo CD's"
        server.install_crds("applications.argoproj.io")
        ws = workspace(tmp_path / "argo", config, "admin")
        assert said(ws, "access") == []
        named = workspace(tmp_path / "named", config, "admin", app="object: Kustomization/flux-system/shop, ")
        text = "it serves no Kustomization, which delivers shop "
        assert [each for _, _, each in said(named, "access")] == [f"{text}dev", f"{text}prod"]
        server.kill()
        (finding,) = found(ws, "access")
        assert (finding.severity, "cannot be connected to" in finding.text) == ("problem", True)
        assert "network, VPN, proxy" in finding.fix
