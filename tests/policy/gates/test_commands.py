from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gate import AskingGate
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.gates.commands import Commands, Program
from tests.policy.gates.subjects import HEAD, NOON, OLD, at, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

SMOKE = Program(("ci/smoke.sh", "--fast"), timedelta(minutes=1))
OTHER = Program(("ci/other.sh",), timedelta(minutes=5), ("TOKEN",))
GATE = Commands((("smoke", SMOKE),))
ASK = Ask("commands", "smoke", "shop", "prod", 41, "", OLD, HEAD, SMOKE)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (None, Verdict("commands/smoke", Answer.PENDING, "asked when nothing else is missing")),
        (Reply(Answer.SUCCESS, "12 of 12"), Verdict("commands/smoke", Answer.SUCCESS, "12 of 12")),
        (Reply(Answer.FAILURE, "11 of 12"), Verdict("commands/smoke", Answer.FAILURE, "11 of 12")),
        (Reply(Answer.UNKNOWN, "no such host"), Verdict("commands/smoke", Answer.UNKNOWN, "no such host")),
        (
            Reply(Answer.PENDING, "at six", at(360)),
            Verdict("commands/smoke", Answer.PENDING, "at six", until=at(360)),
        ),
    ],
)
def test_the_verdict_is_the_reply(reply: Reply | None, verdict: Verdict) -> None:
    given = replace(subject(), replies={ASK: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (verdict,)


def test_it_asks_about_one_exact_head() -> None:
    assert GATE.asks(subject()) == (ASK,)
    assert ASK.gate == "commands/smoke"


@pytest.mark.parametrize(
    "other",
    [
        replace(ASK, head=OLD),
        replace(ASK, environment="dev"),
        replace(ASK, app="cart"),
        replace(ASK, release=40),
        replace(ASK, settings=OTHER),
        replace(ASK, name="other"),
    ],
)
def test_a_reply_about_anything_else_does_not_count(other: Ask) -> None:
    given = replace(subject(), replies={other: Reply(Answer.SUCCESS, "well")})
    (verdict,) = GATE.evaluate(given, NOON)
    assert verdict.answer is Answer.PENDING


def test_nothing_is_asked_before_something_is_proposed() -> None:
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert GATE.evaluate(given, NOON) == (Verdict("commands/smoke", Answer.PENDING, "nothing is proposed yet"),)


def test_which_gates_ask() -> None:
    assert isinstance(GATE, AskingGate)
    assert not isinstance(Checks((Wanted("lint"),)), AskingGate)


def commands(value: str) -> dict[str, str]:
    files = config("x")
    return {**files, "promoter.yaml": files["promoter.yaml"].replace("expression: x", f"commands: {value}")}


def test_loaded_and_shown() -> None:
    value = "{smoke: [ci/smoke.sh, --fast], other: {run: [ci/other.sh], within: 5m, env: [TOKEN]}}"
    (gate,) = load_files(commands(value)).config.apps["shop"].environments["prod"].gates
    assert gate == Commands((("smoke", SMOKE), ("other", OTHER)))
    assert str(gate) == "smoke (ci/smoke.sh --fast) and other (ci/other.sh)"
    assert load_files(commands("{}")).config.apps["shop"].environments["prod"].gates == ()


REFUSED = [
    ("{a: []}", ".a.run", "is empty; name at least one or remove the key"),
    ("{a: ci/smoke.sh}", ".a", "must be a mapping with env, run, within, not text"),
    ("[ci/smoke.sh]", "", "must be a mapping, not a list"),
    ("{a: {within: 1m}}", ".a.run", "is missing"),
    ("{a: [/bin/sh]}", ".a.run", "/bin/sh is not the path of a file in this repository, such as ci/smoke.sh"),
    ("{a: [../x.sh]}", ".a.run", "../x.sh is not the path of a file in this repository, such as ci/smoke.sh"),
    ("{a: [x/../../y]}", ".a.run", "x/../../y is not the path of a file in this repository, such as ci/smoke.sh"),
    ("{a: {run: [x], within: 11m}}", ".a.within", "is more than 10m; a run waits for it"),
    ("{a: {run: [x], within: 0}}", ".a.within", "must be more than 0; write for example 1h"),
    (
        "{a: {run: [x], env: ['TOKEN=abc']}}",
        ".a.env",
        "TOKEN=abc is not the name of a variable; its value stays where the run's job keeps it",
    ),
    ("{a: {run: [x], timeout: 1m}}", ".a.timeout", "unknown key timeout; there is env, run, within"),
]


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    found = problems(commands(value))
    where = "promoter.yaml:7:environments[prod].gates.commands"
    assert [problem.replace("[0]", "") for problem in found] == [f"{where}{key}: {message}"] or found == [
        f"{where}{key.removesuffix('.run')}: {message}"
    ]
