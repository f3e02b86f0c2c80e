from __future__ import annotations

import base64
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from promoter.cluster.api.connection import connect
from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.target import Target, target
from promoter.cluster.api.trouble import Asked
from promoter.cluster.place import Place
from promoter.errors import EdgeFailed
from promoter.model.verdict import Answer
from tests.certificates import Authority
from tests.cluster.api.clusters import QUICK, flux, looked, source
from tests.cluster.api.server import TOKEN, Server, serving
from tests.cluster.objects_made import REPOSITORY


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        flux(made)
        yield made


def written(path: Path, server: Server, user: Any) -> Path:
    """Write a kubeconfig with the context `dev-1` and this user."""
    server.kubeconfig(path, "dev-1")
    made = yaml.safe_load(path.read_text())
    made["users"][0]["user"] = user
    path.write_text(yaml.safe_dump(made))
    return path


def plugin(folder: Path, text: str) -> dict[str, Any]:
    """Write a credential plugin, and give the user that calls it."""
    program = folder / "plugin"
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"apiVersion": version, "command": str(program), "interactiveMode": "Never"}}


CREDENTIAL = """
import json
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": %s}))
"""


def sent(server: Server) -> set[str]:
    return {headers.get("authorization", "") for headers in server.headers}


def test_a_plugin_gives_the_token_once(server: Server, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    user = plugin(tmp_path, f"open({str(calls)!r}, 'a').write('x')" + CREDENTIAL % {"token": "from-a-plugin"})
    found = source(written(tmp_path / "config", server, user))
    assert looked(found, "dev-1")["dev-1"].answer is Answer.SUCCESS
    assert looked(found, "dev-1")["dev-1"].answer is Answer.SUCCESS
    assert (sent(server), calls.read_text()) == ({"Bearer from-a-plugin"}, "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"import sys\nsys.exit('please log in; {TOKEN} is old')", "please log in; … is old. Run it by hand"),
        ("print('no json')", "failed to decode process output"),
        (CREDENTIAL % {}, "gave neither a token nor a certificate with its key"),
    ],
)
def test_a_plugin_that_fails(server: Server, tmp_path: Path, text: str, said: str) -> None:
    config = written(tmp_path / "config", server, plugin(tmp_path, text))
    live = looked(source(config), "dev-1")["dev-1"]
    assert (live.answer, said in live.reason) == (Answer.UNKNOWN, True), live.reason
    assert TOKEN not in live.reason
    assert server.asked == []


def test_a_plugin_that_is_not_there(server: Server, tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}
    live = looked(source(written(tmp_path / "config", server, user)), "dev-1")["dev-1"]
    assert live.reason.startswith("the credential plugin no-such-plugin is not installed")


def test_a_plugin_that_waits_for_ever(server: Server, tmp_path: Path) -> None:
    config = written(tmp_path / "config", server, plugin(tmp_path, "import time\ntime.sleep(5)"))
    live = looked(source(config, replace(QUICK, cluster=0.5)), "dev-1")["dev-1"]
    assert live.reason.startswith("context dev-1 did not answer in 0.5 s")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"users: [{{name: kim, user: {{token: {TOKEN}}}]", "is no YAML (line 1)"),
        (f"- {TOKEN}", "is no kubeconfig"),
        ("", "is no kubeconfig"),
        (f"contexts: []\nusers: [{{name: kim, user: {{token: {TOKEN}}}}}]", "There is none. Set KUBECONFIG"),
        (
            f"contexts: [{{name: dev-1, context: {{}}}}]\nusers: [{{name: kim, user: {{token: {TOKEN}}}}}]",
            "cannot be used",
        ),
        (
            f"contexts: [{{name: dev-1, context: {{cluster: a}}}}]\nclusters: [{{name: a, cluster: {TOKEN}}}]",
            "the server's address is no URL",
        ),
        ("contexts: [{name: a, context: {}}, {name: b, context: {}}]", "There is a, b. Set KUBECONFIG"),
    ],
)
def test_a_kubeconfig_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config").write_text(text)
    live = looked(source(tmp_path / "config"), "dev-1")["dev-1"]
    assert (live.answer, said in live.reason) == (Answer.UNKNOWN, True), live.reason
    assert TOKEN not in live.reason


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    live = looked(source(tmp_path / "none"), "dev-1")["dev-1"]
    assert live.reason.startswith(f"there is no kubeconfig at {tmp_path / 'none'}. Set KUBECONFIG to one")


