"""A fleet whose clusters are real Kubernetes APIs, with what Argo CD would show there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from promoter.cluster.objects import Object
from promoter.git.repository import Repository
from promoter.model.names import Oid
from tests.cli.fleet import Fleet
from tests.cluster.api.real import running
from tests.cluster.objects_made import application
from tests.kube.server import Kube
from tests.repos import head, make_repo

CONFIG = """\
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
live: {kubernetes: {context: "{cluster}"}}
environments:
  - {name: dev, promote: auto}
  - {name: prod, promote: auto, verify: {within: 30m}}
apps:
  shop: {path: "shop/{environment}", render: plain, images: ["ghcr.io/acme/shop"]}
"""


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """A repository with `apps` for dev and prod, and a server for each cluster; several may be one."""

    def __init__(
        self,
        servers: Mapping[str, Kube],
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        config: str = CONFIG,
        apps: Sequence[str] = ("shop",),
    ) -> None:
        self.servers = servers
        self.spaces = {name: kube.namespace(name) for name, kube in servers.items()}
        self.path = folder / "kubeconfig"
        files = {
            f"{app}/{environment}/app.yaml": yaml.safe_dump(manifest(app, "1.0.0"))
            for app in apps
            for environment in ("dev", "prod")
        }
        self.repo: Repository = make_repo(folder / "fleet.git", {"promoter.yaml": config, **files})
        self.fleet = Fleet(self.repo, capsys)

    def kubeconfig(self, user: str = "admin", **urls: str) -> Path:
        """A kubeconfig with a context for each cluster; `urls` are other ways to some of the servers."""
        ways = {name: (kube, urls.get(name, kube.url)) for name, kube in self.servers.items()}
        return kubeconfig(self.path, ways, user)

    def deliver(self, environment: str, version: str, *, app: str = "shop", cluster: str = "") -> None:
        """Show what Argo CD and the Deployment's controller do with the branch's tip."""
        self.pods(version, app=app, cluster=cluster or environment)
        self.report(environment, app=app, cluster=cluster)

    def report(self, environment: str, *, app: str = "shop", cluster: str = "") -> None:
        """Show what Argo CD says of the branch's tip."""
        commit, now = head(self.repo, f"environment/{environment}"), stamp(self.fleet.now)
        cluster = cluster or environment
        found = self.application(app, environment, cluster, commit, now)
        self.servers[cluster].apply(found, namespace=self.spaces[cluster], shift=True)

    def pods(self, version: str, *, app: str = "shop", cluster: str) -> None:
        """Show the Deployment, all its pods of `version`."""
        made = {**manifest(app, version), "status": running()["status"]} | {"metadata": {"name": app, "generation": 7}}
        self.servers[cluster].apply(made, namespace=self.spaces[cluster], shift=True)

    def application(self, app: str, environment: str, cluster: str, commit: Oid, now: str) -> Object:
        space = self.spaces[cluster]
        source = {"repoURL": self.repo.url, "path": app, "targetRevision": f"environment/{environment}"}
        destination = {"server": "https://kubernetes.default.svc", "namespace": space}
        resource = {"group": "apps", "version": "v1", "kind": "Deployment", "name": app}
        return application(
            metadata__name=f"{app}-{environment}",
            spec__source=source,
            spec__destination=destination,
            status__sync={
                "status": "Synced",
                "revision": commit,
                "comparedTo": {"source": source, "destination": destination},
            },
            status__health={"status": "Healthy", "lastTransitionTime": now},
            status__reconciledAt=now,
            status__operationState={
                "operation": {},
                "phase": "Succeeded",
                "startedAt": now,
                "finishedAt": now,
                "syncResult": {"revision": commit, "source": source},
            },
            status__resources=[{**resource, "namespace": space}],
        )

    def slot(self, environment: str, app: str = "shop") -> dict[str, Any]:
        """What `promoter status` says of `app` there."""
        said = self.fleet("status", app, environment, "--json")
        assert said.code == 0, said.err
        found: dict[str, Any] = said.json["slots"][0]
        return found


def manifest(app: str, version: str) -> dict[str, Any]:
    made = running(metadata__name=app, status=None)
    del made["metadata"]["generation"], made["metadata"]["namespace"]
    made["spec"]["template"]["spec"]["containers"][0]["image"] = f"ghcr.io/acme/{app}:{version}"
    return made


def kubeconfig(path: Path, ways: Mapping[str, tuple[Kube, str]], user: str = "admin") -> Path:
    """Write a kubeconfig with a context of each name, for the server and the URL of its way; give its path."""
    made: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}
    for name, (kube, url) in ways.items():
        own = yaml.safe_load(kube.kubeconfig(user=user).read_text())
        cluster = {**own["clusters"][0]["cluster"], "server": url}
        asking = next(each["user"] for each in own["users"] if each["name"] == user)
        made["clusters"].append({"name": name, "cluster": cluster})
        made["users"].append({"name": name, "user": asking})
        made["contexts"].append({"name": name, "context": {"cluster": name, "user": name}})
    path.write_text(yaml.safe_dump(made))
    return path
