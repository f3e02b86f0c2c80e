"""The shop, delivered by Flux, on a real API server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promoter.cluster.api.connection import STANDARD, Limits
from promoter.cluster.api.source import KubernetesSource
from promoter.cluster.port import Wanted
from promoter.model.snapshot import ClusterLive
from tests.cluster.objects_made import (
    LOOKED,
    NOW,
    SLOT,
    at,
    content_at,
    deployment,
    flux,
    git_repository,
    kustomization,
    wanted,
)
from tests.kube.server import Kube


@dataclass(frozen=True)
class RealShop:
    """A namespace of its own, which is the slot's path and the repository's name as well: nobody else delivers it."""

    kube: Kube
    namespace: str

    @property
    def repository(self) -> str:
        return f"https://git.example/{self.namespace}/config.git"

    def question(self, cluster: str) -> Wanted:
        return wanted(cluster=cluster, slot=replace(SLOT, path=self.namespace))

    def owner(self, **changes: Any) -> dict[str, Any]:
        entries = [{"id": f"{self.namespace}_shop_apps_Deployment", "v": "v1"}]
        return kustomization(spec__path=f"./{self.namespace}", status__inventory__entries=entries, **changes)

    def show(self, *objects: Mapping[str, Any]) -> None:
        """Write objects as their controllers would."""
        for obj in objects:
            self.kube.apply(obj, namespace=self.namespace, shift=True)

    def source(self, config: Path, limits: Limits = STANDARD, **settings: Any) -> KubernetesSource:
        said = {"context": "{cluster}", **settings}
        return KubernetesSource(said, {"KUBECONFIG": str(config)}, self.repository, limits)

    def look(self, source: KubernetesSource, *clusters: str) -> dict[str, ClusterLive]:
        found = source.look([self.question(cluster) for cluster in clusters], content_at, LOOKED)
        return {key[2]: live for key, live in found.items()}


def running(**changes: Any) -> dict[str, Any]:
    """Give the Deployment, whole enough for a server that validates."""
    labels = {"app": "shop"}
    return deployment(spec__selector={"matchLabels": labels}, spec__template__metadata={"labels": labels}, **changes)


def real_shop(kube: Kube, namespace: str = "") -> RealShop:
    """Make a shop that is live and healthy; with `namespace` the one that another server has."""
    if namespace:
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    made = RealShop(kube, namespace or kube.namespace())
    artifact = {
        "revision": flux(NOW),
        "lastUpdateTime": at(4),
        "digest": f"sha256:{'a' * 64}",
        "path": "gitrepository/config.tar.gz",
        "url": "http://source-controller.flux-system.svc.cluster.local./gitrepository/config.tar.gz",
    }
    source = git_repository(spec__url=made.repository, status__artifact=artifact)
    made.show(source, made.owner(), running())
    return made
