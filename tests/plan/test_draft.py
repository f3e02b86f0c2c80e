"""Versions that arrive minutes apart are gathered: `settle`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.plan import State
from promoter.model.release import Release, ReleaseState
from promoter.plan.draft import LONGEST, PATIENCE, drafts, overdue_at, ripen, settled_at
from promoter.policy.rules import AppRules
from promoter.run.ledgers import read_ledger
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.run import run, see
from tests.cli.fleet import CONFIG, Fleet, make_fleet
from tests.repos import head

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
READY, DRAFT, FAILED = ReleaseState.READY, ReleaseState.DRAFT, ReleaseState.FAILED
SHOP = AppRules("shop", "shop", {}, {}, settle=timedelta(minutes=10))


def ledger(*releases: tuple[int, ReleaseState]) -> Ledger:
    """Releases as (minute it was made, state), numbered from 1."""
    made = {
        number: Release(number, NOON + timedelta(minutes=minute), Oid("a" * 40), "kim", {}, state)
        for number, (minute, state) in enumerate(releases, 1)
    }
    return Ledger("shop", len(made) + 1, made)


@pytest.mark.parametrize(
    ("releases", "waits", "until"),
    [
        ([], None, None),
        ([(0, READY)], None, None),
        ([(0, DRAFT)], 1, 10),
        ([(0, READY), (3, DRAFT)], 2, 13),
        ([(0, DRAFT), (3, DRAFT)], 2, 13),
        ([(0, DRAFT), (3, FAILED)], 1, 10),
        ([(0, DRAFT), (3, FAILED), (5, DRAFT)], 3, 15),
        ([(0, DRAFT), (3, READY)], None, None),
        ([(0, DRAFT), (9, DRAFT), (18, DRAFT), (27, DRAFT), (36, DRAFT)], 5, 40),
        ([(0, DRAFT), (9, READY), (18, DRAFT), (27, DRAFT), (36, DRAFT)], 5, 46),
    ],
)
def test_which_draft_waits_and_until_when(
    releases: list[tuple[int, ReleaseState]], waits: int | None, until: int | None
) -> None:
    made = ledger(*releases)
    assert drafts(SHOP, made) == (() if waits is None else (waits,))
    if waits is not None and until is not None:
        end = NOON + timedelta(minutes=until)
        assert settled_at(SHOP, made, waits) == end
        assert ripen(SHOP, made, end - timedelta(seconds=1)) == (made, [])
        ready, said = ripen(SHOP, made, end)
        assert (ready.releases[waits].state, len(said)) == (READY, 1)
        assert ripen(SHOP, ready, end + timedelta(days=1)) == (ready, [])


PAIR = replace(SHOP, admit="images.a.tag == images.b.tag")
APART, HERE = "apart", "here"


def pairs(*releases: tuple[int, ReleaseState, str]) -> Ledger:
    """Releases as (minute it was made, state, whether a and b are equal), numbered from 1."""
    made = ledger(*((minute, state) for minute, state, _ in releases))
    sets = {
        number: {"image:a": "1", "image:b": "1" if said == HERE else "0"}
        for number, (_, _, said) in enumerate(releases, 1)
    }
    return replace(made, releases={n: replace(it, versions=sets[n]) for n, it in made.releases.items()})


@pytest.mark.parametrize(
    ("releases", "waiting", "ready", "until"),
    [
        ([(0, DRAFT, HERE)], (1,), 1, 10),
        ([(0, DRAFT, APART)], (1,), None, 0),
        ([(0, READY, HERE), (5, DRAFT, APART)], (2,), None, 0),
        ([(0, DRAFT, APART), (5, DRAFT, HERE)], (2,), 2, 15),
        ([(0, DRAFT, HERE), (5, DRAFT, APART)], (2, 1), 1, 10),  # an incomplete one takes no complete one's place
        ([(0, DRAFT, HERE), (5, DRAFT, APART), (6, DRAFT, APART)], (3, 1), 1, 10),
        ([(0, DRAFT, HERE), (5, DRAFT, APART), (6, DRAFT, HERE)], (3,), 3, 16),
        ([(0, DRAFT, APART), (99, DRAFT, HERE)], (2,), 2, 109),
        ([(0, DRAFT, HERE), (5, READY, APART)], (), None, 0),
    ],
)
def test_an_incomplete_set_waits_and_takes_no_place(
    releases: list[tuple[int, ReleaseState, str]], waiting: tuple[int, ...], ready: int | None, until: int
) -> None:
    made = pairs(*releases)
    assert drafts(PAIR, made) == waiting
    if ready is None:
        assert ripen(PAIR, made, NOON + timedelta(days=90)) == (made, [])
        return
    end = NOON + timedelta(minutes=until)
    assert ripen(PAIR, made, end - timedelta(seconds=1)) == (made, [])
    after, said = ripen(PAIR, made, end)
    assert ({n for n, it in after.releases.items() if it.state is READY} - {1} or {1}, len(said)) == ({ready}, 1)


@pytest.mark.parametrize(
    ("app", "releases", "minute"),
    [
        (PAIR, [(0, DRAFT, APART)], 60),
        (PAIR, [(0, DRAFT, APART), (9, DRAFT, APART)], 60),
        (PAIR, [(0, DRAFT, APART), (7, DRAFT, HERE), (9, DRAFT, APART)], 69),
        (PAIR, [(0, READY, HERE), (9, DRAFT, APART)], 69),
        (replace(PAIR, settle=timedelta(hours=1)), [(0, DRAFT, APART), (9, DRAFT, APART)], 240),
        (replace(PAIR, settle=timedelta(0)), [(0, DRAFT, APART)], PATIENCE // timedelta(minutes=1)),
    ],
)
def test_when_a_set_is_overdue(app: AppRules, releases: list[tuple[int, ReleaseState, str]], minute: int) -> None:
    assert overdue_at(app, pairs(*releases), len(releases)) == NOON + timedelta(minutes=minute)


def test_a_rule_that_is_taken_away_frees_what_it_held() -> None:
    made = pairs((0, DRAFT, APART))
    free, said = ripen(replace(PAIR, admit="", settle=timedelta(0)), made, NOON)
    assert (free.releases[1].state, said) == (READY, ["r1 is ready: it is a complete set"])


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40))
def test_a_stream_of_releases_is_not_held_back_for_ever(gaps: Sequence[int]) -> None:
    made, minute, first = ledger(), 0, 0
    for number, gap in enumerate(gaps, 1):
        minute += gap
        now = NOON + timedelta(minutes=minute)
        made, said = ripen(SHOP, made, now)
        if said or number == 1:
            first = minute
        assert minute - first < LONGEST * 10 + 12 or said
        fresh = Release(number, now, Oid("a" * 40), "kim", {}, DRAFT)
        made = Ledger("shop", number + 1, {**made.releases, number: fresh})


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return make_fleet(tmp_path, capsys, CONFIG.replace('shop: {path: "', 'shop: {settle: 10m, path: "'))


def test_only_the_last_of_several_versions_goes(fleet: Fleet) -> None:
    def active() -> dict[str, int]:
        found = read_ledger(fleet.repo, head(fleet.repo, "promoter-ledger/shop"), "shop").places
        return {name: place.stay.release for name, place in found.items() if place.stay is not None}

    for version in ("1.1.0", "1.2.0"):
        release(open_workspace(fleet.repo.url, now=lambda: fleet.now), "shop", Wish(version))
        run(open_workspace(fleet.repo.url, now=lambda: fleet.now), ["shop"])
        fleet.later(minutes=4)
    assert active() == {}
    _, plan = see(open_workspace(fleet.repo.url, now=lambda: fleet.now), ["shop"])
    assert plan.actions == ()
    assert plan.next_look == fleet.now + timedelta(minutes=6)
    (dev,) = [slot for slot in plan.slots if slot.environment == "dev"]
    assert (dev.state, [verdict.gate for verdict in dev.waiting_for]) == (State.WAITING, ["settle"])
    assert dev.passed_over == ((1, "a newer release took its place"),)
    said = fleet.ok("explain", "shop", "dev")
    assert "r2 (1.2.0) is a draft until" in said
    assert "1.2.0 draft to 15:19" in fleet.ok("status", "shop")
    fleet.later(minutes=6)
    run(open_workspace(fleet.repo.url, now=lambda: fleet.now), ["shop"])
    assert active() == {"dev": 2, "staging": 2}
    before = fleet.repo.refs()
    assert run(open_workspace(fleet.repo.url, now=lambda: fleet.now), ["shop"]).done == ()
    assert fleet.repo.refs() == before
