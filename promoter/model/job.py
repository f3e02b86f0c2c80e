"""Jobs that promoter starts on the forge, and what is remembered of them.

Invariants: a job is known by its key, which names one gate, one exact commit and one attempt, so that starting it twice
can be told from starting it once; what the ledger remembers are transitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from promoter.model.names import Branch, Oid


@dataclass(frozen=True, slots=True)
class Job:
    """One job to be started on a branch that people edit."""

    workflow: str
    """The forge's own name for what runs: a workflow's file name; on the local forge the path of a program."""
    branch: Branch
    """The dry branch, whose version of it runs."""
    key: str
    """Among all runs of that workflow this one alone carries it: letters, digits, `.`, `_` and `-`."""
    inputs: Mapping[str, str]
    """`app`, `environment`, `release` (`r41`), `version`, `sha` and `key`; a forge sends those that the job takes."""
    within: timedelta
    """How long it may take. A forge that runs it itself stops it then; others need not."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """How a job went, the newest attempt of it."""

    state: str
    """`pending`, `success` or `failure` (also cancelled, or timed out). Remembered, and never told by a forge:
    `refused`, the forge would not start it."""
    at: datetime
    """When that attempt began."""
    url: str = ""
    """Where people see it; on the local forge empty."""
    ended: datetime | None = None
    said: str = ""
    """What it says of its end, one line: `cancelled`, the last words of a program; mostly empty."""


@dataclass(frozen=True, slots=True)
class JobNote:
    """What is remembered of the newest job of one gate in one environment."""

    name: str
    """The job's name in the config: `smoke`."""
    head: Oid
    attempt: int = 1
    """Counts up when a person asks for another."""
    merged: bool = False
    """It is about what is active: `head` is the commit of the stay."""
    at: datetime | None = None
    """When we said that we would start it; None: it is to be started."""
    run: JobRun | None = None
    """How it went, as far as it is known."""


def note_on(notes: Iterable[JobNote], name: str, head: Oid, merged: bool) -> JobNote | None:
    """Give what is remembered of the job `name` on exactly `head`."""
    return next((note for note in notes if (note.name, note.head, note.merged) == (name, head, merged)), None)


def noted(notes: Iterable[JobNote], new: JobNote) -> tuple[JobNote, ...]:
    """Give `notes` with `new` in place of what was remembered of that job, for whatever commit."""
    kept = [note for note in notes if (note.name, note.merged) != (new.name, new.merged)]
    return tuple(sorted([*kept, new], key=lambda note: (note.merged, note.name)))


def job_key(app: str, environment: str, note: JobNote) -> str:
    """Give the key of a job: readable, and different for anything that must be a run of its own."""
    exact = "\n".join((app, environment, note.name, note.head, str(note.merged), str(note.attempt)))
    words = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{app}-{environment}-{note.name}").strip("-")[:60]
    return f"{words}-{sha256(exact.encode()).hexdigest()[:16]}"
