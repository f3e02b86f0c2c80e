"""Jobs in a plan: asked early, started once, written down when they change, shown on the commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.job import JobNote, JobRun
from promoter.model.ledger import Override, Place
from promoter.model.plan import Record, SetCommitStatus, StartJob
from promoter.model.verdict import Answer
from promoter.plan.asking import asks
from promoter.plan.job_again import job_failed, started_again
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.gates.commands import Commands, Program
from promoter.policy.gates.jobs import JobRule, Jobs
from promoter.policy.rules import Promote
from tests.plan.worlds import (
    HEAD,
    NOW,
    TIP,
    World,
    ago,
    check,
    content,
    held,
    holds,
    line,
    offered,
    proposed,
    pull,
    rules,
    stay,
    world,
)

SMOKE = Jobs((("smoke", JobRule("smoke.yaml")),))
LOAD = Commands((("load", Program(("ci/load.sh",), timedelta(minutes=1))),))
GATES = (Checks((Wanted("lint"),)), SMOKE, LOAD)
R2 = world(line(), [1, 2], {}).snapshot.apps["shop"].ledger.releases[2]
ASK = Ask("jobs", "smoke", "shop", "staging", 2, "", R2.dry, HEAD, SMOKE.jobs[0][1])
URL = "https://github.example/acme/fleet/actions/runs/2"
STATUS = "promoter/jobs/smoke (shop, staging)"
START = Reply(Answer.PENDING, "is started now", start=True)
RUNS = JobRun("pending", ago(5), URL)
PASSED = JobRun("success", ago(5), URL, ago(1))


def waiting(reply: Reply | None, *notes: JobNote, linted: bool = True, shown: tuple[str, str] = ("", "")) -> World:
    """Give r2 on its way over r1 into staging, the forge saying `reply` of its job."""
    checks = [check("lint", "success" if linted else "pending")]
    if shown[0]:
        checks.append(replace(check(STATUS, shown[0]), description=shown[1], url=URL))
    places = {"dev": holds(2, 1), "staging": holds(1, proposal=proposed(2), jobs=notes)}
    seen = {"staging": offered(2, 1, pulls=(pull(checks=tuple(checks)),))}
    made = world(line(staging=rules("dev", gates=GATES, promote=Promote.AUTO)), [1, 2], places, seen)
    app = replace(made.snapshot.apps["shop"], replies={ASK: reply} if reply is not None else {})
    return replace(made, snapshot=replace(made.snapshot, apps={"shop": app}))


def wanted(seen: World) -> list[str]:
    return [ask.gate for ask in asks(seen.config, seen.snapshot, seen.plan(), NOW)]


def note(seen: World) -> JobNote | None:
    """Give what the plan writes down of the job."""
    (ledger,) = seen.plan().ledgers
    return next(iter(ledger.place("staging").jobs), None)


def test_it_is_asked_while_others_wait_and_the_last_ones_wait_for_it() -> None:
    assert wanted(waiting(None, linted=False)) == ["jobs/smoke"]
    assert wanted(waiting(None)) == ["jobs/smoke"]
    assert wanted(waiting(Reply(Answer.PENDING, "runs", job=RUNS))) == []
    assert wanted(waiting(Reply(Answer.PENDING, "runs", job=PASSED))) == ["commands/load"]
    assert wanted(waiting(None, JobNote("smoke", HEAD, run=PASSED))) == ["commands/load"]


def test_it_is_started_after_the_ledger_says_so() -> None:
    actions = waiting(START).plan().actions
    record = next(action for action in actions if isinstance(action, Record))
    (start,) = [action for action in actions if isinstance(action, StartJob)]
    claim = JobNote("smoke", HEAD, at=NOW)
    assert actions.index(record) < actions.index(start)
    assert (start.ask, start.note, note(waiting(START))) == (ASK, claim, claim)
    assert "start jobs/smoke for r2" in record.reason


def on(run: JobRun | None = None, attempt: int = 1, begun: int | None = None) -> JobNote:
    return JobNote("smoke", HEAD, attempt, at=ago(begun) if begun is not None else None, run=run)


def told(run: JobRun) -> Reply:
    return Reply(Answer.PENDING, "runs", job=run)


@pytest.mark.parametrize(
    ("before", "reply", "after"),
    [
        (None, told(RUNS), on(RUNS)),
        (on(attempt=3, begun=9), told(RUNS), on(RUNS, 3, 9)),
        (on(attempt=3), START, on(attempt=3, begun=0)),
        (JobNote("smoke", TIP, 3, run=PASSED), START, on(begun=0)),
        (on(RUNS), told(PASSED), on(PASSED)),
        (on(RUNS), told(replace(RUNS, at=ago(4))), on(RUNS)),
        (on(RUNS), Reply(Answer.UNKNOWN, "it is down"), on(RUNS)),
        (on(begun=1), Reply(Answer.PENDING, "is being started"), on(begun=1)),
    ],
)
def test_what_is_written_down(before: JobNote | None, reply: Reply, after: JobNote) -> None:
    assert note(waiting(reply, *((before,) if before is not None else ()))) == after


@pytest.mark.parametrize(
    ("run", "shown", "posted"),
    [
        (RUNS, ("", ""), ("pending", "runs")),
        (RUNS, ("pending", "runs"), None),
        (PASSED, ("pending", "runs"), ("success", "passed")),
        (PASSED, ("success", "passed"), None),
        (replace(RUNS, state="failure", said="cancelled"), ("", ""), ("failure", "failed: cancelled")),
        (replace(RUNS, state="refused", said="no right"), ("", ""), ("failure", "cannot be started: no right")),
        (replace(RUNS, state="failure", said="x" * 200), ("", ""), ("failure", f"failed: {'x' * 131}…")),
    ],
)
def test_the_commit_shows_it(run: JobRun, shown: tuple[str, str], posted: tuple[str, str] | None) -> None:
    seen = waiting(None, JobNote("smoke", HEAD, run=run), shown=shown)
    found = [one for one in seen.plan().actions if isinstance(one, SetCommitStatus) and one.name]
    assert [(one.name, one.head, one.state, one.description, one.url) for one in found] == (
        [(STATUS, HEAD, *posted, URL)] if posted is not None else []
    )


def test_nothing_is_started_that_somebody_let_pass() -> None:
    seen = waiting(None)
    place = replace(
        seen.snapshot.apps["shop"].ledger.place("staging"),
        overrides=(Override(2, "jobs/smoke", "kim", ago(5), "it is down", content(1)),),
    )
    app = seen.snapshot.apps["shop"]
    app = replace(app, ledger=replace(app.ledger, places={**app.ledger.places, "staging": place}))
    seen = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))
    assert wanted(seen) == ["commands/load"]


def test_held_or_not_it_runs() -> None:
    seen = waiting(None)
    app = seen.snapshot.apps["shop"]
    place = replace(app.ledger.place("staging"), hold=held())
    app = replace(app, ledger=replace(app.ledger, places={**app.ledger.places, "staging": place}))
    assert wanted(replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))) == ["jobs/smoke"]


FAILED = JobRun("failure", ago(5), URL, ago(1))
AGAIN = [
    (JobNote("smoke", HEAD, run=FAILED), 2, JobNote("smoke", HEAD, 2)),
    (JobNote("smoke", HEAD, 4, at=ago(9), run=replace(FAILED, state="refused")), 2, JobNote("smoke", HEAD, 5)),
    (JobNote("smoke", HEAD, run=PASSED), 2, JobNote("smoke", HEAD, run=PASSED)),
    (JobNote("smoke", HEAD, run=FAILED), 1, JobNote("smoke", HEAD, run=FAILED)),
    (JobNote("smoke", TIP, merged=True, run=FAILED), 1, JobNote("smoke", TIP, 2, merged=True)),
    (JobNote("smoke", TIP, merged=True, run=FAILED), 2, JobNote("smoke", TIP, merged=True, run=FAILED)),
]


@pytest.mark.parametrize(("before", "number", "after"), AGAIN)
def test_a_word_starts_what_failed_again(before: JobNote, number: int, after: JobNote) -> None:
    place = Place(stay=stay(1), proposal=proposed(2), jobs=(before,))
    assert started_again(place, number) == (after,)
    assert job_failed(place) is (before.run in (FAILED, replace(FAILED, state="refused")) and not before.merged)
