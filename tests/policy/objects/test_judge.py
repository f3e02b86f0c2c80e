from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.objects.judge import Rules, judge
from promoter.policy.objects.kinds import Kinds, definitions_in
from promoter.policy.objects.structure import NotJudged, Structure
from promoter.run.schemas import kinds
from tests.policy.objects.cases import CASES, CONFIG, CUSTOM, DEFINITION, DEPLOYMENT, SECRET, cases

KNOWN = kinds("1.34", dict(definitions_in([yaml.safe_load(DEFINITION)])))


def asking(rules: Rules) -> Ask:
    return Ask("manifests", "objects", "shop", "prod", 41, "1.0", Oid("b" * 40), Oid("a" * 40), rules)


def said(text: str | dict[str, Any], rules: Rules, known: Kinds | None = KNOWN) -> Reply:
    obj = yaml.safe_load(text) if isinstance(text, str) else text
    return judge([obj], rules, known, asking(rules))


@pytest.mark.parametrize(("obj", "fault"), list(cases()), ids=[f"{old} -> {new}" for _, old, new, _ in CASES])
def test_structure(obj: dict[str, Any], fault: str) -> None:
    name = f"{obj['kind']}/shop"
    expected = Reply(Answer.FAILURE, f"{name}: {fault}") if fault else Reply(Answer.SUCCESS, "1 object")
    assert said(obj, Rules("1.34")) == expected


KINDS = [
    ("v1/Service", "1.34", Answer.SUCCESS, "1 object"),
    ("apps/v1/Deploymnt", "1.34", Answer.FAILURE,
     "Kubernetes 1.34 has no apps/v1/Deploymnt; did you mean Deployment?"),
    ("v1/Deployment", "1.34", Answer.FAILURE, "Kubernetes 1.34 has no v1/Deployment"),
    ("apps/v1beta2/Deployment", "1.34", Answer.FAILURE,
     "apps/v1beta2/Deployment is not served since Kubernetes 1.16; use apps/v1/Deployment"),
    ("extensions/v1beta1/Ingress", "1.34", Answer.FAILURE,
     "extensions/v1beta1/Ingress is not served since Kubernetes 1.22; use networking.k8s.io/v1/Ingress"),
    ("policy/v1beta1/PodDisruptionBudget", "1.34", Answer.FAILURE,
     "policy/v1beta1/PodDisruptionBudget is not served since Kubernetes 1.25; use policy/v1/PodDisruptionBudget"),
    ("policy/v1beta1/PodSecurityPolicy", "1.34", Answer.FAILURE,
     "Kubernetes 1.34 has no policy/v1beta1/PodSecurityPolicy"),
    ("apiextensions.k8s.io/v1beta1/CustomResourceDefinition", "1.34", Answer.FAILURE,
     "there is no apiextensions.k8s.io/v1beta1/CustomResourceDefinition; "
     "there is apiextensions.k8s.io/v1/CustomResourceDefinition"),
    ("flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", "1.31", Answer.SUCCESS,
     "1 object; flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema is deprecated since 1.29, gone in 1.32; "
     "use flowcontrol.apiserver.k8s.io/v1/FlowSchema"),
    ("flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", "1.32", Answer.FAILURE,
     "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema is not served since Kubernetes 1.32; "
     "use flowcontrol.apiserver.k8s.io/v1/FlowSchema"),
    ("shops.example.com/v0/Shop", "1.34", Answer.FAILURE, "shops.example.com/v0/Shop is not served"),
    ("shops.example.com/v2/Shop", "1.34", Answer.FAILURE,
     "there is no shops.example.com/v2/Shop; there is shops.example.com/v0/Shop, shops.example.com/v1/Shop"),
    ("shops.example.com/v1/Other", "1.34", Answer.UNKNOWN,
     "nothing is known of shops.example.com/v1/Other; keep its definition where schemas points to"),
    ("gateway.networking.k8s.io/v1/Gateway", "1.34", Answer.UNKNOWN,
     "nothing is known of gateway.networking.k8s.io/v1/Gateway; keep its definition where schemas points to"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "version", "answer", "words"), KINDS)
def test_kinds(name: str, version: str, answer: Answer, words: str) -> None:
    api, _, kind = name.rpartition("/")
    obj = {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}}
    known = kinds(version, KNOWN.custom)
    reason = words if answer is Answer.SUCCESS else f"{kind}/x: {words}"
    assert said(obj, Rules(version), known) == Reply(answer, reason)
    allowed = said(obj, Rules(version, unknown_kinds=True), known)
    assert (allowed.answer is Answer.SUCCESS) == (answer is not Answer.FAILURE)
    if "deprecated" in words:
        refused = said(obj, Rules(version, deprecated=False), known)
        assert refused == Reply(Answer.FAILURE, f"{kind}/x: {words.removeprefix('1 object; ')}")


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_numbers_that_no_api_takes(value: str) -> None:
    custom = said(CUSTOM.replace("name: abc", f"rate: {value}"), Rules("1.34"))
    assert custom == Reply(Answer.FAILURE, "Shop/shop: spec.rate: must be a number that JSON can hold")
    own = said(DEPLOYMENT.replace("cpu: 0.5", f"cpu: {value}"), Rules("1.34"))
    assert own.answer is Answer.FAILURE


def test_what_has_no_kind() -> None:
    assert said({"metadata": {"name": "x"}}, Rules("1.34", unknown_kinds=True)).answer is Answer.FAILURE


