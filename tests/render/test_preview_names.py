"""Rendered objects under a preview's names: its one namespace, its hosts, and what stays the environment's."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import EditRefused, PromoterError, RenderFailed
from promoter.render.preview_names import Named, Names, only, renamed

NAMESPACE = "shop-x"


def named(*objects: str, confined: bool = False, host: str = "x-{host}") -> Named:
    """Name objects, each in a file of its own: `0.yaml`, `1.yaml`."""
    files = {f"{index}.yaml": text.encode() for index, text in enumerate(objects)}
    return renamed(files, Names(NAMESPACE, lambda old: host.replace("{host}", old), confined), {})


def one(text: str) -> str:
    """Give what becomes of one object."""
    return named(text).files["0.yaml"].decode()


def head(kind: str, version: str = "v1", name: str = "a", namespace: str = "dev") -> str:
    """Give the head of an object."""
    place = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{place}}}\n"


SERVICE = head("Service")


def test_every_object_gets_the_namespace_and_the_namespace_is_made() -> None:
    found = named(SERVICE, head("Secret", name="b", namespace=""), head("Pod", name="c", namespace="infra"))
    places = [yaml.safe_load(text)["metadata"].get("namespace") for text in found.files.values()]
    assert places == [NAMESPACE, NAMESPACE, NAMESPACE, None]
    made = yaml.safe_load(found.files["namespace-shop-x.yaml"])
    assert made == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def test_the_environments_own_namespace_object_is_renamed_with_its_labels() -> None:
    text = head("Namespace", name="dev", namespace="").replace("}", ", labels: {istio: enabled}}")
    found = named(SERVICE, text)
    assert set(found.files) == {"0.yaml", "1.yaml"}
    assert found.files["1.yaml"].decode() == text.replace("name: dev", "name: shop-x")
    assert "istio" not in str(named(SERVICE, text, confined=True).files)


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("subjects: [{kind: ServiceAccount, name: a, namespace: dev}]\n", True),
        ("subjects: [{kind: ServiceAccount, name: a, namespace: infra}]\n", False),
        ("spec: {namespaceSelector: {matchNames: [dev]}}\n", True),
        ("spec: {from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: dev}}}]}\n", True),
        ("spec: {parentRefs: [{name: gateway, namespace: infra}]}\n", False),
        ("spec: {env: [{name: MODE, value: dev}]}\n", False),
    ],
)
def test_what_refers_to_the_namespace_follows_it(body: str, changed: bool) -> None:
    text = one(head("Thing", "example.com/v1") + body)
    assert text.endswith(body.replace("dev", NAMESPACE) if changed else body)


def test_data_of_a_config_map_is_nobodys_reference() -> None:
    body = "data: {namespace: dev, other: dev}\n"
    assert one(head("ConfigMap") + body).endswith(body)


@pytest.mark.parametrize(
    "spec",
    [
        ("Ingress", "networking.k8s.io/v1", "{tls: [{hosts: [HOST]}], rules: [{host: HOST}]}"),
        ("HTTPRoute", "gateway.networking.k8s.io/v1", "{hostnames: [HOST]}"),
        ("Gateway", "gateway.networking.k8s.io/v1", "{listeners: [{name: web, hostname: HOST}]}"),
        ("Gateway", "networking.istio.io/v1", '{servers: [{hosts: ["./HOST"]}]}'),
        ("VirtualService", "networking.istio.io/v1", "{hosts: [HOST, a.dev.svc.cluster.local]}"),
        ("Route", "route.openshift.io/v1", "{host: HOST}"),
        ("HTTPProxy", "projectcontour.io/v1", "{virtualhost: {fqdn: HOST}}"),
        ("Certificate", "cert-manager.io/v1", "{dnsNames: [HOST], commonName: HOST}"),
    ],
    ids=lambda spec: f"{spec[0]} {spec[1]}",
)
def test_hosts_are_replaced_where_they_stand(spec: tuple[str, str, str]) -> None:
    kind, version, body = spec
    found = named(head(kind, version) + "spec: " + body.replace("HOST", "a.example.com") + "\n")
    assert found.hosts == ("x-a.example.com",)
    assert found.files["0.yaml"].decode().endswith("spec: " + body.replace("HOST", "x-a.example.com") + "\n")


INGRESS = head("Ingress", "networking.k8s.io/v1") + "spec: {rules: [{host: a.example.com}]}\n"


@pytest.mark.parametrize(
    ("value", "new"),
    [
        ("a.example.com", "x-a.example.com"),
        ("https://a.example.com/login?x=1", "https://x-a.example.com/login?x=1"),
        ("wss://a.example.com:8443", "wss://x-a.example.com:8443"),
        ("b.a.example.com", "b.a.example.com"),
        ("https://a.example.com.other/", "https://a.example.com.other/"),
        ("see a.example.com", "see a.example.com"),
    ],
)
def test_a_value_that_is_a_host_or_a_url_of_one_follows(value: str, new: str) -> None:
    found = named(INGRESS, head("ConfigMap") + f'data: {{url: "{value}"}}\n')
    assert found.files["1.yaml"].decode().endswith(f'data: {{url: "{new}"}}\n')


def test_several_hosts_are_never_made_one() -> None:
    both = INGRESS.replace("[{", "[{host: b.example.com}, {")
    assert named(both).hosts == ("x-b.example.com", "x-a.example.com")
    with pytest.raises(RenderFailed, match=r"would both become x\.example") as refused:
        named(both, host="x.example")
    assert refused.value.hint == "Put {host} into previews.hosts."


@pytest.mark.parametrize(
    "host", ["X.example", "x example", "{host}", "", "x/y.example", "-.example", "x" * 64 + ".example"]
)
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(RenderFailed, match="is no host of its own"):
        named(INGRESS, host=host)


def test_roles_of_the_cluster_get_a_name_of_their_own() -> None:
    group = "rbac.authorization.k8s.io/v1"
    role = head("ClusterRole", group, "reader", "") + "rules: []\n"
    binding = head("ClusterRoleBinding", group, "reader", "")
    found = named(
        SERVICE, role, binding + "roleRef: {kind: ClusterRole, name: reader}\n", head("RoleBinding", group, "r")
        + "roleRef: {kind: ClusterRole, name: view}\n",
    )  # fmt: skip
    assert found.files["1.yaml"].decode() == role.replace("reader", "reader-shop-x")
    loaded = yaml.safe_load(found.files["2.yaml"])
    assert (loaded["metadata"]["name"], loaded["roleRef"]["name"]) == ("reader-shop-x", "reader-shop-x")
    assert yaml.safe_load(found.files["3.yaml"])["roleRef"]["name"] == "view"


STAYS = [
    head("CustomResourceDefinition", "apiextensions.k8s.io/v1", namespace=""),
    head("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", namespace=""),
    head("PersistentVolume", namespace=""),
    head("ClusterIssuer", "cert-manager.io/v1", namespace=""),
    head("Kustomization", "kustomize.toolkit.fluxcd.io/v1"),
    head("Application", "argoproj.io/v1alpha1"),
]
CONFINED = [
    head("ClusterRole", "rbac.authorization.k8s.io/v1", namespace=""),
    head("ClusterRoleBinding", "rbac.authorization.k8s.io/v1", namespace=""),
    head("HelmRelease", "helm.toolkit.fluxcd.io/v2"),
]


@pytest.mark.parametrize("text", STAYS)
def test_what_belongs_to_the_cluster_stays_the_environments(text: str) -> None:
    found = named(SERVICE, text)
    assert set(found.files) == {"0.yaml", "namespace-shop-x.yaml"}
    assert found.left_out == (f"{yaml.safe_load(text)['kind']} a",)


@pytest.mark.parametrize("text", [*STAYS, *CONFINED])
def test_nothing_that_nobody_approved_leaves_the_namespace(text: str) -> None:
    assert set(named(SERVICE, text, confined=True).files) == {"0.yaml", "namespace-shop-x.yaml"}
    if text in CONFINED:
        assert len(named(SERVICE, text).files) == 3


def test_a_definition_in_the_same_rendering_says_what_belongs_to_the_cluster() -> None:
    definition = head("CustomResourceDefinition", "apiextensions.k8s.io/v1", namespace="")
    wide = definition + "spec: {scope: Cluster, names: {kind: Zone}}\n"
    assert named(SERVICE, wide, head("Zone", "example.com/v1", "z", "")).left_out == (
        "CustomResourceDefinition a",
        "Zone z",
    )
    narrow = wide.replace("Cluster,", "Namespaced,")
    assert len(named(SERVICE, narrow, head("Zone", "example.com/v1", "z", "")).files) == 3


def test_a_chart_goes_where_the_preview_is() -> None:
    chart = head("HelmRelease", "helm.toolkit.fluxcd.io/v2", namespace="flux-system") + "spec: {targetNamespace: dev}\n"
    assert yaml.safe_load(named(SERVICE, chart).files["1.yaml"])["spec"]["targetNamespace"] == NAMESPACE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SERVICE + "kind: ClusterRole\n", "kind stands twice"),
        (SERVICE.replace("{name: a", "{name: a, namespace: prod"), "namespace stands twice"),
        (head("List", name="sneaky") + "items: [{kind: ClusterRole}]\n", "list of objects with a name"),
        ("a: &x {namespace: dev, name: a}\n" + SERVICE.replace("{name: a, namespace: dev}", "*x"), "anchor"),
        (SERVICE.replace("dev", NAMESPACE), "the environment's own namespace"),
        (STAYS[0], "nothing of it belongs to a namespace"),
    ],
)
def test_what_cannot_be_named_for_sure_is_refused(text: str, said: str) -> None:
    with pytest.raises(PromoterError, match=said):
        one(text)


def test_objects_that_would_become_one_are_refused() -> None:
    with pytest.raises(RenderFailed, match="Service a stands in two namespaces"):
        named(SERVICE, SERVICE.replace("dev", "infra"))


def test_all_else_keeps_its_bytes() -> None:
    text = "# a comment\n" + SERVICE + "spec:\n    ports: [ 80 ]   # odd\n    \"quoted\": 'yes'\n"
    assert one(text) == text.replace("namespace: dev", "namespace: shop-x")


def test_a_file_of_several_objects_stays_one_file() -> None:
    files = {"manifests.yaml": (SERVICE + "---\n" + head("Pod", name="b")).encode()}
    found = renamed(files, Names(NAMESPACE, str), {})
    assert [doc["kind"] for doc in yaml.safe_load_all(found.files["manifests.yaml"])] == ["Service", "Pod"]


def test_only_some_kinds_are_kept_with_their_namespace() -> None:
    found = named(SERVICE, head("PersistentVolumeClaim", name="b"), head("Cluster", "postgresql.cnpg.io/v1", "c"))
    assert set(only(found.files, ["PersistentVolumeClaim"])) == {"1.yaml", "namespace-shop-x.yaml"}
    assert set(only(found.files, ["Cluster.postgresql.cnpg.io"])) == {"2.yaml", "namespace-shop-x.yaml"}
    assert only(found.files, ["Cluster.example.com"]) == {}
    with pytest.raises(EditRefused):
        only({"0.yaml": b"- a list\n"}, ["Pod"])


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@given(namespace=NAMES, other=NAMES, name=NAMES, value=st.text(max_size=20))
def test_no_object_of_a_namespace_ever_stands_in_another(namespace: str, other: str, name: str, value: str) -> None:
    objects = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"x": value},
        },
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": other}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"x": value}},
    ]
    found = named(*(yaml.safe_dump(one) for one in objects))
    for text, before in zip(found.files.values(), objects, strict=False):
        loaded = yaml.safe_load(text)
        assert loaded["metadata"] == {"name": name, "namespace": NAMESPACE}
        assert {key: loaded[key] for key in loaded.keys() - {"metadata"}} == {
            key: before[key] for key in before.keys() - {"metadata"}
        }
