"""Reading: what a server serves, and all objects of one kind, in pages.

A list is asked for without a `resourceVersion`, so it is never older than what came before it; its pages are of one
moment. When the server forgets that moment between two pages (410), the list begins again. Typed lists leave out what
their entries are; `managedFields` are dropped, nobody reads them and they are often half of an object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter.cluster.api.connection import Connection
from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.trouble import Absent, Asked, Gone, Passing, half
from promoter.cluster.objects import GroupKind, Object, dig, entries, text

PAGE = 500
_RESTARTS = 3
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class Resource:
    """How a kind is served."""

    group: str
    version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str = "") -> str:
        """Give the path of its list; `namespace` empty: all of them."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of one kind at one moment."""

    objects: tuple[Object, ...]
    version: str
    """The moment, for a watch to go on from."""


class Served:
    """What a server serves, in each group's preferred version; read once, in as few questions as it allows."""

    def __init__(self, connection: Connection, deadline: Deadline) -> None:
        """Ask for the groups. Raises Late, EdgeFailed."""
        self._connection = connection
        self._asked = Asked(connection.where)
        self._known: dict[str, dict[GroupKind, Resource]] = {}
        self._preferred: dict[str, str] = {"": "v1"}
        answer = connection.get("/apis", {}, self._asked, deadline, _AGGREGATED)
        if text(answer, "kind") == "APIGroupDiscoveryList":
            for group in entries(answer, "items"):
                self._take(group)
        elif text(answer, "kind") == "APIGroupList":
            for group in entries(answer, "groups"):
                self._preferred[text(group, "name")] = text(group, "preferredVersion", "version")
        else:
            raise half(self._asked)

    def _take(self, group: Object) -> None:
        """Keep a group of the aggregated discovery: of several versions of a kind, the first is preferred."""
        name = text(group, "metadata", "name")
        known = self._known.setdefault(name, {})
        for version in entries(group, "versions"):
            for resource in entries(version, "resources"):
                kind = text(resource, "responseKind", "kind")
                made = Resource(
                    name, text(version, "version"), text(resource, "resource"), text(resource, "scope") != "Cluster"
                )
                known.setdefault((name, kind), made)

    def resource(self, kind: GroupKind, deadline: Deadline) -> Resource | None:
        """Give how `kind` is served; None when it is not, as where its definition is not installed."""
        group = kind[0]
        if group not in self._known:
            version = self._preferred.get(group, "")
            self._known[group] = dict(self._legacy(group, version, deadline)) if version else {}
        return self._known[group].get(kind)

    def _legacy(self, group: str, version: str, deadline: Deadline) -> Iterator[tuple[GroupKind, Resource]]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            answer = self._connection.get(path, {}, self._asked, deadline)
        except Absent:
            return
        if text(answer, "kind") != "APIResourceList":
            raise half(self._asked)
        for found in entries(answer, "resources"):
            name, kind = text(found, "name"), text(found, "kind")
            if "/" not in name:
                yield (group, kind), Resource(group, version, name, text(found, "namespaced") != "False")


def list_all(connection: Connection, resource: Resource, namespace: str, deadline: Deadline) -> Listing:
    """Give all objects of a kind, in `namespace` or (empty) everywhere. Raises Absent, Late, EdgeFailed."""
    asked = Asked(connection.where, resource.group, resource.plural, namespace)
    for _ in range(_RESTARTS):
        try:
            return _pages(connection, resource.path(namespace), asked, deadline)
        except Gone:
            continue
    raise Passing(
        f"{connection.where} forgets the list of {asked.name} faster than it can be read",
        "Run again; if it stays, the connection is too slow for so many objects.",
    )


def _pages(connection: Connection, path: str, asked: Asked, deadline: Deadline) -> Listing:
    objects: list[Object] = []
    query: dict[str, str] = {"limit": str(PAGE)}
    while True:
        page = connection.get(path, query, asked, deadline)
        kind, items = text(page, "kind"), dig(page, "items")
        if not kind.endswith("List") or "items" not in page or not isinstance(items, list | None):
            raise half(asked)
        typed = {"apiVersion": text(page, "apiVersion"), "kind": kind.removesuffix("List")}
        objects += [_lean(typed, item) for item in items or () if isinstance(item, dict)]
        rest = text(page, "metadata", "continue")
        if not rest:
            return Listing(tuple(objects), text(page, "metadata", "resourceVersion"))
        query = {"limit": str(PAGE), "continue": rest}


def _lean(typed: Mapping[str, str], item: dict[str, Any]) -> Object:
    metadata = item.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
    return item if "kind" in item and "apiVersion" in item else {**typed, **item}
