"""What a run would do, and what waits for what. Every view (plan, explain, pull request, JSON) is made from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from promoter.model.ask import Ask
from promoter.model.forge import PullText
from promoter.model.job import JobNote
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import Slot
from promoter.model.verdict import Answer, Verdict


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do for `app`, and the sentence that says why."""

    app: str
    reason: str


@dataclass(frozen=True, slots=True)
class MakeRelease(Action):
    """Make a release from the dry branch's tip, or from values that somebody changed in a first environment."""

    expect: Oid | None
    """The ledger tip that was seen."""
    from_environment: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptEdits(Action):
    """Make a release of what people changed by hand, where the policy says so; it counts where it stands alone."""

    expect: Oid | None
    """The ledger tip that was seen."""
    content: Mapping[str, ContentId]
    """Environment -> what its slot was seen to hold."""


@dataclass(frozen=True, slots=True)
class Record(Action):
    """Write the ledger, if its tip is still `expect`."""

    expect: Oid | None
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Member:
    """Another app that goes the same way in the same commit."""

    slot: Slot
    release: int
    before: ContentId | None
    """What its slot holds."""


@dataclass(frozen=True, slots=True)
class Move:
    """An empty slot that gets the content of a release, which its old name was left with."""

    slot: Slot
    release: int
    base: Oid | None
    """The tip of the slot's branch; None when it does not exist yet."""


@dataclass(frozen=True, slots=True)
class Rename(Action):
    """Write the ledger with new names of environments, if its tip is still `expect`, and fill their slots with it."""

    expect: Oid | None
    ledger: Ledger
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Propose(Action):
    """Put one commit on top of `base` that makes the slot `release`, on the proposal branch, if that is `expect`."""

    slot: Slot
    release: int
    kind: Kind
    base: Oid | None
    """The active tip; None when the active branch does not exist yet."""
    before: ContentId | None
    expect: Oid | None
    others: tuple[Member, ...] = ()
    """Who goes along: the rest of a group."""


@dataclass(frozen=True, slots=True)
class Commit(Action):
    """Put that same commit straight on the active branch, if its tip is still `base`."""

    slot: Slot
    release: int
    kind: Kind
    base: Oid | None
    before: ContentId | None


@dataclass(frozen=True, slots=True)
class UpsertPullRequest(Action):
    """Open a pull request for the proposal at `head`, or make `number` say `text`."""

    slot: Slot
    head: Oid
    text: PullText
    number: int | None


@dataclass(frozen=True, slots=True)
class ClosePullRequest(Action):
    """Close a pull request that the ledger has announced, saying why."""

    slot: Slot
    number: int
    left: tuple[str, ...] = ()
    """Of a group: the apps that were in it. Their ledgers announce it by not naming the group any more."""


@dataclass(frozen=True, slots=True)
class SetCommitStatus(Action):
    """Post a commit status on `head`: the one that is called `promoter`, or that of a job."""

    slot: Slot
    head: Oid
    state: str
    description: str
    name: str = ""
    """Empty: `promoter`."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StartJob(Action):
    """Start a job on the forge, if the ledger still says of it what it was written to say: `note`."""

    slot: Slot
    ask: Ask
    note: JobNote


@dataclass(frozen=True, slots=True)
class MergePullRequest(Action):
    """Merge `number` if its head is still `expect_head` and the slot still holds `before`."""

    slot: Slot
    number: int
    release: int
    kind: Kind
    expect_head: Oid
    before: ContentId | None
    method: str
    fast_forward: bool
    """The head's parent is the active tip and promoter may push there: compare head and base, then move the branch."""
    base: Oid | None
    others: tuple[Member, ...] = ()
    """Who goes along: the rest of a group."""


@dataclass(frozen=True, slots=True)
class Deploy(Action):
    """Tell the forge how the deployment of what was merged goes, and the ledger that it was told."""

    slot: Slot
    commit: Oid
    state: str
    """`pending`, `success`, `failure` or `inactive`."""
    description: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LeaveQueue(Action):
    """Take a pull request out of the merge queue that we put it into, for it is not to be merged any more."""

    slot: Slot
    number: int


class State(StrEnum):
    """A slot's state for people; the first that fits."""

    FAILED = "failed"
    HELD = "held"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    DEPLOYING = "deploying"
    SOAKING = "soaking"
    WAITING = "waiting"
    CURRENT = "current"


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """What decide found out about one slot."""

    app: str
    environment: str
    state: State
    since: datetime | None
    target: int | None = None
    """The release that should come here next."""
    kind: Kind = Kind.PROMOTION
    waiting_for: tuple[Verdict, ...] = ()
    """Every verdict on the target, passed ones included."""
    live: Answer = Answer.UNKNOWN
    passed_over: tuple[tuple[int, str], ...] = ()
    next_look: datetime | None = None
    behind: int = 0
    """How many releases its first environments are ahead."""
    draft: int | None = None
    """The release that will come here next once it is no draft any more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, in order, and every slot's state."""

    actions: tuple[Action, ...]
    slots: tuple[SlotPlan, ...]
    ledgers: tuple[Ledger, ...]
    """Each app's ledger as it will stand after the plan's records."""
    problems: tuple[str, ...] = ()
    next_look: datetime | None = None
