"""A simulated cluster's objects in a namespace of a real API server, for the demo.

They are applied as controllers do it (server-side apply), the status through its own subresource. What the server
fills in stays the server's: what is read back is not what was sent, so `read` gives what was shown last.

Invariant: nothing is written to a server that has nodes, nor to a namespace that was not made here. The objects of a
demo are never anybody's real ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from promoter.cluster.api.connection import Connection, connect
from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.kinds import KINDS
from promoter.cluster.api.pages import Resource, Served
from promoter.cluster.api.target import Target
from promoter.cluster.api.trouble import Absent, Asked, from_status
from promoter.cluster.objects import GroupKind, Object, dig, key_of, text
from promoter.errors import EdgeFailed

SHOWN: tuple[GroupKind, ...] = (
    ("source.toolkit.fluxcd.io", "GitRepository"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("apps", "Deployment"),
)
"""The kinds that a simulated cluster shows."""
_LABEL = {"app.kubernetes.io/managed-by": "promoter-demo"}
_SECONDS = 60.0
_NODES = Resource("", "v1", "nodes", namespaced=False)
_NAMESPACES = Resource("", "v1", "namespaces", namespaced=False)


class ApiShown:
    """One namespace; what is written is sent by `settle`, and only the last of each name."""

    def __init__(self, context: str, env: Mapping[str, str], namespace: str) -> None:
        """Write as `context` of the kubeconfig in `env`. Raises EdgeFailed."""
        self._connection: Connection = connect(Target(context=context), env)
        self._namespace = namespace
        self._resources: dict[GroupKind, Resource] = {}
        self._last: dict[str, list[Any]] = {}
        self._unsent: set[str] = set()

    def begin(self) -> None:
        """Make the namespace, or empty that of an earlier demo. Raises EdgeFailed for a server that is in use."""
        deadline = Deadline(_SECONDS)
        where = self._connection.where
        if self._get(_NODES.path(), _NODES, deadline)["items"]:
            raise EdgeFailed(
                f"{where} has nodes: its controllers would answer the demo's",
                "The demo plays the controllers; it needs an API server alone: make demo-kube",
            )
        served = Served(self._connection, deadline)
        for kind in SHOWN:
            found = served.resource(kind, deadline)
            if found is None:
                raise EdgeFailed(
                    f"{where} serves no {KINDS[kind].resource}",
                    "Install Flux' definitions there, or use a server of one's own: make demo-kube",
                )
            self._resources[kind] = found
        self._claim(deadline)
        for resource in self._resources.values():
            self._send("DELETE", resource.path(self._namespace), None, resource)

    def read(self, name: str) -> list[Any]:
        """Give what was written last."""
        return self._last.get(name, [])

    def write(self, name: str, objects: Sequence[Object]) -> None:
        """Keep it for `settle`."""
        self._last[name] = [dict(obj) for obj in objects]
        self._unsent.add(name)

    def settle(self) -> None:
        """Apply everything, and its status. Raises EdgeFailed."""
        for name in sorted(self._unsent):
            for obj in self._last[name]:
                self._apply(obj)
        self._unsent.clear()

    def _claim(self, deadline: Deadline) -> None:
        path = f"{_NAMESPACES.path()}/{self._namespace}"
        try:
            found = self._get(path, _NAMESPACES, deadline)
        except Absent:
            made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace, "labels": _LABEL}}
            self._send("POST", _NAMESPACES.path(), made, _NAMESPACES)
            return
        labels = dig(found, "metadata", "labels")
        if not isinstance(labels, Mapping) or not _LABEL.items() <= labels.items():
            raise EdgeFailed(
                f"{self._connection.where} has a namespace {self._namespace}, and not of an earlier demo",
                "Delete it, or name another context.",
            )

    def _apply(self, obj: Object) -> None:
        key = key_of(obj)
        if key is None:
            raise EdgeFailed("an object without a name cannot be shown")
        resource = self._resources[key.group_kind]
        named = {"apiVersion": text(obj, "apiVersion"), "kind": key.kind}
        shown = {name: dig(obj, "metadata", name) for name in ("labels", "annotations") if dig(obj, "metadata", name)}
        metadata = {"name": key.name, "namespace": self._namespace}
        path = f"{resource.path(self._namespace)}/{key.name}"
        sent = {**named, "metadata": {**metadata, **shown}, "spec": obj["spec"]}
        self._send("PATCH", path, sent, resource)
        self._send("PATCH", f"{path}/status", {**named, "metadata": metadata, "status": obj["status"]}, resource)

    def _get(self, path: str, resource: Resource, deadline: Deadline) -> Any:
        return self._connection.get(path, {}, Asked(self._connection.where, resource.group, resource.plural), deadline)

    def _send(self, method: str, path: str, body: Object | None, resource: Resource) -> None:
        import urllib3

        from promoter.cluster.api.transport import from_error

        applied = method == "PATCH"
        verb = {"PATCH": "patch", "POST": "create"}.get(method, "deletecollection")
        asked = Asked(self._connection.where, resource.group, resource.plural, self._namespace, verb)
        kind = "application/apply-patch+yaml" if applied else "application/json"  # JSON is YAML
        limits = self._connection.limits
        try:
            answer = self._connection.pool.request(
                method,
                f"{self._connection.host}{path}{'?fieldManager=promoter-demo&force=true' if applied else ''}",
                body=json.dumps(body).encode() if body is not None else None,
                headers={"Content-Type": kind, "User-Agent": "promoter", **self._connection.header()},
                timeout=urllib3.Timeout(connect=limits.connect, read=limits.read),
                redirect=False,
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise from_error(error, asked) from None
        if answer.status >= 300:
            raise from_status(answer.status, answer.data, asked)
