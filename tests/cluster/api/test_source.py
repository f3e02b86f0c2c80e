from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.model.verdict import Answer
from tests.cluster.api.clusters import APPLICATIONS, DEPLOYMENTS, KUSTOMIZATIONS, argo, flux, looked, source
from tests.cluster.api.server import TOKEN, Bad, Server, serving, status
from tests.cluster.objects_made import condition, deployment


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def config(server: Server, tmp_path: Path) -> Path:
    return server.kubeconfig(tmp_path / "config", "dev-1", "dev-2")


@pytest.mark.parametrize("shape", [flux, argo])
@pytest.mark.parametrize("aggregated", [True, False])
def test_what_runs(server: Server, config: Path, shape: object, aggregated: bool) -> None:
    assert callable(shape)
    shape(server)
    server.aggregated = aggregated
    live = looked(source(config), "dev-1")["dev-1"]
    assert live.answer is Answer.SUCCESS, live.reason
    assert live.images == ("ghcr.io/acme/shop:1.4.2",)


def test_what_is_packed_is_unpacked(server: Server, config: Path) -> None:
    flux(server)
    server.zips = True
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS


def test_every_list_is_asked_for_once_for_all_slots_of_a_cluster(server: Server, config: Path) -> None:
    flux(server)
    looked(source(config), "dev-1")
    once = len(server.asked)
    server.asked.clear()
    asked = source(config, context="dev-1")
    looked(asked, "dev-1", "dev-2")
    assert len(server.asked) == once
    assert all("resourceVersion" not in query for _, query in server.asked)
    assert server.lists() == [
        "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations",
        "/apis/source.toolkit.fluxcd.io/v1/gitrepositories",
        "/apis/apps/v1/namespaces/shop/deployments",
    ]


def test_of_many_namespaces_a_kind_is_listed_everywhere(server: Server, config: Path) -> None:
    spaces = [f"shop-{number}" for number in range(9)]
    entries = [{"id": f"{space}_shop_apps_Deployment", "v": "v1"} for space in spaces]
    flux(server, status__inventory__entries=entries)
    server.kept[2].objects = [deployment(metadata__namespace=space) for space in spaces]
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS
    assert len([path for path in server.lists() if "deployments" in path]) == 4
    assert server.lists()[-1] == "/apis/apps/v1/deployments"


def test_pages_are_put_together(server: Server, config: Path) -> None:
    flux(server)
    others = [deployment(metadata__name=f"other-{number}") for number in range(11)]
    server.kept[2].objects = [*others, deployment()]
    server.page = 5
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS
    assert [query for path, query in server.asked if path.endswith(DEPLOYMENTS)] == [
        {"limit": "500"},
        {"limit": "500", "continue": "5"},
        {"limit": "500", "continue": "10"},
    ]


def test_a_list_that_was_forgotten_between_two_pages_begins_again(server: Server, config: Path) -> None:
    flux(server)
    server.kept[0].objects *= 3
    server.page = 1
    server.bad[KUSTOMIZATIONS] = [Bad(), Bad(410, status(410, "The provided continue parameter is too old"))]
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS
    asked = [query.get("continue") for path, query in server.asked if path.endswith(KUSTOMIZATIONS)]
    assert asked == [None, "1", None, "1", "2"]


def test_a_workload_that_is_not_well(server: Server, config: Path) -> None:
    flux(server)
    late = condition("Progressing", "False", "ProgressDeadlineExceeded")
    server.kept[2].objects = [deployment(status__conditions=[late])]
    live = looked(source(config), "dev-1")["dev-1"]
    assert (live.answer, "did not come up in time" in live.reason) == (Answer.FAILURE, True)


def test_an_object_named_by_the_config_needs_only_its_kind(server: Server, config: Path) -> None:
    flux(server)
    argo(server)
    server.bad[APPLICATIONS] = [Bad(403, status(403))] * 9
    live = looked(source(config), "dev-1", object="Kustomization/flux-system/shop")["dev-1"]
    assert live.answer is Answer.SUCCESS
    assert not [path for path in server.lists() if path.endswith(APPLICATIONS)]


