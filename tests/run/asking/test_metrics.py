"""Prometheus' answers, as its API documents them, from a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.gates.metrics import Metric
from promoter.run.asking import find_out
from tests.run.shops import Shop, make_shop
from tests.web import Site, say, serving

NONE = "answers 200 with something that is no answer of Prometheus"
DRY, HEAD = Oid("d" * 40), Oid("e" * 40)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PROMOTER_TEST_TOKEN", "s3cret")
    with serving() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def ask(shop: Shop, site: Site, data: object, status: int = 200, **settings: Any) -> Reply:
    body = data if isinstance(data, bytes) else json.dumps({"status": "success", "data": data}).encode()
    site.answer = lambda handler: say(handler, body, status)
    metric = Metric(f"{site.url}/base/", **{"query": 'sum(errors{app="{app}"}) by (x)', "most": 0.01, **settings})
    one = Ask("metrics", "errors", "shop", "prod", 41, "1.4.2", DRY, HEAD, metric)
    return find_out(shop.workspace(), shop.look(), [one])[one]


def vector(*values: str) -> dict[str, object]:
    return {"resultType": "vector", "result": [{"metric": {}, "value": [1435781451.781, value]} for value in values]}


def matrix(*series: list[str]) -> dict[str, object]:
    return {
        "resultType": "matrix",
        "result": [{"metric": {}, "values": [[1435781430.781, value] for value in values]} for values in series],
    }


TABLE: list[tuple[object, dict[str, Any], str, str]] = [
    (vector("0.002"), {}, "success", "at most 0.01"),
    (vector("0.01"), {}, "success", "at most 0.01"),
    (vector("0.0101"), {}, "pending", "0.0101 is above 0.01"),
    (vector("0.30000000000000004"), {"most": 0.3}, "pending", "0.30000000000000004 is above 0.3"),
    (vector("0.002", "0.5"), {}, "pending", "0.5 is above 0.01"),
    ({"resultType": "scalar", "result": [1, "0"]}, {}, "success", "at most 0.01"),
    (vector("3"), {"most": 5.0, "least": 3.0}, "success", "at least 3 and at most 5"),
    (vector("2.9"), {"most": None, "least": 3.0}, "pending", "2.9 is below 3"),
    (vector(), {}, "unknown", "the query has no data"),
    (vector("NaN"), {}, "unknown", "the query has a value that is no number"),
    (vector("0", "-Inf"), {}, "unknown", "the query has a value that is no number"),
    (vector("0", "0"), {"samples": 3}, "unknown", "the query has 2 of 3 samples"),
    (matrix(["0", "0.001"], ["0"]), {"samples": 3}, "success", "at most 0.01"),
    (matrix(["0", "0.2"]), {}, "pending", "0.2 is above 0.01"),
    (matrix([]), {}, "unknown", "the query has no data"),
    ({"resultType": "matrix", "result": [{"values": [[1, "0"]], "histograms": [[2, {}]]}]}, {}, "unknown", NONE),
    ({"resultType": "string", "result": [1, "0"]}, {}, "unknown", NONE),
    (b"<html>", {}, "unknown", NONE),
    (b'{"status": "success"}', {}, "unknown", NONE),
    (b"[]", {}, "unknown", NONE),
    (b'{"status": "success", "data": {"resultType": "vector", "result": [{"value": [1, "x"]}]}}', {}, "unknown", NONE),
]  # fmt: skip


@pytest.mark.parametrize(("data", "settings", "answer", "reason"), TABLE)
def test_the_answer(shop: Shop, site: Site, data: object, settings: dict[str, Any], answer: str, reason: str) -> None:
    assert ask(shop, site, data, **settings) == Reply(Answer(answer), reason)


def test_a_query_that_fails(shop: Shop, site: Site) -> None:
    body = b'{"status": "error", "errorType": "bad_data", "error": "parse error"}'
    assert ask(shop, site, body, 400) == Reply(Answer.UNKNOWN, "the query fails: parse error")


def test_no_good_value_with_a_bad_status_passes(shop: Shop, site: Site) -> None:
    assert ask(shop, site, vector("0"), 503).answer is Answer.UNKNOWN


def test_what_is_asked_now(shop: Shop, site: Site) -> None:
    ask(shop, site, vector("0"), token="PROMOTER_TEST_TOKEN")
    (asked,) = site.asked
    parts = urlsplit(asked.path)
    assert (parts.path, parse_qs(parts.query)) == ("/base/api/v1/query", {"query": ['sum(errors{app="shop"}) by (x)']})
    assert asked.headers["Authorization"] == "Bearer s3cret"


def test_what_is_asked_over_a_time(shop: Shop, site: Site) -> None:
    ask(shop, site, matrix(["0"]), over=timedelta(minutes=10))
    (asked,) = site.asked
    parts = urlsplit(asked.path)
    fields = {name: value[0] for name, value in parse_qs(parts.query).items()}
    now = int(shop.now.timestamp())
    assert parts.path == "/base/api/v1/query_range"
    assert (fields["start"], fields["end"], fields["step"]) == (str(now - 600), str(now), "10")


def test_a_bad_value_after_the_merge_is_a_failure(shop: Shop, site: Site) -> None:
    site.answer = lambda handler: say(handler, json.dumps({"status": "success", "data": vector("0.5")}).encode())
    metric = Metric(site.url, "up", most=0.01)
    one = Ask("metrics", "errors", "shop", "prod", 41, "1.4.2", DRY, HEAD, metric, merged=True)
    reply = find_out(shop.workspace(), shop.look(), [one])[one]
    assert reply == Reply(Answer.FAILURE, "0.5 is above 0.01")
