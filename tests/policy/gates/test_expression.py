from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from promoter.model.ledger import Drift, Hold, How, Outcome, Place, Result, Stay
from promoter.model.names import Oid
from promoter.model.release import ImageChange, Release, SourceCommit
from promoter.model.verdict import Answer
from promoter.policy.gate import Subject
from promoter.policy.gates.expression import Expression
from tests.policy.gates.subjects import HEAD, NOON, OLD, at, subject
from tests.policy.trees import load_files, overlays, problems

BROKEN = "is no expression of CEL, at column 17: Syntax error: mismatched input '<EOF>'"
MISFIT = "compares or calls what does not go together; nothing is converted by itself"
UI, API = "ghcr.io/acme/ui", "ghcr.io/acme/api"


def release(number: int = 41, version: str = "1.4.2", *images: ImageChange) -> Release:
    commits = (SourceCommit(OLD, "ada", "Raise the limit"), SourceCommit(HEAD, "kim", "Say less"))
    return Release(number, at(-60), OLD, "kim", {}, version=version, images=images, commits=commits)


BOTH = (ImageChange(UI, "1.3", "1.4", "sha256:1"), ImageChange(API, "1.3", "1.4"))


def stay(number: int) -> Stay:
    return Stay(number, None, Oid("c" * 40), at(-30), How.MERGED)


PLACES = {
    "dev": Place(stay=stay(41), outcomes={41: Outcome(Result.VERIFIED, NOON)}),
    "staging": Place(stay=stay(40), hold=Hold("kim", NOON)),
    "perf": Place(stay=stay(41), drift=Drift(None, OLD, NOON)),
    "prod": Place(),
}


def judged(text: str, given: Subject | None = None) -> tuple[Answer, str]:
    if given is None:
        made = subject(authors=("kim", "ada"))
        assert made.pull is not None
        given = replace(
            made,
            pull=replace(made.pull, labels=("hotfix",)),
            release=release(41, "1.4.2", *BOTH),
            places=PLACES,
            releases={40: release(40, "1.4.1"), 41: release()},
        )
    (verdict,) = Expression((("", text),)).evaluate(given, NOON)
    assert (verdict.gate, verdict.until) == ("expression", None)
    return verdict.answer, verdict.reason


@pytest.mark.parametrize(
    "text",
    [
        'app == "shop" && environment == "prod"',
        'release.number == 41 && release.name == "r41" && release.version == "1.4.2" && release.by == "kim"',
        f'release.dry == "{OLD}"',
        'now - release.at == duration("1h")',
        f'images["{UI}"].tag == images["{API}"].tag',
        f"images['{UI}'].old == '1.3' && images['{UI}'].digest == 'sha256:1'",
        f"!has(images['{API}'].digest)",
        'commits.exists(c, c.subject.startsWith("Raise")) && commits[0].author == "ada"',
        f'commits[1].id == "{HEAD}"',
        'authors == ["ada", "kim"]',
        '"hotfix" in labels',
        "environments.dev.release == release.number && environments.dev.result == 'verified'",
        "environments['staging'].version == '1.4.1' && environments.staging.held",
        "now - environments.dev.since == duration('30m')",
        "!has(environments.staging.result) && !environments.dev.held",
        "!has(environments.prod.release) && !has(environments.perf.release)",
        "environments.dev.release == 41 || environments.gone.release == 41",
    ],
)
def test_true(text: str) -> None:
    assert judged(text) == (Answer.SUCCESS, text)


