"""The gate `metrics` judges what a real Prometheus answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.gates.metrics import Metric
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.run.asking.prometheus import Prometheus, prometheus
from tests.run.shops import RENDERED, Shop, make_shop

DRY, HEAD = Oid("d" * 40), Oid("e" * 40)
TEN = timedelta(minutes=10)
SLOW = " + ".join(["sum_over_time(sum(errors)[30d:100ms])"] * 12)
"""More than any machine works out in the server's time."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), "--query.timeout=3s") as found:
        found.sample("errors", [0.001] * 30 + [0.5] + [0.002] * 30, app="shop")
        found.sample("errors", [0.25], app="cart")
        found.sample("young", [0.002] * 6, app="shop")
        found.sample("limit", [0.01] * 61)
        found.sample("up", [0.0], instance="a")
        found.sample("up", [1.0], instance="b")
        yield found


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path)
    shop.now = datetime.now(UTC)
    return shop


def ask(shop: Shop, server: Prometheus, query: str, merged: bool = False, **settings: Any) -> Reply:
    metric = Metric(server.url, query, **{"most": 0.01, "within": timedelta(seconds=50), **settings})
    one = Ask("metrics", "errors", "shop", "prod", 41, "1.4.2", DRY, HEAD, metric, merged)
    return find_out(shop.workspace(), shop.look(), [one])[one]


TABLE: list[tuple[str, dict[str, Any], str, str]] = [
    ('errors{app="{app}"}', {}, "success", "at most 0.01"),
    ("errors", {}, "pending", "0.25 is above 0.01"),
    ('errors{app="shop"}', {"over": TEN}, "pending", "0.5 is above 0.01"),
    ('max_over_time(errors{app="shop"}[4m])', {}, "success", "at most 0.01"),
    ("limit", {"over": TEN}, "success", "at most 0.01"),
    ("limit", {"most": None, "least": 0.01}, "success", "at least 0.01"),
    ("limit + 1e-9", {}, "pending", "0.010000001 is above 0.01"),
    ("scalar(limit) - 1e-9", {"most": None, "least": 0.01}, "pending", "0.009999999 is below 0.01"),
    ("limit", {"over": TEN, "samples": 61}, "success", "at most 0.01"),
    ("limit", {"over": TEN, "samples": 62}, "unknown", "the query has 61 of 62 samples"),
    ("up", {"most": None, "least": 1.0, "samples": 2}, "pending", "0 is below 1"),
    ("up", {"most": 1.0, "samples": 3}, "unknown", "the query has 2 of 3 samples"),
    ("scalar(limit)", {}, "success", "at most 0.01"),
    ("rate(limit[5m])", {}, "success", "at most 0.01"),
    ("nothing_of_the_kind", {}, "unknown", "the query has no data"),
    ("nothing_of_the_kind", {"over": TEN}, "unknown", "the query has no data"),
    ("errors > 1", {}, "unknown", "the query has no data"),
    ("limit / 0 * 0", {}, "unknown", "the query has a value that is no number"),
    ("limit / 0", {"most": 5.0}, "unknown", "the query has a value that is no number"),
    ("limit / 0", {"over": TEN}, "unknown", "the query has a value that is no number"),
    ("scalar(errors)", {}, "unknown", "the query has a value that is no number"),
    ('"words"', {}, "unknown", "answers 200 with something that is no answer of Prometheus"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "settings", "answer", "reason"), TABLE, ids=[f"{row[0]}{row[1]}" for row in TABLE])
def test_the_answer(
    shop: Shop, server: Prometheus, query: str, settings: dict[str, Any], answer: str, reason: str
) -> None:
    assert ask(shop, server, query, **settings) == Reply(Answer(answer), reason)


WRONG = [
    ("sum(errors", {}, 'the query fails: invalid parameter "query": 1:11: parse error: unclosed left parenthesis'),
    ("sum(errors", {"over": TEN}, 'the query fails: invalid parameter "query": 1:11: parse error: unclosed left'),
    ("errors[5m]", {"over": TEN}, 'the query fails: invalid parameter "query": invalid expression type "ran'),
    ("errors + on() limit", {}, "the query fails: multiple matches for labels: many-to-one matching must be explicit"),
    (SLOW, {}, "the query fails: query timed out in expression evaluation"),
    ("limit and on() quantile(2, limit)", {}, "the query warns, so values may be missing: PromQL warning: quantile"),
]


@pytest.mark.parametrize(("query", "settings", "words"), WRONG, ids=[f"{row[0]}{row[1]}" for row in WRONG])
def test_what_is_no_answer_is_unknown(
    shop: Shop, server: Prometheus, query: str, settings: dict[str, Any], words: str
) -> None:
    reply = ask(shop, server, query, **settings)
    assert (reply.answer, reply.reason[: len(words)]) == (Answer.UNKNOWN, words)


def test_too_young_for_the_time(shop: Shop, server: Prometheus) -> None:
    """A minute of samples is no ten minutes, however good they are."""
    assert ask(shop, server, "young", over=TEN).answer is Answer.SUCCESS
    reply = ask(shop, server, "young", over=TEN, samples=50)
    found = re.fullmatch(r"the query has ([0-9]+) of 50 samples", reply.reason)
    assert (reply.answer, found is not None and 5 <= int(found[1]) < 50) == (Answer.UNKNOWN, True)


def test_a_slow_answer_is_not_waited_for(shop: Shop, server: Prometheus) -> None:
    reply = ask(shop, server, SLOW, within=timedelta(milliseconds=300))
    assert reply == Reply(Answer.UNKNOWN, f"127.0.0.1:{server.port} does not answer within 0.3 s")


def test_a_bad_value_after_the_merge_is_a_failure(shop: Shop, server: Prometheus) -> None:
    assert ask(shop, server, "errors", True) == Reply(Answer.FAILURE, "0.25 is above 0.01")
    assert ask(shop, server, "nothing_of_the_kind", True).answer is Answer.UNKNOWN


def test_a_server_that_is_not_there(shop: Shop, tmp_path: Path) -> None:
    with prometheus(tmp_path / "gone") as gone:
        pass
    assert ask(shop, gone, "limit") == Reply(
        Answer.UNKNOWN, f"127.0.0.1:{gone.port} cannot be asked: Connection refused"
    )


def test_it_decides_a_run(tmp_path: Path, server: Prometheus) -> None:
    """The release waits for a value to become good, and goes on then."""
    server.sample("decides", [0.4], app="shop")
    query = "decides{app='{app}'}"
    gate = f'gates: {{metrics: {{errors: {{prometheus: "{server.url}", query: "{query}", max: 0.01}}}}}}'
    config = RENDERED.replace("{name: prod, promote: auto}", f"{{name: prod, promote: auto, {gate}}}")
    shop = make_shop(tmp_path, f'hosts: ["127.0.0.1:{server.port}"]\n{config}')
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    said = [verdict.reason for verdict in slot.waiting_for if verdict.gate == "metrics/errors"]
    assert said == ["0.4 is above 0.01"]
    server.sample("decides", [0.001], app="shop")
    shop.run()
    assert shop.active("prod") == 1
