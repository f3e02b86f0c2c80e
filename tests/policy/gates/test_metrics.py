from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Reply
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.metrics import Metric, Metrics, bounds
from tests.policy.gates.subjects import NOON, subject
from tests.policy.gates.test_http import http
from tests.policy.trees import load_files, problems

ERRORS = Metric("https://gate.example", "sum(rate(errors[5m]))", most=0.01)
GATE = Metrics((("errors", ERRORS),))


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (None, Verdict("metrics/errors", Answer.PENDING, "asked when nothing else is missing")),
        (Reply(Answer.SUCCESS, "at most 0.01"), Verdict("metrics/errors", Answer.SUCCESS, "at most 0.01")),
        (Reply(Answer.PENDING, "0.2 is above 0.01"), Verdict("metrics/errors", Answer.PENDING, "0.2 is above 0.01")),
        (Reply(Answer.UNKNOWN, "no data"), Verdict("metrics/errors", Answer.UNKNOWN, "no data")),
    ],
)
def test_the_verdict_is_the_reply(reply: Reply | None, verdict: Verdict) -> None:
    (ask,) = GATE.asks(subject())
    given = replace(subject(), replies={ask: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (verdict,)


def test_before_anything_is_proposed() -> None:
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert GATE.evaluate(given, NOON)[0].reason == "nothing is proposed yet"


def test_bounds_in_words() -> None:
    assert bounds(replace(ERRORS, least=-1.5, most=1e6)) == "at least -1.5 and at most 1e+06"


def metrics(value: str) -> dict[str, str]:
    return http(value, kind="metrics")


@pytest.mark.parametrize("most", ["0.01", "'0.01'", "1e-2", ".01"])
def test_a_bound_may_stand_in_quotes(most: str) -> None:
    value = f'{{errors: {{prometheus: https://gate.example, query: "sum(rate(errors[5m]))", max: {most}}}}}'
    (gate,) = load_files(metrics(value)).config.apps["shop"].environments["prod"].gates
    assert gate == GATE
    assert str(gate) == "errors at most 0.01"


def test_loaded_with_everything() -> None:
    rest = "min: 1, max: 5, over: 10m, samples: 20, within: 5s"
    value = f"{{up: {{prometheus: 'http://a.acme.example/prom', query: up, {rest}}}}}"
    (gate,) = load_files(metrics(value)).config.apps["shop"].environments["prod"].gates
    up = Metric(
        "http://a.acme.example/prom", "up", 5.0, 1.0, timedelta(minutes=10), 20, "", timedelta(seconds=5)
    )  # fmt: skip
    assert gate == Metrics((("up", up),))
    assert load_files(metrics("{}")).config.apps["shop"].environments["prod"].gates == ()


BASE = "prometheus: https://gate.example, query: up"
REFUSED = [
    (f"{{a: {{{BASE}}}}}", ".a", "has no bound; write max, min or both"),
    (f"{{a: {{{BASE}, max: 1, min: 2}}}}", ".a", "min is above max; no value could be good"),
    (f"{{a: {{{BASE}, max: 1%}}}}", ".a.max", "1% is not a number, such as 0.01"),
    (f"{{a: {{{BASE}, max: nan}}}}", ".a.max", "nan is not a number, such as 0.01"),
    (f"{{a: {{{BASE}, max: 1e999}}}}", ".a.max", "1e999 is not a number, such as 0.01"),
    (f"{{a: {{{BASE}, max: 1, samples: 0}}}}", ".a.samples", "0 is not a number from 1 to 10000"),
    (f"{{a: {{{BASE}, max: 1, over: 10}}}}", ".a.over", "10 has no unit; did you mean 10m?"),
    ("{a: {prometheus: https://gate.example, max: 1}}", ".a.query", "is missing"),
    (
        "{a: {prometheus: https://prom.example, query: up, max: 1}}",
        "",
        "prom.example may not be asked; write it in promoter.yaml: hosts: [prom.example]",
    ),
    (
        "{a: {prometheus: 'http://a.acme.example', query: up, max: 1, token: T}}",
        ".a",
        "would send the token where everybody on the way can read it; write https",
    ),
]


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    assert problems(metrics(value)) == [f"promoter.yaml:7:environments[prod].gates.metrics{key}: {message}"]
