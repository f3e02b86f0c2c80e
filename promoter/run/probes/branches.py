"""Do the forge's rules for the branches let promoter do its work, and does what they wait for ever come?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from promoter.forge.port import Access
from promoter.model.forge import PullRequest, PullState
from promoter.model.names import Branch
from promoter.policy.gates.checks import OURS
from promoter.run.finding import Finding, Ground, Probe, Severity

SLOW: Final = timedelta(hours=1)
"""A check that has not even begun by then does not come."""


def probe(ground: Ground) -> Iterator[Finding]:
    """Ask the forge for the rules of every branch that proposals go to, and of the one that people edit."""
    ws = ground.ws
    slots = [seat.app.slots[seat.environment] for seat in ground.seats]
    pulls = ws.forge.pulls(sorted({slot.proposal_branch for slot in slots}))
    waiting = [pull for some in pulls.values() for pull in some if pull.state is PullState.OPEN]
    for branch in sorted({slot.branch for slot in slots}):
        asks = ws.forge.protection(branch)
        if not asks.methods and not asks.may_push:
            yield Finding(
                Severity.PROBLEM,
                branch,
                "its rules leave no method by which a pull request could be merged",
                "nothing that is proposed there ever gets in",
                "allow squash or rebase in the repository and in the branch's rules: a linear history excludes merge",
            )
        here = [pull for pull in waiting if pull.base_branch == branch and ws.now() - pull.opened_at > SLOW]
        yield from _unreported(branch, asks.required_checks, here)
    yield from _dry(ground)


def _unreported(branch: Branch, required: tuple[str, ...], pulls: list[PullRequest]) -> Iterator[Finding]:
    """Find checks that are required and stand on none of the pull requests."""
    reported = {check.name for pull in pulls for check in pull.checks} | {OURS}
    silent = [name for name in required if name not in reported]
    if pulls and silent:
        yield Finding(
            Severity.WARNING,
            branch,
            f"the forge requires {', '.join(silent)}, of which nothing is reported on "
            + (f"pull request {pulls[0].number}" if len(pulls) == 1 else f"any of its {len(pulls)} pull requests"),
            "they wait for ever",
            "see that something runs there for pull requests of promoter, or require it no longer",
        )


def _dry(ground: Ground) -> Iterator[Finding]:
    """See that releases can be committed to the branch that people edit."""
    ws = ground.ws
    if ground.ws.config.dry_commit != "push":
        return
    may = (
        ws.forge.writers([ws.branch])[ws.branch].we
        if isinstance(ws.forge, Access)
        else ws.forge.protection(ws.branch).may_push
    )
    if not may:
        yield Finding(
            Severity.WARNING,
            ws.branch,
            f"{ws.forge.identity} may not push there",
            "promoter release commits versions to it; releases of what people push work all the same",
            "offer versions by pull request, dry: {commit: pull_request}, or let it bypass the rule",
        )


PROBE: Final[Probe] = probe
