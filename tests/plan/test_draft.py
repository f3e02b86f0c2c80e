"""Versions that arrive minutes apart are gathered: `settle`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.plan import State
from promoter.model.release import Release, ReleaseState
from promoter.plan.draft import LONGEST, draft, ripen, settled_at
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
    assert draft(made) == waits
    if waits is not None and until is not None:
        end = NOON + timedelta(minutes=until)
        assert settled_at(SHOP, made, waits) == end
        assert ripen(SHOP, made, end - timedelta(seconds=1)) == (made, [])
        ready, said = ripen(SHOP, made, end)
        assert (ready.releases[waits].state, len(said)) == (READY, 1)
        assert ripen(SHOP, ready, end + timedelta(days=1)) == (ready, [])


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
