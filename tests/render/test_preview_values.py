"""Single values of rendered objects: what they are called, and changing one and nothing else."""

from __future__ import annotations

import pytest
import yaml

from promoter.errors import PromoterError, UsageError
from promoter.render.preview_values import documents, joined, known_values, with_values

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: 2   # two
  paused: false
  template:
    spec:
      containers:
        - name: main
          args: [--fast, --port=80]
          env:
            - {name: LEVEL, value: "1"}
            - {name: MODE, value: quiet}
        - {name: side, image: busybox}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop-8h2k4m9t7c}\ndata: {level: '1', a.b/c: x}\n"
FILES = {"a.yaml": DEPLOYMENT.encode(), "b.yaml": CONFIG.encode()}
POD = "spec.template.spec"


def changed(key: str, value: str) -> dict[str, str]:
    """Give the files with one value changed."""
    return {name: data.decode() for name, data in joined(with_values(documents(FILES), {key: value})).items()}


def test_everything_that_can_be_changed_has_a_key() -> None:
    assert known_values(documents(FILES)) == {
        "Deployment/shop:spec.replicas": "2",
        "Deployment/shop:spec.paused": "false",
        f"Deployment/shop:{POD}.containers[name=main].name": "main",
        f"Deployment/shop:{POD}.containers[name=main].args[0]": "--fast",
        f"Deployment/shop:{POD}.containers[name=main].args[1]": "--port=80",
        f"Deployment/shop:{POD}.containers[name=main].env[name=LEVEL].name": "LEVEL",
        f"Deployment/shop:{POD}.containers[name=main].env[name=LEVEL].value": "1",
        f"Deployment/shop:{POD}.containers[name=main].env[name=MODE].name": "MODE",
        f"Deployment/shop:{POD}.containers[name=main].env[name=MODE].value": "quiet",
        f"Deployment/shop:{POD}.containers[name=side].name": "side",
        f"Deployment/shop:{POD}.containers[name=side].image": "busybox",
        "ConfigMap/shop:data.level": "1",
        'ConfigMap/shop:data."a.b/c"': "x",
    }


def test_every_key_changes_its_value_alone() -> None:
    for key, old in known_values(documents(FILES)).items():
        new = {"2": "7", "false": "true"}.get(old, f"{old}x")
        found = changed(key, new)
        assert new in known_values(documents({name: text.encode() for name, text in found.items()})).values()
        before = (DEPLOYMENT + CONFIG).splitlines()
        after = "".join(found.values()).splitlines()
        assert sum(one != other for one, other in zip(before, after, strict=True)) == 1, key


@pytest.mark.parametrize(
    ("key", "value", "loaded"),
    [
        ("Deployment/shop:spec.replicas", "3", 3),
        ("Deployment/shop:spec.paused", "true", True),
        (f"Deployment/shop:{POD}.containers[name=main].env[name=LEVEL].value", "2", "2"),
        (f"Deployment/shop:{POD}.containers[name=main].env[name=MODE].value", "true", "true"),
        (
            f"Deployment/shop:{POD}.containers[name=main].env[name=MODE].value",
            "a: b # c\nkind: Pod",
            "a: b # c\nkind: Pod",
        ),
        (f"Deployment/shop:{POD}.containers[1].image", "", ""),
    ],
)
def test_a_text_stays_a_text_and_a_number_a_number(key: str, value: str, loaded: object) -> None:
    node = yaml.safe_load(changed(key, value)["a.yaml"])
    assert loaded in list(leaves(node))
    assert node["kind"] == "Deployment"


def leaves(node: object) -> list[object]:
    """Give every value of a tree."""
    below = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else None
    return [leaf for each in below for leaf in leaves(each)] if below is not None else [node]


def test_a_generated_name_goes_without_its_end() -> None:
    assert "level: '5'" in changed("ConfigMap/shop:data.level", "5")["b.yaml"]
    assert "level: '5'" in changed("ConfigMap/shop-8h2k4m9t7c:data.level", "5")["b.yaml"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("Deployment/shop:spec.replica", "Did you mean Deployment/shop:spec.replicas?"),
        (f"Deployment/shop:{POD}.containers[name=other].image", f"Did you mean Deployment/shop:{POD}.containers"),
        ("Deployment/web:spec.replicas", "Did you mean Deployment/shop:spec.replicas?"),
        (f"Deployment/shop:{POD}.containers", "Did you mean"),
        ("Zzz/q:w", "promoter preview keys shows what there is."),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(key: str, hint: str) -> None:
    with pytest.raises(UsageError, match="is called") as refused:
        changed(key, "1")
    assert hint in str(refused.value.hint)


@pytest.mark.parametrize(
    "path", ["metadata.name", "kind", "apiVersion", "status.x", "", "a..b", "[", '"metadata".name']
)
def test_what_an_object_is_cannot_be_changed(path: str) -> None:
    with pytest.raises(PromoterError):
        changed(f"Deployment/shop:{path}", "x")
