from __future__ import annotations

from dataclasses import replace

import pytest

from promoter.model.ledger import Drift, Hold, How, Kind, Ledger, Skip
from promoter.model.plan import Plan, SlotPlan, State
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.fleet import Cell, cell, counts, short_repository, waits
from promoter.plan.report.moment import times
from promoter.plan.report.view import View, views
from tests.plan.report.world import NOW, at, config, ledger, oid, plan, snapshot, stay

AT = times("Europe/Berlin", NOW)
ORDER = Verdict("order", Answer.PENDING, "r41 (1.4.2) is not verified in prod-eu")


def fleet(book: Ledger | None = None, plans: Plan | None = None) -> dict[str, View]:
    return {view.environment: view for view in views(config(), snapshot(book), plans or plan(book))}


def shown(environment: str, book: Ledger | None = None, plans: Plan | None = None) -> Cell:
    found = fleet(book, plans)
    return cell(found[environment], found, AT, NOW)


def test_what_is_well_and_what_waits() -> None:
    behind = SlotPlan("shop", "prod-us", State.WAITING, None, waiting_for=(ORDER,))
    plans = plan(prod_us=behind)
    assert shown("dev", plans=plans) == Cell("1.4.2 ok", State.CURRENT)
    assert shown("prod-eu", plans=plans) == Cell("1.3.9 ok   1.4.2 waits", State.WAITING)
    assert shown("prod-us", plans=plans) == Cell("1.3.9 ok   1.4.2 after prod-eu", State.WAITING)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.FAILED, "1.3.9 FAILED   1.4.2 waits"),
        (State.HELD, "1.3.9 HELD since 20 Nov   1.4.2 stays out"),
        (State.UNKNOWN, "1.3.9 unknown   1.4.2 waits"),
        (State.BLOCKED, "1.3.9 ok   1.4.2 BLOCKED"),
        (State.DEPLOYING, "1.3.9 deploying   1.4.2 waits"),
        (State.SOAKING, "1.3.9 soaks to 14 Nov 15:24   1.4.2 waits"),
    ],
)
def test_states(state: State, text: str) -> None:
    assert shown("prod-eu", plans=plan(prod_eu=replace(plan().slots[2], state=state))).text == text


def with_prod(**changes: object) -> Ledger:
    book = ledger()
    place = replace(book.place("prod-eu"), **changes)  # type: ignore[arg-type]
    return replace(book, places={**book.places, "prod-eu": place})


@pytest.mark.parametrize("target", [None, 41])
def test_what_was_changed_by_hand_is_not_ok(target: int | None) -> None:
    book = with_prod(drift=Drift(None, oid(5), at(20)))
    seen = replace(plan().slots[2], state=State.BLOCKED, target=target, waiting_for=())
    text = shown("prod-eu", book, plan(book, prod_eu=seen)).text
    assert text == "1.3.9 CHANGED BY HAND" + ("   1.4.2 BLOCKED" if target else "")
    assert waits(fleet(book, plan(book, prod_eu=seen))["prod-eu"], AT) == "drift: the slot was changed by hand"


def test_who_holds_it() -> None:
    assert shown("prod-eu", with_prod(hold=Hold("kim", at(20), "INC-412"))).note == '"INC-412" (kim)'
    assert shown("prod-eu", with_prod(hold=Hold("kim", at(20)))).note == "by kim"


def test_what_it_was_rolled_back_from() -> None:
    book = with_prod(
        stay=stay(39, at(20), How.ROLLED_BACK), past=(stay(41, at(19)),), skips={41: Skip("kim", at(20), "INC-412 5xx")}
    )
    assert shown("prod-eu", book).note == 'rolled back from 1.4.2: "INC-412 5xx" (kim)'


def test_a_rollback_on_its_way() -> None:
    back = replace(plan().slots[0], target=40, kind=Kind.ROLLBACK, state=State.HELD, since=at(20))
    assert shown("dev", plans=plan(dev=back)).text == "1.4.2 HELD since 20 Nov   back to 1.4.1"


@pytest.mark.parametrize(("state", "text"), [(State.CURRENT, "-"), (State.UNKNOWN, "- unknown")])
def test_an_empty_slot(state: State, text: str) -> None:
    empty = SlotPlan("shop", "prod-eu", state, None)
    book = with_prod(stay=None)
    assert shown("prod-eu", book, plan(book, prod_eu=empty)).text == text


def test_on_request() -> None:
    asked = Verdict("request", Answer.PENDING, "nothing moves here until somebody says so")
    slot = SlotPlan("shop", "prod-us", State.WAITING, None, waiting_for=(asked,))
    assert shown("prod-us", plans=plan(prod_us=slot)).text == "1.3.9 ok   1.4.2 on request"


def test_counts() -> None:
    assert counts(list(fleet().values())) == "1 waits for people, 1 waits for something else"
    held = plan(dev=replace(plan().slots[0], state=State.HELD), staging=replace(plan().slots[1], state=State.FAILED))
    assert counts(list(fleet(plans=held).values())) == (
        "1 failed, 1 waits for people, 1 waits for something else, 1 held"
    )
    assert counts([]) == ""


def test_what_it_waits_for_in_one_line() -> None:
    assert waits(fleet()["prod-eu"], AT) == "approvals: 1 of 2 from team:sre · window until Mon 23 Nov 09:00"
    held = fleet(with_prod(hold=Hold("kim", at(20), "INC-412")))
    assert waits(held["prod-eu"], AT).startswith("held by kim: INC-412 · approvals")


@pytest.mark.parametrize(
    ("url", "short"),
    [
        ("https://github.com/acme/fleet.git", "acme/fleet"),
        ("github.com/acme/fleet", "acme/fleet"),
        ("https://gitlab.example/acme/fleet/", "gitlab.example/acme/fleet"),
        ("/srv/git/fleet.git", "/srv/git/fleet"),
    ],
)
def test_addresses(url: str, short: str) -> None:
    assert short_repository(url) == short
