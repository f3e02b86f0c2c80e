from __future__ import annotations

from pathlib import Path

import pytest

from tests.repos import commit_files, head
from tests.run.probes.examined import found, said
from tests.run.shops import RENDERED, Shop, make_shop

LIVE = 'live: {commit_status: "kustomization/{app}", from: [flux-bot]}'
NONE = "no kustomization/shop by flux-bot on the newest 10 commits of environment/dev"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return released(tmp_path, LIVE)


def released(folder: Path, live: str, more: str = "") -> Shop:
    """Give a shop whose release stands in dev; nothing was ever merged in prod."""
    config = RENDERED.replace("live: none", live).replace("name: dev,", f"name: dev, {more}")
    shop = make_shop(folder, config)
    shop.release()
    shop.run()
    return shop


def post(shop: Shop, name: str, by: str = "flux-bot") -> None:
    shop.forge.set_check(head(shop.repo, "environment/dev"), name, "success", by, shop.now)


def test_nothing_is_posted(shop: Shop) -> None:
    assert said(shop, "posted") == [("problem", "shop dev", NONE)]


def test_something_is_posted_on_one_of_the_newest(shop: Shop) -> None:
    post(shop, "kustomization/shop/0c9c2e41")
    for number in range(9):
        commit_files(shop.repo, "environment/dev", {"x": str(number)}, "Elsewhere")
    assert said(shop, "posted") == []
    commit_files(shop.repo, "environment/dev", {"x": "x"}, "Elsewhere")
    assert said(shop, "posted") == [("problem", "shop dev", NONE)]


def test_others_post_it(shop: Shop) -> None:
    post(shop, "kustomization/shop", "mallory")
    assert said(shop, "posted") == [("problem", "shop dev", f"{NONE}; by others: mallory")]


def test_they_post_something_else(shop: Shop) -> None:
    for name in ("a", "b", "c", "d", "e"):
        post(shop, f"kustomization/{name}")
    posts = "kustomization/a, kustomization/b, kustomization/c, kustomization/d and 1 more"
    assert said(shop, "posted") == [("problem", "shop dev", f"{NONE}; they post {posts}")]


def test_two_providers(shop: Shop) -> None:
    post(shop, "kustomization/shop/0c9c2e41")
    post(shop, "kustomization/shop/11111111")
    text = "kustomization/shop/0c9c2e41, kustomization/shop/11111111 are the same but for their Providers"
    assert said(shop, "posted") == [("warning", "shop dev", text)]


@pytest.mark.parametrize("live", [LIVE, "live: {deployments: [flux-bot]}"])
def test_several_clusters(tmp_path: Path, live: str) -> None:
    shop = released(tmp_path, live, "clusters: [eu-1, eu-2],")
    (finding,) = found(shop, "posted")
    assert (finding.severity, finding.subject) == ("problem", "shop dev")
    assert finding.text.endswith("cannot tell eu-1, eu-2 apart")
    assert "write {cluster} into commit_status" in finding.fix


def test_several_clusters_each_by_its_name(tmp_path: Path) -> None:
    shop = released(tmp_path, LIVE.replace("{app}", "{cluster}"), "clusters: [eu-1, eu-2],")
    post(shop, "kustomization/eu-1")
    assert [text.partition(" by")[0] for _, _, text in said(shop, "posted")] == ["no kustomization/eu-2"]


def test_deployments(tmp_path: Path) -> None:
    shop = released(tmp_path, "live: {deployments: [argo-bot]}")
    text = "no deployment to dev/shop or dev by argo-bot"
    assert said(shop, "posted") == [("problem", "shop dev", text)]
    shop.forge.deploy_as("dev", head(shop.repo, "environment/dev"), "success", "mallory", shop.now)
    assert said(shop, "posted") == [("problem", "shop dev", f"{text}; by others: mallory")]
    shop.forge.deploy_as("dev/shop", head(shop.repo, "environment/dev"), "failure", "argo-bot", shop.now)
    assert said(shop, "posted") == []
