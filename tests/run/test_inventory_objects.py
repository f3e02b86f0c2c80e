from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.api.kinds import KINDS
from promoter.cluster.objects import Object
from promoter.cluster.port import Listed
from promoter.policy.load import Loaded
from promoter.policy.rules import Config
from promoter.run.inventory_database import add_rows, new_database
from promoter.run.inventory_objects import APPLICATIONS, Only, kinds_of, object_rows
from promoter.run.inventory_schema import TABLES
from tests.cluster.objects_made import LOOKED, REPOSITORY, application, deployment, git_repository, kustomization
from tests.kube.objects_made import delivery
from tests.policy.trees import load_files

CONFIG = """\
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
live: {files: status}
environments: [{name: dev, clusters: [dev-1, dev-2]}, {name: prod, clusters: [eu-1]}]
apps:
  shop: {path: "shop/{environment}"}
  cart: {path: "cart/{environment}", object: "Application/argocd/cart-{environment}"}
"""


@pytest.fixture(scope="module")
def config() -> Config:
    sources = {f"{app}/{name}/app.yaml": "" for app in ("shop", "cart") for name in ("dev", "prod")}
    loaded = load_files({"promoter.yaml": CONFIG, **sources})
    assert isinstance(loaded, Loaded)
    return loaded.config


def rows(config: Config | None, *read: Listed, table: str = "objects", only: Only = None) -> list[dict[str, Any]]:
    found = object_rows(config, read, REPOSITORY, LOOKED, only)[table]
    return [dict(zip(TABLES[table].names, row, strict=True)) for row in found]


def belongs(found: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], tuple[str, str] | None]:
    return {
        (row["cluster"], row["kind"], row["name"]): (row["app"], row["environment"]) if row["app"] else None
        for row in found
    }


def prod(**changes: Any) -> list[Object]:
    source = git_repository(spec__ref__branch="environment/prod", metadata__name="prod")
    owner = kustomization(metadata__name="shop-prod", spec__sourceRef__name="prod", **changes)
    return [owner, source]


def test_what_delivers_a_slot_belongs_to_it_and_what_that_applied(config: Config) -> None:
    applied = {"entries": [{"id": "x_more_kustomize.toolkit.fluxcd.io_Kustomization", "v": "v1"}]}
    more = kustomization(metadata={"name": "more", "namespace": "x", "generation": 3}, spec__path="elsewhere")
    listed = Listed("eu-1", (*prod(status__inventory=applied), more, deployment(), kustomization()))
    assert belongs(rows(config, listed)) == {
        ("eu-1", "Kustomization", "shop-prod"): ("shop", "prod"),
        ("eu-1", "Kustomization", "more"): ("shop", "prod"),
        ("eu-1", "Deployment", "shop"): ("shop", "prod"),
        ("eu-1", "Kustomization", "shop"): None,
        ("eu-1", "GitRepository", "prod"): None,
    }


def test_what_runs_in_another_cluster_belongs_to_nobody_here(config: Config) -> None:
    listed = Listed("eu-1", (*prod(spec__kubeConfig={"secretRef": {"name": "far"}}), deployment()))
    assert belongs(rows(config, listed))["eu-1", "Deployment", "shop"] is None


def test_only_a_cluster_of_the_environment_counts(config: Config) -> None:
    assert set(belongs(rows(config, Listed("dev-1", tuple(prod())))).values()) == {None}


def test_two_that_deliver_the_same_own_nothing(config: Config) -> None:
    twin = kustomization(metadata__name="twin", spec__sourceRef__name="prod")
    assert set(belongs(rows(config, Listed("eu-1", (*prod(), twin)))).values()) == {None}


def test_an_object_that_the_config_names(config: Config) -> None:
    named = application(metadata__name="cart-dev", spec__source__path="anywhere")
    found = belongs(rows(config, Listed("dev-2", (named,))))
    assert found == {("dev-2", "Application", "cart-dev"): ("cart", "dev")}


def test_one_that_was_read_under_several_names_is_one_object(config: Config) -> None:
    owner, source = prod(metadata__uid="u-1")
    read = [Listed(name, (owner, source)) for name in ("dev-1", "dev-2", "eu-1")]
    found = rows(config, *read)
    owners = [row for row in found if row["kind"] == "Kustomization"]
    assert [(row["cluster"], row["app"], row["environment"]) for row in owners] == [("dev-1", "shop", "prod")]
    assert [row["kind"] for row in found].count("GitRepository") == 3  # without a uid nobody can tell
    assert [row["objects"] for row in rows(config, *read, table="reads")] == [2, 2, 2]


def test_only_what_belongs_to_chosen_slots(config: Config) -> None:
    listed = Listed("eu-1", (*prod(), application()))
    assert [row["name"] for row in rows(config, listed, only={("shop", "prod")})] == ["shop-prod"]
    assert rows(config, listed, only={("shop", "dev")}) == []
    assert rows(config, listed, only={("shop", "dev")}, table="images") == []


