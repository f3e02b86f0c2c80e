from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.objects_made import application, changed, git_repository, kustomization
from tests.run.probes.examined import found, said
from tests.run.shops import RENDERED, Shop, make_shop

CONFIG = RENDERED.replace("live: none", 'live: {files: "status/{cluster}"}')
K = "Kustomization/flux-system/shop"
BLIND = "nothing delivers shop of branch environment/dev"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Give a shop whose prod is asked for no health, and an empty folder `status/dev`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "status" / "dev").mkdir(parents=True)
    return make_shop(tmp_path, CONFIG.replace("name: prod,", "name: prod, verify: {health: false},"))


def save(shop: Shop, *objects: dict[str, Any], cluster: str = "dev") -> None:
    """Save what a cluster shows."""
    folder = Path("status") / cluster
    folder.mkdir(exist_ok=True)
    items = [
        json.loads(json.dumps(obj).replace("https://git.example/acme/config.git", shop.repo.url)) for obj in objects
    ]
    (folder / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def waits(**changes: Any) -> dict[str, Any]:
    return changed(kustomization(**changes), {"spec.wait": True})


def test_all_is_wired(shop: Shop) -> None:
    save(shop, waits(), git_repository())
    assert said(shop, "wiring") == []
    assert said(shop, "access") == []


def test_nothing_was_saved(shop: Shop) -> None:
    assert said(shop, "wiring") == []
    assert said(shop, "access") == [
        (
            "problem",
            "dev",
            "status/dev holds no YAML or JSON: save the cluster's objects there, or correct live.files",
        )
    ]


def test_nothing_delivers(shop: Shop) -> None:
    other = changed(git_repository(), {"spec.url": "https://git.example/acme/other.git"})
    save(shop, changed(waits(), {"spec.path": "elsewhere"}), other)
    (finding,) = found(shop, "wiring")
    assert (finding.severity, finding.subject, finding.text) == ("problem", "shop dev in dev", BLIND)
    assert "deliver shop of branch environment/dev there, or name the one that does: object:" in finding.fix


def test_another_branch(shop: Shop) -> None:
    save(shop, waits(), changed(git_repository(), {"spec.ref.branch": "main"}))
    (finding,) = found(shop, "wiring")
    assert finding.text.startswith(BLIND)
    assert finding.text.endswith(f"; {K} delivers shop of branch main")
    assert finding.fix == f"let the source of {K} follow branch environment/dev"


def test_another_path(shop: Shop) -> None:
    save(shop, changed(waits(), {"spec.path": "./shop/overlays"}), git_repository())
    (finding,) = found(shop, "wiring")
    text = f"{BLIND}; {K} delivers shop/overlays of branch environment/dev, which is no slot"
    assert (finding.text, finding.fix) == (text, f"let the path of {K} be shop")


def test_two_deliver(shop: Shop) -> None:
    save(shop, waits(), changed(waits(), {"metadata.name": "again"}), git_repository())
    (finding,) = found(shop, "wiring")
    names = "Kustomization/flux-system/again, Kustomization/flux-system/shop"
    assert finding.text == f"{names} all deliver it: name one in the config"
    assert "object: Kustomization/NAMESPACE/NAME on shop" in finding.fix


@pytest.mark.parametrize(
    ("objects", "severity", "text"),
    [
        ([waits(spec__suspend=True), git_repository()], "warning", f"{K} is suspended"),
        (
            [waits(), changed(git_repository(), {"spec.suspend": True})],
            "warning",
            f"GitRepository/flux-system/config, which {K} comes from, is suspended",
        ),
        (
            [changed(kustomization(), {"spec.wait": None}), git_repository()],
            "note",
            f"{K} does not wait for what it applies",
        ),
        (
            [changed(kustomization(), {"spec.wait": False}), git_repository()],
            "note",
            f"{K} does not wait for what it applies",
        ),
    ],
)
def test_flux_is_not_at_work(shop: Shop, objects: list[dict[str, Any]], severity: str, text: str) -> None:
    save(shop, *objects)
    assert said(shop, "wiring") == [(severity, "shop dev in dev", text)]


def test_health_checks_assess(shop: Shop) -> None:
    checks = [{"kind": "Deployment", "name": "shop", "namespace": "shop"}]
    save(shop, changed(kustomization(), {"spec.wait": None, "spec.healthChecks": checks}), git_repository())
    assert said(shop, "wiring") == []


def test_argo_is_synced_by_hand(shop: Shop) -> None:
    save(shop, changed(application(), {"spec.syncPolicy": None}))
    (finding,) = found(shop, "wiring")
    assert finding.severity == "note"
    assert finding.text.endswith(" is synced by hand")
    save(shop, changed(application(), {"spec.syncPolicy": {"automated": {}}}))
    assert said(shop, "wiring") == []
