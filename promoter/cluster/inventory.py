"""What a delivering object applied, and which of it has a health that somebody must look at.

Flux writes an entry as `<namespace>_<name>_<group>_<kind>`, with `:` in names of RBAC objects as `__`
(cli-utils `pkg/object/objmetadata.go`); Argo CD lists `status.resources`.
"""

from __future__ import annotations

from collections.abc import Iterable

from promoter.cluster.objects import GroupKind, Key, Object, dig, entries, flag, text

_WORKLOADS: frozenset[GroupKind] = frozenset(
    {
        ("", "Pod"),
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("argoproj.io", "Application"),
        ("argoproj.io", "Rollout"),
        ("batch", "Job"),
        ("flagger.app", "Canary"),
        ("helm.fluxcd.io", "HelmRelease"),
        ("helm.toolkit.fluxcd.io", "HelmRelease"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    }
)
"""Kinds that run something, themselves or through what they deliver."""

_ALWAYS_CURRENT: frozenset[GroupKind] = frozenset(
    {("argoproj.io", "Application"), ("flagger.app", "Canary"), ("helm.fluxcd.io", "HelmRelease")}
)
"""Kinds without a `Ready` condition: Flux' health checks take them for healthy whatever they say."""

_NOT_ASSESSED: frozenset[GroupKind] = frozenset({("argoproj.io", "Application")})
"""Kinds whose health does not count in an Argo CD Application's (since 1.8)."""


def flux_inventory(obj: Object) -> tuple[Key, ...] | None:
    """Give `status.inventory` as keys; None when there is none, or an entry cannot be read."""
    if not isinstance(dig(obj, "status", "inventory", "entries"), list):
        return None
    keys = [_flux_key(text(entry, "id")) for entry in entries(obj, "status", "inventory", "entries")]
    known = tuple(key for key in keys if key is not None)
    return known if len(known) == len(keys) else None


def _flux_key(identity: str) -> Key | None:
    namespace, first, rest = identity.partition("_")
    rest, second, kind = rest.rpartition("_")
    name, third, group = rest.rpartition("_")
    if not (first and second and third and name and kind):
        return None
    return Key(group, kind, namespace, name.replace("__", ":"))


def argo_inventory(obj: Object) -> tuple[Key, ...]:
    """Give `status.resources` as keys: neither hooks, which come and go with each sync, nor what Git no longer has."""
    return tuple(
        Key(_word(entry, "group"), _word(entry, "kind"), _word(entry, "namespace"), _word(entry, "name"))
        for entry in entries(obj, "status", "resources")
        if not ("hook" in entry and flag(entry, "hook"))
        and not ("requiresPruning" in entry and flag(entry, "requiresPruning"))
    )


def _word(entry: Object, name: str) -> str:
    value = entry.get(name)  # there are hundreds of these in an Application, and thousands of Applications
    return value if type(value) is str else text(entry, name)


def workloads(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Give those that run something."""
    return tuple(key for key in keys if key.group_kind in _WORKLOADS)


def unassessed_by_flux(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Give those that run something, and that Flux' health checks never find unhealthy."""
    return tuple(key for key in keys if key.group_kind in _ALWAYS_CURRENT)


def unassessed_by_argo(keys: Iterable[Key]) -> tuple[Key, ...]:
    """Give those that run something, and that do not count in an Application's health."""
    return tuple(key for key in keys if key.group_kind in _NOT_ASSESSED)
