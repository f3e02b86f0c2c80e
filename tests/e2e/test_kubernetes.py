"""A release from environment to environment, each verified through a real Kubernetes API."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.delivered import World
from tests.kube.server import Kube


@pytest.fixture
def world(kube: Kube, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return World({"dev": kube, "prod": kube}, tmp_path, capsys)


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
    assert dev["live"]["clusters"][0]["object"] == f"Application/{world.spaces['dev']}/shop-dev"
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
