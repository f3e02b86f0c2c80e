"""The laws of the model as properties over random histories (design: order, exact subject, quiet, people win, ...)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from promoter.model.ledger import Result
from promoter.model.release import ReleaseState
from promoter.run.run import run
from tests.laws.history import SHAPES, STEPS, Play, Shape, Step
from tests.repos import tip

HISTORIES = int(os.environ.get("PROMOTER_HISTORIES", "12"))
"""How many histories a property plays; more in long runs."""
SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None

LAWS = settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize="PROMOTER_HISTORIES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    database=None,
)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@LAWS
@given(steps=STEPS)
def test_no_law_is_broken_in_any_history(shape: Shape, steps: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = Play(Path(folder), shape)
        play.play(steps)
        quiet(play)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@LAWS
@given(steps=STEPS)
def test_every_environment_reaches_the_newest_release_when_all_is_calm(shape: Shape, steps: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = Play(Path(folder), shape)
        play.play(steps)
        calm(play)
        progress(play)


def quiet(play: Play) -> None:
    """After a run, another on the same world writes nothing (law 4)."""
    run(play.world.workspace())
    before = play.world.writes.count
    run(play.world.workspace())
    written = [
        write.what
        for write in play.world.writes.done[-(play.world.writes.count - before) or len(play.world.writes.done) :]
    ]
    assert play.world.writes.count == before, f"a second run wrote {written}"


def calm(play: Play) -> None:
    """People stop: holds are lifted, hand edits taken back, their commits taken off proposals, clusters are well."""
    world = play.world
    play.do_heal()
    for index, env in enumerate(world.environments):
        head = tip(world.repo, world.lay.proposal(env))
        if head is not None and head not in play.audit.heads:
            play.do_delete(index)
    play.do_sync_run()
    for index, env in enumerate(world.environments):
        ledger = play.audit.ledger()
        drift = ledger.place(env).drift if ledger is not None else None
        stay = ledger.place(env).stay if ledger is not None else None
        if drift is not None and (stay is None or stay.content is None):
            world.clear(env)
        elif drift is not None and stay is not None and stay.content is not None:
            world.put(env, stay.content)
        play.do_say("resume", index)
    play.do_change(range(len(world.environments)))
    ledger = play.audit.ledger()
    assert ledger is None or ledger.app == "shop"


def progress(play: Play) -> None:
    """In a bounded number of runs every environment holds the newest release (law 13)."""
    world = play.world
    for _ in range(5 * len(world.environments) + 5):
        for index, env in enumerate(world.environments):
            play.do_say("resume", index)
            play.do_approve(index)
            play.do_check(index, "success")
            if env == "prod":
                play.do_say("promote", index)
        people_merge(play)
        play.do_sync_run()
        world.later(45)
        play.audit.tick()
        if settled(play):
            break
    ledger = play.audit.ledger()
    assert ledger is not None
    ready = [number for number, release in ledger.releases.items() if release.state is ReleaseState.READY]
    newest = max(ready)
    for env in world.environments:
        stay = ledger.place(env).stay
        assert stay is not None, f"{env} never got anything"
        assert stay.release == newest, f"{env} holds r{stay.release}, not r{newest}: {ledger.place(env)}"
        assert ledger.place(env).outcomes[newest].result is Result.VERIFIED


def settled(play: Play) -> bool:
    ledger = play.audit.ledger()
    newest = max((n for n, r in ledger.releases.items() if r.state is ReleaseState.READY), default=0) if ledger else 0
    places = [ledger.place(env) for env in play.world.environments] if ledger else []
    return all(place.stay is not None and place.stay.release == newest and newest in place.outcomes for place in places)


def people_merge(play: Play) -> None:
    """Where a person merges, a person merges."""
    for index, env in enumerate(play.world.environments):
        if env == "staging":
            play.do_merge(index, "squash")
