"""The rights that reading needs, as RBAC objects: to get, list and watch exactly the kinds that a look may ask for.

An owner may apply objects of any of them, so which owners there are narrows nothing; what a cluster serves does.
Reading a status needs no right to `*/status`: that subresource is for those who write it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from promoter.cluster.api.kinds import KINDS
from promoter.cluster.objects import GroupKind

VERBS = ("get", "list", "watch")
_API = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Account:
    """A service account."""

    namespace: str
    name: str


def rules(kinds: Collection[GroupKind] = KINDS.keys()) -> list[dict[str, Any]]:
    """Give the rules that allow to read `kinds`, one an API group."""
    by_group: dict[str, list[str]] = defaultdict(list)
    for key in kinds:
        by_group[key[0]].append(KINDS[key].plural)
    return [
        {"apiGroups": [group], "resources": sorted(by_group[group]), "verbs": list(VERBS)} for group in sorted(by_group)
    ]


def manifests(
    name: str,
    kinds: Collection[GroupKind] = KINDS.keys(),
    namespaces: Sequence[str] = (),
    account: Account | None = None,
) -> list[dict[str, Any]]:
    """Give a ClusterRole, or a Role in each of `namespaces`; with an account, also that and the bindings."""
    made: list[dict[str, Any]] = []
    if account is not None:
        made.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta(account.name, account.namespace)})
    for namespace in namespaces or ("",):
        kind = "Role" if namespace else "ClusterRole"
        made.append({"apiVersion": _API, "kind": kind, "metadata": _meta(name, namespace), "rules": rules(kinds)})
        if account is not None:
            made.append({
                "apiVersion": _API,
                "kind": f"{kind}Binding",
                "metadata": _meta(name, namespace),
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": account.name, "namespace": account.namespace}],
            })  # fmt: skip
    return made


def _meta(name: str, namespace: str) -> dict[str, str]:
    return {"name": name, "namespace": namespace} if namespace else {"name": name}
