"""What is known of Kubernetes' kinds, against what Kubernetes' own server says."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from promoter.policy.gates.manifests import VERSIONS
from promoter.run.schemas import kinds
from tests.kube.api import Refused
from tests.kube.definitions import install
from tests.kube.schemas import VERSIONS as MADE
from tests.kube.schemas import kinds as made_of
from tests.kube.server import Kube
from tests.policy.objects.cases import DEFINITION, cases

FOLDER = Path(__file__).parents[2] / "promoter" / "run" / "schemas"
PLACES = {"Deployment": "apis/apps/v1", "Shop": "apis/shops.example.com/v1", "Secret": "api/v1", "ConfigMap": "api/v1"}


def test_a_server_says_the_same_of_every_case(kube: Kube, tmp_path: Path) -> None:
    """Not of what is deleted here; nothing is kept: it is a dry run, with what strict clients ask for."""
    (tmp_path / "shops.shops.example.com.yaml").write_text(DEFINITION)
    install(kube.api, tmp_path)
    try:
        for obj, fault in cases():
            path = f"/{PLACES[obj['kind']]}/namespaces/default/{obj['kind'].lower()}s?dryRun=All&fieldValidation=Strict"
            said = refused(kube, path, obj)
            assert bool(said) == bool(fault), (fault, said, obj)
    finally:
        kube.api("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/shops.shops.example.com")


def refused(kube: Kube, path: str, obj: dict[str, Any]) -> str:
    try:
        kube.api("POST", path, yaml.safe_dump(obj).encode(), "yaml")
    except Refused as error:
        return str(error) if error.status in (400, 422) else pytest.fail(str(error))
    return ""


def test_every_kind_that_a_server_serves_is_known(kube: Kube) -> None:
    known = kinds("1.34", {}).own
    described = kube.api("GET", "/openapi/v2")
    assert kube.api("GET", "/version")["minor"] == "34"
    served = made_of(described)["kinds"]
    custom = kube.api("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    groups = {one["spec"]["group"] for one in custom}
    # What was deleted a moment ago is still described.
    groups |= {group for name in served if "." in (group := name.partition("/")[0]) and not group.endswith(".k8s.io")}
    own = {name for name in served if name.partition("/")[0] not in groups}
    assert "apps/v1/Deployment" in own
    assert own <= set(known)


def test_the_versions_are_those_that_can_be_asked_for() -> None:
    assert [".".join(version.removeprefix("v").split(".")[:2]) for version in MADE] == list(VERSIONS)
    assert sorted(path.name for path in FOLDER.glob("*.gz")) == sorted(
        [*(f"{version}.json.gz" for version in VERSIONS), "lifecycle.json.gz"]
    )
    for version, made in zip(VERSIONS, MADE, strict=True):
        held = json.loads(gzip.decompress((FOLDER / f"{version}.json.gz").read_bytes()))
        assert held["version"] == made.removeprefix("v")
        assert {"v1/Service", "apps/v1/Deployment", "batch/v1/CronJob"} <= held["kinds"].keys()


def test_kinds_that_go_are_known() -> None:
    lifecycle = kinds("1.36", {}).lifecycle
    assert lifecycle["policy/v1beta1/PodDisruptionBudget"] == {
        "deprecated": "1.21",
        "removed": "1.25",
        "replacement": "policy/v1/PodDisruptionBudget",
    }
