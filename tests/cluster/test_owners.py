from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.cluster.owners import Cluster
from promoter.cluster.port import Wanted
from promoter.model.names import Branch
from tests.cluster.objects_made import (
    DESTINATION,
    NOW,
    REPOSITORY,
    SLOT,
    SOURCE,
    application,
    deployment,
    flux,
    git_repository,
    kustomization,
    wanted,
)


def named(obj: dict[str, Any], name: str) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "name": name}}


def owner(*objects: dict[str, Any], asked: Wanted | None = None, repository: str = REPOSITORY) -> str:
    """The name of the owner, or why there is none."""
    found = Cluster(objects, repository).owner(asked or wanted())
    return found if isinstance(found, str) else str(found.key)


FLUX = "Kustomization/flux-system/shop"
ARGO = "Application/argocd/shop"
ELSEWHERE = git_repository(spec__url="https://git.example/acme/other.git")
STAGING = git_repository(spec__ref={"branch": "environment/staging"})
HEAD = application(spec__source={**SOURCE, "targetRevision": "HEAD"})

ONE = [
    ("flux", [kustomization(), git_repository(), deployment()], FLUX),
    ("argo", [application()], ARGO),
    ("flux, source not saved", [kustomization()], FLUX),
    ("flux, another branch beside it", [kustomization(), git_repository(), named(HEAD, "web")], FLUX),
    ("argo on the default branch", [HEAD], ARGO),
]

NONE = [
    ("empty", [], "nothing delivers shop of branch environment/dev"),
    ("another path", [kustomization(spec__path="./web"), git_repository()], "nothing delivers shop"),
    ("a folder above", [kustomization(spec__path="./"), git_repository()], "nothing delivers shop"),
    ("another branch", [kustomization(), STAGING], f"{FLUX} delivers that path from elsewhere"),
    ("another repository", [kustomization(), ELSEWHERE], f"{FLUX} delivers that path from elsewhere"),
    (
        "another branch by what it reports",
        [kustomization(status__lastAppliedRevision=flux(NOW, "environment/staging"))],
        "from elsewhere",
    ),
    ("argo on another branch", [application(spec__source={**SOURCE, "targetRevision": "main"})], "from elsewhere"),
    ("two", [kustomization(), git_repository(), application()], f"{ARGO}, {FLUX} all deliver it: name one"),
    (
        "six",
        [git_repository(), *(named(kustomization(), f"shop-{number}") for number in range(6))],
        "shop-2, Kustomization/flux-system/shop-3 and 2 more all deliver it",
    ),
    (
        "one object twice, different",
        [kustomization(), kustomization(metadata__generation=4), git_repository()],
        f"{FLUX} is there twice",
    ),
]


@pytest.mark.parametrize(("objects", "expected"), [row[1:] for row in ONE], ids=[row[0] for row in ONE])
def test_one_owner(objects: list[dict[str, Any]], expected: str) -> None:
    assert owner(*objects) == expected


@pytest.mark.parametrize(("objects", "reason"), [row[1:] for row in NONE], ids=[row[0] for row in NONE])
def test_no_owner_says_why(objects: list[dict[str, Any]], reason: str) -> None:
    assert reason in owner(*objects)


def test_same_object_twice_is_one() -> None:
    assert owner(kustomization(), kustomization(), git_repository()) == FLUX


URLS = [
    (REPOSITORY, True),
    ("https://git.example/acme/config", True),
    ("https://GIT.example/Acme/config/", True),
    ("https://bot@git.example/acme/config.git", True),
    ("git@git.example:acme/config.git", True),
    ("ssh://git@git.example:2222/acme/config.git", True),
    ("https://git.example/acme/config-2.git", False),
    ("https://other.example/acme/config.git", False),
    ("https://[git.example/acme/config.git", False),
]


@pytest.mark.parametrize(("url", "same"), URLS)
def test_urls_of_one_repository(url: str, same: bool) -> None:
    assert (owner(kustomization(), git_repository(spec__url=url)) == FLUX) is same


@pytest.mark.parametrize("url", ["/srv/git/config.git", "file:///srv/git/config.git", "file:///srv/git/config"])
def test_local_repository(url: str) -> None:
    objects = (kustomization(), git_repository(spec__url="file:///srv/git/config.git"))
    assert owner(*objects, repository=url) == FLUX
    assert owner(*objects, repository=url.replace("config", "web")) != FLUX


def test_unknown_repository_is_not_compared() -> None:
    assert owner(kustomization(), ELSEWHERE, repository="") == FLUX


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (FLUX, FLUX),
        (ARGO, ARGO),
        ("Kustomization/flux-system/web", "there is no Kustomization/flux-system/web that delivers from Git"),
        ("Deployment/shop/shop", "there is no Deployment/shop/shop that delivers from Git"),
    ],
)
def test_named_in_the_config(name: str, expected: str) -> None:
    objects = (kustomization(spec__path="./clusters/dev"), git_repository(), application(), deployment())
    assert owner(*objects, asked=wanted(object=name)) == expected


def test_destination_tells_clusters_apart() -> None:
    objects = [
        named(application(spec__destination={**DESTINATION, "server": None, "name": name}), f"shop-{name}")
        for name in ("eu-1", "eu-2")
    ]
    assert owner(*objects, asked=wanted(cluster="eu-1")) == "Application/argocd/shop-eu-1"
    assert owner(*objects, asked=wanted(cluster="eu-2")) == "Application/argocd/shop-eu-2"
    assert "all deliver it" in owner(*objects, asked=wanted(cluster="eu-3"))


IN_PLACE = replace(SLOT, branch=Branch("environment/dev"), path="shop/values.yaml", in_place=True)


def test_file_edited_in_place_is_delivered_by_its_folder() -> None:
    assert owner(kustomization(), git_repository(), asked=wanted(slot=IN_PLACE)) == FLUX
    assert owner(kustomization(), git_repository(), asked=wanted(slot=replace(IN_PLACE, in_place=False))) != FLUX
    assert owner(kustomization(), git_repository(), asked=wanted(slot=replace(IN_PLACE, path="shop/a/b.yaml"))) != FLUX
