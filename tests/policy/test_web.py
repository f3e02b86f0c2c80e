"""Addresses that gates ask: which are refused, and how they are filled in."""

from __future__ import annotations

import json

import pytest

from promoter.model.ask import Ask
from promoter.model.names import Oid
from promoter.policy.node import Node
from promoter.policy.web import address, allowed, clear, host_of, host_pattern, in_address, in_json, variable

ASK = Ask("http", "a", "shop", "prod-eu", 41, '1.4 "x"/../?&#', Oid("d" * 40), Oid("e" * 40), None)


def node(text: str) -> Node:
    return Node("promoter.yaml", 1, text)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://gate.example/{app}/{environment}?v={version}", "gate.example"),
        ("https://Gate.Example:8443", "gate.example:8443"),
        ("http://127.0.0.1:9090/", "127.0.0.1:9090"),
        ("https://[::1]:9090/x", "[::1]:9090"),
    ],
)
def test_good(text: str, host: str) -> None:
    assert address(node(text)) == text
    assert host_of(text) == host


NO_ADDRESS = "is no web address; write for example https://prom.example"
PLACES = "{app} and {environment} and {release} and {version} and {head} and {dry}"
SECRET = "holds a user name or password, which is public here; write token: NAME_OF_A_VARIABLE"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (text, f"{text} {NO_ADDRESS}")
            for text in (
                "gate.example",
                "ftp://gate.example",
                "file:///etc/passwd",
                "https://",
                "https://gate.example:x/",
                "https://gate.example/a b",
                "https://[::1",
            )
        ),
        ("https://kim:pw@gate.example", SECRET),
        ("https://{app}.example", "{app}.example is not one exact host"),
        ("https://*.example", "*.example is not one exact host"),
        ("https://gate.example/#top", "has a #fragment, which no server sees"),
        ("https://gate.example/{apps}", f"{{apps}} is not known here; there is {PLACES}"),
    ],
)
def test_bad(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        address(node(text))
    assert str(raised.value) == words


def test_values_cannot_leave_their_place() -> None:
    assert in_address("https://g.example/{app}/{release}?v={version}", ASK) == (
        "https://g.example/shop/r41?v=1.4%20%22x%22%2F..%2F%3F%26%23"
    )
    assert json.loads(in_json('{"v": "{version}", "h": "{head}"}', ASK)) == {"v": ASK.version, "h": ASK.head}
    assert in_json('{"{x}": {app}}', ASK) == '{"{x}": shop}'


@pytest.mark.parametrize(
    ("host", "hosts", "may"),
    [
        ("prom.example", ["prom.example"], True),
        ("prom.example", ["Prom.Example"], True),
        ("prom.example:9090", ["prom.example"], False),
        ("prom.example", ["prom.example:9090"], False),
        ("a.acme.example", ["*.acme.example"], True),
        ("acme.example", ["*.acme.example"], False),
        ("acme.example.evil", ["*.acme.example"], False),
        ("prom.example", [], False),
    ],
)
def test_who_may_be_asked(host: str, hosts: list[str], may: bool) -> None:
    assert allowed(host, hosts) is may


@pytest.mark.parametrize("text", ["*", "*.*", "https://prom.example", "prom.example/x", "kim@prom.example", "a b"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host; write for example prom\.example"):
        host_pattern(node(text))


def test_a_variable() -> None:
    assert variable(node("PROM_TOKEN")) == "PROM_TOKEN"
    with pytest.raises(ValueError, match="s3cret! is not the name of a variable"):
        variable(node("s3cret!"))


@pytest.mark.parametrize(
    ("url", "readable"),
    [("http://gate.example", True), ("https://gate.example", False), ("http://127.0.0.1:1", False)],
)
def test_what_can_be_read_on_the_way(url: str, readable: bool) -> None:
    assert clear(url) is readable
