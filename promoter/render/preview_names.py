"""Rendered objects under other names: the one namespace of a preview, and its hosts.

Invariants: every object that belongs to a namespace gets the preview's, whatever it said; an object of the whole
cluster is never one that an environment has: roles get the preview's name, all others are left out. Outside of the
names no byte changes.

Where hosts are looked for: `Ingress` (networking.k8s.io), `HTTPRoute`, `GRPCRoute`, `TLSRoute` and `Gateway`
(gateway.networking.k8s.io), Istio's `VirtualService` and `Gateway`, `Route` (route.openshift.io), `HTTPProxy`
(projectcontour.io) and `Certificate` (cert-manager.io). What is found there is replaced wherever a value is just that
host, or a URL of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from promoter.errors import RenderFailed
from promoter.layout.yaml_insert import insert
from promoter.layout.yaml_splice import Edit
from promoter.layout.yaml_tree import Alias, List, Node, Scalar
from promoter.layout.yaml_tree import Mapping as Tree
from promoter.render.preview_values import Document, check_unique, documents, joined, of_text, with_values

CLUSTER_WIDE: Final = frozenset(
    {
        *("Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"),
        *("APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy"),
        *("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
        *("StorageClass", "CSIDriver", "CSINode", "VolumeAttachment", "VolumeAttributesClass", "IngressClass"),
        *("GatewayClass", "RuntimeClass", "PriorityClass", "FlowSchema", "PriorityLevelConfiguration"),
        *("CertificateSigningRequest", "VolumeSnapshotClass", "VolumeSnapshotContent", "ServiceCIDR", "IPAddress"),
        *("DeviceClass", "ResourceSlice"),
    }
)
"""Kinds of Kubernetes and the Gateway API that belong to no namespace."""
ROLES: Final = frozenset({"ClusterRole", "ClusterRoleBinding"})
_OF_A_CLUSTER = re.compile(r"Cluster[A-Z]\w*")
"""How kinds of others are called that belong to no namespace: ClusterIssuer, ClusterSecretStore."""
_SPOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Ingress": ("spec.rules.*.host", "spec.tls.*.hosts.*"),
    "HTTPRoute": ("spec.hostnames.*",),
    "GRPCRoute": ("spec.hostnames.*",),
    "TLSRoute": ("spec.hostnames.*",),
    "Gateway": ("spec.listeners.*.hostname", "spec.servers.*.hosts.*"),
    "VirtualService": ("spec.hosts.*",),
    "Route": ("spec.host",),
    "HTTPProxy": ("spec.virtualhost.fqdn",),
    "Certificate": ("spec.dnsNames.*", "spec.commonName"),
}
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 253
_DELIVERS: Final = frozenset(
    {
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
        *(("argoproj.io", kind) for kind in ("Application", "ApplicationSet", "AppProject")),
    }
)
"""Objects that deliver what stands elsewhere: a copy would deliver the environment's own a second time."""
_CHART = ("helm.toolkit.fluxcd.io", "HelmRelease")
_REFERENCES: Final = frozenset({"namespace", "targetNamespace", "storageNamespace", "kubernetes.io/metadata.name"})
"""Keys whose value is the name of a namespace."""
_IN_CLUSTER = (".svc", ".local", ".internal")


@dataclass(frozen=True, slots=True)
class Names:
    """What a preview is called."""

    namespace: str
    host: Callable[[str], str]
    """Gives the preview's host for one of the environment's."""
    confined: bool = False
    """Nothing of the whole cluster comes along, nothing that delivers more, and its namespace is a plain one: for what
    nobody approved yet."""


@dataclass(frozen=True, slots=True)
class Named:
    """Manifests of a preview."""

    files: Mapping[str, bytes]
    hosts: tuple[str, ...]
    left_out: tuple[str, ...]
    """Objects of the whole cluster, and those that deliver others, which stay the environment's."""


def renamed(files: Mapping[str, bytes], names: Names, values: Mapping[str, str]) -> Named:
    """Give `files` (file name -> objects) with `values` changed, in the preview's namespace, under its hosts.

    Raises UsageError for a value that is not there, RenderFailed where the names fit no object, EditRefused.
    """
    found = with_values(documents(files), values)
    old = {one.root.text("metadata", "namespace") for one in found} | {one.name for one in found if _is_namespace(one)}
    old |= {one.root.text("spec", "targetNamespace") for one in found if _is(one, _CHART)}
    old.discard("")
    if names.namespace in old:
        message = f"the preview would stand in {names.namespace}, which is the environment's own namespace"
        raise RenderFailed(message, "Give it another name, or change previews.name.")
    hosts = {host: _new(names, host) for host in dict.fromkeys(host for one in found for host in _hosts(one))}
    _check_hosts(hosts)
    wide = _cluster_scoped(found)
    roles = {one.name for one in found if one.kind == "ClusterRole" and not names.confined}
    kept: list[Document] = []
    left_out: list[str] = []
    for one in found:
        whole = one.kind in wide or (_OF_A_CLUSTER.fullmatch(one.kind) and not one.root.text("metadata", "namespace"))
        if _is_namespace(one):
            if not names.confined and not any(map(_is_namespace, kept)):
                kept.append(one.edited([*_edits(one, names, old, hosts, roles), _name(one, names.namespace)]))
        elif _delivers(one, names) or (whole and (names.confined or one.kind not in ROLES)):
            left_out.append(f"{one.kind} {one.name}")
        elif whole:
            renaming = _name(one, f"{one.name}-{names.namespace}")
            kept.append(one.edited([*_edits(one, names, old, hosts, roles), renaming]))
        else:
            kept.append(_placed(one.edited(_edits(one, names, old, hosts, roles)), names.namespace))
    if all(_is_namespace(one) for one in kept):
        raise RenderFailed("nothing of it belongs to a namespace, so there is nothing to preview")
    if not any(_is_namespace(one) for one in kept):
        kept.append(_namespace(names.namespace))
    check_unique(kept)
    return Named(dict(sorted(joined(kept).items())), tuple(dict.fromkeys(hosts.values())), tuple(left_out))


