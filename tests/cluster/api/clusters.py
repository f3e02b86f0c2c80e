"""What the tests of the API ask: a shop delivered by Flux, and the source that looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from promoter.cluster.api.connection import Limits
from promoter.cluster.api.source import KubernetesSource
from promoter.model.snapshot import ClusterLive
from tests.cluster.api.server import Server
from tests.cluster.objects_made import (
    LOOKED,
    REPOSITORY,
    application,
    content_at,
    deployment,
    git_repository,
    kustomization,
    wanted,
)

QUICK = Limits(cluster=3, connect=0.3, read=0.5, pause=0.02)
KUSTOMIZATIONS = "/kustomizations"
APPLICATIONS = "/applications"
DEPLOYMENTS = "/deployments"


def flux(server: Server, **changes: Any) -> None:
    """Hold what Flux shows of the shop, at rest; `changes` are the Kustomization's."""
    server.hold("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "kustomizations", kustomization(**changes))
    server.hold("source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepositories", git_repository())
    server.hold("apps/v1", "Deployment", "deployments", deployment())


def argo(server: Server) -> None:
    """Hold what Argo CD shows of the shop, at rest."""
    server.hold("argoproj.io/v1alpha1", "Application", "applications", application())
    server.hold("apps/v1", "Deployment", "deployments", deployment())


def source(kubeconfig: Path, limits: Limits = QUICK, **settings: Any) -> KubernetesSource:
    """Give a source whose clusters are contexts of `kubeconfig`."""
    said = settings or {"context": "{cluster}"}
    return KubernetesSource(said, {"KUBECONFIG": str(kubeconfig)}, REPOSITORY, limits)


def looked(found: KubernetesSource, *clusters: str, **question: Any) -> dict[str, ClusterLive]:
    """Ask about the shop in `clusters`."""
    asked = [wanted(cluster=cluster, **question) for cluster in clusters]
    return {key[2]: live for key, live in found.look(asked, content_at, LOOKED).items()}
