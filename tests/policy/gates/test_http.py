from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Reply
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.http import Http, Service
from tests.policy.gates.subjects import NOON, OLD, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

READY = Service("https://gate.example/{app}", "true")
GATE = Http((("ready", READY),))


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (None, Verdict("http/ready", Answer.PENDING, "asked when nothing else is missing")),
        (Reply(Answer.SUCCESS, "answers 200"), Verdict("http/ready", Answer.SUCCESS, "answers 200")),
        (Reply(Answer.PENDING, "not true"), Verdict("http/ready", Answer.PENDING, "not true")),
        (Reply(Answer.UNKNOWN, "answers 404"), Verdict("http/ready", Answer.UNKNOWN, "answers 404")),
    ],
)
def test_the_verdict_is_the_reply(reply: Reply | None, verdict: Verdict) -> None:
    (ask,) = GATE.asks(subject())
    given = replace(subject(), replies={ask: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (verdict,)


@pytest.mark.parametrize("change", [{"head": OLD}, {"kind": "metrics"}, {"settings": replace(READY, expect="false")}])
def test_a_reply_about_anything_else_does_not_count(change: dict[str, object]) -> None:
    (ask,) = GATE.asks(subject())
    given = replace(subject(), replies={replace(ask, **change): Reply(Answer.SUCCESS, "answers 200")})  # type: ignore[arg-type]
    assert GATE.evaluate(given, NOON)[0].answer is Answer.PENDING


def test_before_anything_is_proposed() -> None:
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert GATE.evaluate(given, NOON)[0].reason == "nothing is proposed yet"


def http(value: str, hosts: str = "gate.example, '*.acme.example'", kind: str = "http") -> dict[str, str]:
    files = config("x")
    text = files["promoter.yaml"].replace("expression: x", f"{kind}: {value}")
    return {**files, "promoter.yaml": f"{text}hosts: [{hosts}]\n"}


def test_loaded_and_shown() -> None:
    value = (
        "{ready: 'https://gate.example/{app}', more: {url: https://a.acme.example, expect: 'body.ok', method: POST, "
        'body: \'{"a": "{app}"}\', token: GATE_TOKEN, header: X-Key, within: 30s}}'
    )
    (gate,) = load_files(http(value)).config.apps["shop"].environments["prod"].gates
    more = Service(
        "https://a.acme.example", "body.ok", "POST", '{"a": "{app}"}', "GATE_TOKEN", "X-Key", timedelta(seconds=30)
    )
    assert gate == Http((("ready", READY), ("more", more)))
    assert str(gate) == "ready (GET https://gate.example/{app}) and more (POST https://a.acme.example)"
    assert load_files(http("{}")).config.apps["shop"].environments["prod"].gates == ()


GOOD = "url: https://gate.example"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
VALUE = "its value stays where the run's job keeps it"
CEL = "is no expression of CEL, at column 6: Syntax error: no viable alternative at input '.'"


def unknown_host(host: str) -> str:
    return f"{host} may not be asked; write it in promoter.yaml: hosts: [{host}]"


REFUSED = [
    ("{a: https://other.example}", "", unknown_host("other.example")),
    ("{a: 'https://gate.example:8443'}", "", unknown_host("gate.example:8443")),
    ("{a: gate.example}", ".a", "gate.example is no web address; write for example https://prom.example"),
    ("[https://gate.example]", "", "must be a mapping, not a list"),
    ("{a: {expect: body.ok}}", ".a.url", "is missing"),
    (f"{{a: {{{GOOD}, expect: 'boddy.ok'}}}}", ".a.expect", "boddy is not known; did you mean body?"),
    (f"{{a: {{{GOOD}, expect: 'body.'}}}}", ".a.expect", CEL),
    (f"{{a: {{{GOOD}, method: get}}}}", ".a.method", f"get is not one of {METHODS}; did you mean GET?"),
    (f"{{a: {{{GOOD}, header: X-Key}}}}", ".a", "header says where a token goes; say which: token: NAME_OF_A_VARIABLE"),
    (f"{{a: {{{GOOD}, token: T, header: 'X: y'}}}}", ".a.header", "X: y is not the name of a header"),
    (
        "{a: {url: 'http://a.acme.example', token: T}}",
        ".a",
        "would send the token where everybody on the way can read it; write https",
    ),
    (f"{{a: {{{GOOD}, token: 'Bearer x'}}}}", ".a.token", f"Bearer x is not the name of a variable; {VALUE}"),
    (f"{{a: {{{GOOD}, within: 2m}}}}", ".a.within", "is more than 1m; a run waits for it"),
]


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    assert problems(http(value)) == [f"promoter.yaml:7:environments[prod].gates.http{key}: {message}"]


def test_a_host_of_a_policy_is_told_there() -> None:
    files = http("{}")
    text = files["promoter.yaml"].replace("    gates:\n      http: {}\n", "    policy: strict\n")
    policy = "gates:\n  http: {a: https://other.example}\n"
    assert problems({**files, "promoter.yaml": text, "policies/strict.yaml": policy}) == [
        "policies/strict.yaml:2:gates.http: other.example may not be asked; write it in promoter.yaml: "
        "hosts: [other.example]"
    ]


def test_no_host_may_be_asked_where_none_is_named() -> None:
    files = http("{a: https://gate.example}")
    text = files["promoter.yaml"].partition("hosts:")[0]
    (problem,) = problems({**files, "promoter.yaml": text})
    assert problem.endswith("gate.example may not be asked; write it in promoter.yaml: hosts: [gate.example]")


def test_after_the_merge_as_well() -> None:
    files = http("{a: https://gate.example}")
    text = files["promoter.yaml"].replace("gates:", "verify:")
    verify = load_files({**files, "promoter.yaml": text}).config.apps["shop"].environments["prod"].verify
    assert verify.gates == (Http((("a", Service("https://gate.example", "true")),)),)
    text = text.replace("gate.example}", "other.example}")
    (problem,) = problems({**files, "promoter.yaml": text})
    assert problem == f"promoter.yaml:7:environments[prod].verify.http: {unknown_host('other.example')}"
