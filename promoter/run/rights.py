"""What the config makes promoter read and wait for at the forge."""

from __future__ import annotations

from collections.abc import Iterator

from promoter.policy.gates.approvals import Approvals
from promoter.policy.gates.checks import Checks
from promoter.policy.gates.jobs import Jobs
from promoter.run.finding import Ground, Seat


def reads(ground: Ground) -> frozenset[str]:
    """Give which of `checks`, `deployments` and `members` are read because the config says so, and `actions`.

    Of the last it takes more: jobs are started. `deployments: write`: they are written.
    """
    found = {"deployments: write"} if ground.ws.config.deployments else set()
    for seat in ground.seats:
        gates = (*seat.rules.gates, *seat.rules.verify.gates)
        if any(isinstance(gate, Checks) for gate in gates):
            found.add("checks")
        if any(isinstance(gate, Jobs) for gate in gates):
            found.add("actions")
        if any(who.startswith("team:") for gate in gates if isinstance(gate, Approvals) for who in _asked(gate)):
            found.add("members")
        if seat.rules.live.kind == "deployments":
            found.add("deployments")
    return frozenset(found)


def awaited(ground: Ground) -> list[tuple[Seat, str]]:
    """Give the gates that wait for checks on what is proposed: (where, what they wait for)."""
    return [(seat, str(gate)) for seat in ground.seats for gate in seat.rules.gates if isinstance(gate, Checks)]


def _asked(gate: Approvals) -> Iterator[str]:
    return (who for rule in gate.rules for who in rule.by)