def only(files: Mapping[str, bytes], kinds: Sequence[str]) -> dict[str, bytes]:
    """Give what of `files` is of `kinds` (`Kind` or `Kind.group`), and the namespace that holds it; maybe nothing."""
    found = documents(files)
    kept = [one for one in found if {one.kind, f"{one.kind}.{_group(one)}"} & set(kinds) and not _is_namespace(one)]
    return joined([one for one in found if one in kept or _is_namespace(one)]) if kept else {}


def _group(one: Document) -> str:
    return one.root.text("apiVersion").rpartition("/")[0]


def _is(one: Document, what: tuple[str, str]) -> bool:
    return (_group(one), one.kind) == what


def _delivers(one: Document, names: Names) -> bool:
    return (_group(one), one.kind) in _DELIVERS or (names.confined and _is(one, _CHART))


def _is_namespace(one: Document) -> bool:
    return one.kind == "Namespace" and not _group(one)


def _namespace(name: str) -> Document:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n"
    return of_text(f"namespace-{name}.yaml", text.encode())


def _cluster_scoped(found: Sequence[Document]) -> frozenset[str]:
    own = [
        one.root.text("spec", "names", "kind")
        for one in found
        if one.kind == "CustomResourceDefinition" and one.root.text("spec", "scope") == "Cluster"
    ]
    return CLUSTER_WIDE | frozenset(own)


def _name(one: Document, name: str) -> Edit:
    return Edit(0, ("metadata", "name"), name)


def _placed(one: Document, namespace: str) -> Document:
    """Give a namespaced object in `namespace`."""
    spot = one.root.scalar("metadata", "namespace")
    if spot is not None:
        return one.edited([] if spot.value == namespace else [Edit(0, spot.path, namespace)])
    return of_text(one.file, insert(one.file, one.tree.data(), 0, ("metadata",), "namespace", namespace))


def _edits(
    one: Document, names: Names, old: set[str], hosts: Mapping[str, str], roles: set[str]
) -> list[Edit]:  # fmt: skip
    """Give the edits of everything that refers to an old name."""
    edits = []
    data = one.kind in ("ConfigMap", "Secret")
    for scalar in one.tree.scalars:
        path = scalar.path
        if path[:2] == ("metadata", "name") or scalar.style in ("|", ">"):
            continue
        new = scalar.value
        if new in old and _refers(path) and not (data and path[0] in ("data", "stringData")):
            new = names.namespace
        elif new in roles and path in (("roleRef", "name"),) and one.root.text("roleRef", "kind") == "ClusterRole":
            new = f"{new}-{names.namespace}"
        else:
            new = _with_host(new, hosts)
        if new != scalar.value and path != ("metadata", "namespace"):
            edits.append(Edit(0, path, new))
    return edits


def _refers(path: Sequence[str | int]) -> bool:
    """Tell whether what stands there is the name of a namespace: a reference, or a selector of namespaces."""
    last = path[-1]
    above = path[-2] if len(path) > 1 else ""
    return last in _REFERENCES or (isinstance(last, int) and above == "matchNames")


def _with_host(value: str, hosts: Mapping[str, str]) -> str:
    scheme, apart, rest = value.partition("://")
    if not apart:
        before, slash, host = value.rpartition("/")
        return before + slash + hosts.get(host, host)
    end = next((at for at, sign in enumerate(rest) if sign in ":/?#"), len(rest))
    return f"{scheme}://{hosts.get(rest[:end], rest[:end])}{rest[end:]}"


def _hosts(one: Document) -> Iterator[str]:
    """Give the hosts that an object answers to."""
    for spot in _SPOTS.get(one.kind, ()):
        for scalar in _at(one.root, spot.split(".")):
            value = scalar.value.rpartition("/")[2]  # Istio's gateways write NAMESPACE/HOST
            if "." in value and not value.endswith(_IN_CLUSTER) and ".svc." not in value:
                yield value


def _at(node: Node | None, steps: Sequence[str]) -> Iterator[Scalar]:
    if isinstance(node, Alias):
        return
    if not steps:
        if isinstance(node, Scalar):
            yield node
    elif steps[0] == "*":
        for item in node.children if isinstance(node, List) else ():
            yield from _at(item, steps[1:])
    elif isinstance(node, Tree):
        yield from _at(node.entries.get(steps[0]), steps[1:])


def _new(names: Names, host: str) -> str:
    new = names.host(host)
    if _HOST.fullmatch(new) is None or len(new) > _LONGEST or new == host:
        hint = "Change previews.hosts, for example to {preview}.{app}.dev.example.com, or take a shorter name."
        raise RenderFailed(f"{host} would become {new}, which is no host of its own", hint)
    return new


def _check_hosts(hosts: Mapping[str, str]) -> None:
    several = [old for old in hosts if list(hosts.values()).count(hosts[old]) > 1]
    if several:
        message = f"{' and '.join(several)} would both become {hosts[several[0]]}"
        raise RenderFailed(message, "Put {host} into previews.hosts.")
