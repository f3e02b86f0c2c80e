from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.errors import UsageError
from promoter.model.ledger import Drift, Hold, How, Kind, Ledger, Outcome, Result
from promoter.model.plan import Plan, SlotPlan, State
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.explain import Explanation, explain, explain_json
from promoter.plan.report.explain_text import markdown, terminal_lines
from promoter.policy.rules import After, Promote, Rules
from tests.plan.report.schemas import check
from tests.plan.report.world import NOW, at, config, ledger, oid, plan, snapshot, stay

UPSTREAM = Verdict("order", Answer.PENDING, "r41 (1.4.2) is not verified in prod-eu")
BEHIND = SlotPlan("shop", "prod-us", State.WAITING, None, waiting_for=(UPSTREAM,), live=Answer.SUCCESS, behind=1)


def told(environment: str, book: Ledger | None = None, plans: Plan | None = None) -> Explanation:
    plans = plans or plan(book, prod_us=BEHIND)
    found = explain(config(), snapshot(book), plans, "shop", environment, NOW)
    check("explain", explain_json(found))
    return found


def terminal(explanation: Explanation, now: datetime = NOW) -> str:
    return "\n".join(text for _, text in terminal_lines(explanation, now)) + "\n"


def test_a_release_that_waits_for_people_and_the_clock() -> None:
    assert terminal(told("prod-eu")) == (
        "shop r41 (1.4.2) waits in prod-eu, since 20 Nov 10:02 (5 h 3 min)\n"
        "\n"
        "  ok       order         verified in staging, 19 Nov 19:13\n"
        "  ok       checks/smoke  12 checks by github-actions\n"
        "  wait     approvals     1 of 2 from team:sre\n"
        "  wait     window        Mon-Thu 09:00-16:00 Europe/Berlin, opens Mon 23 Nov 09:00 (in 65 h)\n"
        "\n"
        "Who can act now: team:sre approves https://github.com/acme/fleet/pull/128\n"
        "Passed over: r40 (1.4.1): replaced by r41 in staging\n"
        "Next look: Mon 23 Nov 09:00 (in 65 h)\n"
    )


def test_a_release_that_an_earlier_environment_keeps() -> None:
    assert terminal(told("prod-us")) == (
        "shop r41 (1.4.2) is not in prod-us, because prod-eu comes first\n"
        "\n"
        "  wait     order  r41 (1.4.2) is not verified in prod-eu\n"
        "\n"
        "  1. prod-eu waits for approvals (1 of 2 from team:sre), window (until Mon 23 Nov 09:00) "
        "https://github.com/acme/fleet/pull/128\n"
        "  2. then it must be live and healthy in prod-eu for 4 h (within 1 h)\n"
        "  3. then it is proposed for prod-us, and promoter merges it when its gates pass\n"
        "Next look: Mon 23 Nov 09:00 (in 65 h)\n"
    )


def test_markdown() -> None:
    assert markdown(told("prod-eu")) == (
        "<!-- promoter:explain -->\n"
        "**shop r41 (1.4.2) waits in prod-eu** (since Fri 20 Nov 10:02)\n"
        "\n"
        "| | | |\n"
        "|---|---|---|\n"
        "| ok | order | verified in staging, 19 Nov 19:13 |\n"
        "| ok | checks/smoke | 12 checks by github-actions |\n"
        "| wait | approvals | 1 of 2 from team:sre |\n"
        "| wait | window | Mon-Thu 09:00-16:00 Europe/Berlin, opens Mon 23 Nov 09:00 |\n"
        "\n"
        "Who can act now:\n"
        "\n"
        "- team:sre approves https://github.com/acme/fleet/pull/128\n"
        "\n"
        "Passed over: r40 (1.4.1): replaced by r41 in staging.\n"
        "\n"
        "Next look: Mon 23 Nov 09:00.\n"
    )


def test_json() -> None:
    report = explain_json(told("prod-us"))
    assert report["about"] == {"release": "r41", "version": "1.4.2"}
    assert report["headline"] == "shop r41 (1.4.2) is not in prod-us, because prod-eu comes first"
    assert len(report["steps"]) == 3  # type: ignore[arg-type]
    assert report["next_look"] == "2026-11-23T08:00:00Z"


