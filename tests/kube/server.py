"""A real Kubernetes API for the tests: etcd and kube-apiserver, with the delivery tools' definitions and RBAC.

Fixtures (every test sees them): `kube` is a `Kube` on the ONE server of the whole run, also of all xdist workers;
what a test made through it is deleted after the test. `own_kube` is a `Private` on a server of the test's own, to
pause and to kill (it costs two seconds).

    def test_x(kube: Kube) -> None:
        namespace = kube.namespace()                        # one that nobody else has
        kube.apply(obj, namespace=namespace)                # creates or replaces, `.status` too
        reader = kube.restrict([{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}])
        path = kube.kubeconfig(user=reader)                 # or user="admin", "nobody", "certificate"

No controller runs: nothing changes by itself, a namespace gets no service account, and deleted owners leave their
objects. The server owns `metadata.generation`: it starts at 1 and counts changes of the spec (of everything but
metadata where a kind has no status subresource, as Argo CD's Application). So `apply` refuses an object that names a
generation which it cannot have, unless `shift=True` lets it move every `observedGeneration` by the same offset. To have
one that is behind, apply twice: built-in kinds drop an `observedGeneration` of 0.
"""

from __future__ import annotations

import base64
import copy
import secrets
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from tests.kube import definitions
from tests.kube.api import Api, Json, Refused
from tests.kube.pair import Pair
from tests.kube.programs import Programs, find

