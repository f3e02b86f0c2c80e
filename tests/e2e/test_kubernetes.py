"""A release from environment to environment, each verified through a real Kubernetes API."""

from __future__ import annotations

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
    """A fleet, and the API server that both its clusters are."""

    def __init__(self, kube: Kube, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.kube = kube
        self.spaces = {name: kube.namespace(name) for name in ("dev", "prod")}
        files = {f"shop/{name}/app.yaml": yaml.safe_dump(self.manifest(name, "1.0.0")) for name in self.spaces}
        self.repo: Repository = make_repo(folder / "fleet.git", {"promoter.yaml": CONFIG, **files})
        self.fleet = Fleet(self.repo, capsys)

    def manifest(self, environment: str, version: str) -> dict[str, Any]:
        made = running(metadata__namespace=self.spaces[environment], status=None)
        made["metadata"].pop("generation")
        made["spec"]["template"]["spec"]["containers"][0]["image"] = f"ghcr.io/acme/shop:{version}"
        return made

    def kubeconfig(self, user: str) -> Path:
        """A kubeconfig with a context for each cluster."""
        path = self.kube.kubeconfig(user=user)
        made = yaml.safe_load(path.read_text())
        made["contexts"] = [{"name": name, "context": {"cluster": "test", "user": user}} for name in self.spaces]
        path.write_text(yaml.safe_dump(made))
        return path

    def deliver(self, environment: str, version: str) -> None:
        """Show what Argo CD and the Deployment's controller do with the branch's tip."""
        commit, now = head(self.repo, f"environment/{environment}"), stamp(self.fleet.now)
        space = self.spaces[environment]
        for obj in (self.application(environment, commit, now), self.pods(environment, version)):
            self.kube.apply(obj, namespace=space, shift=True)

    def pods(self, environment: str, version: str) -> Object:
        return {**self.manifest(environment, version), "status": running()["status"]} | {
            "metadata": {"name": "shop", "generation": 7}
        }

    def application(self, environment: str, commit: Oid, now: str) -> Object:
        source = {"repoURL": self.repo.url, "path": "shop", "targetRevision": f"environment/{environment}"}
        destination = {"server": "https://kubernetes.default.svc", "namespace": self.spaces[environment]}
        resource = {"group": "apps", "version": "v1", "kind": "Deployment", "name": "shop"}
        return application(
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
            status__resources=[{**resource, "namespace": self.spaces[environment]}],
        )

    def slot(self, environment: str) -> dict[str, Any]:
        """What `promoter status` says of the shop there."""
        said = self.fleet("status", "shop", environment, "--json")
        assert said.code == 0, said.err
        found: dict[str, Any] = said.json["slots"][0]
        return found


@pytest.fixture
def world(kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return World(kube, tmp_path, capsys)


def test_a_release_is_verified_by_what_the_clusters_say(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig("admin")))
    world.fleet.ok("release", "shop", "1.4.2")
    world.fleet.ok("run")
    first = world.slot("dev")["live"]["clusters"][0]
    assert (first["verdict"], first["reason"]) == ("unknown", "nothing delivers shop of branch environment/dev")
    world.deliver("dev", "1.4.2")
    world.fleet.later(minutes=2)
    world.fleet.ok("run")
    dev = world.slot("dev")
    assert (dev["state"], dev["live"]["verdict"]) == ("current", "success")
    assert dev["live"]["clusters"][0]["object"] == f"Application/{world.spaces['dev']}/shop"
    assert world.slot("prod")["active"]["release"] == "r1"
    assert world.slot("prod")["state"] != "current"
    world.deliver("prod", "1.4.2")
    world.fleet.later(minutes=2)
    world.fleet.ok("run")
    assert world.slot("prod")["state"] == "current"
    assert world.fleet.ok("wait", "shop", "prod", "r1") == "shop r1 is verified in prod\n"


def test_the_wrong_image_is_not_live(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig("admin")))
    world.fleet.ok("release", "shop", "1.4.2")
    world.fleet.ok("run")
    world.deliver("dev", "1.0.0")
    world.fleet.later(minutes=2)
    world.fleet.ok("run")
    live = world.slot("dev")["live"]
    assert (live["verdict"], "1.0.0 runs, not" in live["clusters"][0]["reason"]) == ("pending", True)


def test_without_rights_nothing_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig("nobody")))
    world.fleet.ok("release", "shop", "1.4.2")
    world.fleet.ok("run")
    world.deliver("dev", "1.4.2")
    world.fleet.later(minutes=2)
    world.fleet.ok("run")
    cluster = world.slot("dev")["live"]["clusters"][0]
    assert (cluster["verdict"], "verbs: [get, list, watch]" in cluster["reason"]) == ("unknown", True)
    assert world.slot("prod")["active"] is None
