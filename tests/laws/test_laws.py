"""The laws of the model as properties over random histories (design: order, exact subject, quiet, people win, ...)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from promoter.model.ledger import Place, Result
from promoter.model.release import ReleaseState
from promoter.run.run import run
from tests.laws.history import DIAMOND, LINE, PLACED, SHAPES, Play, Shape, steps
from tests.laws.layouts import Rendered
from tests.laws.party import PARTIES, perform
from tests.repos import tip

HISTORIES = int(os.environ.get("PROMOTER_HISTORIES", "12"))
"""How many histories a property plays; more in long runs."""
EVERY: list[Shape] = [*SHAPES, *PARTIES]
SCRATCH = "/dev/shm" if Path("/dev/shm").is_dir() else None

LAWS = settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize="PROMOTER_HISTORIES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    database=None,
)


@pytest.mark.parametrize("shape", EVERY, ids=str)
@LAWS
@given(data=st.data())
def test_no_law_is_broken_in_any_history(shape: Shape, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = perform(Path(folder), shape)
        play.play(data.draw(steps(len(shape.environments))))
        quiet(play)


@pytest.mark.parametrize("shape", EVERY, ids=str)
@LAWS
@given(data=st.data())
def test_every_environment_reaches_the_newest_release_when_all_is_calm(shape: Shape, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = perform(Path(folder), shape)
        play.play(data.draw(steps(len(shape.environments))))
        calm(play)
        progress(play)


BACK = [LINE, DIAMOND, PLACED]


@pytest.mark.parametrize("shape", BACK, ids=str)
@LAWS
@given(data=st.data())
def test_a_rollback_stays_whoever_resumes_and_taken_back_itself_gives_the_same_bytes(
    shape: Shape, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = perform(Path(folder), shape)
        play.play(data.draw(steps(len(shape.environments))))
        last = len(shape.environments) - 1
        held = []
        for _ in range(2):
            calm(play)
            progress(play)
            held.append(prod(play))
        assert held[0] != held[1]
        play.play([("say", "rollback", last), ("run",), ("sync_run",)])
        assert prod(play) == held[0]
        play.play([("say", "resume", last), ("run",), ("sync_run",), ("later", 45), ("sync_run",)])
        assert prod(play) == held[0], "what was taken back came again when somebody resumed"
        play.play([("say", "retry", last), ("run",), ("sync_run",), ("later", 45), ("sync_run",)])
        assert prod(play) == held[1]
        quiet(play)


def prod(play: Play) -> bytes:
    """Give all bytes that stand in prod's slot, by path."""
    world = play.world
    commit = world.active("prod")
    assert commit is not None
    store, path = world.repo.store, world.lay.slot("prod") if isinstance(world.lay, Rendered) else "shop/prod"
    files = store.files(store.commit(commit).tree, path)
    return b"".join(name.encode() + b"\0" + store.blob(entry.id) for name, entry in sorted(files))


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
    shown(play)


def shown(play: Play) -> None:
    """What the forge shows of deployments is what the ledger says, once a commit, and only one of them is there."""
    world = play.world
    for env in world.environments:
        ledger, name = play.audit.ledger(env), world.environment(env)
        filing = ledger.place(name).filing if ledger is not None else None
        if ledger is None or filing is None:
            continue
        filed = world.people.filed(f"{name}/{ledger.app}")
        assert (filed[0].commit, filed[0].state, filing.told) == (filing.commit, filing.state, filing.state)
        assert len({one.commit for one in filed}) == len(filed)
        assert not any(one.state in ("pending", "success") for one in filed[1:])


def calm(play: Play) -> None:
    """People stop: holds are lifted, hand edits taken back, their commits taken off proposals, clusters are well."""
    world = play.world
    play.do_heal()
    for env in world.environments:
        for branch in world.proposals(env):
            head = tip(world.repo, branch)
            if head is not None and head not in play.audit.heads:
                world.delete_branch(branch)
    play.do_sync_run()
    for index, env in enumerate(world.environments):
        ledger = play.audit.ledger(env)
        place = ledger.place(world.environment(env)) if ledger is not None else Place()
        drift, stay = place.drift, place.stay
        if drift is not None and (stay is None or stay.content is None):
            world.clear(env)
        elif drift is not None and stay is not None and stay.content is not None:
            world.put(env, stay.content)
        play.do_say("resume", index)
    play.do_change(range(len(world.environments)))


def progress(play: Play) -> None:
    """In a bounded number of runs every environment holds the newest release (law 13)."""
    world = play.world
    for _ in range(5 * len(world.environments) + 5):
        for index, env in enumerate(world.environments):
            play.do_say("resume", index)
            play.do_approve(index)
            play.do_check(index, "success")
            if world.environment(env) == "prod":
                play.do_say("promote", index)
        people_merge(play)
        play.do_sync_run()
        world.later(45)
        play.audit.tick()
        if settled(play):
            break
    for env in world.environments:
        place, newest = standing(play, env)
        assert place.stay is not None, f"{env} never got anything"
        assert place.stay.release == newest, f"{env} holds r{place.stay.release}, not r{newest}: {place}"
        assert place.outcomes[newest].result is Result.VERIFIED


def standing(play: Play, env: str) -> tuple[Place, int]:
    """Give what is remembered of a slot, and the newest release that may come there."""
    ledger = play.audit.ledger(env)
    assert ledger is not None
    ready = [
        number
        for number, release in ledger.releases.items()
        if release.state is ReleaseState.READY and release.hotfix is None
    ]
    return ledger.place(play.world.environment(env)), max(ready, default=0)


def settled(play: Play) -> bool:
    if any(play.audit.ledger(env) is None for env in play.world.environments):
        return False
    every = [standing(play, env) for env in play.world.environments]
    return all(
        place.stay is not None and place.stay.release == newest and newest in place.outcomes for place, newest in every
    )


def people_merge(play: Play) -> None:
    """Where a person merges, a person merges."""
    for index, env in enumerate(play.world.environments):
        if play.world.environment(env) == "staging":
            play.do_merge(index, "squash")
