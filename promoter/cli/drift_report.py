"""What `promoter drift` found, as one value, and the exit code for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter.cli.exits import Exit
from promoter.model.ledger import Ledger
from promoter.model.plan import Plan
from promoter.policy.rules import Config
from promoter.run.drift import live, rendered
from promoter.run.drift.edits import Edit
from promoter.run.drift.unclaimed import Unclaimed


@dataclass(frozen=True, slots=True)
class Drifted:
    """Everything that was looked for; None: it was not."""

    config: Config
    now: datetime
    plan: Plan
    ledgers: Mapping[str, Ledger]
    edits: tuple[Edit, ...]
    rendered: tuple[rendered.Again, ...] | None = None
    live: tuple[live.Compared, ...] | None = None
    unclaimed: tuple[Unclaimed, ...] = ()


def drift_code(found: Drifted) -> Exit:
    """Give what stands first: something drifted, something cannot be told or is on its way, all is as it should be.

    Folders that belong to no slot may be anybody's: they have no code.
    """
    again, clusters = found.rendered or (), found.live or ()
    if (
        found.edits
        or any(one.verdict is rendered.Verdict.DIFFERENT for one in again)
        or any(one.verdict is live.Verdict.DIFFERENT and not one.on_its_way for one in clusters)
    ):
        return Exit.STUCK
    unsure = (
        found.plan.problems
        or any(one.verdict is rendered.Verdict.UNKNOWN for one in again)
        or any(one.verdict is not live.Verdict.SAME for one in clusters)
    )
    return Exit.WAITING if unsure else Exit.DONE
