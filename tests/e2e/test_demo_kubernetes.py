"""The demo with its clusters on a real API server: the same story, and nothing is written where it could matter."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cluster.api.shown import ApiShown
from promoter.cluster.simulated_objects import git_repository
from promoter.errors import EdgeFailed
from promoter.model.names import Oid
from promoter.model.snapshot import Slot
from tests.cluster.objects_made import LOOKED, SLOT
from tests.kube.api import Json
from tests.kube.server import Private, private

FLUX = ("gitrepositories.source.toolkit.fluxcd.io", "kustomizations.kustomize.toolkit.fluxcd.io")
HELD = re.compile(r"^shop +1\.5\.0 ok +1\.5\.0 ok +1\.4\.2 HELD since 20 Nov +1\.4\.2 ok$", re.MULTILINE)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    with private(tmp_path / "kube", *FLUX) as found:
        monkeypatch.setenv("KUBECONFIG", str(found.kubeconfig()))
        yield found


def one(server: Private, kind: str, environment: str) -> Json:
    """What the server has of one kind in a cluster of the demo."""
    found: Json = server.api("GET", f"/apis/{kind.replace('*', f'namespaces/promoter-demo-{environment}')}")
    assert len(found["items"]) == 1
    only: Json = found["items"][0]
    return only


def test_the_same_story(server: Private, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--plain", "--folder", str(tmp_path / "demo"), "--context", "admin"]) == 0
    told = capsys.readouterr().out
    assert HELD.search(told)
    assert "prod-eu: r2 (1.4.2) is verified: live and healthy" in told
    assert "GitRepository/promoter-demo-dev/shop-dev" in told
    assert told.splitlines()[-1].startswith("32 commands, ")
    for environment, version in (("dev", "1.5.0"), ("prod-eu", "1.4.2")):
        pods = one(server, "apps/v1/*/deployments", environment)
        owner = one(server, "kustomize.toolkit.fluxcd.io/v1/*/kustomizations", environment)
        assert pods["spec"]["template"]["spec"]["containers"][0]["image"] == f"ghcr.io/acme/shop:{version}"
        assert pods["status"]["observedGeneration"] == pods["metadata"]["generation"] > 1
        assert owner["status"]["lastAppliedRevision"].startswith(f"environment/{environment}@sha1:")
    assert not (tmp_path / "demo" / "status").exists()


def begin(environment: str = "dev") -> ApiShown:
    """Begin a demo's cluster as the demo does."""
    found = ApiShown("admin", os.environ, f"promoter-demo-{environment}")
    found.begin()
    return found


def source(slot: Slot, commit: str) -> Json:
    url = "https://git.example/config.git"
    return git_repository(slot, url, f"{slot.branch}@sha1:{Oid(commit)}", LOOKED)


def test_what_an_earlier_demo_left_is_gone(server: Private) -> None:
    shown = begin()
    shown.write("dev.shop", [source(SLOT, "1" * 40)])
    shown.write("dev.shop", [source(SLOT, "2" * 40)])
    shown.settle()
    kind = "source.toolkit.fluxcd.io/v1/*/gitrepositories"
    assert one(server, kind, "dev")["status"]["artifact"]["revision"].endswith("2" * 40)
    again = begin()
    assert again.read("dev.shop") == []
    with pytest.raises(AssertionError):
        one(server, kind, "dev")


NODE: Json = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker"}}
FOREIGN: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "promoter-demo-dev"}}


@pytest.mark.parametrize(
    ("there", "said"),
    [(NODE, "has nodes: its controllers would answer the demo's"), (FOREIGN, "and not of an earlier demo")],
    ids=["nodes", "namespace"],
)
def test_nothing_is_written_where_it_could_matter(server: Private, there: Json, said: str) -> None:
    server.apply(there)
    with pytest.raises(EdgeFailed, match=said):
        begin()
    assert server.get(there)["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") is None


def test_definitions_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with private(tmp_path / "kube", FLUX[0]) as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig()))
        code = main(["demo", "--plain", "--folder", str(tmp_path / "demo"), "--context", "admin"])
    assert code == 1
    assert "serves no kustomizations.kustomize.toolkit.fluxcd.io" in capsys.readouterr().err


def test_a_context_that_is_not_there(server: Private, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--plain", "--folder", str(tmp_path / "demo"), "--context", "none"]) == 1
    assert "there is no context none" in capsys.readouterr().err
