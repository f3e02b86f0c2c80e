"""Groups that are interrupted: killed before or after any write, they heal, and nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import PullState
from tests.laws.party import PARTY, PARTY_REVIEWED, PartyPlay
from tests.laws.test_laws import progress, quiet, standing

WRITES = 13
"""What the run writes that brings a group of three into an environment."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, WRITES + 1))
def test_a_run_that_dies_is_healed_by_the_next(tmp_path: Path, at: int, after: bool) -> None:
    play = PartyPlay(tmp_path, PARTY)
    play.play([("change", [0, 1, 2]), ("run",), ("sync_all",), ("crash", at, after), ("run",)])
    for slot in play.world.environments:
        if slot.endswith("@staging"):
            place, newest = standing(play, slot)
            assert place.stay is not None, f"{slot} got nothing"
            assert place.stay.release == newest
            assert len(play.world.pulls(slot, None)) == 1, "one pull request, whatever happened"
    quiet(play)


def test_the_run_that_is_interrupted_writes_so_much(tmp_path: Path) -> None:
    play = PartyPlay(tmp_path, PARTY)
    play.play([("change", [0, 1, 2]), ("run",), ("sync_all",)])
    before = play.world.writes.count
    play.play([("run",)])
    assert play.world.writes.count - before == WRITES


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_person_merges_all_of_it_in_every_way(tmp_path: Path, method: str) -> None:
    play = PartyPlay(tmp_path, PARTY_REVIEWED)
    play.play([("change", [0, 1, 2]), ("run",), ("sync_run",), ("merge", 3, method), ("run",)])
    for app in ("blog", "cart", "shop"):
        place, _ = standing(play, f"{app}@staging")
        assert place.stay is not None
        assert (place.stay.release, place.proposal) == (1, None)
    assert not [pull for pull in play.world.people.all_pulls() if pull.state is PullState.OPEN]
    quiet(play)
    progress(play)
