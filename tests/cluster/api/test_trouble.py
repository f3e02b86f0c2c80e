"""What can go wrong at an API server: the cluster's own verdict is unknown with the reason, in bounded time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from promoter.model.verdict import Answer
from tests.certificates import Authority
from tests.cluster.api.clusters import DEPLOYMENTS, KUSTOMIZATIONS, QUICK, flux, looked, source
from tests.cluster.api.server import TOKEN, Bad, Server, serving, status


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        flux(made)
        yield made


@pytest.fixture
def config(server: Server, tmp_path: Path) -> Path:
    return server.kubeconfig(tmp_path / "config", "dev-1", "dev-2")


def answer(config: Path, cluster: float = QUICK.cluster) -> tuple[Answer, str, float]:
    begun = time.monotonic()
    live = looked(source(config, replace(QUICK, cluster=cluster)), "dev-1")["dev-1"]
    return live.answer, live.reason, time.monotonic() - begun


HALF = "is incomplete or no Kubernetes list"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Bad(401, status(401, "Unauthorized")), "does not accept the credentials (401)"),
        (Bad(403, status(403)), "to list kustomizations.kustomize.toolkit.fluxcd.io in all namespaces is forbidden"),
        (Bad(403, b"<html>no</html>"), "is forbidden. What is missing is a ClusterRole with {apiGroups: [kustomize"),
        (Bad(429, status(429)), "has too much to do (429)"),
        (
            Bad(500, status(500, "etcd: no leader")),
            "list kustomizations.kustomize.toolkit.fluxcd.io (500: etcd: no lea",
        ),
        (Bad(503, b"<html>"), "(503)"),
        (Bad(504, b""), "(504)"),
        (Bad(418, b""), "(418)"),
        (Bad(302, b"", (("Location", "https://login.example/"),)), "sends elsewhere (302): that is no Kubernetes API"),
        (Bad(200, b"<html>please log in</html>"), HALF),
        (Bad(200, b"{}"), HALF),
        (Bad(200, b'{"kind": "KustomizationList", "items": 3}'), HALF),
        (Bad(200, b'["a"]'), HALF),
        (Bad(200, b'{"kind": "KustomizationList"}'), HALF),
        (Bad(200, cut=40), HALF),
        (Bad(200, cut=0), HALF),
        (Bad(200, b"\x1f\x8b garbage", (("Content-Encoding", "gzip"),)), HALF),
    ],
)
def test_a_list_that_does_not_come(server: Server, config: Path, bad: Bad, said: str) -> None:
    server.bad[KUSTOMIZATIONS] = [bad] * 9
    found, reason, took = answer(config)
    assert (found, said in reason) == (Answer.UNKNOWN, True), reason
    assert reason.startswith(f"context dev-1 ({server.url.removeprefix('http://')})")
    assert took < 4
    assert len(reason) < 500


@pytest.mark.parametrize(
    "bad",
    [
        Bad(429, status(429), (("Retry-After", "1"),)),
        Bad(500, status(500)),
        Bad(503, status(503), (("Retry-After", "0"),)),
        Bad(200, cut=40),
        Bad(200, b'{"kind": "Kus'),
    ],
)
def test_what_passes_is_waited_for(server: Server, config: Path, bad: Bad) -> None:
    server.bad[KUSTOMIZATIONS] = [bad]
    found, reason, took = answer(config)
    assert found is Answer.SUCCESS, reason
    wait = dict(bad.headers).get("Retry-After", "0")
    assert took >= float(wait)


def test_a_long_retry_after_is_not_waited_for(server: Server, config: Path) -> None:
    server.bad[KUSTOMIZATIONS] = [Bad(429, status(429), (("Retry-After", "3600"),))]
    found, reason, took = answer(config)
    assert (found, "(429)" in reason, took < 1) == (Answer.UNKNOWN, True, True)


def test_lists_that_are_always_forgotten(server: Server, config: Path) -> None:
    server.bad[KUSTOMIZATIONS] = [Bad(410, status(410))] * 9
    found, reason, _ = answer(config)
    assert found is Answer.UNKNOWN
    assert "forgets the list of kustomizations.kustomize.toolkit.fluxcd.io faster than it can be read" in reason


@pytest.mark.parametrize(
    ("bad", "said"),
    [(Bad(stall=30), "does not answer."), (Bad(drip=0.2), "did not answer in 1 s.")],
    ids=["stall", "drip"],
)
def test_a_server_that_hangs(server: Server, config: Path, bad: Bad, said: str) -> None:
    server.bad[KUSTOMIZATIONS] = [bad] * 9
    found, reason, took = answer(config, cluster=1)
    assert (found, said in reason) == (Answer.UNKNOWN, True), reason
    assert took < 4


def test_a_workload_list_that_hangs_is_no_workload_missing(server: Server, config: Path) -> None:
    entries = [{"id": f"{space}_shop_apps_Deployment", "v": "v1"} for space in ("shop", "other")]
    server.kept[0].objects[0]["status"]["inventory"]["entries"] = entries
    server.bad[DEPLOYMENTS] = [Bad(stall=30)]
    found, reason, took = answer(config)
    assert (found, "does not answer" in reason) == (Answer.UNKNOWN, True), reason
    assert took < 3


def test_a_host_that_drops_everything(tmp_path: Path) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        held = [socket.socket() for _ in range(3)]
        for one in held:  # the backlog is full: what comes now is dropped
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        server = Server(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        found, reason, took = answer(server.kubeconfig(tmp_path / "config", "dev-1"))
        for one in held:
            one.close()
    assert (found, "does not answer" in reason) == (Answer.UNKNOWN, True), reason
    assert took < 3


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = Server(f"http://127.0.0.1:{closed.getsockname()[1]}")
        found, reason, _ = answer(server.kubeconfig(tmp_path / "config", "dev-1"))
    assert (found, "cannot be connected to. Look whether it runs" in reason) == (Answer.UNKNOWN, True), reason


def test_a_name_that_nobody_knows(tmp_path: Path) -> None:
    server = Server("https://api.eu-1.invalid:6443")
    found, reason, took = answer(server.kubeconfig(tmp_path / "config", "dev-1"))
    assert found is Answer.UNKNOWN
    assert reason.startswith("context dev-1 (api.eu-1.invalid:6443)")
    assert "name cannot be resolved" in reason or "did not answer in 3 s" in reason
    assert took < 6


@pytest.mark.parametrize(
    ("address", "days", "known", "said"),
    [
        ("127.0.0.1", 1, True, ""),
        ("127.0.0.1", -1, True, "the server's certificate has expired. Renew it"),
        ("127.0.0.2", 1, True, "the server's certificate is for another name"),
        ("127.0.0.1", 1, False, "the server's certificate is of an unknown CA. Give the cluster's CA"),
    ],
)
def test_certificates(tmp_path: Path, address: str, days: int, known: bool, said: str) -> None:
    authority = Authority(tmp_path)
    cluster = {"certificate-authority": str(authority.file)} if known else {}
    with serving(authority.issue(address, days)) as server:
        flux(server)
        found, reason, _ = answer(server.kubeconfig(tmp_path / "config", "dev-1", **cluster))
    if said:
        assert (found, said in reason) == (Answer.UNKNOWN, True), reason
    else:
        assert found is Answer.SUCCESS, reason


def test_no_tls_where_tls_is_expected(server: Server, tmp_path: Path) -> None:
    plain = Server(server.url.replace("http:", "https:"))
    found, reason, _ = answer(plain.kubeconfig(tmp_path / "config", "dev-1"))
    assert (found, "no TLS connection could be made" in reason) == (Answer.UNKNOWN, True), reason


def two(tmp_path: Path, first: Server, second: Server) -> Path:
    """A kubeconfig whose contexts `good` and `bad` lead to two servers."""
    clusters: list[dict[str, Any]] = [
        {"name": name, "cluster": {"server": server.url}} for name, server in (("good", first), ("bad", second))
    ]
    contexts = [{"name": name, "context": {"cluster": name, "user": "kim"}} for name in ("good", "bad")]
    users = [{"name": "kim", "user": {"token": TOKEN}}]
    path = tmp_path / "two"
    path.write_text(yaml.safe_dump({"clusters": clusters, "contexts": contexts, "users": users}))
    return path


@pytest.mark.parametrize("bad", [Bad(stall=30), Bad(500, b""), Bad(401, b""), Bad(200, cut=3), Bad(drip=0.3)])
def test_one_cluster_never_speaks_for_another(server: Server, tmp_path: Path, bad: Bad) -> None:
    with serving() as other:
        flux(other)
        other.bad["/apis"] = [bad] * 9
        begun = time.monotonic()
        live = looked(source(two(tmp_path, server, other), replace(QUICK, cluster=1.5)), "good", "bad")
    assert live["good"].answer is Answer.SUCCESS
    assert live["bad"].answer is Answer.UNKNOWN
    assert time.monotonic() - begun < 4


def test_a_cluster_that_hangs_costs_its_time_once(server: Server, config: Path) -> None:
    server.bad["/apis"] = [Bad(stall=30)] * 9
    found = source(config)
    first = looked(found, "dev-1")["dev-1"]
    begun = time.monotonic()
    again = looked(found, "dev-1")["dev-1"]
    assert (again, time.monotonic() - begun < 0.2) == (first, True)
    server.bad.clear()
    rested = source(config, replace(QUICK, rest=0))
    assert looked(rested, "dev-1")["dev-1"].answer is Answer.SUCCESS


def test_reasons_stay_the_same(server: Server, config: Path) -> None:
    for bad in (Bad(stall=30), Bad(200, cut=30), Bad(500, status(500, "took 1.5s after 30.02s"))):
        server.bad[KUSTOMIZATIONS] = [bad] * 9
        first, second = answer(config)[:2], answer(config)[:2]
        assert first == second