@pytest.mark.parametrize("name", ["tokenFile", "client-certificate"])
def test_a_file_that_a_kubeconfig_names_is_not_there(server: Server, tmp_path: Path, name: str) -> None:
    config = written(tmp_path / "config", replace(server, url="https://127.0.0.1:1"), {name: "/no/such/file"})
    live = looked(source(config), "dev-1")["dev-1"]
    assert live.reason.startswith(f"context dev-1 in {config} cannot be used")


def test_a_token_of_several_lines(server: Server, tmp_path: Path) -> None:
    config = written(tmp_path / "config", server, {"token": f"{TOKEN}\nX-Evil: 1"})
    live = looked(source(config), "dev-1")["dev-1"]
    assert live.reason == "the token is more than one line of plain text. Set it to the token alone."
    assert server.asked == []


@pytest.mark.parametrize("encoded", [False, True])
def test_server_and_token_from_variables(tmp_path: Path, encoded: bool) -> None:
    authority = Authority(tmp_path)
    with serving(authority.issue()) as server:
        flux(server)
        settings = {"server": server.url, "token": "TOKEN_{cluster}", "ca": "CA_{cluster}"}
        pem = base64.b64encode(authority.pem).decode() if encoded else authority.pem.decode()
        env = {"TOKEN_EU_1": f"{TOKEN}\n", "CA_EU_1": pem}
        one = target(settings, Place("eu-1", "prod", "shop"))
        answer = connect(one, env, QUICK).get("/apis", {}, Asked("x"), Deadline(3))
    assert answer["kind"] == "APIGroupList" if "groups" in answer else "APIGroupDiscoveryList"
    assert sent(server) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "the environment variable TOKEN_DEV_1 is not set: it holds the token for api.example:6443"),
        ({"TOKEN_DEV_1": "  "}, "the environment variable TOKEN_DEV_1 is not set"),
        ({"TOKEN_DEV_1": TOKEN}, "the environment variable CA holds no CA certificate for api.example:6443"),
        ({"TOKEN_DEV_1": TOKEN, "CA": "###"}, "the environment variable CA holds no CA certificate"),
    ],
)
def test_variables_that_are_wrong(env: dict[str, str], said: str) -> None:
    one = target({"server": "https://api.example:6443", "token": "TOKEN_{cluster}", "ca": "CA"}, Place("dev-1"))
    with pytest.raises(EdgeFailed, match=said) as caught:
        connect(one, env, QUICK)
    assert TOKEN not in str(caught.value)


def test_a_ca_that_is_none() -> None:
    env = {"T": TOKEN, "CA": "-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----"}
    one = Target(server="https://127.0.0.1:1", token="T", ca="CA")
    with pytest.raises(EdgeFailed, match="the environment variable CA holds no CA certificate"):
        connect(one, env, QUICK)


def test_the_service_account_of_a_pod(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(authority.issue()) as server:
        flux(server)
        host, port = server.url.removeprefix("https://").split(":")
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        env = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        made = connect(Target(), env, QUICK, tmp_path)
        assert made.where == f"this cluster ({host}:{port})"
        made.get("/apis", {}, Asked("x"), Deadline(3))
    assert {value.lower() for value in sent(server)} == {f"bearer {TOKEN}"}


def test_no_pod() -> None:
    live = looked(source(Path("none"), in_cluster="true"), "dev-1")["dev-1"]
    assert live.reason.startswith("this does not run in a pod with a service account")


def test_templates_are_filled_in() -> None:
    place = Place("eu-1", "prod", "shop")
    assert target({"context": "{environment}-{cluster}-{app}"}, place).context == "prod-eu-1-shop"
    assert target({"server": "https://{cluster}.example", "token": "my_{environment}"}, place).token == "my_PROD"


def test_without_the_client_it_says_what_to_install() -> None:
    text = (
        "import sys; sys.modules.update(kubernetes=None, urllib3=None)\n"
        "from promoter.cluster.sources import source_for\nfrom promoter.policy.rules import Live\n"
        "from tests.cluster.api.clusters import looked\n"
        "print(looked(source_for(Live('kubernetes', {'context': 'a'}), None), 'dev-1')['dev-1'].reason)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "live: kubernetes needs the Kubernetes client, which is not installed. Install it: pip install "
        "'promoter[cluster]'.\n"
    )


def test_the_client_is_imported_only_to_connect() -> None:
    text = (
        "import sys\nimport promoter.run.open, promoter.cluster.api.source\n"
        f"promoter.cluster.sources.source_for(promoter.policy.rules.Live('kubernetes'), None, {REPOSITORY!r})\n"
        "print([name for name in ('kubernetes', 'urllib3') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True).stdout == "[]\n"
