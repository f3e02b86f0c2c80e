"""The test server is a real one, and what the fixtures promise is so."""

from __future__ import annotations

import json
import subprocess
import time
from itertools import count
from pathlib import Path

import pytest
import yaml

from tests.kube.api import Api, Refused
from tests.kube.objects_made import ARGO, Json, delivery, deployment
from tests.kube.server import Kube, Private, User

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
READ = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]}


def kubectl(kube: Kube, user: User | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(kube.kubectl), f"--kubeconfig={kube.kubeconfig(user=user)}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def included(wanted: object, found: object) -> bool:
    """Tell whether everything in `wanted` stands in `found`: the server adds defaults."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(included(value, found.get(key)) for key, value in wanted.items())
    return wanted == found


@pytest.mark.parametrize("obj", delivery(), ids=lambda obj: f"{obj['kind']}.{obj['apiVersion'].partition('/')[0]}")
def test_every_kind_keeps_its_spec_and_status(kube: Kube, obj: Json) -> None:
    namespace = kube.namespace()
    kube.apply(obj, namespace=namespace)
    stored = kube.get(obj, namespace=namespace)
    assert included({name: obj[name] for name in ("spec", "status") if name in obj}, stored)
    assert (stored["metadata"]["namespace"], stored["metadata"]["generation"]) == (namespace, 1)


def test_every_definition_has_an_object(kube: Kube) -> None:
    defined = {(each["spec"]["group"], each["spec"]["names"]["kind"]) for each in kube.api("GET", DEFINITIONS)["items"]}
    assert {(obj["apiVersion"].partition("/")[0], obj["kind"]) for obj in delivery()} == defined


def test_a_status_is_not_made_by_create_alone(kube: Kube) -> None:
    flux, *_ = delivery()
    argo = next(obj for obj in delivery() if (obj["apiVersion"], obj["kind"]) == (ARGO, "Application"))
    at = kube.namespace()
    made = kube.api("POST", f"/apis/{flux['apiVersion']}/namespaces/{at}/kustomizations", flux)
    assert made["status"] == {"observedGeneration": -1}
    made = kube.api("POST", f"/apis/{argo['apiVersion']}/namespaces/{at}/applications", argo)
    assert made["status"]["sync"]["status"] == "Synced"


def test_an_object_is_replaced(kube: Kube) -> None:
    at = kube.namespace()
    kube.apply(deployment(), namespace=at)
    changed = deployment()
    changed["spec"]["replicas"] = 3
    changed["status"]["replicas"] = 3
    stored = kube.apply(changed, namespace=at)
    assert (stored["spec"]["replicas"], stored["status"]["replicas"]) == (3, 3)
    assert stored["metadata"]["generation"] == 2


def test_a_generation_that_cannot_be_is_refused_or_moved(kube: Kube) -> None:
    at = kube.namespace()
    with pytest.raises(ValueError, match=r"has generation 1, not 7: .*shift=True"):
        kube.apply(deployment(7), namespace=at)
    stored = kube.apply(deployment(7), namespace=at, shift=True)
    assert (stored["metadata"]["generation"], stored["status"]["observedGeneration"]) == (1, 1)
    behind = deployment(8)
    behind["spec"]["replicas"] = 5
    behind["status"]["observedGeneration"] = 7
    stored = kube.apply(behind, namespace=at, shift=True)
    assert (stored["metadata"]["generation"], stored["status"]["observedGeneration"]) == (2, 1)


def test_a_generation_in_conditions_and_as_text_moves_too(kube: Kube) -> None:
    at = kube.namespace()
    flux = delivery()[0]
    flux["metadata"] = {"name": "shop", "generation": 4}
    condition = {**flux["status"]["conditions"][0], "observedGeneration": 3}
    flux["status"] = {"observedGeneration": 4, "conditions": [condition]}
    stored = kube.apply(flux, namespace=at, shift=True)
    assert stored["status"]["observedGeneration"] == 1
    assert stored["status"]["conditions"][0]["observedGeneration"] == 0
    rollout = next(obj for obj in delivery() if obj["kind"] == "Rollout")
    rollout["metadata"] = {"name": "shop", "generation": 9}
    rollout["status"] = {"observedGeneration": "9"}
    assert kube.apply(rollout, namespace=at, shift=True)["status"]["observedGeneration"] == "1"


def test_an_application_moves_before_it_is_made(kube: Kube) -> None:
    at = kube.namespace()
    argo = next(obj for obj in delivery() if (obj["apiVersion"], obj["kind"]) == (ARGO, "Application"))
    assert kube.apply(argo, namespace=at)["metadata"]["generation"] == 1
    argo["metadata"] = {"name": "shop", "generation": 2}
    argo["status"]["health"]["status"] = "Degraded"
    assert kube.apply(argo, namespace=at)["metadata"]["generation"] == 2
    argo["metadata"]["generation"] = 9
    with pytest.raises(ValueError, match="has generation 3, not 9"):
        kube.apply(argo, namespace=at)


def test_the_server_checks_what_it_gets(kube: Kube) -> None:
    wrong = {**deployment(), "spec": {"replicas": "many"}}
    with pytest.raises(Refused) as refused:
        kube.apply(wrong, namespace=kube.namespace())
    assert refused.value.status == 400
    with pytest.raises(Refused) as refused:
        kube.apply({**delivery()[0], "spec": {}}, namespace=kube.namespace())
    assert (refused.value.status, "spec.interval: Required value" in str(refused.value)) == (422, True)


def test_a_reader_reads_and_writes_nothing(kube: Kube) -> None:
    at = kube.namespace()
    kube.apply(deployment(), namespace=at)
    reader = kube.restrict([READ])
    listed = kubectl(kube, reader, "get", "deployments", "-A", "-o=name")
    assert "deployment.apps/shop\n" in listed.stdout
    refused = kubectl(kube, reader, "scale", "deployment/shop", f"-n={at}", "--replicas=0")
    assert "Forbidden" in refused.stderr or "forbidden" in refused.stderr
    assert kube.get(deployment(), namespace=at)["spec"]["replicas"] == 2
    assert 'cannot list resource "secrets"' in kubectl(kube, reader, "get", "secrets", f"-n={at}").stderr


def test_a_reader_of_one_namespace_sees_no_other(kube: Kube) -> None:
    at, other = kube.namespace(), kube.namespace()
    reader = kube.restrict([READ], namespace=at)
    api = Api(kube.url, kube.ca_file, reader.token)
    assert api("GET", f"/apis/apps/v1/namespaces/{at}/deployments")["items"] == []
    for path in (f"/apis/apps/v1/namespaces/{other}/deployments", "/apis/apps/v1/deployments"):
        with pytest.raises(Refused) as refused:
            api("GET", path)
        assert refused.value.status == 403
    api.close()


@pytest.mark.parametrize(("user", "may"), [("admin", True), ("certificate", True), ("nobody", False)])
def test_a_kubeconfig_is_of_a_user(kube: Kube, user: str, may: bool) -> None:
    done = kubectl(kube, user, "get", "namespaces", "-o=name")
    assert (done.returncode == 0, "namespace/default\n" in done.stdout) == (may, may), done.stderr
    assert kubectl(kube, user, "auth", "whoami", "-o=jsonpath={.status.userInfo.username}").stdout == user


def test_a_kubeconfig_has_a_context_for_everybody(kube: Kube, tmp_path: Path) -> None:
    reader = kube.restrict([READ])
    path = kube.kubeconfig(tmp_path / "config", user=reader, namespace="shop")
    config = yaml.safe_load(path.read_text())
    assert [each["name"] for each in config["contexts"]] == ["admin", "nobody", reader.name, "certificate"]
    assert {each["context"]["namespace"] for each in config["contexts"]} == {"shop"}
    assert (config["current-context"], path.stat().st_mode & 0o777) == (reader.name, 0o600)
    with pytest.raises(ValueError, match="no user kim"):
        kube.kubeconfig(user="kim")


def test_nobody_without_a_token_is_let_in(kube: Kube) -> None:
    api = Api(kube.url, kube.ca_file, "wrong")
    with pytest.raises(Refused) as refused:
        api("GET", "/apis")
    assert refused.value.status == 401
    api.close()


def test_what_a_test_made_is_gone_after_it(kube: Kube, tmp_path: Path) -> None:
    mine = Kube(kube.url, kube.ca_file, kube.tokens, kube.folder, tmp_path, kube.programs)
    at = mine.namespace()
    held = {**delivery()[0], "metadata": {"name": "held", "finalizers": ["example.com/held"]}}
    mine.apply(held, namespace=at)
    mine.apply(deployment(), namespace=at)
    mine.delete(held, namespace=at)
    assert "deletionTimestamp" in mine.get(held, namespace=at)["metadata"]
    reader = mine.restrict([READ])
    mine.forget()
    for path in (
        f"/api/v1/namespaces/{at}",
        f"/apis/apps/v1/namespaces/{at}/deployments/shop",
        f"/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{at}/kustomizations/held",
        f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{reader.name}",
        f"/api/v1/namespaces/{reader.name}",
    ):
        with pytest.raises(Refused) as refused:
            kube.api("GET", path)
        assert refused.value.status == 404, path


def test_a_namespace_that_the_test_deleted_is_ended(kube: Kube, tmp_path: Path) -> None:
    mine = Kube(kube.url, kube.ca_file, kube.tokens, kube.folder, tmp_path, kube.programs)
    at = mine.namespace()
    named = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": at}}
    mine.delete(named)
    assert mine.get(named)["status"]["phase"] == "Terminating"
    mine.forget()
    with pytest.raises(Refused, match="404"):
        kube.get(named)


def test_many_are_applied_at_once(kube: Kube) -> None:
    at, numbers = kube.namespace(), count()
    many = ({**deployment(), "metadata": {"name": f"shop-{next(numbers)}"}} for _ in range(40))
    assert kube.apply_all(many, namespace=at) == 40
    first = kube.api("GET", f"/apis/apps/v1/namespaces/{at}/deployments?limit=25")
    rest = kube.api("GET", f"/apis/apps/v1/namespaces/{at}/deployments?continue={first['metadata']['continue']}")
    assert (len(first["items"]), len(rest["items"])) == (25, 15)


def test_the_server_says_its_version(kube: Kube) -> None:
    said = json.loads(kubectl(kube, "nobody", "version", "-o=json").stdout)
    assert said["serverVersion"]["gitVersion"] == said["clientVersion"]["gitVersion"]
    assert said["serverVersion"]["gitVersion"].startswith("v1.")


def test_a_server_of_ones_own_hangs_and_dies_and_comes_back(own_kube: Private) -> None:
    at = own_kube.namespace()
    own_kube.apply(deployment(), namespace=at)
    impatient = Api(own_kube.url, own_kube.ca_file, own_kube.admin_token, timeout=0.3)
    own_kube.pause()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        impatient("GET", "/version")
    assert time.monotonic() - start >= 0.3
    own_kube.resume()
    assert impatient("GET", "/version")["major"] == "1"
    own_kube.kill()
    with pytest.raises(ConnectionRefusedError):
        impatient("GET", "/version")
    own_kube.revive()
    assert own_kube.get(deployment(), namespace=at)["status"]["replicas"] == 2
    impatient.close()
