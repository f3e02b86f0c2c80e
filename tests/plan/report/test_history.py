from __future__ import annotations

from dataclasses import replace

from promoter.model.ledger import How, Ledger, Outcome, Place, Result, Skip
from promoter.plan.report.history import history_json, ordered, visits
from tests.plan.report.schemas import check
from tests.plan.report.world import ENVIRONMENTS, at, ledger, oid, release, stay


def test_where_a_release_has_been() -> None:
    report = history_json(ledger(), ENVIRONMENTS)
    check("history", report)
    releases = {entry["release"]: entry for entry in report["releases"]}  # type: ignore[attr-defined]
    assert list(releases) == ["r41", "r40", "r39"]
    assert releases["r40"]["been"] == [
        {
            "environment": "dev",
            "since": "2026-11-18T09:05:00Z",
            "until": "2026-11-19T14:02:00Z",
            "how": "merged",
            "commit": oid(0xA28),
            "healthy_since": "2026-11-18T09:07:00Z",
            "outcome": {"result": "verified", "at": "2026-11-18T09:07:00Z", "reason": ""},
            "skipped": None,
        }
    ]
    assert [visit["environment"] for visit in releases["r39"]["been"]] == ["prod-eu", "prod-us"]


def test_only_the_newest_are_given_when_asked() -> None:
    report = history_json(ledger(), ENVIRONMENTS, 1)
    assert [entry["release"] for entry in report["releases"]] == ["r41"]  # type: ignore[attr-defined]


def test_one_release_and_one_environment() -> None:
    report = history_json(ledger(), ["staging"], 5, 41)
    check("history", report)
    assert [visit["environment"] for visit in report["releases"][0]["been"]] == ["staging"]  # type: ignore[index]


def test_a_release_that_came_back_has_two_visits_and_one_outcome() -> None:
    book = Ledger(
        "shop",
        releases={number: release(number, f"1.{number}", "", at(number)) for number in (1, 2)},
        places={
            "dev": Place(
                stay=stay(1, at(6), How.ROLLED_BACK),
                past=(stay(2, at(4)), stay(1, at(2))),
                outcomes={1: Outcome(Result.VERIFIED, at(3)), 2: Outcome(Result.LEFT, at(6))},
                skips={2: Skip("kim", at(6), "5xx")},
            )
        },
    )
    first, second = visits(book, 1, ["dev"])
    assert (first.until, first.outcome, second.until) == (at(4), None, None)
    assert second.outcome == Outcome(Result.VERIFIED, at(3))
    (left,) = visits(book, 2, ["dev"])
    assert (left.until, left.skip) == (at(6), Skip("kim", at(6), "5xx"))
    check("history", history_json(book, ["dev"]))


def test_what_changed_nothing_ends_the_stay_before_when_it_was_made() -> None:
    book = Ledger(
        "shop",
        releases={number: release(number, f"1.{number}", "", at(number)) for number in (1, 2)},
        places={"dev": Place(stay=stay(2, at(1, 6), How.UNCHANGED), past=(stay(1, at(1, 6)),))},
    )
    assert visits(book, 1, ["dev"])[0].until == at(2)


def test_a_skip_without_a_stay_is_shown() -> None:
    book = ledger()
    place = replace(book.place("prod-eu"), skips={40: Skip("lin", at(19), "waits for 1.4.2")})
    book = replace(book, places={**book.places, "prod-eu": place})
    report = history_json(book, ENVIRONMENTS)
    check("history", report)
    been = report["releases"][1]["been"]  # type: ignore[index]
    assert been[-1]["environment"] == "prod-eu"
    assert been[-1]["since"] is None
    assert been[-1]["skipped"] == {"by": "lin", "at": "2026-11-19T00:00:00Z", "reason": "waits for 1.4.2"}


def test_environments_that_only_the_ledger_knows_come_last() -> None:
    book = ledger()
    book = replace(book, places={**book.places, "demo": book.place("dev")})
    assert ordered(book, ENVIRONMENTS) == [*ENVIRONMENTS, "demo"]
