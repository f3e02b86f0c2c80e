"""A fleet with something of everything that an inventory shows: behind, different, unmanaged, unreadable."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from promoter.cluster.objects import Object
from promoter.cluster.simulate import Pace, SimulatedCluster
from tests.cluster.objects_made import application, deployment, git_repository, kustomization
from tests.repos import head
from tests.run.shops import APP, LAYOUT, Shop, make_shop, manifest

OTHER = "https://git.example/acme/other.git"
CONFIG = """\
version: 1
live: {{files: "{folder}/{{cluster}}"}}
environments:
  - {{name: dev, promote: auto}}
  - {{name: prod, promote: auto, clusters: [eu-1, eu-2]}}
  - {{name: lab, after: [], promote: auto}}
{layout}apps: {{shop: {{{app}}}}}
"""


def stocked(root: Path) -> Shop:
    """Give a shop: dev runs 1.3.0; prod has 1.2.0, which eu-2 has not seen; the lab's objects cannot be read."""
    folder = root / "status"
    shop = make_shop(root, CONFIG.format(folder=folder, layout=LAYOUT, app=APP), {"shop/lab/app.yaml": manifest("lab")})
    _first(shop, folder)
    shop.release("1.2.0")
    shop.run()
    see(shop, folder, "dev", "dev")
    shop.run()
    see(shop, folder, "prod", "eu-1")
    shop.release("1.3.0")
    shop.run()
    see(shop, folder, "dev", "dev")
    shop.run()
    alone = [
        application(metadata__name="old", metadata__uid="u-old", spec__source__repoURL=OTHER, status__sync=None),
        kustomization(metadata__name="infra", spec__path="./infra", spec__sourceRef__name="other"),
        git_repository(metadata__name="other", spec__url=OTHER),
        deployment(metadata__name="infra"),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "y"}},
    ]
    (folder / "eu-1" / "alone.json").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": alone}))
    (folder / "lab").mkdir()
    (folder / "lab" / "broken.yaml").write_text("a: [")
    return shop


def _first(shop: Shop, folder: Path) -> None:
    shop.release("1.1.0")
    shop.run()
    see(shop, folder, "dev", "dev")
    shop.run()
    for cluster in ("eu-1", "eu-2"):
        see(shop, folder, "prod", cluster)
    shop.run()


def see(shop: Shop, folder: Path, environment: str, cluster: str) -> None:
    """Let a cluster take over what the environment's branch holds, until it is healthy."""
    ws = shop.workspace()
    slot = ws.app("shop").slots[environment]
    tip = head(shop.repo, slot.branch)
    store = shop.repo.store
    manifests: list[Object] = []
    for _, entry in store.files(store.commit(tip).tree, slot.path):
        manifests += [document for document in yaml.safe_load_all(store.blob(entry.id)) if document]
    simulated = SimulatedCluster(folder / cluster, shop.repo.url, Pace(timedelta(minutes=1)))
    for _ in range(4):
        shop.later(1)
        simulated.see(slot, tip, manifests, shop.now)


def rows(found: Any) -> list[dict[str, Any]]:
    """Give an answer's rows by name."""
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]
