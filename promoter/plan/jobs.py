"""The jobs of one slot: what becomes known of them is written down, what was not started is, and the commit says so.

Invariants: the ledger says that a job will be started before it is, so that of two runs one starts it; the status on
the commit is for people and proves nothing: what the ledger remembers does.
"""

from __future__ import annotations

from collections.abc import Iterable

from promoter.model.ask import Ask, Reply
from promoter.model.forge import Check
from promoter.model.job import JobNote, JobRun, note_on, noted
from promoter.model.names import Oid
from promoter.model.plan import Action, SetCommitStatus, StartJob
from promoter.plan.outcome import active_subject
from promoter.plan.sight import Sight
from promoter.policy.gate import Gate, Subject
from promoter.policy.gates.jobs import Jobs

_SAID = {"pending": "runs", "success": "passed", "failure": "failed", "refused": "cannot be started"}
_STATES = {"pending": "pending", "success": "success"}
LONGEST = 140
"""Characters of a commit status' description that every forge takes."""


def job_steps(sight: Sight, environment: str, proposed: Subject | None) -> list[Action]:
    """Give what is to be done about the jobs of a slot: those of what is `proposed`, and those of what is active."""
    rules = sight.rules(environment)
    actions: list[Action] = []
    if proposed is not None:
        seen = proposed.checks if proposed.pull is not None else None
        actions += _steps(sight, rules.gates, proposed, seen)
    if any(isinstance(gate, Jobs) for gate in rules.verify.gates):
        active = active_subject(sight, environment)
        if active is not None:
            actions += _steps(sight, rules.verify.gates, active, active.checks)
    return actions


def _steps(sight: Sight, gates: Iterable[Gate], subject: Subject, seen: tuple[Check, ...] | None) -> list[Action]:
    actions: list[Action] = []
    for gate in gates:
        if isinstance(gate, Jobs) and subject.head is not None:
            for ask in gate.asks(subject):
                if (reply := subject.replies.get(ask)) is not None:
                    actions += _learn(sight, ask, reply)
            for name, _ in gate.jobs:
                actions += _show(sight, subject, name, subject.head, seen)
    return actions


def _learn(sight: Sight, ask: Ask, reply: Reply) -> list[Action]:
    """Write down what a job has become, or that it is going to be started."""
    place = sight.places[ask.environment]
    note = note_on(place.jobs, ask.name, ask.head, ask.merged)
    label = f"{ask.gate} for {sight.label(ask.release)}"
    if reply.job is not None:
        if note is None or _differs(note.run, reply.job):
            attempt, at = (note.attempt, note.at) if note is not None else (1, None)
            new = JobNote(ask.name, ask.head, attempt, ask.merged, at, reply.job)
            why = f"{label}: {_SAID[reply.job.state]}"
            sight.change(ask.environment, why, jobs=noted(place.jobs, new))
        return []
    if not reply.start:
        return []
    claim = JobNote(ask.name, ask.head, note.attempt if note is not None else 1, ask.merged, sight.now)
    sight.change(ask.environment, f"start {label}", jobs=noted(place.jobs, claim))
    return [StartJob(ask.app, f"start {label}", sight.slot(ask.environment).slot, ask, claim)]


def _differs(old: JobRun | None, new: JobRun) -> bool:
    """Tell whether a job is another than it was; that it began a little later than we thought is nothing new."""
    return old is None or (old.state, old.url, old.said, old.ended) != (new.state, new.url, new.said, new.ended)


def _show(sight: Sight, subject: Subject, name: str, head: Oid, seen: tuple[Check, ...] | None) -> list[Action]:
    """Say on the commit how a job goes, where it does not say so already; `seen` None: what it says is not known."""
    note = note_on(sight.places[subject.environment].jobs, name, head, subject.merged)
    if note is None or note.run is None or seen is None:
        return []
    called = f"promoter/{'verify' if subject.merged else 'jobs'}/{name} ({subject.app}, {subject.environment})"
    run = note.run
    state = _STATES.get(run.state, "failure")
    said = f"{_SAID[run.state]}: {run.said}" if run.said else _SAID[run.state]
    said = said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
    mine = [check for check in seen if check.name == called]
    if any((check.state, check.description, check.url) == (state, said, run.url) for check in mine):
        return []
    slot = sight.slot(subject.environment).slot
    return [SetCommitStatus(subject.app, f"{name}: {said}", slot, head, state, said, called, run.url)]
