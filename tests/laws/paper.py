"""A world on paper: no Git and no forge, only what `decide` sees and what its actions make of that.

For long times: a look costs a thousandth of a real one. `tests/laws/world.py` has the real parts; a test holds the two
against each other. One app, its environments in line, everything merged by promoter, clusters that take what is merged
at once and are well a while later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from promoter.cluster.port import Wanted
from promoter.model.forge import Check, PullRequest, PullState
from promoter.model.ledger import Kind, Ledger, Place
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import (
    Action,
    ClosePullRequest,
    MergePullRequest,
    Plan,
    Propose,
    Record,
    SetCommitStatus,
    UpsertPullRequest,
)
from promoter.model.release import Release
from promoter.model.snapshot import AppSeen, ProposalSeen, Slot, SlotSeen, Snapshot
from promoter.plan.decide import decide
from promoter.policy.rules import After, AppRules, Config, Live, Newer, Promote, Rules, Verify
from promoter.run.ledgers import with_release
from promoter.simulation.clusters import PlayedClusters

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
APP = "shop"
PASSES = 60
"""So often a run looks at most."""


@dataclass
class Lane:
    """One slot: what stands on its branches and on the forge."""

    slot: Slot
    tip: Oid
    content: ContentId | None = None
    brought: tuple[int, Kind] | None = None
    """The release that our newest commit carries, and why."""
    proposal: ProposalSeen | None = None
    pulls: list[PullRequest] = field(default_factory=list)
    carries: dict[int, int] = field(default_factory=dict)
    arrivals: list[tuple[datetime, int]] = field(default_factory=list)
    """When which release was merged."""


class Paper:
    """A line of environments, and one app that goes through it."""

    def __init__(self, environments: Sequence[str], soaks: Sequence[timedelta], newer: Newer, healthy: timedelta):
        self.now = START
        self._numbers = count(1)
        rules = {
            name: Rules(
                After(tuple(environments[max(at - 1, 0) : at])), Promote.AUTO, newer,
                verify=Verify(soak=soak), clusters=(name,), live=Live("files"),
            )
            for at, (name, soak) in enumerate(zip(environments, soaks, strict=True))
        }  # fmt: skip
        slots = {name: self._slot(name) for name in environments}
        self.config = Config(tuple(environments), {APP: AppRules(APP, "shop/{environment}", rules, slots)})
        self.lanes = {name: Lane(slot, self._oid()) for name, slot in slots.items()}
        self.ledger, self.tip = Ledger(APP), self._oid()
        self.clusters = PlayedClusters(healthy, lambda _app, _environment, _content, _word: False)
        self.made: dict[int, datetime] = {}
        self.looks = 0
        self.plan: Plan = Plan((), (), ())

    def release(self) -> None:
        """Somebody commits, and a release is made of it."""
        number = self.ledger.next
        content = {name: ContentId(self._oid()) for name in self.lanes}
        new = Release(number, self.now, self._oid(), "kim", content, version=f"1.{number}.0")
        order = {name: Place(after=it.after.names) for name, it in self.config.apps[APP].environments.items()}
        ledger = with_release(self.ledger, new)
        self.ledger, self.tip = replace(ledger, places={**order, **ledger.places}), self._oid()
        self.made[number] = self.now

    def run(self) -> None:
        """Look, decide and act until nothing is left but to wait."""
        for _ in range(PASSES):
            self.looks += 1
            self.plan = decide(self.config, self._look(), self.now)
            for action in self.plan.actions:
                self._do(action)
            if not self.plan.actions:
                return
        raise AssertionError(f"the plan is never empty: {self.plan.actions}")

    def until(self, end: datetime) -> None:
        """Let time pass, with a run at every moment that is worth one; none at the end itself."""
        while True:
            moments = (self.plan.next_look, self.clusters.next_change(self.now))
            following = min((at for at in moments if at is not None and self.now < at < end), default=None)
            if following is None:
                self.now = end
                return
            self.now = following
            self.run()

    # --- what is seen ---

    def _look(self) -> Snapshot:
        slots = {name: self._seen(name, lane) for name, lane in self.lanes.items()}
        wanted = [
            Wanted(seen.slot, name, stay.content, seen.tip, stay.since)
            for name, seen in slots.items()
            if (stay := self.ledger.place(name).stay) is not None
            and stay.content is not None
            and seen.tip is not None
            and seen.holds(stay.content)
        ]
        found = self.clusters.look(wanted, lambda _slot, _revision: None, self.now)
        for (_, name, _), live in found.items():
            slots[name] = replace(slots[name], live=(live,))
        return Snapshot(Oid("d" * 40), {APP: AppSeen(APP, self.tip, self.ledger, slots)})

    def _seen(self, name: str, lane: Lane) -> SlotSeen:
        place = self.ledger.place(name)
        lane.pulls = [it for it in lane.pulls if it.state is PullState.OPEN or it.number > place.settled]
        pulls = tuple(lane.pulls)  # nobody here opens again what is settled
        seen = SlotSeen(lane.slot, lane.tip, lane.content, proposal=lane.proposal, pulls=pulls)
        seen = replace(seen, pull_releases={it.number: lane.carries[it.number] for it in pulls})
        moved = place.stay is None or place.stay.content != lane.content
        if moved and lane.brought is not None:
            seen = replace(seen, arrived=lane.brought[0], arrived_kind=lane.brought[1])
        return seen

    # --- what is done ---

    def _do(self, action: Action) -> None:
        if isinstance(action, Record):
            assert action.expect == self.tip
            self.ledger, self.tip = action.ledger, self._oid()
            return
        slot = getattr(action, "slot", None)
        assert isinstance(slot, Slot), action
        lane = self.lanes[slot.environment]
        if isinstance(action, Propose):
            assert action.base == lane.tip
            lane.proposal = ProposalSeen(
                self._oid(), lane.tip, action.release, action.kind, ours=True, before=action.before, difference="+"
            )
            self._change(lane, head=lane.proposal.head, checks=())
            lane.carries |= {it.number: action.release for it in lane.pulls if it.state is PullState.OPEN}
        elif isinstance(action, UpsertPullRequest):
            self._upsert(lane, action)
        elif isinstance(action, SetCommitStatus):
            check = Check("promoter", action.state, "promoter", self.now, action.url, action.description)
            self._change(lane, checks=(check,))
        elif isinstance(action, ClosePullRequest):
            self._change(lane, state=PullState.CLOSED, closed_at=self.now, closed_by="promoter")
        elif isinstance(action, MergePullRequest):
            self._merge(lane, action)
        else:
            raise TypeError(f"nobody does this on paper: {action}")

    def _upsert(self, lane: Lane, action: UpsertPullRequest) -> None:
        text = action.text
        if action.number is not None:
            self._change(lane, title=text.title, body=text.body, labels=text.labels)
            return
        assert lane.proposal is not None
        assert lane.proposal.release is not None
        number = next(self._numbers)
        lane.pulls.append(
            PullRequest(
                number, PullState.OPEN, lane.slot.proposal_branch, lane.slot.branch, action.head, text.title, text.body,
                "promoter", self.now, text.labels, mergeable=True,
            )
        )  # fmt: skip
        lane.carries[number] = lane.proposal.release

    def _merge(self, lane: Lane, action: MergePullRequest) -> None:
        assert lane.proposal is not None
        assert lane.proposal.head == action.expect_head
        assert lane.content == action.before
        lane.tip, lane.brought = lane.proposal.head, (action.release, action.kind)
        lane.content = self.ledger.releases[action.release].content[lane.slot.environment]
        lane.proposal = replace(lane.proposal, merged=True, difference="")
        self._change(
            lane, state=PullState.MERGED, merged_commit=lane.tip, closed_at=self.now,
            closed_by="promoter",
        )  # fmt: skip
        lane.arrivals.append((self.now, action.release))

    @staticmethod
    def _change(lane: Lane, **changes: object) -> None:
        lane.pulls = [replace(it, **changes) if it.state is PullState.OPEN else it for it in lane.pulls]  # type: ignore[arg-type]

    def _oid(self) -> Oid:
        return Oid(f"{next(self._numbers):040x}")

    @staticmethod
    def _slot(name: str) -> Slot:
        branch = f"environment/{name}"
        return Slot(APP, name, Branch(branch), APP, Branch(f"{branch}-next/{APP}"), in_place=False)
