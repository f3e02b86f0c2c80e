"""What Flagger makes of a workload that a Canary targets: `<name>-primary`, which has the traffic.

Flagger (`pkg/canary/deployment_controller.go`, `daemonset_controller.go`) copies the target's pod template to the
primary when a change is promoted, and takes the pods of the target away at rest. The copy differs by what Flagger
writes into it: labels and names of ConfigMaps and Secrets end in `-primary`, and an annotation makes it roll. So an
equal template is the one sign that what was applied has been promoted: no field of a Canary names it.

Invariant: the primary is only known by its owner, a Canary; another workload of that name is not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from promoter.cluster.objects import Key, Object, dig, entries, group_of, key_of, text
from promoter.cluster.reader import Related

_PRIMARY: Final = "-primary"
_ADDED: Final = frozenset({"flagger-id", "flagger.app/scale-to-zero"})
"""The annotation of a primary's pods, and the node selector that leaves a target's DaemonSet without pods."""


def primary_key(key: Key) -> Key:
    """Give the name of the primary of a workload."""
    return Key(key.group, key.kind, key.namespace, key.name + _PRIMARY)


def primary_of(workload: Object, related: Related) -> Object | None:
    """Give the primary of `workload` when a Canary made one and it is there."""
    key = key_of(workload)
    primary = None if key is None else related(primary_key(key))
    return primary if primary is not None and _made_by_flagger(primary) else None


def _made_by_flagger(obj: Object) -> bool:
    owners = entries(obj, "metadata", "ownerReferences")
    return any(
        (group_of(text(owner, "apiVersion")), text(owner, "kind")) == ("flagger.app", "Canary") for owner in owners
    )


def promoted(target: Object, primary: Object) -> bool:
    """Tell whether the primary has the pod template of its target."""
    template = dig(target, "spec", "template")
    return isinstance(template, Mapping) and _same(template, dig(primary, "spec", "template"))


def _same(target: Any, primary: Any) -> bool:
    if isinstance(target, Mapping) and isinstance(primary, Mapping):
        left, right = _plain(target), _plain(primary)
        return left.keys() == right.keys() and all(_same(left[name], right[name]) for name in left)
    if isinstance(target, list) and isinstance(primary, list):
        return len(target) == len(primary) and all(map(_same, target, primary))
    return bool(target == primary) or (isinstance(target, str) and primary == target + _PRIMARY)


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Give the entries that count: what is empty is as good as missing."""
    return {name: entry for name, entry in value.items() if name not in _ADDED and not _empty(entry)}


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _plain(value)
    return value is None or value == []
