from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import RenderFailed
from promoter.render.job import Part
from promoter.render.split import SINGLE, split


def manifest(kind: str, name: str, namespace: str = "", version: str = "v1") -> str:
    where = f"\n  namespace: {namespace}" if namespace else ""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}{where}\n"


def stream(*texts: str) -> list[Part]:
    return [Part("it", "---\n".join(texts).encode())]


@pytest.mark.parametrize(
    ("objects", "names"),
    [
        ([manifest("Service", "web")], ["service-web.yaml"]),
        ([manifest("Service", "web", "shop")], ["service-web.yaml"]),
        ([manifest("Service", "web", "a"), manifest("Service", "web", "b")],
         ["service-a-web.yaml", "service-b-web.yaml"]),
        ([manifest("Service", "web"), manifest("Service", "web", "b")], ["service-b-web.yaml", "service-web.yaml"]),
        ([manifest("Service", "web"), manifest("Service", "web", version="serving.knative.dev/v1")],
         ["service-web.yaml", "service.serving.knative.dev-web.yaml"]),
        ([manifest("ClusterRole", "system:web", version="rbac.authorization.k8s.io/v1")],
         ["clusterrole-system_web.yaml"]),
        ([manifest("Page", "../../etc", version="x/v1")], ["page-.._.._etc.yaml"]),
    ],
)  # fmt: skip
def test_every_object_gets_a_file(objects: list[str], names: list[str]) -> None:
    assert sorted(split(stream(*objects))) == names


def test_names_that_would_collide_after_all_get_a_digest() -> None:
    group = "rbac.authorization.k8s.io/v1"
    files = split(stream(manifest("ClusterRole", "a:b", version=group), manifest("ClusterRole", "a_b", version=group)))
    assert len(files) == 2
    assert all(name.startswith("clusterrole.rbac.authorization.k8s.io-a_b-") for name in files)


def test_a_long_name_fits_on_a_disk() -> None:
    first, second = (f"{'x' * 250}{end}" for end in "ab")
    files = split(stream(manifest("Page", first), manifest("Page", second)))
    assert len(files) == 2
    assert all(len(name) < 255 for name in files)


OBJECTS = [
    manifest(kind, name, namespace, version)
    for kind, name, namespace, version in itertools.product(
        ("Service", "Page"), ("web", "a-web", "a:web"), ("", "a", "b"), ("v1", "x.example.com/v1")
    )
]


@given(
    st.lists(st.sampled_from(OBJECTS), min_size=1, unique=True).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    )
)
def test_names_do_not_depend_on_the_order(pair: tuple[list[str], list[str]]) -> None:
    one, other = (split(stream(*objects)) for objects in pair)
    assert one == other
    assert list(one) == list(other)
    assert sorted(data.decode() for data in one.values()) == sorted(pair[0])


def test_the_text_stays_as_the_tool_wrote_it() -> None:
    text = "# Source: x\napiVersion: 'v1'\nkind:   Service\nmetadata: {name: web}   # here\nspec: {type: \"\"}\n"
    assert split(stream(text, manifest("Page", "x")))["service-web.yaml"].decode() == text


def test_one_file_keeps_the_stream_s_order() -> None:
    objects = [manifest("Service", "web"), manifest("Page", "x")]
    assert split(stream(*objects), single=True) == {SINGLE: "---\n".join(objects).encode()}


def test_a_list_is_taken_apart() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n"
        "  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: one}\n    data: {a: \"012\", b: 'on'}  # text\n"
        "  - apiVersion: v1\n    kind: List\n    items:\n"
        "      - {apiVersion: v1, kind: Service, metadata: {name: two}}\n"
    )
    files = split(stream(text))
    assert list(files) == ["configmap-one.yaml", "service-two.yaml"]
    assert "data: {a: \"012\", b: 'on'}" in files["configmap-one.yaml"].decode()


def test_a_kind_that_only_ends_like_a_list_stays_whole() -> None:
    text = "apiVersion: x/v1\nkind: AllowList\nmetadata: {name: me}\nitems: [a, b]\n"
    assert split(stream(text)) == {"allowlist-me.yaml": text.encode()}


def test_a_generated_name_names_the_file() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: sync-}\n"
    assert list(split(stream(text))) == ["job-sync.yaml"]


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ([""], "no object was rendered"),
        (["# nothing\n", ""], "no object was rendered"),
        ([manifest("Page", "web", "a"), manifest("Page", "x"), manifest("Page", "web", "a")],
         "Page a/web is there more than once: it, document 1 and it, document 3"),
        ([manifest("Ingress", "web", "", f"networking.k8s.io/{version}") for version in ("v1", "v1beta1")],
         r"Ingress\.networking\.k8s\.io web is there more than once"),
        (["kind: Service\nmetadata: {name: x}\n"], "it is not a Kubernetes object: it has no apiVersion"),
        (["replicas: 1\n"], r"it has no apiVersion and no kind and no metadata\.name"),
        ([manifest("Service", "web"), "- a\n"], "it, document 2 is not a Kubernetes object but a list"),
        (["Error: something\n  else: x\n"], "it is not YAML: line 2"),
        (["all is well\n"], "but the text 'all is well'"),
        (["apiVersion: v1\nkind: List\nitems: [{kind: Service}]\n"], "it, item 1 is not a Kubernetes object"),
        (["apiVersion: v1\nkind: Service\nmetadata: [x]\n"], r"it has no metadata\.name"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(texts: list[str], why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        split(stream(*texts))


def test_many_objects_are_split_in_linear_time() -> None:
    files = split(stream(*(manifest("Service", f"web-{at}") for at in range(2000))))
    assert len(files) == 2000