REGISTRIES = [
    (("ghcr.io",), "ghcr.io/acme/shop:1", True),
    (("ghcr.io/acme",), "ghcr.io/acme/shop:1", True),
    (("ghcr.io/acme/shop",), "ghcr.io/acme/shop:1", True),
    (("ghcr.io/acm",), "ghcr.io/acme/shop:1", False),
    (("ghcr.io/acme",), "ghcr.io.evil.example/acme/shop:1", False),
    (("ghcr.io/acme",), "nginx", False),
    (("docker.io",), "nginx", True),
    (("docker.io/library",), "nginx", True),
    (("docker.io/library",), "acme/shop", False),
    (("ghcr.io", "docker.io"), "nginx", True),
    (("GHCR.io",), "ghcr.io/a", True),
    (("localhost:5000",), "localhost:5000/a", True),
    (("localhost:5000",), "localhost:5001/a", False),
]


@pytest.mark.parametrize(("registries", "image", "allowed"), REGISTRIES)
def test_registries(registries: tuple[str, ...], image: str, allowed: bool) -> None:
    found = said(DEPLOYMENT.replace("ghcr.io/acme/shop:1.0", image), Rules(registries=registries), None)
    assert (found.answer is Answer.SUCCESS) == allowed
    assert found.answer in (Answer.SUCCESS, Answer.FAILURE)


def test_an_image_that_is_none_is_not_allowed() -> None:
    found = said(DEPLOYMENT.replace("ghcr.io/acme/shop:1.0", "'ghcr.io/A B'"), Rules(registries=("ghcr.io",)), None)
    assert found == Reply(Answer.FAILURE, "Deployment/shop: holds an image that is no reference")


CEL = [
    ("true", DEPLOYMENT, Answer.SUCCESS, "1 object"),
    ("images.all(image, !image.endsWith(':latest'))", DEPLOYMENT, Answer.SUCCESS, "1 object"),
    ("images.all(image, !image.endsWith(':1.0'))", DEPLOYMENT, Answer.FAILURE, "Deployment/shop: rule is not true"),
    ("object.kind != 'Deployment' || object.spec.replicas > 1", DEPLOYMENT, Answer.SUCCESS, "1 object"),
    ("object.kind != 'Deployment' || object.spec.replicas > 1", CONFIG, Answer.SUCCESS, "1 object"),
    ("object.spec.replicas > 1", CONFIG, Answer.UNKNOWN,
     "ConfigMap/shop: rule asks for spec, which is not there; ask first: has(...)"),
    ("object.stringData.other == ''", SECRET, Answer.UNKNOWN,
     "Secret/shop: rule asks for something, which is not there; ask first: has(...)"),
    ("object.spec.replicas", DEPLOYMENT, Answer.UNKNOWN, "Deployment/shop: rule gives neither true nor false"),
    ("object.metadata.name > 3", DEPLOYMENT, Answer.UNKNOWN, "Deployment/shop: rule cannot be judged of it"),
    ("object.stringData.password == 'x'", SECRET, Answer.FAILURE, "Secret/shop: rule is not true"),
    ("environment == 'prod' && app == 'shop' && version == '1.0'", CONFIG, Answer.SUCCESS, "1 object"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "obj", "answer", "words"), CEL)
def test_expressions(text: str, obj: str, answer: Answer, words: str) -> None:
    assert said(obj, Rules(cel=(("rule", text),)), None) == Reply(answer, words)


def test_failure_goes_before_unknown_and_three_are_shown() -> None:
    objects = [{"apiVersion": "x.example/v1", "kind": "X", "metadata": {"name": "x"}}]
    objects += [{"apiVersion": "v1", "kind": f"Y{number}", "metadata": {"name": "y"}} for number in range(5)]
    found = judge(objects, Rules("1.34"), KNOWN, asking(Rules()))
    words = "; ".join(f"Y{number}/y: Kubernetes 1.34 has no v1/Y{number}" for number in range(3))
    assert found == Reply(Answer.FAILURE, f"{words}; and 2 more")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["spec", "name", "size", "data", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from([CUSTOM, DEPLOYMENT, CONFIG, SECRET]), st.sampled_from(["spec", "data", "metadata", "x"]), values
)
def test_anything_is_judged(text: str, key: str, value: Any) -> None:
    obj = {**yaml.safe_load(text), key: value}
    assert said(obj, Rules("1.34")).answer in (Answer.SUCCESS, Answer.FAILURE)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=30, max_size=40), st.integers(10**20, 10**21))
def test_no_reason_shows_a_secret(text: str, number: int) -> None:
    for field in ("data", "stringData", "type", "immutable"):
        for value in (text, number, {"password": text}, {"password": number}, {"password": {"x": text}}, [text]):
            obj = {**yaml.safe_load(SECRET), field: value}
            cel = (
                ("a", f"object.{field} == 'x'"),
                ("b", f"object.{field}.password.x.y > 3"),
                ("c", f"int(object.{field})>1"),
            )
            reason = said(obj, Rules("1.34", cel=cel, registries=("ghcr.io",))).reason
            assert text not in reason
            assert str(number) not in reason


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "gone"}, {"$ref": "round"}, {"type": "string", "pattern": "("}],
)
def test_a_schema_that_cannot_be_read(schema: dict[str, Any]) -> None:
    with pytest.raises(NotJudged):
        list(Structure(schema, {"round": {"$ref": "round"}}, True).faults("text"))


@pytest.mark.parametrize(
    "text",
    [
        "kind: ConfigMap",
        "kind: CustomResourceDefinition",
        "kind: CustomResourceDefinition\n"
        "spec: {group: a, names: {kind: B}, versions: [{name: v1, schema: {openAPIV3Schema: 3}}]}",
        "kind: CustomResourceDefinition\nspec: {group: a, names: {kind: B}, version: v1}",
        "text",
    ],
)
def test_what_is_no_definition(text: str) -> None:
    with pytest.raises(ValueError, match="CustomResourceDefinition"):
        list(definitions_in([yaml.safe_load(text)]))
