"""An inventory of real API servers, by kubeconfig context."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.cluster.objects import key_of
from promoter.run.inventory_objects import APPLICATIONS
from tests.cli.fleet import Fleet
from tests.kube.objects_made import delivery
from tests.kube.server import Kube

QUESTION = (
    "select kind, name, verdict, api_group from objects where namespace = ? and application order by api_group, kind"
)


@pytest.fixture
def clusters(kube: Kube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give a namespace with one Application of every kind, and a KUBECONFIG that knows the server as `admin`."""
    namespace = kube.namespace()
    for obj in delivery():
        key = key_of(obj)
        if key is not None and key.group_kind in APPLICATIONS:
            kube.apply(obj, namespace=namespace, shift=True)
    monkeypatch.setenv("KUBECONFIG", str(kube.kubeconfig(tmp_path / "kubeconfig")))
    return namespace


def test_applications_of_every_kind(fleet: Fleet, clusters: str) -> None:
    found = fleet("query", QUESTION, clusters, "--context", "admin", "--json").json["rows"]
    assert {(group, kind) for kind, _, _, group in found} == APPLICATIONS
    assert len(found) == len(APPLICATIONS)
    assert f"HelmRelease/{clusters}/shop" in fleet.ok("inventory", "--context", "admin")


def test_a_context_that_is_not_there_hides_no_other(fleet: Fleet, clusters: str) -> None:
    argv = ("--context", "admin,gone")
    assert len(fleet("query", QUESTION, clusters, *argv, "--json").json["rows"]) == len(APPLICATIONS)
    troubles = fleet("query", "select cluster, trouble is null from reads", *argv, "--json").json["rows"]
    assert troubles == [["admin", 1], ["gone", 0]]
    assert "could not be read\n  gone" in fleet.ok("inventory", *argv)
