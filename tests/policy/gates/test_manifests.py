from __future__ import annotations

from dataclasses import replace

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.manifests import Manifests
from promoter.policy.objects.engines import Conftest
from promoter.policy.objects.judge import Rules
from tests.policy.gates.subjects import HEAD, NOON, OLD, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

RULES = Rules("1.34", registries=("ghcr.io/acme",))
GATE = Manifests(RULES)
ASK = Ask("manifests", "objects", "shop", "prod", 41, "", OLD, HEAD, RULES)


@pytest.mark.parametrize(
    ("reply", "answer", "reason"),
    [
        (None, Answer.PENDING, "asked when nothing else is missing"),
        (Reply(Answer.SUCCESS, "3 objects"), Answer.SUCCESS, "3 objects"),
        (Reply(Answer.FAILURE, "no such kind"), Answer.FAILURE, "no such kind"),
        (Reply(Answer.UNKNOWN, "not known"), Answer.UNKNOWN, "not known"),
    ],
)
def test_the_verdict_is_the_reply(reply: Reply | None, answer: Answer, reason: str) -> None:
    given = replace(subject(), replies={ASK: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (Verdict("manifests/objects", answer, reason),)
    other = replace(ASK, settings=replace(RULES, kubernetes="1.33"))
    given = replace(subject(), replies={other: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON)[0].answer is Answer.PENDING


def test_nothing_is_asked_before_something_is_proposed() -> None:
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert GATE.evaluate(given, NOON)[0].answer is Answer.PENDING


def manifests(value: str) -> dict[str, str]:
    files = config("x")
    return {**files, "promoter.yaml": files["promoter.yaml"].replace("expression: x", f"manifests: {value}")}


def test_a_program_has_a_verdict_of_its_own() -> None:
    wanted = Conftest(("policies/rego",))
    asked = replace(ASK, name="conftest", settings=wanted)
    assert Manifests(Rules(), wanted).asks(subject()) == (asked,)
    assert Manifests(RULES, wanted).asks(subject()) == (ASK, asked)
    given = replace(subject(), replies={asked: Reply(Answer.FAILURE, "no limits")})
    assert Manifests(RULES, wanted).evaluate(given, NOON) == (
        Verdict("manifests/objects", Answer.PENDING, "asked when nothing else is missing"),
        Verdict("manifests/conftest", Answer.FAILURE, "no limits"),
    )


PROGRAMS = [
    ("{conftest: {policy: policies/rego/}}", Conftest(("policies/rego",)), "conftest with policies/rego"),
    (
        "{conftest: {policy: [a, b.rego], data: data, namespaces: [main, k8s.pods]}}",
        Conftest(("a", "b.rego"), ("data",), ("main", "k8s.pods")),
        "conftest with a, b.rego",
    ),
]


@pytest.mark.parametrize(("value", "wanted", "shown"), PROGRAMS)
def test_programs(value: str, wanted: Conftest, shown: str) -> None:
    (gate,) = load_files(manifests(value)).config.apps["shop"].environments["prod"].gates
    assert (gate, str(gate)) == (Manifests(Rules(), wanted), shown)


LOADED = [
    ('{kubernetes: "1.34"}', Rules("1.34"), "objects of Kubernetes 1.34"),
    ("{kubernetes: v1.31.4}", Rules("1.31"), "objects of Kubernetes 1.31"),
    (
        '{kubernetes: "1.36", schemas: [crds/, shop.yaml], unknown_kinds: allow, deprecated: refuse}',
        Rules("1.36", ("crds", "shop.yaml"), True, False),
        "objects of Kubernetes 1.36",
    ),
    (
        "{registries: [ghcr.io/acme/, docker.io, acme], cel: {pinned: \"images.all(one, one.contains('@'))\"}}",
        Rules(
            registries=("ghcr.io/acme", "docker.io", "docker.io/library/acme"),
            cel=(("pinned", "images.all(one, one.contains('@'))"),),
        ),
        "images from ghcr.io/acme, docker.io, docker.io/library/acme and pinned: images.all(one, one.contains('@'))",
    ),
]


@pytest.mark.parametrize(("value", "rules", "shown"), LOADED)
def test_loaded_and_shown(value: str, rules: Rules, shown: str) -> None:
    (gate,) = load_files(manifests(value)).config.apps["shop"].environments["prod"].gates
    assert (gate, str(gate)) == (Manifests(rules), shown)


def test_none() -> None:
    assert load_files(manifests("{}")).config.apps["shop"].environments["prod"].gates == ()


VERSIONS = "there is 1.31, 1.32, 1.33, 1.34, 1.35, 1.36"
HANDED = "{} cannot be handed to the program; name a folder or file without comma and quotes"
REFUSED = [
    ("{schemas: [crds]}", "", 'judges kinds; say of which Kubernetes: kubernetes: "1.36"'),
    ("{unknown_kinds: allow, registries: [ghcr.io]}", "", 'judges kinds; say of which Kubernetes: kubernetes: "1.36"'),
    ('{kubernetes: "1.30"}', ".kubernetes", f"1.30 is not known; {VERSIONS}"),
    ("{kubernetes: latest}", ".kubernetes", f"latest is not known; {VERSIONS}"),
    ("{schemas: [../crds]}", ".schemas[0]", "../crds is no path inside the repository"),
    ('{kubernetes: "1.34", unknown_kinds: yes}', ".unknown_kinds", "yes is not one of allow, refuse"),
    ("{registries: ['https://ghcr.io']}", ".registries[0]",
     "https://ghcr.io is no registry, such as ghcr.io or ghcr.io/acme"),
    ("{registries: []}", ".registries", "is empty; name at least one or remove the key"),
    ("{cel: {a: 'objct.kind'}}", ".cel[a]", "objct is not known; did you mean object?"),
    ("{cel: {a: 'secrets.x'}}", ".cel[a]", "secrets is not known; there is app, environment, images, object, version"),
    ("{cel: {a: 'object.'}}", ".cel[a]", "is no expression of CEL"),
    ("{conftest: {}}", ".conftest.policy", "is missing"),
    ("{conftest: {policy: ../x}}", ".conftest.policy", "../x is no path inside the repository"),
    ("{conftest: {policy: .}}", ".conftest.policy", HANDED.format(".")),
    ("{conftest: {policy: ['a,b']}}", ".conftest.policy[0]", HANDED.format("a,b")),
    ("{conftest: {policy: []}}", ".conftest.policy", "is empty; name at least one or remove the key"),
    ("{conftest: {policy: a, namespaces: ['*']}}", ".conftest.namespaces[0]",
     "* is no name of a package, such as main or kubernetes.security"),
    ("{cel: {}}", ".cel", "is empty; write an entry or remove the key"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    (found,) = problems(manifests(value))
    assert found.replace("[a]", ".a").startswith(
        f"promoter.yaml:7:environments[prod].gates.manifests{key.replace('[a]', '.a')}: {message}"
    )