def test_what_stands_as_it_should() -> None:
    assert terminal(told("staging")) == (
        "shop r41 (1.4.2) is what staging should run, since 19 Nov 19:13 (19 h)\n"
        "\n"
        "  ok       live/staging  Applied revision\n"
        "  ok       verify        r41 (1.4.2) verified: soaked 4 h, e2e passed\n"
    )


def soaking() -> tuple[Ledger, Plan]:
    book = ledger()
    staging = replace(book.place("staging"), stay=stay(41, at(20, 11), healthy=at(20, 11, 5)), outcomes={})
    book = replace(book, places={**book.places, "staging": staging, "prod-eu": replace(book.place("prod-us"))})
    here = SlotPlan("shop", "staging", State.SOAKING, at(20, 11, 5), live=Answer.SUCCESS, next_look=at(20, 15, 5))
    wait = Verdict("order", Answer.PENDING, "r41 (1.4.2) is not verified in staging")
    later = [SlotPlan("shop", name, State.WAITING, None, waiting_for=(wait,)) for name in ("prod-eu", "prod-us")]
    return book, plan(book, staging=here, prod_eu=later[0], prod_us=later[1])


def test_a_soak() -> None:
    assert terminal(told("staging", *soaking())) == (
        "shop r41 (1.4.2) soaks in staging, since 20 Nov 12:05 (3 h)\n"
        "\n"
        "  ok       live/staging  Applied revision\n"
        "  wait     soak          healthy for 4 h (until Fri 20 Nov 16:05, in 1 h)\n"
        "Next look: Fri 20 Nov 16:05 (in 1 h)\n"
    )


def test_the_way_leads_through_every_environment() -> None:
    steps = [str(step) for step in told("prod-us", *soaking()).steps]
    assert steps == [
        "staging runs it, soaking until Fri 20 Nov 16:05",
        "then prod-eu takes it",
        "then it must be live and healthy in prod-eu for 4 h (within 1 h)",
        "then it is proposed for prod-us, and promoter merges it when its gates pass",
    ]


def with_prod(state: State, **changes: object) -> tuple[Ledger, Plan]:
    book = ledger()
    place = replace(book.place("prod-eu"), **changes)  # type: ignore[arg-type]
    book = replace(book, places={**book.places, "prod-eu": place})
    slot = replace(plan().slots[2], state=state, since=at(20), waiting_for=(), passed_over=(), next_look=None)
    return book, plan(book, prod_eu=slot)


FAILED = {39: Outcome(Result.FAILED, at(20), "CrashLoopBackOff in eu-1")}


@pytest.mark.parametrize(
    ("state", "changes", "headline", "act"),
    [
        (
            State.FAILED,
            {"outcomes": FAILED},
            "shop r39 (1.3.9) failed in prod-eu",
            ["rollback: promoter rollback shop prod-eu", "retry: promoter retry shop prod-eu r39"],
        ),
        (
            State.HELD,
            {"hold": Hold("kim", at(20), "INC-412")},
            "shop is held in prod-eu: shop r41 (1.4.2) stays out",
            ["resume: promoter resume shop prod-eu"],
        ),
        (
            State.BLOCKED,
            {"drift": Drift(None, oid(5), at(20))},
            "shop r41 (1.4.2) is blocked in prod-eu",
            ["keep what was changed by hand: promoter adopt shop", "skip: promoter skip shop prod-eu r41"],
        ),
        (State.UNKNOWN, {}, "what prod-eu runs of shop cannot be told", []),
        (State.DEPLOYING, {}, "shop r39 (1.3.9) is on its way into prod-eu: merged, not yet live and healthy", []),
        (State.CURRENT, {"stay": None}, "shop has nothing in prod-eu", []),
    ],
)
def test_states(state: State, changes: dict[str, object], headline: str, act: list[str]) -> None:
    found = told("prod-eu", *with_prod(state, **changes))
    assert found.headline == headline
    assert [str(sentence) for sentence in found.act] == act


