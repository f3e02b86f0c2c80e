"""Jobs on the local forge: whoever starts one runs it, and how it went stands in the forge's ref for everybody.

A job is an executable file of the dry branch; how that is run is not the forge's business, a `Runner` is handed in. Its
record is written before it runs, in one commit that only one writer can make: `jobs/<key>.json`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from promoter.errors import Rejected
from promoter.forge.local_records import dump
from promoter.forge.local_store import Change, ForgeStore, Look
from promoter.model.job import Job, JobRun

Runner = Callable[[Job], tuple[bool, str]]
"""Runs a job to its end: whether it passed, and its last words. Raises Rejected when it cannot be run."""
INPUTS: Final = frozenset({"app", "environment", "release", "version", "sha", "key"})
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class LocalJobs:
    """Starts jobs, and tells how they went."""

    def __init__(self, store: ForgeStore, identity: str, runner: Runner | None) -> None:
        self._store = store
        self._identity = identity
        self._runner = runner

    def inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give every input: a program takes them all. Raises Rejected when there is no such file, or no runner."""
        if self._runner is None:
            raise Rejected("jobs cannot be run here", "Start promoter where it may run programs of the repository.")
        if read(workflow) is None:
            raise Rejected(f"there is no file {workflow} on the branch that people edit", "Commit it, executable.")
        return INPUTS

    def start(self, job: Job, now: datetime) -> JobRun:
        """Run a job to its end, unless somebody has started it already. Raises Rejected, EdgeFailed."""
        if self._runner is None or not _KEY.fullmatch(job.key):
            raise Rejected(f"{job.workflow} cannot be run here")
        begun = JobRun("pending", now)

        def claim(look: Look) -> Change[JobRun | None]:
            there = self._read(look, job.key)
            return Change(there, {_path(job.key): dump(begun)} if there is None else {})

        there = self._store.write(f"Start {job.key}", self._identity, now, claim)
        if there is not None:
            return there
        clock = time.monotonic()
        try:
            passed, said = self._runner(job)
        except Rejected as error:
            self._end(job, replace(begun, state="failure", ended=now, said=error.message), now)
            raise
        ended = now + timedelta(seconds=round(time.monotonic() - clock))
        run = JobRun("success" if passed else "failure", now, ended=ended, said=" ".join(said.split())[:300])
        self._end(job, run, ended)
        return run

    def run(self, job: Job) -> JobRun | None:
        """Give how a job went; None when nobody started it."""
        return self._read(self._store.look(), job.key) if _KEY.fullmatch(job.key) else None

    def _end(self, job: Job, run: JobRun, now: datetime) -> None:
        why = f"{job.key}: {run.state}"
        self._store.write(why, self._identity, now, lambda _: Change(None, {_path(job.key): dump(run)}))

    def _read(self, look: Look, key: str) -> JobRun | None:
        nothing: JobRun | None = None
        return self._store.read(look, _path(key), _record, nothing)


def _path(key: str) -> str:
    return f"jobs/{key}.json"


def _record(raw: Any) -> JobRun:
    ended = raw["ended"]
    return JobRun(
        state=str(raw["state"]),
        at=datetime.fromisoformat(raw["at"]),
        url=str(raw["url"]),
        ended=None if ended is None else datetime.fromisoformat(ended),
        said=str(raw["said"]),
    )