def test_a_kind_that_could_own_and_may_not_be_listed(server: Server, config: Path) -> None:
    flux(server)
    argo(server)
    said = 'applications.argoproj.io is forbidden: User "ci:promoter" cannot list resource "applications"'
    server.bad[APPLICATIONS] = [Bad(403, status(403, said))] * 9
    live = looked(source(config), "dev-1")["dev-1"]
    assert live.answer is Answer.UNKNOWN
    assert live.reason.endswith(
        "to list applications.argoproj.io in all namespaces is forbidden for ci:promoter. What is missing is a "
        "ClusterRole with {apiGroups: [argoproj.io], resources: [applications], verbs: [get, list, watch]}; promoter "
        "rbac prints all of it."
    )


def test_a_kind_that_is_not_needed_may_be_forbidden(server: Server, config: Path) -> None:
    flux(server)
    server.hold("flagger.app/v1beta1", "Canary", "canaries")
    server.bad["/canaries"] = [Bad(403, status(403))] * 9
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS


@pytest.mark.parametrize("end", ["/gitrepositories", DEPLOYMENTS])
def test_what_explains_an_owner_may_not_be_listed(server: Server, config: Path, end: str) -> None:
    flux(server)
    server.bad[end] = [Bad(403, status(403))] * 9
    live = looked(source(config), "dev-1")["dev-1"]
    assert live.answer is Answer.UNKNOWN
    assert f"to list {end[1:]}." in live.reason
    assert "verbs: [get, list, watch]" in live.reason


def test_nothing_installed_delivers_nothing(server: Server, config: Path) -> None:
    server.hold("apps/v1", "Deployment", "deployments")
    live = looked(source(config), "dev-1")["dev-1"]
    assert (live.answer, live.reason) == (Answer.UNKNOWN, "nothing delivers shop of branch environment/dev")


def test_a_kind_that_goes_away_meanwhile_is_none(server: Server, config: Path) -> None:
    flux(server)
    argo(server)
    server.bad[APPLICATIONS] = [Bad(404, b"404 page not found\n")]
    assert looked(source(config), "dev-1")["dev-1"].answer is Answer.SUCCESS


def test_only_the_namespaces_that_are_named(server: Server, config: Path) -> None:
    flux(server)
    found = source(config, context="{cluster}", namespaces=("flux-system", "shop"))
    assert looked(found, "dev-1")["dev-1"].answer is Answer.SUCCESS
    assert all("/namespaces/" in path for path in server.lists())
    outside = looked(source(config, context="{cluster}", namespaces=("flux-system",)), "dev-1")["dev-1"]
    assert outside.answer is Answer.UNKNOWN
    assert "Deployment/shop/shop is outside the namespaces that are read" in outside.reason


def test_everything_of_some_kinds(server: Server, config: Path) -> None:
    flux(server)
    server.bad[KUSTOMIZATIONS] = [Bad(403, status(403))]
    kinds = frozenset({("apps", "Deployment"), ("kustomize.toolkit.fluxcd.io", "Kustomization"), ("none", "Such")})
    first, second, third = source(config).listed(["dev-1", "gone", "dev-2"], kinds)
    assert [len(each.objects) for each in (first, second, third)] in ([1, 0, 2], [2, 0, 1])
    assert sum("is forbidden" in each.trouble for each in (first, third)) == 1
    assert second.trouble.startswith("there is no context gone in ")


def test_the_token_is_sent_and_said_nowhere(server: Server, config: Path) -> None:
    flux(server)
    for code in (401, 403, 500):
        server.bad["/apis"] = [Bad(code, status(code, f"who is {TOKEN}"))] * 3
        live = looked(source(config), "dev-1")["dev-1"]
        assert live.answer is Answer.UNKNOWN
        assert TOKEN not in live.reason
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {TOKEN}"}
    assert {headers["accept-encoding"] for headers in server.headers} == {"gzip"}
