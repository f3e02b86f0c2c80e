"""Starting jobs on the forge, once.

Invariants: nothing is started that the ledger does not say will be, and not long after it said so, so that a run that
was slow starts nothing a second time; what the forge refused is written down and not tried again until a person asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from promoter.errors import LostRace, Rejected
from promoter.forge.port import Jobs
from promoter.model.ask import Ask
from promoter.model.job import Job, JobNote, JobRun, job_key, note_on, noted
from promoter.model.ledger import Ledger
from promoter.model.names import Oid, release_name
from promoter.model.plan import StartJob
from promoter.policy.gates.jobs import JobRule
from promoter.run.ledgers import ledger_ref, read_ledger, write_ledger
from promoter.run.workspace import Workspace

TAKES: Final = timedelta(minutes=5)
"""After so long a job that nobody can find was not started."""
_LATEST: Final = timedelta(minutes=2)
"""So long after the ledger said so a job may still be started."""
_TRIES: Final = 5


def job_of(ws: Workspace, ask: Ask, note: JobNote) -> Job:
    """Give the job that `ask` is about, with all inputs that there are."""
    rule = ask.settings
    assert isinstance(rule, JobRule)  # noqa: S101 (the gate's own)
    key = job_key(ask.app, ask.environment, note)
    inputs = {
        "app": ask.app,
        "environment": ask.environment,
        "release": release_name(ask.release),
        "version": ask.version,
        "sha": ask.head,
        "key": key,
    }
    return Job(rule.workflow, ws.branch, key, inputs, rule.within)


def reader(ws: Workspace, commit: Oid) -> Callable[[str], bytes | None]:
    """Give what reads files of a commit of the dry branch."""
    store = ws.repository.store

    def read(path: str) -> bytes | None:
        if store.supply is not None:
            ws.repository.fetch((), [(store.commit(commit).tree, path)])
        return store.read(store.commit(commit).tree, path)

    return read


def start_job(ws: Workspace, commit: Oid, action: StartJob) -> str:
    """Start what `action` says, with the files of the dry branch at `commit`; give the sentence about it.

    Raises LostRace when the ledger says something else by now, Rejected when the forge refuses, EdgeFailed.
    """
    ask, note, now = action.ask, action.note, ws.now()
    _, ledger = ledger_now(ws, ask.app)
    if _standing(ledger, ask) != note:
        raise LostRace(f"the ledger of {ask.app} says something else now")
    if note.at is None or now >= note.at + _LATEST:
        raise LostRace(f"{ask.gate} should have been started before; another run may have done it")
    if not isinstance(ws.forge, Jobs):
        raise Rejected("this forge starts no jobs")
    job = job_of(ws, ask, note)
    try:
        takes = ws.forge.job_inputs(job.workflow, reader(ws, commit))
        inputs: Mapping[str, str] = {name: value for name, value in job.inputs.items() if name in takes}
        run = ws.forge.start_job(replace(job, inputs=inputs), now)
    except Rejected as error:
        said = " ".join(f"{error.message}. {error.hint or ''}".split())[:300]
        _remember(ws, ask, note, JobRun("refused", now, said=said))
        raise
    if run is not None:
        _remember(ws, ask, note, run)
    return f"{ask.gate}{f' {run.url}' if run is not None and run.url else ''}"


def ledger_now(ws: Workspace, app: str) -> tuple[Oid, Ledger]:
    """Give the tip of the ledger at this moment, and what it says. Raises LostRace, Rejected, EdgeFailed."""
    ref = ledger_ref(ws.config, app)
    tip = ws.repository.refs([ref]).get(ref)
    if tip is None:
        raise LostRace(f"the ledger of {app} is gone")
    if not ws.repository.store.has(tip):
        ws.repository.fetch([ref])
    ws.seal.check(ws.repository.store, app, tip)
    return tip, read_ledger(ws.repository, tip, app)


def _standing(ledger: Ledger, ask: Ask) -> JobNote | None:
    return note_on(ledger.place(ask.environment).jobs, ask.name, ask.head, ask.merged)


def _remember(ws: Workspace, ask: Ask, note: JobNote, run: JobRun) -> None:
    """Write down which run it is; nothing is written once the ledger speaks of another job. Raises LostRace."""
    words = {"refused": "was refused"}.get(run.state, "was started")
    for attempt in range(_TRIES):
        tip, ledger = ledger_now(ws, ask.app)
        if _standing(ledger, ask) != note:
            return
        place = ledger.place(ask.environment)
        place = replace(place, jobs=noted(place.jobs, replace(note, run=run)))
        after = replace(ledger, places={**ledger.places, ask.environment: place})
        why = f"{ask.environment}: {ask.gate} {words}"
        try:
            write_ledger(ws.repository, ledger_ref(ws.config, ask.app), tip, after, why, ws.now(), seal=ws.seal)
        except LostRace:
            if attempt == _TRIES - 1:
                raise
        else:
            return
