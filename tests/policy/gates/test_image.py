from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.release import ImageChange
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.image import Account, Image, Wanted
from tests.policy.gates.subjects import HEAD, NOON, OLD, subject
from tests.policy.gates.test_expression import config
from tests.policy.trees import load_files, problems

A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
GATE = Image(Wanted())
ASK = Ask("image", "registry", "shop", "prod", 41, "", OLD, HEAD, Wanted())


@pytest.mark.parametrize(
    ("reply", "answer", "reason"),
    [
        (None, Answer.PENDING, "asked when nothing else is missing"),
        (Reply(Answer.SUCCESS, "there"), Answer.SUCCESS, "there"),
        (Reply(Answer.FAILURE, "not there"), Answer.FAILURE, "not there"),
        (Reply(Answer.UNKNOWN, "not known"), Answer.UNKNOWN, "not known"),
    ],
)
def test_the_verdict_is_the_reply(reply: Reply | None, answer: Answer, reason: str) -> None:
    given = replace(subject(), replies={ASK: reply} if reply is not None else {})
    assert GATE.evaluate(given, NOON) == (Verdict("image/registry", answer, reason),)


def test_nothing_is_asked_before_something_is_proposed() -> None:
    given = subject(head=None, pull=False)
    assert GATE.asks(given) == ()
    assert GATE.evaluate(given, NOON)[0].answer is Answer.PENDING


def test_the_newest_record_of_a_tag_counts_up_to_this_release() -> None:
    given = subject()
    made = {
        number: replace(given.release, number=number, images=(change,))
        for number, change in {
            39: ImageChange("ui", "", "1", A),
            40: ImageChange("ui", "1", f"2@{A}"),
            41: ImageChange("ui", "2", "1", B),
            42: ImageChange("ui", "1", "2", B),
        }.items()
    }
    (ask,) = GATE.asks(replace(given, release=made[41], releases=made))
    assert ask.settings == Wanted(recorded=(("ui", "1", B), ("ui", "2", A)))
    (ask,) = GATE.asks(replace(given, release=made[39]))
    assert ask.settings == Wanted(recorded=(("ui", "1", A),))
    other = replace(given, release=made[41], replies={ASK: Reply(Answer.SUCCESS, "of another digest")})
    assert GATE.evaluate(other, NOON)[0].answer is Answer.PENDING


def image(value: str) -> dict[str, str]:
    files = config("x")
    return {**files, "promoter.yaml": files["promoter.yaml"].replace("expression: x", f"image: {value}")}


LOADED = [
    ("true", Wanted(), "new images are in their registries"),
    ("{}", Wanted(), "new images are in their registries"),
    (
        "{platforms: [linux/amd64, linux/arm/v7], all: true, within: 2m, "
        "login: {GHCR.io: {user: bot, password: TOKEN}}}",
        Wanted(("linux/amd64", "linux/arm/v7"), True, (("ghcr.io", Account("bot", "TOKEN")),), timedelta(minutes=2)),
        "all images are in their registries for linux/amd64, linux/arm/v7",
    ),
]


@pytest.mark.parametrize(("value", "wanted", "shown"), LOADED)
def test_loaded_and_shown(value: str, wanted: Wanted, shown: str) -> None:
    (gate,) = load_files(image(value)).config.apps["shop"].environments["prod"].gates
    assert (gate, str(gate)) == (Image(wanted), shown)


REFUSED = [
    ("false", "", "must be a mapping with all, login, platforms, within, not text"),
    ("{platforms: []}", ".platforms", "is empty; name at least one or remove the key"),
    ("{platforms: [amd64]}", ".platforms[0]", "amd64 is no platform, such as linux/amd64 or linux/arm64"),
    ("{within: 121s}", ".within", "is more than 2m; a run waits for it"),
    ("{login: {'*.io': {user: a, password: B}}}", ".login", "*.io is not one exact registry, such as ghcr.io"),
    (
        "{login: {ghcr.io/x: {user: a, password: B}}}",
        ".login",
        "ghcr.io/x is no host; write for example prom.example or *.acme.example",
    ),
    (
        "{login: {ghcr.io: {user: a, password: ghp-123}}}",
        ".login[ghcr.io].password",
        "ghp-123 is not the name of a variable; its value stays where the run's job keeps it",
    ),
    ("{login: {ghcr.io: {user: a}}}", ".login[ghcr.io].password", "is missing"),
    ("{digests: true}", ".digests", "unknown key digests; there is all, login, platforms, within"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "key", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(value: str, key: str, message: str) -> None:
    assert problems(image(value)) == [f"promoter.yaml:7:environments[prod].gates.image{key}: {message}"]
