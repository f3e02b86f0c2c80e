"""Rollback by policy (`on_failure: rollback`): after the deadline, once, to the last verified, unless a person acts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promoter.model.ledger import Place, Result
from promoter.plan.report.fleet import cell
from promoter.plan.report.moment import times
from promoter.plan.report.view import views
from promoter.run.run import run, see
from tests.laws.history import Play, Shape, Step
from tests.laws.test_laws import quiet

LINES = (
    "  - {name: dev, promote: commit}\n"
    "  - {name: prod, promote: auto, rollback: MERGED, verify: {within: 1h, on_failure: rollback}}\n"
)
ORDER: dict[str, Sequence[str]] = {"dev": [], "prod": ["dev"]}
PROD = 1


def shape(merged: str = "auto") -> Shape:
    return Shape("automatic", LINES.replace("MERGED", merged), ORDER, {}, frozenset({"prod"}))


def place(play: Play) -> Place:
    ledger = play.audit.ledger()
    assert ledger is not None
    return ledger.place("prod")


def active(play: Play) -> int:
    stay = place(play).stay
    assert stay is not None
    return stay.release


def through(play: Play, times_: int = 1) -> None:
    for _ in range(times_):
        play.play([("change", [0, 1]), ("run",), ("sync_run",), ("sync_run",), ("sync_run",)])


def failing(play: Play) -> None:
    """A release that never becomes healthy is in prod, a minute before its deadline."""
    play.play([("change", [0, 1]), ("run",), ("sync_run",), ("sick", PROD), ("sync_run",), ("later", 45), ("run",)])
    play.play([("later", 10), ("run",)])


def test_after_the_deadline_and_not_before(tmp_path: Path) -> None:
    play = Play(tmp_path, shape())
    through(play, 2)
    failing(play)
    assert (active(play), place(play).target, place(play).hold) == (3, None, None)
    play.play([("later", 10), ("run",)])
    assert active(play) == 2
    now = place(play)
    assert now.hold is not None
    assert (now.hold.by, now.hold.reason) == ("promoter", "r3 (1.3.0) failed: CrashLoopBackOff")
    assert now.outcomes[3].result is Result.LEFT
    quiet(play)


def test_once_and_then_it_holds_also_when_what_came_back_fails(tmp_path: Path) -> None:
    play = Play(tmp_path, shape())
    through(play, 3)
    failing(play)
    play.play([("later", 10), ("run",)])
    assert active(play) == 3
    play.play([("sync", PROD), ("sick", PROD), ("run",), ("later", 90), ("run",), ("later", 400), ("run",)])
    assert (active(play), place(play).target) == (3, None)
    assert place(play).outcomes[3].result is not Result.VERIFIED
    quiet(play)


def test_past_what_was_never_verified_to_the_last_that_was_and_no_further(tmp_path: Path) -> None:
    play = Play(tmp_path, shape())
    through(play, 2)
    play.play([("unreachable", PROD), ("change", [0, 1]), ("run",), ("sync_run",), ("later", 400), ("run",)])
    assert place(play).outcomes[3].result is Result.UNVERIFIED
    play.play([("change", [0, 1]), ("run",), ("sync_run",)])
    assert active(play) == 4
    play.play([("sick", PROD), ("unreachable", PROD), ("sync_run",), ("later", 61), ("run",)])
    assert active(play) == 2


WORDS: list[tuple[str, list[Step], int]] = [
    ("hold", [("say", "hold", PROD)], 3),
    ("resume", [("say", "resume", PROD)], 3),
    ("retry", [("say", "retry", PROD)], 3),
    ("another rollback", [("say", "rollback", PROD), ("merge", PROD, "squash"), ("run",)], 2),
    ("close", [("close", PROD)], 3),
    ("a hand edit", [("hand", PROD)], 3),
]


@pytest.mark.parametrize(("steps", "expected"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS])
def test_not_when_a_person_has_acted_since(tmp_path: Path, steps: list[Step], expected: int) -> None:
    play = Play(tmp_path, shape("review"))
    through(play, 2)
    failing(play)
    play.play([("later", 10), ("run",)])
    (pull,) = play.world.pulls("prod")
    assert pull.title == "Roll back shop to 1.2.0 in prod"
    assert (
        "> promoter takes this back by itself, once: r3 (1.3.0) failed: CrashLoopBackOff. `on_failure: rollback`."
        in pull.body
    )
    play.play([("later", 1), *steps, ("run",), ("sync_run",), ("run",)])
    assert active(play) == expected
    open_ = play.world.pulls("prod")
    assert not open_ or steps[0][0] == "hand", (
        "a hand edit is a person's to decide on; all else takes the rollback back"
    )
    quiet(play)


@pytest.mark.parametrize("before", ["hold", "label"])
def test_not_where_a_person_holds(tmp_path: Path, before: str) -> None:
    play = Play(tmp_path, shape())
    through(play, 2)
    failing(play)
    if before == "hold":
        play.play([("say", "hold", PROD), ("later", 10), ("run",), ("later", 400), ("run",)])
        assert (active(play), place(play).target) == (3, None)
        return
    play.play([("later", 10)])
    while not play.world.pulls("prod"):
        play.play([("crash", 1, True)])
    (pull,) = play.world.pulls("prod")
    play.world.people.set_labels(pull.number, [*pull.labels, "promoter/hold"], "kim", play.world.now)
    play.play([("run",), ("run",)])
    assert active(play) == 3
    play.world.people.set_labels(pull.number, list(pull.labels), "kim", play.world.now)
    play.play([("run",)])
    assert active(play) == 2


@pytest.mark.parametrize("word", ["hold", "resume"])
def test_not_when_a_person_acts_between_the_look_and_the_merge(tmp_path: Path, word: str) -> None:
    """The ledger is read again before anything is merged."""
    play = Play(tmp_path, shape("commit"))
    through(play, 2)
    failing(play)
    play.play([("later", 10), ("crash", 1, True)])
    assert place(play).target is not None
    play.play([("between", word, PROD)])
    assert active(play) == 3


def test_it_is_said_where_people_look(tmp_path: Path) -> None:
    play = Play(tmp_path, shape())
    through(play, 2)
    failing(play)
    play.play([("later", 10), ("run",), ("sync_run",)])
    ws = play.world.workspace()
    run(ws)
    seen, plan = see(ws)
    here = next(view for view in views(ws.config, seen, plan) if view.environment == "prod")
    said = cell(here, {"prod": here}, times("UTC", ws.now()), ws.now())
    assert said.note == 'rolled back from 1.3.0: "r3 (1.3.0) failed: CrashLoopBackOff" (promoter)'