@pytest.mark.parametrize(
    ("answer", "act"),
    [
        (Answer.FAILURE, ["retry: promoter retry shop prod-eu r41", "skip: promoter skip shop prod-eu r41"]),
        (Answer.PENDING, ["skip: promoter skip shop prod-eu r41"]),
    ],
)
def test_a_job_that_failed_can_be_started_again(answer: Answer, act: list[str]) -> None:
    book, plans = with_prod(State.BLOCKED)
    job = Verdict("jobs/smoke", answer, "as it is")
    found = told("prod-eu", book, plan(book, prod_eu=replace(plans.slots[2], waiting_for=(job,))))
    assert [str(sentence) for sentence in found.act] == act


def test_a_hold_says_who_and_why_and_what_was_changed_by_hand_is_named() -> None:
    changes = {"hold": Hold("kim", at(20), "INC-412", at(30)), "drift": Drift(None, oid(5), at(20))}
    lines = told("prod-eu", *with_prod(State.HELD, **changes)).lines
    assert [(line.gate, line.answer, line.reason) for line in lines[:2]] == [
        ("hold", Answer.PENDING, "held by kim: INC-412"),
        ("drift", Answer.FAILURE, "the slot was changed by hand"),
    ]


def test_a_rollback_on_its_way_is_named_as_one() -> None:
    book, plans = with_prod(State.HELD, hold=Hold("kim", at(20)), stay=stay(41, at(19), How.MERGED))
    back = replace(plans.slots[2], target=39, kind=Kind.ROLLBACK)
    assert told("prod-eu", book, plan(book, prod_eu=back)).headline == (
        "shop is held in prod-eu: it goes back to shop r39 (1.3.9)"
    )


def test_rights_are_named_where_they_are_configured() -> None:
    rules = Rules(After(("staging",)), allow={"resume": ("write", "team:sre")})
    book, plans = with_prod(State.HELD, hold=Hold("kim", at(20)))
    found = explain(config(prod_eu=rules), snapshot(book), plans, "shop", "prod-eu", NOW)
    assert [str(sentence) for sentence in found.act] == [
        "resume (needs write or team:sre): promoter resume shop prod-eu"
    ]


def test_nothing_moves_until_somebody_asks() -> None:
    asked = Verdict("request", Answer.PENDING, "nothing moves here until somebody says promoter promote")
    slot = SlotPlan("shop", "prod-us", State.WAITING, None, waiting_for=(asked,))
    found = explain(
        config(prod_us=Rules(After(("prod-eu",)), promote=Promote.REQUEST)),
        snapshot(), plan(prod_us=slot), "shop", "prod-us", NOW,
    )  # fmt: skip
    assert found.headline == "shop r41 (1.4.2) waits in prod-us"
    assert [str(sentence) for sentence in found.act] == ["promote: promoter promote shop prod-us"]
    assert found.steps == ()


def test_clusters_that_report_trouble_are_always_named() -> None:
    seen = snapshot().apps["shop"].slots["prod-eu"]
    seen = replace(seen, live=(*seen.live, ClusterLive("eu-2", Answer.FAILURE, "CrashLoopBackOff")))
    found = explain(config(), snapshot(prod_eu=seen), plan(), "shop", "prod-eu", NOW)
    assert [line.gate for line in found.lines if line.gate.startswith("live")] == ["live/eu-2"]


def test_an_environment_where_the_app_does_not_go() -> None:
    with pytest.raises(UsageError, match="shop does not go to qa"):
        told("qa")


@given(st.integers(min_value=0, max_value=10**8))
def test_markdown_knows_no_now(seconds: int) -> None:
    later = datetime.fromtimestamp(NOW.timestamp() + seconds % (30 * 24 * 3600), NOW.tzinfo)
    one = explain(config(), snapshot(), plan(), "shop", "prod-eu", NOW)
    two = explain(config(), snapshot(), plan(), "shop", "prod-eu", later)
    assert markdown(one) == markdown(two)
    assert not re.search(r"\(in \d|\bago\b", markdown(one))


def test_foreign_words_do_no_harm() -> None:
    bad = Verdict("checks/x", Answer.FAILURE, "::error::<!-- @kim fixes #1 -->\x1b[2J", who=("user:kim",))
    slot = replace(plan().slots[2], waiting_for=(bad,))
    found = told("prod-eu", plans=plan(prod_eu=slot))
    assert "::error" not in terminal(found) + markdown(found)
    assert "\x1b" not in terminal(found)
    assert "<!-- @" not in markdown(found)
    assert "@kim" not in markdown(found)
