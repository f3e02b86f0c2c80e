from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.flagger import primary_of, promoted
from promoter.cluster.objects import Key
from tests.cluster.objects_made import IMAGE, deployment
from tests.cluster.workloads_made import BY_CANARY, NEW, primary, target


def pods(**changes: Any) -> dict[str, Any]:
    return {"spec": {"template": {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [], **changes}}}}


ENV = [{"name": "a", "value": "b"}]
VOLUME = [{"name": "config", "configMap": {"name": "settings", "items": [{"key": "a", "path": "a"}]}}]
PRIMARY_VOLUME = [{"name": "config", "configMap": {"name": "settings-primary", "items": [{"key": "a", "path": "a"}]}}]

# (target, primary, whether the one is a copy of the other)
COPIES = [
    ("as Flagger writes it", target(), primary(), True),
    ("another image", target(NEW), primary(), False),
    ("a volume's name", pods(volumes=VOLUME), pods(volumes=PRIMARY_VOLUME), True),
    ("a volume that another one replaces", pods(volumes=PRIMARY_VOLUME), pods(volumes=VOLUME), False),
    ("a node selector that keeps pods away", pods(nodeSelector={"flagger.app/scale-to-zero": "true"}), pods(), True),
    ("another node selector", pods(nodeSelector={"disk": "fast"}), pods(), False),
    ("what is empty is missing", pods(env=[], affinity={}, tolerations=None), pods(), True),
    ("more in it", pods(env=ENV), pods(), False),
    ("less in it", pods(), pods(env=ENV), False),
    ("one more in a list", pods(env=ENV), pods(env=[*ENV, *ENV]), False),
    ("another shape", pods(env={}), pods(env="x"), False),
    ("no number is a text", pods(grace=30), pods(grace="30"), False),
    ("a value that ends so already", pods(a="db-primary"), pods(a="db-primary"), True),
    ("no template", {"spec": {}}, {"spec": {}}, False),
]


@pytest.mark.parametrize(("one", "other", "same"), [row[1:] for row in COPIES], ids=[row[0] for row in COPIES])
def test_whether_it_was_promoted(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert promoted(one, other) is same


def test_primary_is_known_by_its_owner() -> None:
    made, other = primary(), deployment(metadata__name="shop-primary")
    key = Key("apps", "Deployment", "shop", "shop-primary")
    assert primary_of(deployment(), {key: made}.get) is made
    assert primary_of(deployment(), {key: other}.get) is None
    assert primary_of(deployment(), lambda _: None) is None
    assert primary_of({"spec": {}}, {key: made}.get) is None
    assert made["metadata"]["ownerReferences"] == BY_CANARY
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
