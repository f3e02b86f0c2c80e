"""Break-glass: what a word lets pass, for which release, and what makes it void."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.errors import UsageError
from promoter.model.ledger import Drift, Kind, Override
from promoter.model.verdict import Answer
from promoter.plan.command import Word, say
from promoter.plan.judge import judge
from promoter.plan.report.explain import explain
from promoter.plan.report.status import status_json
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.gates.window import Window
from promoter.policy.span_text import parse_span
from tests.plan.worlds import (
    NOW,
    OTHER,
    TIP,
    World,
    ago,
    check,
    content,
    holds,
    line,
    look,
    offered,
    proposed,
    pull,
    release,
    rules,
    world,
)

WINDOW = Window((parse_span("Sat-Sun"),))
CHECKS = Checks((Wanted("lint"), Wanted("e2e")))
SAID = Override(2, "window", "kim", ago(10), "INC-412", content(1))
WORDS = "overridden by kim, 4 Mar 11:50: INC-412"


def waiting(*words: Override, slot: dict[str, Any] | None = None, **changes: Any) -> World:
    """Give r2 on its way over r1 into staging, on a Wednesday."""
    gates = rules("dev", gates=(CHECKS, WINDOW))
    place = holds(1, proposal=proposed(2), overrides=words, **changes)
    places = {"dev": holds(2, 1), "staging": place}
    seen = {"staging": slot if slot is not None else offered(2, 1)}
    return world(line(staging=gates), [1, 2, 3], places, seen)


def verdicts(seen: World, number: int = 2) -> dict[str, tuple[str, str]]:
    found = judge(seen.sight, "staging", number, Kind.PROMOTION)
    return {verdict.gate: (verdict.answer.value, verdict.reason) for verdict in found}


def test_only_that_gate_passes() -> None:
    before, after = verdicts(waiting()), verdicts(waiting(SAID))
    assert before["window"] == ("pending", "Sat-Sun UTC; opens Sat 7 Mar 00:00")
    assert after == {**before, "window": ("success", WORDS)}


def test_the_word_has_no_end_and_nobody_to_wait_for() -> None:
    (found,) = [v for v in judge(waiting(SAID).sight, "staging", 2, Kind.PROMOTION) if v.gate == "window"]
    assert (found.since, found.until, found.who) == (ago(10), None, ())


@pytest.mark.parametrize(
    ("gate", "passed"),
    [
        ("checks", {"checks/lint", "checks/e2e", "order"}),
        ("checks/e2e", {"checks/e2e", "order"}),
        ("check", {"order"}),
    ],
)
def test_by_kind_or_by_name(gate: str, passed: set[str]) -> None:
    found = verdicts(waiting(replace(SAID, gate=gate)))
    assert {name for name, (answer, _) in found.items() if answer == "success"} == passed


def test_what_failed_passes_as_well_and_what_passed_keeps_its_own_reason() -> None:
    checks = (check("lint", "failure"), check("e2e"))
    seen = waiting(replace(SAID, gate="checks"), slot=offered(2, 1, pulls=(pull(checks=checks),)))
    found = verdicts(seen)
    assert found["checks/lint"] == ("success", WORDS)
    assert found["checks/e2e"][1].startswith("passed")


@pytest.mark.parametrize(
    "seen",
    [
        waiting(replace(SAID, release=3)),
        waiting(replace(SAID, before=content(3))),
        waiting(replace(SAID, before=None)),
    ],
    ids=["another release", "the slot held something else", "the slot was empty"],
)
def test_void(seen: World) -> None:
    assert verdicts(seen)["window"][0] == "pending"


def test_a_head_that_is_made_again_for_the_same_keeps_it() -> None:
    """No proposal, or one on another base: the word is for the release over what the slot holds."""
    assert verdicts(waiting(SAID, slot={}))["window"] == ("success", WORDS)


def test_what_a_person_did_by_hand_is_not_overridden() -> None:
    drifted = waiting(SAID, slot=look(OTHER), drift=Drift(OTHER, TIP, ago(5)))
    assert verdicts(drifted)["drift"][0] == "failure"


def shown(seen: World) -> Any:
    slots: Any = status_json(seen.config, seen.snapshot, seen.plan(), NOW)["slots"]
    return next(slot["overrides"] for slot in slots if slot["environment"] == "staging")


def test_it_is_shown() -> None:
    seen = waiting(SAID)
    plan = seen.plan()
    assert shown(seen) == [
        {"gate": "window", "release": "r2", "by": "kim", "at": "2026-03-04T11:50:00Z", "reason": "INC-412"}
    ]
    lines = explain(seen.config, seen.snapshot, plan, "shop", "staging", NOW).lines
    assert WORDS in [verdict.reason for verdict in lines if verdict.answer is Answer.SUCCESS]
    assert shown(waiting()) == []


# --- saying it ---


def word(gate: str = "window", number: int | None = None, reason: str = "INC-412", **changes: Any) -> Word:
    return replace(Word("override", "staging", "kim", ago(10), number, reason, gate=gate), **changes)


def spoken(seen: World, said: Word) -> tuple[tuple[Override, ...], str]:
    app = seen.config.apps["shop"]
    after, sentence = say(app, seen.snapshot.apps["shop"].ledger, said)
    return after.place("staging").overrides, sentence


def test_for_what_is_proposed() -> None:
    assert spoken(waiting(), word()) == ((SAID,), 'kim: override window for r2 in staging "INC-412"')


def test_for_a_named_release_and_beside_other_words() -> None:
    words, sentence = spoken(waiting(SAID), word("checks/e2e", 3))
    assert words == (SAID, replace(SAID, release=3, gate="checks/e2e"))
    assert sentence == 'kim: override checks/e2e for r3 in staging "INC-412"'


def test_a_second_word_takes_the_place_of_the_first() -> None:
    words, _ = spoken(waiting(SAID, replace(SAID, gate="checks")), word(reason="again", at=NOW))
    assert words == (replace(SAID, gate="checks"), replace(SAID, reason="again", at=NOW))


def test_into_an_empty_slot() -> None:
    seen = world(line(staging=rules("dev", gates=(WINDOW,))), [1, 2], {"dev": holds(2, 1)})
    words, _ = spoken(seen, word("window", 2))
    assert words == (replace(SAID, before=None),)
    (place,) = [replace(holds(1), stay=None, overrides=words)]
    again = world(line(staging=rules("dev", gates=(WINDOW,))), [1, 2], {"dev": holds(2, 1), "staging": place})
    assert verdicts(again)["window"][0] == "success"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (word(reason=""), 'an override needs a reason\n  promoter override ... window "INC-412: the fix for it"'),
        (
            word("windows"),
            "staging has no gate windows; did you mean window?\n  It has checks, checks/e2e, checks/lint, window.",
        ),
        (word("approvals"), "staging has no gate approvals\n  It has checks, checks/e2e, checks/lint, window."),
        (word("hold"), "hold is no gate, and cannot be overridden\n  To end it: promoter resume"),
        (word(number=9), "shop has no release r9\n  Its newest releases: r1, r2, r3."),
        (word(number=1), "r1 is active in staging already"),
        (
            word(environment="dev", gate="window"),
            "dev has no gate window\n  It has none.",
        ),
    ],
)
def test_refused(said: Word, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        spoken(waiting(), said)
    assert str(refusal.value) == sentence


def test_refused_while_nothing_is_proposed() -> None:
    seen = world(line(staging=rules("dev", gates=(WINDOW,))), [1, release(2, ("dev",))], {"staging": holds(1)})
    with pytest.raises(UsageError, match="nothing of shop is proposed for staging; name a release"):
        spoken(seen, word())
    with pytest.raises(UsageError, match="r2 was not made for staging"):
        spoken(seen, word(number=2))
