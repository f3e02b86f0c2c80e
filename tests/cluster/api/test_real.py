"""A real API server: what is read, with which rights, and what happens when it stops."""

from __future__ import annotations

import time
from typing import Any

import pytest

from promoter.cluster.api.connection import Limits
from promoter.cluster.api.rbac import rules
from promoter.model.verdict import Answer
from tests.cluster.api.real import RealShop, real_shop, running
from tests.cluster.objects_made import application, flux, kustomization
from tests.kube.api import Api, Refused
from tests.kube.server import Kube, Private


@pytest.fixture
def shop(kube: Kube) -> RealShop:
    return real_shop(kube)


def test_what_runs(shop: RealShop) -> None:
    config = shop.kube.kubeconfig()
    live = shop.look(shop.source(config), "admin", "certificate", "nobody")
    assert live["admin"].answer is Answer.SUCCESS, live["admin"].reason
    assert live["certificate"].answer is Answer.SUCCESS, live["certificate"].reason
    assert live["admin"].images == ("ghcr.io/acme/shop:1.4.2",)
    assert live["nobody"].answer is Answer.UNKNOWN
    assert "forbidden for nobody. What is missing is" in live["nobody"].reason


def test_what_changes_is_seen_by_the_next_look(shop: RealShop) -> None:
    source = shop.source(shop.kube.kubeconfig())
    assert shop.look(source, "admin")["admin"].answer is Answer.SUCCESS
    shop.show(shop.owner(status__lastAppliedRevision=flux("1" * 40)))
    assert shop.look(source, "admin")["admin"].answer is Answer.PENDING
    shop.show(shop.owner())
    shop.kube.delete(running(), namespace=shop.namespace)
    shop.show(shop.owner(spec__wait=False, status__conditions=[]))
    assert shop.look(source, "admin")["admin"].answer is not Answer.SUCCESS


def test_the_printed_role_reads_and_writes_nothing(shop: RealShop) -> None:
    reader = shop.kube.restrict(rules())
    config = shop.kube.kubeconfig(user=reader)
    live = shop.look(shop.source(config), reader.name)[reader.name]
    assert live.answer is Answer.SUCCESS, live.reason
    api = Api(shop.kube.url, shop.kube.ca_file, reader.token)
    path = f"/apis/apps/v1/namespaces/{shop.namespace}/deployments"
    api("GET", f"{path}/shop")
    for verb, where, body in (
        ("POST", path, running(metadata__name="more", metadata__namespace=shop.namespace)),
        ("DELETE", f"{path}/shop", None),
        ("GET", f"/api/v1/namespaces/{shop.namespace}/secrets", None),
        ("GET", f"/api/v1/namespaces/{shop.namespace}/configmaps", None),
    ):
        with pytest.raises(Refused):
            api(verb, where, body)
    api.close()


def lacking(rule: str) -> list[dict[str, Any]]:
    """The printed rules without one resource."""
    found = [{**one, "resources": [name for name in one["resources"] if name != rule]} for one in rules()]
    return [one for one in found if one["resources"]]


@pytest.mark.parametrize("resource", ["kustomizations", "gitrepositories", "deployments", "helmreleases"])
def test_every_rule_that_is_needed_is_needed(shop: RealShop, resource: str) -> None:
    reader = shop.kube.restrict(lacking(resource))
    live = shop.look(shop.source(shop.kube.kubeconfig(user=reader)), reader.name)[reader.name]
    assert live.answer is Answer.UNKNOWN
    assert f"resources: [{resource}], verbs: [get, list, watch]" in live.reason


def test_a_rule_for_what_is_not_there_is_not_missed(shop: RealShop) -> None:
    reader = shop.kube.restrict(lacking("canaries"))
    live = shop.look(shop.source(shop.kube.kubeconfig(user=reader)), reader.name)[reader.name]
    assert live.answer is Answer.SUCCESS, live.reason


def test_rights_in_one_namespace(shop: RealShop) -> None:
    reader = shop.kube.restrict(rules(), namespace=shop.namespace)
    config = shop.kube.kubeconfig(user=reader)
    assert shop.look(shop.source(config), reader.name)[reader.name].answer is Answer.UNKNOWN
    source = shop.source(config, namespaces=(shop.namespace,))
    live = shop.look(source, reader.name)[reader.name]
    assert live.answer is Answer.SUCCESS, live.reason


def test_more_objects_than_a_page(shop: RealShop) -> None:
    shop.kube.apply_all(
        [application(metadata__name=f"app-{number}", status=None) for number in range(530)],
        namespace=shop.namespace,
        shift=True,
    )
    source = shop.source(shop.kube.kubeconfig(), namespaces=(shop.namespace,))
    listed = source.listed(["admin"], frozenset({("argoproj.io", "Application")}))[0]
    names = {obj["metadata"]["name"] for obj in listed.objects}
    assert (listed.trouble, names) == ("", {f"app-{number}" for number in range(530)})
    assert all(obj["kind"] == "Application" and "managedFields" not in obj["metadata"] for obj in listed.objects)
    assert shop.look(source, "admin")["admin"].answer is Answer.SUCCESS


def test_two_that_deliver_the_same(shop: RealShop) -> None:
    shop.show({**shop.owner(), "metadata": kustomization(metadata__name="twin")["metadata"]})
    live = shop.look(shop.source(shop.kube.kubeconfig()), "admin")["admin"]
    assert (live.answer, "all deliver it: name one in the config" in live.reason) == (Answer.UNKNOWN, True)


def test_a_server_that_stops_and_comes_back(own_kube: Private) -> None:
    shop = real_shop(own_kube)
    source = shop.source(own_kube.kubeconfig(), Limits(cluster=3, connect=0.5, read=0.7, rest=0, pause=0.05))
    assert shop.look(source, "admin")["admin"].answer is Answer.SUCCESS
    own_kube.pause()
    begun = time.monotonic()
    paused = shop.look(source, "admin")["admin"]
    assert (paused.answer, "does not answer" in paused.reason) == (Answer.UNKNOWN, True), paused.reason
    assert time.monotonic() - begun < 4
    own_kube.resume()
    assert shop.look(source, "admin")["admin"].answer is Answer.SUCCESS