_OWNED = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "deletionTimestamp")
_ROLES = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may ask the server."""

    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Resource:
    root: str
    """`/apis/apps/v1`"""
    plural: str
    namespaced: bool
    has_status: bool

    def path(self, namespace: str, name: str = "") -> str:
        inside = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.root}{inside}/{self.plural}{f'/{name}' if name else ''}"


@dataclass
class Kube:
    """A server, and what one test does with it as its administrator."""

    url: str
    ca_file: Path
    tokens: Mapping[str, str] = field(repr=False)
    """By user: `admin` may do everything, `nobody` nothing but look around the API."""
    folder: Path
    """Where the server's certificates are."""
    scratch: Path
    """Where kubeconfigs go that are not told where."""
    programs: Programs = field(repr=False, default_factory=find)
    _users: list[User] = field(repr=False, default_factory=list)
    _resources: dict[tuple[str, str], _Resource] = field(repr=False, default_factory=dict)
    _made: list[str] = field(repr=False, default_factory=list)

    def __post_init__(self) -> None:
        self.api = Api(self.url, self.ca_file, self.admin_token)
        """Ask the server anything: `kube.api("GET", "/apis/apps/v1/deployments")`."""

    @property
    def admin_token(self) -> str:
        """The token of who may do everything."""
        return self.tokens["admin"]

    @property
    def kubectl(self) -> Path:
        """The program, of the server's version."""
        return self.programs.kubectl

    def namespace(self, prefix: str = "test") -> str:
        """Make a namespace that is only this test's; give its name."""
        name = f"{prefix}-{secrets.token_hex(5)}"
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def apply(self, obj: Mapping[str, Any], *, namespace: str = "", shift: bool = False) -> Json:
        """Create or replace `obj`, with its `.status`; give what the server then has.

        `namespace` replaces the object's own. Of the metadata, what the server owns is left out. ValueError when the
        object names a `metadata.generation` other than the one it gets, and `shift` does not allow to move every
        `observedGeneration` in the status along. Raises `Refused`.
        """
        wanted: Json = copy.deepcopy(dict(obj))
        meta = wanted["metadata"] = dict(wanted["metadata"])
        said = meta.get("generation")
        for name in _OWNED:
            meta.pop(name, None)
        resource = self._resource(wanted["apiVersion"], wanted["kind"])
        if resource.namespaced:
            meta["namespace"] = namespace or meta.get("namespace") or "default"
        path = resource.path(meta.get("namespace", ""), meta["name"])
        status = wanted.pop("status", None) if resource.has_status else None
        current = self._found(path)
        if said is not None and not resource.has_status:
            _move(
                wanted.get("status"), said, 1 if current is None else current["metadata"]["generation"] + 1, shift, path
            )
        if current is None:
            stored = self.api("POST", resource.path(meta.get("namespace", "")), wanted)
            self._made.append(path)
        else:
            meta["resourceVersion"] = current["metadata"]["resourceVersion"]
            stored = self.api("PUT", path, wanted)
        if status is not None:
            _move(status, said, stored["metadata"].get("generation"), shift, path)
            stored = self.api("PUT", f"{path}/status", {**stored, "status": status})
        return stored

    def apply_all(self, objects: Iterable[Mapping[str, Any]], *, namespace: str = "", shift: bool = False) -> int:
        """Apply many, eight at a time; give how many."""
        with ThreadPoolExecutor(8) as pool:
            done = pool.map(lambda obj: self.apply(obj, namespace=namespace, shift=shift), objects)
            return sum(1 for _ in done)

    def get(self, obj: Mapping[str, Any], *, namespace: str = "") -> Json:
        """Give what the server has under the kind and name of `obj`. Raises `Refused`."""
        return self.api("GET", self._path(obj, namespace))

    def delete(self, obj: Mapping[str, Any], *, namespace: str = "") -> None:
        """Delete at once what has the kind and name of `obj`; with finalizers it stays, terminating."""
        self.api("DELETE", self._path(obj, namespace), {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})

    def install_crds(self, *names: str) -> None:
        """Install definitions by `PLURAL.GROUP`, all when none is named; the shared server has them all."""
        definitions.install(self.api, self.programs.crds, names)

    def restrict(self, rules: Sequence[Mapping[str, Any]], *, namespace: str = "") -> User:
        """Make a user who may do what `rules` (of a ClusterRole) allow, and nothing more; in `namespace` only if given.

        It is a service account in a namespace of its own, so every such user may also see the API's groups and kinds.
        """
        home = self.namespace("user")
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "user"}}, namespace=home)
        scope = "" if namespace else "Cluster"
        meta = {"name": home, "namespace": namespace} if namespace else {"name": home}
        self.apply({"apiVersion": _ROLES, "kind": f"{scope}Role", "metadata": meta, "rules": list(rules)})
        self.apply(
            {
                "apiVersion": _ROLES,
                "kind": f"{scope}RoleBinding",
                "metadata": meta,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": f"{scope}Role", "name": home},
                "subjects": [{"kind": "ServiceAccount", "name": "user", "namespace": home}],
            }
        )
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        answer = self.api("POST", f"/api/v1/namespaces/{home}/serviceaccounts/user/token", request)
        user = User(home, answer["status"]["token"])
        self._users.append(user)
        return user

    def kubeconfig(self, path: Path | None = None, *, user: User | str = "admin", namespace: str = "") -> Path:
        """Write a kubeconfig, by default a new one in the test's folder; give its path.

        It has a context for every user, of the user's name: `admin` and `nobody` by token, `certificate` (may do
        everything) by a client certificate, and those of `restrict`. The current one is `user`.
        """
        name = user if isinstance(user, str) else user.name
        users: list[Json] = [{"name": each, "user": {"token": token}} for each, token in self.tokens.items()]
        users += [{"name": each.name, "user": {"token": each.token}} for each in self._users]
        pair = {
            "client-certificate-data": _data(self.folder / "client.crt"),
            "client-key-data": _data(self.folder / "client.key"),
        }
        users.append({"name": "certificate", "user": pair})
        if name not in {each["name"] for each in users}:
            raise ValueError(f"there is no user {name} here")
        inside = {"namespace": namespace} if namespace else {}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "test", "cluster": {"server": self.url, "certificate-authority-data": _data(self.ca_file)}}
            ],
            "users": users,
            "contexts": [
                {"name": each["name"], "context": {"cluster": "test", "user": each["name"], **inside}} for each in users
            ],
            "current-context": name,
        }
        target = path or self.scratch / f"kubeconfig-{secrets.token_hex(4)}"
        target.touch(mode=0o600)
        target.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        return target

    def forget(self) -> None:
        """Delete everything that was made here, and close the connections."""
        for path in reversed(self._made):
            found = self._found(path)
            if found is None:
                continue
            if found["metadata"].get("finalizers"):
                self.api("PATCH", path, {"metadata": {"finalizers": None}}, "merge-patch+json")
            if self._found(path) is not None:
                self.api("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
            if found["kind"] == "Namespace":  # no controller is there that would end it
                self.api(
                    "PUT", f"{path}/finalize", {**found, "spec": {}, "metadata": {"name": found["metadata"]["name"]}}
                )
        self._made.clear()
        self.api.close()

    def _found(self, path: str) -> Json | None:
        try:
            return self.api("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def _path(self, obj: Mapping[str, Any], namespace: str) -> str:
        meta = obj["metadata"]
        inside = namespace or meta.get("namespace") or "default"
        return self._resource(obj["apiVersion"], obj["kind"]).path(inside, meta["name"])

    def _resource(self, version: str, kind: str) -> _Resource:
        if (version, kind) not in self._resources:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            listed = self.api("GET", root)["resources"]
            names = {each["name"] for each in listed}
            for each in listed:
                if "/" not in each["name"]:
                    found = _Resource(root, each["name"], each["namespaced"], f"{each['name']}/status" in names)
                    self._resources[version, each["kind"]] = found
        return self._resources[version, kind]


class Private(Kube):
    """A server of one test's own."""

    pair: Pair

    @classmethod
    def start(cls, folder: Path, crds: Iterable[str] = ()) -> Self:
        """Start a server in `folder` with the definitions `crds`, all when none is named."""
        pair = Pair(find(), folder / "server")
        try:
            pair.start()
            found = cls(pair.url, pair.ca_file, pair.tokens, pair.folder, folder, pair.programs)
            found.pair = pair
            found.install_crds(*crds)
        except BaseException:
            pair.stop()
            raise
        return found

    def pause(self) -> None:
        """Let the server hang: it takes connections and answers nothing."""
        self.pair.signal_apiserver(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.pair.signal_apiserver(signal.SIGCONT)

    def kill(self) -> None:
        """End the server in the middle of whatever it does; connections are refused from now on."""
        self.pair.kill_apiserver()

    def revive(self) -> None:
        """Start it again at the same address, with what was stored, and wait until it is ready."""
        self.pair.start_apiserver()

    def stop(self) -> None:
        """End it for good."""
        self.api.close()
        self.pair.stop()


@contextmanager
def private(folder: Path, *crds: str) -> Iterator[Private]:
    """Give a server of one's own, with the definitions that are named, or all."""
    found = Private.start(folder, crds)
    try:
        yield found
    finally:
        found.stop()


def _move(status: Any, said: int | None, real: int | None, shift: bool, path: str) -> None:
    """Move every `observedGeneration` below `status` from the generation `said` to the `real` one."""
    if said is None or real is None or said == real:
        return
    if not shift:
        raise ValueError(f"{path} has generation {real}, not {said}: leave it out, or apply with shift=True")
    if isinstance(status, dict):
        for key, value in status.items():
            if key == "observedGeneration" and str(value).lstrip("-").isdigit():
                status[key] = type(value)(int(value) + real - said)
            else:
                _move(value, said, real, shift, path)
    elif isinstance(status, list):
        for value in status:
            _move(value, said, real, shift, path)


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
