from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.image import Account
from promoter.policy.gates.signature import Commit, Cosign, Signature
from tests.policy.gates.subjects import HEAD, NOON, OLD, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPoYb8M2RXuIN3pAYyCYb1RMd8DXqR2rL1r4Ki6y2Z5x"
COMMIT, IMAGES = Commit((f"{KEY} kim",)), Cosign("keys/cosign.pub")
GATE = Signature(COMMIT, IMAGES)
ASKS = (
    Ask("signature", "commit", "shop", "prod", 41, "", OLD, HEAD, COMMIT),
    Ask("signature", "images", "shop", "prod", 41, "", OLD, HEAD, IMAGES),
)


@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("other", [None, *Answer])
def test_each_verdict_is_its_reply(answer: Answer, other: Answer | None) -> None:
    replies = {ASKS[0]: Reply(answer, "said")}
    if other is not None:
        replies[ASKS[1]] = Reply(other, "said too")
    second = Verdict("signature/images", Answer.PENDING, "asked when nothing else is missing")
    if other is not None:
        second = Verdict("signature/images", other, "said too")
    assert GATE.evaluate(replace(subject(), replies=replies), NOON) == (
        Verdict("signature/commit", answer, "said"),
        second,
    )


def test_what_is_asked() -> None:
    assert GATE.asks(subject()) == ASKS
    assert Signature(COMMIT).asks(subject()) == ASKS[:1]
    assert Signature(None, IMAGES).asks(subject()) == ASKS[1:]
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert {verdict.answer for verdict in GATE.evaluate(given, NOON)} == {Answer.PENDING}


def signature(value: str) -> dict[str, str]:
    files = config("x")
    return {**files, "promoter.yaml": files["promoter.yaml"].replace("expression: x", f"signature: {value}")}


LOADED = [
    (f"{{commit: {{ssh: ['{KEY}  kim']}}}}", Signature(COMMIT), "commit by kim"),
    ("{commit: {gpg: [keys/team.asc]}}", Signature(Commit((), ("keys/team.asc",))), "commit by keys/team.asc"),
    ("{cosign: {key: keys/cosign.pub}}", Signature(None, IMAGES), "images by keys/cosign.pub"),
    (
        "{cosign: {identity: 'https://github.com/acme/*', issuer: 'https://issuer.example', trusted_root: a/b.json}}",
        Signature(None, Cosign("", "https://github.com/acme/*", "https://issuer.example", "a/b.json")),
        "images by https://github.com/acme/* of https://issuer.example",
    ),
    (
        f"{{commit: {{ssh: ['{KEY} kim'], gpg: [a.asc]}}, cosign: {{key: b.pub, images: ['ghcr.io/acme/*'], all: true, "
        "transparency_log: false, within: 2m, login: {ghcr.io: {user: bot, password: TOKEN}}}}",
        Signature(
            Commit((f"{KEY} kim",), ("a.asc",)),
            Cosign(
                "b.pub",
                images=("ghcr.io/acme/*",),
                logged=False,
                all=True,
                login=(("ghcr.io", Account("bot", "TOKEN")),),
                within=timedelta(minutes=2),
            ),
        ),
        "commit by kim or a.asc and images by b.pub",
    ),
]


@pytest.mark.parametrize(("value", "gate", "shown"), LOADED)
def test_loaded_and_shown(value: str, gate: Signature, shown: str) -> None:
    (found,) = load_files(signature(value)).config.apps["shop"].environments["prod"].gates
    assert (found, str(found)) == (gate, shown)


def test_none() -> None:
    assert load_files(signature("{}")).config.apps["shop"].environments["prod"].gates == ()


NO_KEY = "is no public SSH key, such as ssh-ed25519 AAAA... kim"
WHO = "says who signs: write key: keys/cosign.pub, or identity and issuer"
ISSUER = "https://token.actions.githubusercontent.com"
REFUSED = [
    ("{commit: {}}", ".commit", "names nobody who may sign; write ssh: [...] or gpg: [...]"),
    ("{commit: {ssh: []}}", ".commit.ssh", "is empty; name at least one or remove the key"),
    ("{commit: {ssh: [kim]}}", ".commit.ssh[0]", NO_KEY),
    ("{commit: {ssh: ['ssh-ed25519 AAAA kim']}}", ".commit.ssh[0]", NO_KEY),
    (f"{{commit: {{ssh: ['{KEY.replace('ed25519 ', 'rsa ')} kim']}}}}", ".commit.ssh[0]", NO_KEY),
    (f"{{commit: {{ssh: ['cert-authority {KEY}']}}}}", ".commit.ssh[0]", NO_KEY),
    (f"{{commit: {{ssh: ['* {KEY}']}}}}", ".commit.ssh[0]", NO_KEY),
    ("{commit: {gpg: [../a.asc]}}", ".commit.gpg[0]", "../a.asc is no path inside the repository"),
    ("{cosign: {}}", ".cosign", WHO),
    ("{cosign: {key: a.pub, identity: kim@acme.example}}", ".cosign", WHO),
    ("{cosign: {key: a.pub, issuer: 'https://x.example'}}", ".cosign", WHO),
    ("{cosign: {identity: kim@acme.example}}", ".cosign", WHO),
    ("{cosign: {issuer: 'https://x.example'}}", ".cosign", WHO),
    (
        f"{{cosign: {{identity: '**', issuer: '{ISSUER}'}}}}",
        ".cosign.identity",
        "** is no identity, such as https://github.com/acme/* or kim@acme.example",
    ),
    (
        "{cosign: {identity: kim@acme.example, issuer: 'http://x.example'}}",
        ".cosign.issuer",
        f"http://x.example is no issuer, such as {ISSUER}",
    ),
    ("{cosign: {key: ../key}}", ".cosign.key", "../key is no path inside the repository"),
    ("{cosign: {key: a.pub, within: 3m}}", ".cosign.within", "is more than 2m; a run waits for it"),
    ("{keys: []}", ".keys", "unknown key keys; there is commit, cosign"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    assert problems(signature(value)) == [f"promoter.yaml:7:environments[prod].gates.signature{key}: {message}"]
