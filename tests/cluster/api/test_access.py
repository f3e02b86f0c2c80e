"""What is tried of an API server, over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.cluster.access import Access, AccessSource
from promoter.cluster.api.kinds import KINDS
from promoter.cluster.place import Place
from promoter.run.open import utc_now
from tests.cluster.api.clusters import APPLICATIONS, DEPLOYMENTS, argo, flux, source
from tests.cluster.api.server import TOKEN, Bad, Server, serving, status


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def config(server: Server, tmp_path: Path) -> Path:
    return server.kubeconfig(tmp_path / "config", "dev-1", "dev-2")


def tried(config: Path, *clusters: str) -> list[Access]:
    found = source(config)
    assert isinstance(found, AccessSource)
    return list(found.access([Place(name, "dev", "shop") for name in clusters], KINDS.keys(), utc_now))


def test_one_object_of_each_kind_is_asked_for(server: Server, config: Path) -> None:
    flux(server)
    (found,) = tried(config, "dev-1")
    assert (found.trouble, found.forbidden, found.broken, found.missing) == ("", (), (), "")
    assert found.clusters == ("dev-1",)
    assert found.skew is not None
    assert abs(found.skew) < timedelta(seconds=30)
    assert KINDS.keys() - found.absent == {
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        ("source.toolkit.fluxcd.io", "GitRepository"),
        ("apps", "Deployment"),
    }
    assert {query["limit"] for path, query in server.asked if path in server.lists()} == {"1"}


def test_what_is_forbidden_and_what_is_broken(server: Server, config: Path) -> None:
    flux(server)
    argo(server)
    server.bad[APPLICATIONS] = [Bad(403, status(403))] * 3
    server.bad[DEPLOYMENTS] = [Bad(500, status(500, f"etcd of {TOKEN}"))] * 3
    (found,) = tried(config, "dev-1")
    assert found.forbidden == (("argoproj.io", "Application"),)
    assert found.missing == (
        "a ClusterRole with {apiGroups: [argoproj.io], resources: [applications], verbs: [get, list, watch]}"
    )
    (sentence,) = found.broken
    assert "could not list deployments.apps (500" in sentence
    assert TOKEN not in sentence


def test_a_server_that_says_no_to_everything_still_tells_the_time(server: Server, config: Path) -> None:
    server.bad["/version"] = [Bad(403, status(403))]
    flux(server)
    (found,) = tried(config, "dev-1")
    assert found.skew is not None
    assert found.trouble == ""


@pytest.mark.parametrize(("code", "said"), [(401, "does not accept the credentials (401)"), (302, "sends elsewhere")])
def test_one_that_cannot_be_asked_is_no_other(server: Server, config: Path, code: int, said: str) -> None:
    flux(server)
    server.bad["/apis"] = [Bad(code, status(code))]
    found = tried(config, "dev-1", "gone")
    assert [one.where.partition(" (")[0] for one in found] == ["context dev-1", "context gone"]
    assert [bool(one.fix) for one in found] == [True, True]
    assert said in found[0].trouble
    assert found[1].trouble.startswith("there is no context gone in ")