def test_false_waits_and_is_shown_in_one_line() -> None:
    assert judged("release.number\n   > 41") == (Answer.PENDING, "not true: release.number > 41")
    long = "release.number == 1" + " || release.number == 1" * 50
    answer, reason = judged(long)
    assert (answer, len(reason)) == (Answer.PENDING, 210)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("environments.prod.release != 3", "there is no release in environments.prod.release != 3"),
        ("environments.perf.release == 41", "there is no release in environments.perf.release == 41"),
        ("environments.gone.held", "there is no gone in environments.gone.held"),
        ("!(environments.staging.result == '')", "there is no result in !(environments.staging.result == '')"),
        ("images['x'].tag == '1'", "there is no x in images['x'].tag == '1'"),
        ("commits[7].author == 'kim'", "commits[7].author == 'kim': index out of bounds: 7"),
        ("release.number", "release.number gives neither true nor false"),
        ("release.number > 'a'", f"release.number > 'a': {MISFIT}"),
        ("relase.number > 3", "there is no relase in relase.number > 3"),
        ("release.number >", f"release.number >: {BROKEN}"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_unknown(text: str, reason: str) -> None:
    assert judged(text) == (Answer.UNKNOWN, reason)


def test_without_a_pull_request_there_are_no_labels_yet() -> None:
    given = subject(pull=False, head=None)
    assert judged("'a' in labels", given) == (Answer.PENDING, "no pull request yet")
    assert judged("release.number == 41", given)[0] is Answer.SUCCESS


def test_a_release_without_a_version() -> None:
    text = "release.version != '1.0'"
    assert judged(text, subject()) == (Answer.UNKNOWN, f"there is no version in {text}")


def test_one_verdict_for_each_name() -> None:
    gate = Expression((("a", "true"), ("b", "release.number > 41")))
    found = [(verdict.gate, verdict.answer) for verdict in gate.evaluate(subject(), NOON)]
    assert found == [("expression/a", Answer.SUCCESS), ("expression/b", Answer.PENDING)]
    assert str(gate) == "a: true and b: release.number > 41"


def config(value: str) -> dict[str, str]:
    text = f"""\
version: 1
live: none
apps: {{shop: "apps/shop/overlays/{{environment}}"}}
environments:
  - name: prod
    gates:
      expression: {value}
"""
    return {"promoter.yaml": text, **overlays("shop", "prod")}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("release.number > 3", [("", "release.number > 3")]),
        (f"""'images["{UI}"].tag == images["{API}"].tag'""", [("", f'images["{UI}"].tag == images["{API}"].tag')]),
        ("images['a/' + app].tag == '1'", [("", "images['a/' + app].tag == '1'")]),
        ("commits[3].author == 'kim'", [("", "commits[3].author == 'kim'")]),
        ("environments[environment].held || images.ui.tag == '1'", None),
        ("{a: 'release.by == app', b: 'true'}", [("a", "release.by == app"), ("b", "true")]),
    ],
)  # fmt: skip
def test_loaded(value: str, wanted: list[tuple[str, str]] | None) -> None:
    (gate,) = load_files(config(value)).config.apps["shop"].environments["prod"].gates
    assert gate == Expression(tuple(wanted if wanted is not None else [("", value)]))


def test_no_expression_takes_away_what_a_policy_asks() -> None:
    assert load_files(config("{}")).config.apps["shop"].environments["prod"].gates == ()


REFUSED = [
    ("release.number >", BROKEN),
    ("relase.number > 3", "relase is not known; did you mean release?"),
    (
        "false && xyz == []",
        "xyz is not known; there is app, authors, commits, environment, environments, images, labels, now, release",
    ),
    ("release.numbr > 3", "there is no numbr; did you mean number?"),
    ("images['a'].tga == '1'", "there is no tga; did you mean tag?"),
    ("environments.dev.releas == 1", "there is no releas; did you mean release?"),
    ("release.number > '3'", MISFIT),
    ("semver(release.version) > 3", "there is no function semver"),
    ("release.version.upper() == ''", "there is no function upper"),
    ("release.number", "gives neither true nor false"),
    ("[release.number > 3]", "must be text, not a list"),
    ("''", "is empty; write a value or remove the key"),
    ("", "has no value; write one or remove the key"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[value for value, _ in REFUSED])
def test_refused_when_the_config_is_loaded(value: str, message: str) -> None:
    where = "promoter.yaml:7:environments[prod].gates.expression"
    assert problems(config(value)) == [f"{where}: {message}"]


def test_refused_under_its_name() -> None:
    text = config("{a: 'true', b: 'relase.number > 3'}")
    where = "promoter.yaml:7:environments[prod].gates.expression.b"
    assert problems(text) == [f"{where}: relase is not known; did you mean release?"]


def test_the_moment_is_utc() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert noon == NOON
    assert judged("now == timestamp('2026-11-20T12:00:00Z') && now.getHours() == 12")[0] is Answer.SUCCESS
