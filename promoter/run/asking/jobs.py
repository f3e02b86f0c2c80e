"""Asking the forge how a job goes, and whether it is to be started."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from promoter.errors import PromoterError
from promoter.forge.port import Jobs
from promoter.model.ask import Ask, Reply
from promoter.model.job import JobNote, JobRun, note_on
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.plan.report.moment import length
from promoter.policy.gates.jobs import JobRule
from promoter.run.jobs import TAKES, job_of, reader
from promoter.run.workspace import Workspace

KEPT: Final = False
"""What is replied changes while a run goes on."""
_CLOCKS: Final = timedelta(minutes=10)
"""So far the forge's clock may be behind ours."""


class NotAsked(PromoterError):
    """Nobody can be asked."""


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Ask, at once: a forge is asked by one thread. Raises NotAsked, Rejected, EdgeFailed."""
    reply = _reply(ws, seen, ask)
    return lambda: reply


def _reply(ws: Workspace, seen: Snapshot, ask: Ask) -> Reply:
    rule = ask.settings
    assert isinstance(rule, JobRule)  # noqa: S101 (the gate's own)
    if not isinstance(ws.forge, Jobs):
        raise NotAsked("this forge starts no jobs", "Take the gate away, or let a commit status say it: checks.")
    ledger, now = seen.apps[ask.app].ledger, ws.now()
    note = note_on(ledger.place(ask.environment).jobs, ask.name, ask.head, ask.merged)
    if note is None or note.at is not None or note.run is not None:
        job = job_of(ws, ask, note or JobNote(ask.name, ask.head, merged=ask.merged))
        begun = note.at if note is not None and note.at is not None else ledger.releases[ask.release].at
        run = ws.forge.job_run(job, begun - _CLOCKS, _known(note))
        if run is not None:
            return Reply(Answer.PENDING, "runs", job=judged(run, rule.within, now))
        if note is not None and note.at is not None and now < note.at + TAKES:
            return Reply(Answer.PENDING, "is being started", note.at + TAKES)
    ws.forge.job_inputs(rule.workflow, reader(ws, seen.commit))
    return Reply(Answer.PENDING, "is started now", start=True)


def _known(note: JobNote | None) -> str:
    """Give the run that is known to go on; where it has ended somebody may have started another."""
    return note.run.url if note is not None and note.run is not None and note.run.state == "pending" else ""


def judged(run: JobRun, within: timedelta, now: datetime) -> JobRun:
    """Give `run` as a failure when it takes, or took, longer than `within`."""
    if run.state == "pending" and now >= run.at + within:
        return JobRun("failure", run.at, run.url, said=f"did not end within {length(within)}")
    if run.state == "success" and run.ended is not None and run.ended - run.at > within:
        return JobRun("failure", run.at, run.url, run.ended, f"took longer than {length(within)}")
    return run
