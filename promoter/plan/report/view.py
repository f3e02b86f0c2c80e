"""One slot with everything that is known of it side by side: what all reports are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promoter.errors import UsageError
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import Ledger, Override, Place
from promoter.model.names import Oid
from promoter.model.plan import Plan, SlotPlan, State
from promoter.model.snapshot import SlotSeen, Snapshot
from promoter.model.verdict import Verdict
from promoter.plan.override import in_force
from promoter.plan.report.brings import label
from promoter.policy.rules import Config, Rules

URGENCY = (
    State.FAILED,
    State.BLOCKED,
    State.UNKNOWN,
    State.HELD,
    State.WAITING,
    State.DEPLOYING,
    State.SOAKING,
    State.CURRENT,
)
"""The states, what needs a person first."""


@dataclass(frozen=True, slots=True)
class View:
    """A slot: its rules, what was seen, what is remembered (as the plan leaves it), and what decide found out."""

    plan: SlotPlan
    rules: Rules
    ledger: Ledger
    seen: SlotSeen | None

    @property
    def app(self) -> str:
        """The app's name."""
        return self.plan.app

    @property
    def environment(self) -> str:
        """The environment's name."""
        return self.plan.environment

    @property
    def place(self) -> Place:
        """What is remembered here."""
        return self.ledger.place(self.plan.environment)

    @property
    def proposed(self) -> int | None:
        """The release that is proposed here."""
        return self.place.proposal.release if self.place.proposal is not None else None

    @property
    def head(self) -> Oid | None:
        """The head of the proposal branch, once it carries what is proposed."""
        seen = self.seen.proposal if self.seen is not None else None
        return seen.head if seen is not None and seen.release is not None and seen.release == self.proposed else None

    @property
    def pull(self) -> PullRequest | None:
        """The open pull request."""
        pulls = self.seen.pulls if self.seen is not None else ()
        return next((pull for pull in reversed(pulls) if pull.state is PullState.OPEN), None)

    @property
    def open_verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts that have not passed."""
        return tuple(verdict for verdict in self.plan.waiting_for if not verdict.passed)

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The words by which gates pass for what should come next."""
        return in_force(self.place, self.plan.target) if self.plan.target is not None else ()

    def label(self, release: int) -> str:
        """What people call `release`."""
        return label(self.ledger, release)


def views(config: Config, snapshot: Snapshot, plan: Plan) -> Iterator[View]:
    """Give every slot of the plan in the plan's order; slots that the config no longer has are left out."""
    ledgers = {ledger.app: ledger for ledger in plan.ledgers}
    for slot in plan.slots:
        app = config.apps.get(slot.app)
        seen = snapshot.apps.get(slot.app)
        if app is None or slot.environment not in app.environments:
            continue
        ledger = ledgers.get(slot.app) or (seen.ledger if seen is not None else Ledger(slot.app))
        yield View(slot, app.environments[slot.environment], ledger, seen.slots.get(slot.environment) if seen else None)


def view_of(config: Config, snapshot: Snapshot, plan: Plan, app: str, environment: str) -> View:
    """Give one slot. Raises UsageError when the app does not go to that environment."""
    for view in views(config, snapshot, plan):
        if (view.app, view.environment) == (app, environment):
            return view
    known = config.apps[app].environments if app in config.apps else ()
    raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(known) or 'no environment'}")
