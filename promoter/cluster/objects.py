"""Kubernetes objects as they were read: how to name one, and typed ways into fields that may be missing or wrong.

Invariant: a field that is missing, or of another type than the API's, reads as empty; nothing here raises. Callers
must therefore treat empty as "not known".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Object = Mapping[str, Any]
"""One Kubernetes object, as its YAML or JSON says."""

GroupKind = tuple[str, str]
"""(API group without version, kind): `("apps", "Deployment")`; the core group is empty."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The name of an object in one cluster; `namespace` is empty for objects of the whole cluster."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> GroupKind:
        """The pair that readers are found by."""
        return (self.group, self.kind)

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of `status.conditions`; `status` is `True`, `False`, `Unknown`, or empty where the kind has none."""

    status: str = ""
    reason: str = ""
    message: str = ""
    observed: int | None = None
    """The generation that the entry was written for."""
    since: datetime | None = None


NO_CONDITION = Condition()

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def dig(obj: Any, *path: str) -> Any:
    """Give what stands under `path`, or None."""
    for name in path:
        if type(obj) is not dict and not isinstance(obj, Mapping):  # the first is quick, and nearly always so
            return None
        obj = obj.get(name)
    return obj


def text(obj: Any, *path: str) -> str:
    """Give a scalar as text; a YAML boolean reads as the API writes it, `True` or `False`."""
    value = dig(obj, *path)
    if type(value) is str:
        return value
    return str(value) if isinstance(value, (str, int, float)) else ""


def integer(obj: Any, *path: str) -> int | None:
    """Give a whole number, also where it was written as text."""
    value = dig(obj, *path)
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) else None


def flag(obj: Any, *path: str) -> bool:
    """Tell whether the field is true."""
    return text(obj, *path).lower() == "true"


def entries(obj: Any, *path: str) -> tuple[Object, ...]:
    """Give the mappings in a list."""
    value = dig(obj, *path)
    if not isinstance(value, list):
        return ()
    return tuple(entry for entry in value if type(entry) is dict or isinstance(entry, Mapping))


def moment(obj: Any, *path: str) -> datetime | None:
    """Give a time (RFC 3339, as the API writes times); None when it is missing, wrong, or has no zone."""
    value = dig(obj, *path)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def key_of(obj: Object) -> Key | None:
    """Give the name of `obj`, or None when it has no kind or no name."""
    kind, name = text(obj, "kind"), text(obj, "metadata", "name")
    if not kind or not name:
        return None
    return Key(group_of(text(obj, "apiVersion")), kind, text(obj, "metadata", "namespace"), name)


def group_of(api_version: str) -> str:
    """Give the group in `apps/v1`; `v1` is the core group."""
    return api_version.rpartition("/")[0]


def conditions(obj: Object) -> dict[str, Condition]:
    """Give `status.conditions` by type; of several with one type the last."""
    return {
        text(entry, "type"): Condition(
            text(entry, "status"),
            text(entry, "reason"),
            text(entry, "message"),
            integer(entry, "observedGeneration"),
            moment(entry, "lastTransitionTime"),
        )
        for entry in entries(obj, "status", "conditions")
    }


def latest(*times: datetime | None) -> datetime | None:
    """Give the newest of the times that are known."""
    return max((time for time in times if time is not None), default=None)


def deleting(obj: Object) -> bool:
    """Tell whether the object is being deleted: then its status says nothing."""
    return dig(obj, "metadata", "deletionTimestamp") is not None
