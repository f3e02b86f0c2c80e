"""`live: {kubernetes: ...}`: the ways to reach an API server, and what is refused before a secret gets into Git."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promoter.errors import ConfigInvalid
from promoter.policy.rules import Live
from promoter.policy.schema_live import show_live
from tests.policy.trees import load_files

CONFIG = "version: 1\nenvironments: [dev]\napps: {shop: shop}\nlive: "


def loaded(live: str) -> Live:
    config = load_files({"shop/app.yaml": "", "promoter.yaml": f"{CONFIG}{live}\n"}).config
    return config.apps["shop"].environments["dev"].live


@pytest.mark.parametrize(
    ("live", "settings", "shown"),
    [
        ('{kubernetes: {context: "{cluster}"}}', {"context": "{cluster}"}, "kubernetes {cluster}"),
        ("{kubernetes: in-cluster}", {"in_cluster": "true"}, "kubernetes in-cluster"),
        (
            "{kubernetes: {in_cluster: true, namespaces: [b, a]}}",
            {"in_cluster": "true", "namespaces": ("b", "a")},
            "kubernetes in-cluster in namespaces b, a",
        ),
        (
            '{kubernetes: {server: "https://{cluster}.example:6443", token: "TOKEN_{cluster}", ca: CA}}',
            {"server": "https://{cluster}.example:6443", "token": "TOKEN_{cluster}", "ca": "CA"},
            "kubernetes https://{cluster}.example:6443 with TOKEN_{cluster} and CA",
        ),
    ],
)
def test_ways_to_reach_a_server(live: str, settings: Mapping[str, object], shown: str) -> None:
    found = loaded(live)
    assert (found.kind, dict(found.settings), show_live(found)) == ("kubernetes", settings, shown)


WAYS = "say one of context, server (with token), or in_cluster"
PAIRS = "server and token go together, and ca with them"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ("{kubernetes: {}}", WAYS),
        ("{kubernetes: {namespaces: [a]}}", WAYS),
        ("{kubernetes: {in_cluster: false}}", WAYS),
        ("{kubernetes: {context: a, in_cluster: true}}", WAYS),
        ('{kubernetes: {server: "https://a.example", context: a, token: T}}', WAYS),
        ('{kubernetes: {server: "https://a.example"}}', PAIRS),
        ("{kubernetes: {context: a, token: T}}", PAIRS),
        ("{kubernetes: {context: a, ca: T}}", PAIRS),
        ("{kubernetes: eu-1}", 'eu-1 is not known; write {context: "{cluster}"}, or in-cluster'),
        ('{kubernetes: {server: "http://a.example", token: T}}', "http://a.example is no https:// address"),
        ('{kubernetes: {server: "https://kim:x@a.example", token: T}}', "the address holds a user or a password"),
        ('{kubernetes: {server: "http://kim:x@a.example", token: T}}', "it is no https:// address"),
        (f'{{kubernetes: {{server: "https://a.example", token: {TOKEN}}}}}', "names an environment variable"),
        ('{kubernetes: {server: "https://a.example", token: "T_{place}"}}', "{place} is not known here"),
    ],
)
def test_refusals(live: str, said: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        loaded(live)
    assert said in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert "kim:x" not in str(caught.value)
