from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promoter.cluster.api.source import KubernetesSource
from promoter.cluster.port import ChangeSource
from promoter.model.verdict import Answer
from tests.cluster.api.clusters import DEPLOYMENTS, KUSTOMIZATIONS, flux, looked, source
from tests.cluster.api.real import RealShop, real_shop, running
from tests.cluster.api.server import Bad, Server, serving, status
from tests.cluster.objects_made import deployment, kustomization
from tests.kube.server import Kube


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        flux(made)
        yield made


@pytest.fixture
def seen(server: Server, tmp_path: Path) -> KubernetesSource:
    """A source that has looked."""
    found = source(server.kubeconfig(tmp_path / "config", "dev-1"))
    assert looked(found, "dev-1")["dev-1"].answer is Answer.SUCCESS
    server.asked.clear()
    return found


def event(kind: str, obj: dict[str, Any], version: str = "101") -> dict[str, Any]:
    return {"type": kind, "object": {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}}


def waited(found: ChangeSource, seconds: float) -> tuple[bool, float]:
    begun = time.monotonic()
    return found.changed(["dev-1"], seconds), time.monotonic() - begun


BOOKMARK: dict[str, Any] = event("BOOKMARK", {"metadata": {}}, "150")
ELSEWHERE = event("MODIFIED", deployment(metadata__name="other"))


@pytest.mark.parametrize(
    "news",
    [
        event("MODIFIED", kustomization()),
        event("DELETED", deployment()),
        event("ADDED", deployment()),
    ],
)
def test_a_change_of_what_was_read(server: Server, seen: KubernetesSource, news: dict[str, Any]) -> None:
    server.events = [[BOOKMARK, ELSEWHERE, news]]
    found, took = waited(seen, 3)
    assert (found, took < 1.5) == (True, True)
    watched = [query for _, query in server.asked if "watch" in query]
    assert watched[0]["resourceVersion"] == "100"
    assert {query["allowWatchBookmarks"] for query in watched} == {"true"}


def test_nothing_happens(server: Server, seen: KubernetesSource) -> None:
    server.events = [[BOOKMARK, ELSEWHERE]] * 3
    found, took = waited(seen, 0.4)
    assert (found, 0.3 < took < 1) == (False, True)
    assert {path.rpartition("/")[2] for path, _ in server.asked} == {"kustomizations", "gitrepositories", "deployments"}


def test_a_watch_that_ends_goes_on_where_it_stood(server: Server, seen: KubernetesSource) -> None:
    server.bad[KUSTOMIZATIONS] = [Bad(403, status(403))] * 50
    server.bad["/gitrepositories"] = [Bad(403, status(403))] * 50
    server.events = [[BOOKMARK]]
    assert waited(seen, 1.2)[0] is False
    versions = [query["resourceVersion"] for path, query in server.asked if path.endswith(DEPLOYMENTS)]
    assert versions[:2] == ["100", "150"]


@pytest.mark.parametrize(
    "forgotten",
    [Bad(410, status(410)), None],
    ids=["at once", "later"],
)
def test_a_moment_that_is_forgotten_is_time_to_look(
    server: Server, seen: KubernetesSource, forgotten: Bad | None
) -> None:
    if forgotten is not None:
        server.bad[KUSTOMIZATIONS] = [forgotten]
    else:
        server.events = [[{"type": "ERROR", "object": {"kind": "Status", "code": 410}}]]
    found, took = waited(seen, 5)
    assert (found, took < 4) == (True, True)


@pytest.mark.parametrize("bad", [Bad(403, status(403)), Bad(500), Bad(200, b'{"type": "MOD', cut=5), Bad(401, b"")])
def test_a_watch_that_fails_is_no_news(server: Server, seen: KubernetesSource, bad: Bad) -> None:
    for kept in server.kept:
        server.bad[f"/{kept.plural}"] = [bad] * 50
    found, took = waited(seen, 0.4)
    assert (found, took < 1) == (False, True)


def test_without_a_look_there_is_nothing_to_watch(server: Server, tmp_path: Path) -> None:
    found = source(server.kubeconfig(tmp_path / "config", "dev-1"))
    assert waited(found, 0.1)[0] is False
    assert server.asked == []


@pytest.fixture
def shop(kube: Kube) -> RealShop:
    return real_shop(kube)


def test_a_real_change_wakes_and_no_other(shop: RealShop) -> None:
    found = shop.source(shop.kube.kubeconfig())
    assert shop.look(found, "admin")["admin"].answer is Answer.SUCCESS
    shop.show(running(metadata__name="other"))
    assert found.changed(["admin"], 1) is False
    later = threading.Timer(0.3, lambda: shop.show(shop.owner(spec__interval="2m0s")))
    later.start()
    begun = time.monotonic()
    assert found.changed(["admin"], 20) is True
    assert time.monotonic() - begun < 10
    later.join()


def test_what_happened_since_the_look_is_not_missed(shop: RealShop) -> None:
    found = shop.source(shop.kube.kubeconfig())
    shop.look(found, "admin")
    shop.show(running(spec__replicas=4))
    assert found.changed(["admin"], 20) is True
