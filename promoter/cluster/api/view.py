"""One API server as one look sees it: each list read once, when it is first needed.

Invariant: what explains an object (its source, its workloads) is listed after the object, so it is never older than
the report that it explains. A kind that cannot be listed is remembered with the reason: what may hang on it is unknown,
and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from promoter.cluster.api.connection import Connection
from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.kinds import KINDS, Role, referenced
from promoter.cluster.api.pages import Resource, Served, list_all
from promoter.cluster.api.trouble import Absent, Late
from promoter.cluster.api.watch import Stream
from promoter.cluster.objects import GroupKind, Key, Object, key_of
from promoter.errors import EdgeFailed

_FEW = 3
"""In so many namespaces a kind is listed one by one; from the next on, everywhere."""


class View:
    """What was read of one cluster in one look. Not for several threads at once."""

    def __init__(self, connection: Connection, namespaces: tuple[str, ...], deadline: Deadline) -> None:
        """Ask what is served; `namespaces` limits what is read, empty: everywhere. Raises Late, EdgeFailed."""
        self._connection = connection
        self._namespaces = namespaces
        self._deadline = deadline
        self._served = Served(connection, deadline)
        self._by_key: dict[Key, Object] = {}
        self._listed: dict[GroupKind, set[str]] = defaultdict(set)
        self._asked: set[Key] = set()
        self._late: Late | None = None
        self.troubles: dict[GroupKind, EdgeFailed] = {}
        """Why a kind could not be listed."""
        self.versions: dict[tuple[Resource, str], str] = {}
        """(resource, namespace) -> the moment of its list."""

    def owners(self, kinds: Iterable[GroupKind]) -> list[Object]:
        """Give all objects of `kinds`, and after them the sources that those name. Raises Late."""
        wanted = set(kinds)
        done: set[GroupKind] = set()
        while wanted - done:
            before = set(done)
            for kind in sorted(wanted - before):
                done.add(kind)
                self.all_of(kind)
            found = [obj for key, obj in self._by_key.items() if key.group_kind in done]
            wanted |= {kind for obj in found for kind in referenced(obj)}
        return [obj for key, obj in self._by_key.items() if key.group_kind in done]

    def all_of(self, kind: GroupKind) -> None:
        """List every object of `kind`; what goes wrong is kept in `troubles`. Raises Late."""
        for namespace in self._namespaces or ("",):
            self._list(kind, namespace)

    def objects(self, kind: GroupKind) -> list[Object]:
        """Give what was read of `kind`."""
        return [obj for key, obj in self._by_key.items() if key.group_kind == kind]

    def related(self, key: Key) -> Object | None:
        """Give another object; None when it is not there. Raises EdgeFailed when that cannot be told."""
        if key.group_kind not in KINDS:
            return None
        self._asked.add(key)
        if self._namespaces and key.namespace not in self._namespaces:
            raise EdgeFailed(
                f"{key} is outside the namespaces that are read",
                "Add its namespace to live.kubernetes.namespaces.",
            )
        listed = self._listed[key.group_kind]
        if key not in self._by_key and "" not in listed and key.namespace not in listed:
            many = not self._namespaces and len(listed) >= _FEW
            self._list(key.group_kind, "" if many else key.namespace)
        if self._late is not None:
            raise self._late
        if key.group_kind in self.troubles:
            raise self.troubles[key.group_kind]
        return self._by_key.get(key)

    def streams(self, owners: Collection[str]) -> list[Stream]:
        """Give what tells of changes after this look: of `owners` (an empty name: any), and of what they led to."""
        known, open_end = set(self._asked), "" in owners

        def concerns(key: Key) -> bool:
            return open_end or str(key) in owners or key in known or KINDS[key.group_kind].role is Role.SOURCE

        return [
            Stream(self._connection, resource, namespace, version, concerns)
            for (resource, namespace), version in self.versions.items()
        ]

    def _list(self, kind: GroupKind, namespace: str) -> None:
        if self._late is not None:
            raise self._late
        if namespace in self._listed[kind]:
            return
        self._listed[kind].add(namespace)
        try:
            resource = self._served.resource(kind, self._deadline)
            if resource is None:
                return
            listing = list_all(self._connection, resource, namespace if resource.namespaced else "", self._deadline)
        except Absent:
            return
        except Late as error:
            self._late = error
            raise
        except EdgeFailed as error:
            self.troubles[kind] = error
            return
        self.versions[resource, namespace] = listing.version
        for obj in listing.objects:
            key = key_of(obj)
            if key is not None:
                self._by_key[key] = obj
