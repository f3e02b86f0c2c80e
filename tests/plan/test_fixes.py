"""When a release contains a hotfix, and where hotfixes stand in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from promoter.model.ledger import Asked, How, Ledger, Place, Stay
from promoter.model.names import ContentId, Oid
from promoter.model.release import Hotfix, Release
from promoter.model.state import dump, load
from promoter.plan.fixes import undoes
from promoter.plan.report.brings import line

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)
ITEM = "image:ghcr.io/acme/shop"
OVER = Oid("c" * 40)


def release(number: int, hotfix: Hotfix | None = None) -> Release:
    return Release(number, AT, Oid("d" * 40), "kim", {"prod": ContentId(f"{number:040}")}, hotfix=hotfix)


def fix(number: int, *after: int) -> Release:
    return release(number, Hotfix(after, (OVER,), "INC-412"))


def stay(number: int, commit: Oid = OVER) -> Stay:
    return Stay(number, ContentId(f"{number:040}"), commit, AT, How.MERGED)


RELEASES = {
    one.number: one for one in (release(39), release(40), release(41), fix(42, 39), release(43), fix(44, 39, 42))
}
LEDGER = Ledger("shop", 45, RELEASES)


def test_a_hotfix_stands_right_after_what_it_was_made_from() -> None:
    assert sorted(RELEASES, key=LEDGER.order) == [39, 42, 44, 40, 41, 43]
    assert LEDGER.order(17) == (17,)  # not kept any more
    assert [line(LEDGER, number) for number in (41, 42, 44)] == [[39, 40, 41], [39, 42], [39, 42, 44]]


@pytest.mark.parametrize(
    ("mark", "number", "gone"),
    [(39, 40, False), (42, 40, False), (42, 39, True), (41, 42, True), (42, 42, True), (44, 42, True), (43, 41, True)],
)
def test_what_has_been_gone_by(mark: int, number: int, gone: bool) -> None:
    elsewhere = Place(mark=mark, stay=stay(mark, Oid("e" * 40)))
    assert LEDGER.gone_by(elsewhere, number) is gone


def test_a_hotfix_of_what_is_active_is_still_to_come_whatever_was_there() -> None:
    assert not LEDGER.gone_by(Place(mark=43, stay=stay(39)), 42)


@pytest.mark.parametrize(
    ("fixed", "new", "older", "newer"),
    [
        # fixed, the other release's version, contained by an earlier release, by a later one; replaced: 1.3.9 or abc
        ("1.3.10", "1.3.10", True, True),
        ("1.3.10", "1.4.0", True, True),
        ("1.3.10", "1.3.10@sha256:ab", True, True),
        ("1.3.10", "1.3.9", False, False),
        ("1.3.10", "1.3.10-rc1", False, False),
        ("1.3.10", "abc", False, False),
        ("1.3.10", "def", False, True),
        ("fed", "1.4.0", False, True),
        ("fed", "fed", True, True),
        ("fed", "abc", False, False),
        ("fed", "def", False, True),
        ("1.3.10", "", False, True),
        ("1.3.10", "1.3.9|1.4.0", False, False),
    ],
)
def test_what_contains_a_fix(fixed: str, new: str, older: bool, newer: bool) -> None:
    for number, contained in ((41, older), (43, newer)):
        here = {39: {ITEM: "1.3.9|abc"}, 42: {ITEM: fixed}, number: {ITEM: new} if new else {}}
        said = undoes(LEDGER, Place(mark=42, stay=stay(42)), here, number)
        assert (said == "") is contained, said


def test_what_is_not_known_is_not_contained_and_a_person_may_vouch_for_it() -> None:
    place = Place(mark=42, stay=stay(42))
    assert undoes(LEDGER, place, {}, 41) == "not known to contain hotfix r42"
    assert not undoes(LEDGER, replace(place, asked=Asked(41, "kim", AT)), {}, 41)
    assert undoes(LEDGER, replace(place, asked=Asked(43, "kim", AT)), {}, 41)
    assert undoes(LEDGER, replace(place, asked=Asked(41, "kim", AT - timedelta(minutes=1))), {}, 41)  # of what was here


def test_only_what_a_hotfix_moved_must_be_contained() -> None:
    side = "image:ghcr.io/acme/side"
    here = {39: {ITEM: "1.3.9", side: "2.0.0"}, 42: {ITEM: "1.3.10", side: "2.0.0"}, 41: {ITEM: "1.4.0", side: "1.0.0"}}
    assert not undoes(LEDGER, Place(mark=42, stay=stay(42)), here, 41)
    twice = {**here, 44: {ITEM: "1.3.10", side: "2.0.1"}}
    assert "side is 1.0.0, not 2.0.1" in undoes(LEDGER, Place(mark=44, stay=stay(44)), twice, 41)
    one = {**twice, 41: {ITEM: "1.3.9", side: "2.1.0"}}
    assert "shop is 1.3.9, not 1.3.10" in undoes(LEDGER, Place(mark=44, stay=stay(44)), one, 41)


def test_nothing_has_to_contain_what_is_not_active() -> None:
    assert not undoes(LEDGER, Place(mark=41, stay=stay(41)), {}, 43)
    assert not undoes(LEDGER, Place(), {}, 43)


def test_the_newest_release_is_no_hotfix_and_a_ledger_keeps_what_it_is() -> None:
    assert LEDGER.newest is RELEASES[43]
    assert load(dump(LEDGER)) == LEDGER