def test_a_cluster_in_trouble_is_a_row(config: Config) -> None:
    assert rows(config, Listed("eu-1", (), "no route"), Listed("dev-1"), table="reads") == [
        {"cluster": "eu-1", "objects": 0, "trouble": "no route"},
        {"cluster": "dev-1", "objects": 0, "trouble": None},
    ]


def sigs(version: str) -> dict[str, Any]:
    spec = {"descriptor": {"version": version}, "componentKinds": []}
    return {"apiVersion": "app.k8s.io/v1beta1", "kind": "Application", "metadata": {"name": "a"}, "spec": spec}


def helm() -> dict[str, Any]:
    status = {"history": [{"chartVersion": "6.5.0", "status": "deployed"}]}
    head = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "a"}}
    return {**head, "spec": {}, "status": status}


CHART = {"spec__source": {"chart": "shop", "repoURL": "https://charts.example"}, "status__sync__revision": "6.6.0"}
LABELLED = {"metadata__labels": {"app.kubernetes.io/version": "7.0"}}
TWO = {"status__summary__images": ["ghcr.io/acme/shop:1.4.2", "redis:7"]}


@pytest.mark.parametrize(
    ("obj", "version"),
    [
        (sigs("2.0"), "2.0"), (helm(), "6.5.0"), (application(**CHART), "6.6.0"), (deployment(**LABELLED), "7.0"),
        (application(**LABELLED), "7.0"), (application(), "1.4.2"), (application(**TWO), None),
        (application(status__summary__images=[]), None), (kustomization(), None),
        (application(status__summary__images=["redis"]), None),
    ],
)  # fmt: skip
def test_versions(obj: dict[str, Any], version: str | None) -> None:
    assert [row["version"] for row in rows(None, Listed("", (obj,)))] == [version]


def test_fields_of_a_row() -> None:
    obj = application(metadata__creationTimestamp="2026-01-01T00:00:00Z")
    (row,) = rows(None, Listed("hub", (obj,)))
    assert {name: row[name] for name in ("application", "cluster", "api_group", "namespace", "verdict")} == {
        "application": 1, "cluster": "hub", "api_group": "argoproj.io", "namespace": "argocd", "verdict": "Healthy",
    }  # fmt: skip
    assert (row["repository"], row["branch"], row["path"]) == (REPOSITORY, "environment/dev", "shop")
    assert (row["created"], row["updated"]) == ("2026-01-01T00:00:00Z", "2026-03-02T10:06:00Z")
    (image,) = rows(None, Listed("hub", (obj,)), table="images")
    assert (image["side"], image["object"], image["name"], image["tag"]) == (
        "cluster", row["id"], "ghcr.io/acme/shop", "1.4.2",
    )  # fmt: skip


@pytest.mark.parametrize("kind", sorted(APPLICATIONS))
def test_every_kind_of_application_is_shown_even_if_it_says_nothing(kind: tuple[str, str]) -> None:
    obj = {"apiVersion": f"{kind[0]}/v1", "kind": kind[1], "metadata": {"name": "a"}}
    assert [(row["application"], row["kind"]) for row in rows(None, Listed("", (obj,)))] == [(1, kind[1])]
    assert kind in kinds_of(workloads=False)


def test_what_is_read_is_what_the_role_allows() -> None:
    assert kinds_of(workloads=True) <= set(KINDS)


def test_what_has_no_health_and_is_no_application_is_left_out() -> None:
    silent = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    assert rows(None, Listed("", (silent,))) == []


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just([None, 3]),
    st.just({}), st.just({"a": [{"b": None}]}), st.just("\ud800"), st.just([{"name": ["x"], "image": {}}]),
)  # fmt: skip


def paths(obj: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the way to every field of `obj`."""
    inner = obj.items() if isinstance(obj, dict) else enumerate(obj) if isinstance(obj, list) else ()
    return [way for name, value in inner for way in ((*above, name), *paths(value, (*above, name)))]


@given(data=st.data())
def test_law_no_object_breaks_the_inventory(data: st.DataObject) -> None:
    obj = data.draw(st.sampled_from([*delivery(), application(), kustomization(), deployment(), helm(), sigs("1")]))
    broken = copy.deepcopy(dict(obj))
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from([way for way in paths(broken) if way[0] != "kind"]))
        place: Any = broken
        for name in above:
            place = place[name]
        place[last] = copy.deepcopy(data.draw(JUNK))
    found = object_rows(None, [Listed("c", (broken, git_repository()))], REPOSITORY, LOOKED)
    database = new_database()
    for name, made in found.items():
        add_rows(database, name, made)
        stored = database.execute(f"select * from {name}").fetchall()
        assert len(stored) == len(made)
        assert not {type(value) for row in stored for value in row} - {str, int, type(None)}
    database.close()
