from __future__ import annotations

import pytest

from promoter.model.forge import Check
from promoter.model.verdict import Answer, Verdict
from promoter.policy.gates.checks import Checks, Wanted
from tests.policy.gates.subjects import NOON, at, check, subject

FROM_CI = ("ci",)


@pytest.mark.parametrize(
    ("name", "reporters", "checks", "answer", "reason"),
    [
        ("lint", (), [], "pending", "no lint on aaaaaaa yet"),
        ("lint", (), [check("lint", "success")], "success", "passed (ci)"),
        ("lint", (), [check("lint", "success", "")], "success", "passed"),
        ("lint", (), [check("lint", "pending")], "pending", "lint has not finished"),
        ("lint", (), [check("lint", "failure")], "failure", "lint failed"),
        ("lint", (), [check("lint", "failure", description="2 of 12")], "failure", "lint failed: 2 of 12"),
        ("lint", (), [check("lint", "stale")], "unknown", "lint says something that is no state"),
        ("lint", (), [check("Lint", "success")], "pending", "no lint on aaaaaaa yet"),
        ("lint", (), [check("lint", "success"), check("lint", "failure", "x")], "failure", "lint failed"),
        ("lint", FROM_CI, [check("lint", "success")], "success", "passed (ci)"),
        (
            "lint",
            FROM_CI,
            [check("lint", "success", "mallory")],
            "pending",
            "no lint from ci on aaaaaaa yet; one from mallory does not count",
        ),
        (
            "lint",
            FROM_CI,
            [check("lint", "success", "")],
            "pending",
            "no lint from ci on aaaaaaa yet; one from nobody does not count",
        ),
        ("lint", FROM_CI, [check("lint", "failure", "mallory"), check("lint", "success")], "success", "passed (ci)"),
        ("lint", FROM_CI, [], "pending", "no lint from ci on aaaaaaa yet"),
        ("lint", ("ci", "bot"), [check("lint", "pending", "bot")], "pending", "lint has not finished"),
        ("e2e-*", (), [], "pending", "no e2e-* on aaaaaaa yet"),
        ("e2e-*", (), [check("lint", "success")], "pending", "no e2e-* on aaaaaaa yet"),
        ("e2e-*", (), [check("e2e-a", "success"), check("e2e-b", "success", "x")], "success", "passed (ci, x)"),
        ("e2e-*", (), [check("e2e-a", "success"), check("e2e-b", "pending")], "pending", "e2e-b has not finished"),
        (
            "e2e-*",
            (),
            [check("e2e-a", "pending"), check("e2e-c", "failure", description="d"), check("e2e-b", "failure")],
            "failure",
            "e2e-b, e2e-c failed",
        ),
        ("*", (), [check("promoter", "pending"), check("lint", "success")], "success", "passed (ci)"),
        ("*", (), [check("promoter", "success")], "pending", "no * on aaaaaaa yet"),
        ("build [x]", (), [check("build [x]", "success")], "success", "passed (ci)"),
    ],
)
def test_one_check(name: str, reporters: tuple[str, ...], checks: list[Check], answer: str, reason: str) -> None:
    gate = Checks((Wanted(name, reporters),))
    (verdict,) = gate.evaluate(subject(checks=tuple(checks)), NOON)
    assert (verdict.gate, verdict.answer, verdict.reason) == (f"checks/{name}", Answer(answer), reason)
    assert verdict.until is None


def test_one_verdict_for_each_check() -> None:
    gate = Checks((Wanted("a"), Wanted("b", FROM_CI)))
    found = gate.evaluate(subject(checks=(check("a", "success", minutes=5),)), NOON)
    assert found == (
        Verdict("checks/a", Answer.SUCCESS, "passed (ci)", at(5)),
        Verdict("checks/b", Answer.PENDING, "no b from ci on aaaaaaa yet", who=FROM_CI),
    )


def test_nothing_is_proposed_yet() -> None:
    (verdict,) = Checks((Wanted("a"),)).evaluate(subject(head=None, pull=False), NOON)
    assert (verdict.answer, verdict.reason) == (Answer.PENDING, "nothing is proposed yet")


def test_success_counts_from_the_last_and_failure_from_the_first() -> None:
    checks = (check("e-1", "success", minutes=9), check("e-2", "success", minutes=3))
    assert Checks((Wanted("e-*"),)).evaluate(subject(checks=checks), NOON)[0].since == at(9)
    checks = (check("e-1", "failure", minutes=9), check("e-2", "failure", minutes=3))
    assert Checks((Wanted("e-*"),)).evaluate(subject(checks=checks), NOON)[0].since == at(3)


def test_in_words() -> None:
    assert str(Checks((Wanted("a"), Wanted("b", ("ci", "bot"))))) == "a, b from ci or bot"
