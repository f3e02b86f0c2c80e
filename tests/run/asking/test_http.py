"""Web services that decide, asked for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.gates.http import Service
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.run.shops import RENDERED, Shop, make_shop
from tests.web import Site, say, serving

TOKEN = "s3cret-of-the-job"
DRY, HEAD = Oid("d" * 40), Oid("e" * 40)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PROMOTER_TEST_TOKEN", TOKEN)
    with serving() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def ask(shop: Shop, site: Site, path: str = "/", **settings: Any) -> Reply:
    service = Service(site.url + path, **{"expect": "true", **settings})
    one = Ask("http", "ready", "shop", "prod", 41, '1.4.2+"x"', DRY, HEAD, service)
    return find_out(shop.workspace(), shop.look(), [one])[one]


TABLE = [
    (200, b"", "true", "success", "answers 200"),
    (204, b"", "true", "success", "answers 204"),
    (200, b'{"ready": true}', "body.ready", "success", "answers 200"),
    (200, b'{"ready": false}', "body.ready", "pending", "answers 200; not true: body.ready"),
    (200, b'{"ready": "yes"}', "body.ready", "unknown", "answers 200; body.ready gives neither true nor false"),
    (200, b"{}", "body.ready", "unknown", "answers 200; body.ready: there is no ready"),
    (200, b"{}", "!body.ready", "unknown", "answers 200; !body.ready: there is no ready"),
    (200, b"[1, 2]", "body.size() == 2", "success", "answers 200"),
    (200, b"ready", 'text == "ready"', "success", "answers 200"),
    (200, b"ready", "body.ready", "unknown", "answers 200 with something that is no JSON"),
    (200, b"\xff\xfe", 'text != ""', "success", "answers 200"),
    (200, b"{}", 'headers["x-state"] == "open"', "success", "answers 200"),
    (404, b'{"ready": true}', "true", "unknown", "answers 404"),
    (401, b'{"ready": true}', "body.ready", "unknown", "answers 401"),
    (500, b'{"ready": true}', "body.ready", "unknown", "answers 500"),
    (302, b"", "true", "unknown", "answers 302"),
    (404, b"", "status == 404", "success", "answers 404"),
    (404, b"", "status == 200", "pending", "answers 404; not true: status == 200"),
]


@pytest.mark.parametrize(("status", "body", "expect", "answer", "reason"), TABLE)
def test_the_answer(shop: Shop, site: Site, status: int, body: bytes, expect: str, answer: str, reason: str) -> None:
    site.answer = lambda handler: say(handler, body, status, X_State="open", Location="http://127.0.0.1:1/")
    assert ask(shop, site, expect=expect) == Reply(Answer(answer), reason)
    assert len(site.asked) == 1


def test_what_is_sent(shop: Shop, site: Site) -> None:
    body = '{"app": "{app}", "to": "{environment}", "version": "{version}", "more": {"head": "{head}"}}'
    reply = ask(
        shop, site, "/{app}/{release}?v={version}&d={dry}", method="POST", body=body, token="PROMOTER_TEST_TOKEN"
    )
    assert reply.answer is Answer.SUCCESS
    (asked,) = site.asked
    assert (asked.method, asked.path) == ("POST", f"/shop/r41?v=1.4.2%2B%22x%22&d={DRY}")
    assert json.loads(asked.body) == {"app": "shop", "to": "prod", "version": '1.4.2+"x"', "more": {"head": HEAD}}
    assert asked.headers["Authorization"] == f"Bearer {TOKEN}"
    assert asked.headers["Content-Type"] == asked.headers["Accept"] == "application/json"


def test_a_token_in_a_header_of_its_own(shop: Shop, site: Site) -> None:
    ask(shop, site, token="PROMOTER_TEST_TOKEN", header="X-Api-Key")
    (asked,) = site.asked
    assert (asked.headers["X-Api-Key"], "Authorization" in asked.headers) == (TOKEN, False)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the variable PROMOTER_TEST_TOKEN is not set Give it to the job that runs promoter."),
        (" \n", "the variable PROMOTER_TEST_TOKEN is not set Give it to the job that runs promoter."),
        ("a\r\nHost: b", "the variable PROMOTER_TEST_TOKEN holds what no header can"),
    ],
)
def test_no_token(shop: Shop, site: Site, monkeypatch: pytest.MonkeyPatch, value: str | None, reason: str) -> None:
    if value is None:
        monkeypatch.delenv("PROMOTER_TEST_TOKEN")
    else:
        monkeypatch.setenv("PROMOTER_TEST_TOKEN", value)
    assert ask(shop, site, token="PROMOTER_TEST_TOKEN") == Reply(Answer.UNKNOWN, reason)
    assert site.asked == []


def test_nobody_is_there(shop: Shop, site: Site) -> None:
    gone = replace(site, port=1)
    assert ask(shop, gone) == Reply(Answer.UNKNOWN, "127.0.0.1:1 cannot be asked: Connection refused")


def test_one_that_does_not_answer_hides_no_other(shop: Shop, site: Site) -> None:
    asks = [
        Ask("http", name, "shop", "prod", 1, "", DRY, HEAD, Service(url, "true"))
        for name, url in (("gone", "http://127.0.0.1:1"), ("well", site.url))
    ]
    replies = find_out(shop.workspace(), shop.look(), asks)
    assert [replies[one].answer for one in asks] == [Answer.UNKNOWN, Answer.SUCCESS]


def test_it_decides_a_run(tmp_path: Path, site: Site) -> None:
    config = RENDERED.replace(
        "{name: prod, promote: auto}",
        '{name: prod, promote: auto, gates: {http: {ready: {url: "' + site.url + '/{app}", expect: body.ready}}}}',
    )
    site.answer = lambda handler: say(handler, b'{"ready": false}')
    shop = make_shop(tmp_path / "decided", f"{config}hosts: ['{site.host}']\n")
    shop.run()
    assert shop.active("prod") is None
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    assert [verdict.reason for verdict in slot.waiting_for if verdict.gate == "http/ready"] == [
        "answers 200; not true: body.ready"
    ]
    site.answer = lambda handler: say(handler, b'{"ready": true}')
    shop.run()
    assert shop.active("prod") == 1
