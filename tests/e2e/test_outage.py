"""A real API server that dies or hangs in the middle of an answer: it alone is unknown, and all else goes on."""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path

import pytest

from promoter.cluster.api.connection import Limits
from promoter.model.verdict import Answer
from tests.cluster.api.passage import passage
from tests.cluster.api.real import real_shop, running
from tests.cluster.objects_made import application
from tests.e2e.delivered import CONFIG, World, kubeconfig
from tests.kube.server import Kube, Private

TWO = (
    CONFIG.replace("{name: dev,", "{name: dev, clusters: [good],").replace(
        "{name: prod,", "{name: prod, clusters: [good, bad],"
    )
    + '  cart: {path: "cart/{environment}", render: plain, images: ["ghcr.io/acme/cart"]}\n'
)
MIDDLE = 300_000
"""Bytes: far behind what an idle server tells, and far before the end of the list."""
QUICK = Limits(cluster=4, connect=0.5, read=0.7, rest=0, pause=0.05)


def crowd(server: Kube, namespace: str) -> None:
    """Fill the list of Applications with a megabyte that cannot be packed."""
    server.apply_all(
        [
            application(
                metadata__name=f"other-{number}",
                metadata__annotations={"example.com/noise": secrets.token_hex(12_000)},
                spec__source={"repoURL": "https://git.example/other.git", "path": "x", "targetRevision": "main"},
                status=None,
            )
            for number in range(80)
        ],
        namespace=namespace,
        shift=True,
    )


def test_a_server_that_dies_in_the_middle_of_a_list(
    kube: Kube, own_kube: Private, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World({"good": kube, "bad": own_kube}, tmp_path, capsys, TWO, ("shop", "cart"))
    fleet = world.fleet
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig()))
    fleet.ok("release", "shop", "1.4.2")
    fleet.ok("run")
    world.deliver("dev", "1.4.2", cluster="good")
    fleet.later(minutes=2)
    fleet.ok("run")
    for cluster in ("good", "bad"):
        world.deliver("prod", "1.4.2", cluster=cluster)
    world.deliver("dev", "1.0.0", app="cart", cluster="good")
    crowd(own_kube, world.spaces["bad"])
    fleet.later(minutes=2)
    with passage(own_kube.url, MIDDLE, own_kube.kill) as way:
        world.kubeconfig(bad=way.url)
        begun = time.monotonic()
        said = fleet("run", "--exit-code")
        took = time.monotonic() - begun
        assert way.done.is_set()
        assert (said.code, took < 20) == (11, True), said
        assert "cart  dev: r1 (1.0.0) is verified" in said.out
        clusters = {one["cluster"]: one for one in world.slot("prod")["live"]["clusters"]}
    assert clusters["good"]["verdict"] == "success", clusters["good"]
    assert clusters["bad"]["verdict"] == "unknown"
    assert clusters["bad"]["reason"].startswith("context bad (127.0.0.1:")
    assert world.slot("prod", "cart")["active"]["release"] == "r1"
    world.kubeconfig()
    assert (fleet("run").code, world.slot("prod")["state"] == "current") == (0, False)
    own_kube.revive()
    fleet.ok("run", "shop")
    assert world.slot("prod")["state"] == "current"


@pytest.mark.parametrize(("how", "said"), [("kill", "no TLS connection could be made"), ("pause", "does not answer")])
def test_the_reason_is_told_in_bounded_time(own_kube: Private, tmp_path: Path, how: str, said: str) -> None:
    shop = real_shop(own_kube)
    crowd(own_kube, shop.namespace)
    with passage(own_kube.url, MIDDLE, getattr(own_kube, how)) as way:
        source = shop.source(kubeconfig(tmp_path / "config", {"admin": (own_kube, way.url)}), QUICK)
        begun = time.monotonic()
        live = shop.look(source, "admin")["admin"]
        took = time.monotonic() - begun
        assert way.done.is_set()
    assert (live.answer, said in live.reason) == (Answer.UNKNOWN, True), live.reason
    assert took < 8
    if how == "pause":
        own_kube.resume()
    else:
        own_kube.revive()
    assert shop.look(shop.source(own_kube.kubeconfig()), "admin")["admin"].answer is Answer.SUCCESS


@pytest.mark.parametrize("how", ["kill", "pause"])
def test_a_watch_that_is_cut_is_no_news_and_hides_none(kube: Kube, own_kube: Private, tmp_path: Path, how: str) -> None:
    shop = real_shop(kube)
    real_shop(own_kube, shop.namespace)
    config = kubeconfig(tmp_path / "config", {"good": (kube, kube.url), "bad": (own_kube, own_kube.url)})
    source = shop.source(config, QUICK)
    live = shop.look(source, "good", "bad")
    assert {one.answer for one in live.values()} == {Answer.SUCCESS}, live
    threading.Timer(0.4, getattr(own_kube, how)).start()
    begun = time.monotonic()
    assert source.changed(["good", "bad"], 2) is False
    assert 1.9 < time.monotonic() - begun < 4
    later = threading.Timer(0.3, lambda: shop.show(running(spec__replicas=4)))
    later.start()
    begun = time.monotonic()
    assert source.changed(["good", "bad"], 20) is True
    later.join()
    assert time.monotonic() - begun < 5
    live = shop.look(source, "good", "bad")
    assert (live["good"].answer, live["bad"].answer) == (Answer.PENDING, Answer.UNKNOWN), live
    assert time.monotonic() - begun < 12
    if how == "pause":
        own_kube.resume()
