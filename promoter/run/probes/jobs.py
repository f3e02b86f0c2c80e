"""Can every job that gates name be started, and found again?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.errors import Rejected
from promoter.forge.port import Jobs as Starts
from promoter.policy.gates.jobs import Jobs
from promoter.run.finding import Finding, Ground, Probe, Severity
from promoter.run.jobs import reader

_MEANS: Final = "it is unknown, so that nothing passes"


def probe(ground: Ground) -> Iterator[Finding]:
    """Read the jobs on the branch that people edit."""
    ws, told = ground.ws, set[str]()
    tip = ground.refs.get(ws.ref)
    for seat in ground.seats:
        for gate in (*seat.rules.gates, *seat.rules.verify.gates):
            for name, rule in gate.jobs if isinstance(gate, Jobs) and tip is not None else ():
                if rule.workflow in told or tip is None:
                    continue
                told.add(rule.workflow)
                where = f"{seat} jobs/{name}"
                if not isinstance(ws.forge, Starts):
                    yield Finding(Severity.PROBLEM, where, "this forge starts no jobs", _MEANS, "take the gate away")
                    continue
                try:
                    ws.forge.job_inputs(rule.workflow, reader(ws, tip))
                except Rejected as error:
                    yield Finding(Severity.PROBLEM, where, error.message, _MEANS, error.hint or "see docs/github.md")


PROBE: Final[Probe] = probe
