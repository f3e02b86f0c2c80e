"""What one look at the world saw. `decide` knows nothing else; the same snapshot gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promoter.model.ask import Replies
from promoter.model.forge import Check, Protection, PullRequest
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.release import SourceCommit
from promoter.model.verdict import Answer
from promoter.model.wording import PULL


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an app's content for one environment stands."""

    app: str
    environment: str
    branch: Branch
    path: str
    """Folder in the branch ("" for the root); for a slot edited in place, the folder or file whose values move."""
    proposal_branch: Branch
    in_place: bool


@dataclass(frozen=True, slots=True)
class ClusterLive:
    """What one cluster says of the content that is active in a slot."""

    cluster: str
    answer: Answer
    reason: str
    revision: str = ""
    object: str = ""
    """`Kustomization/flux-system/shop`."""
    seen: datetime | None = None
    images: tuple[str, ...] = ()
    well_since: datetime | None = None
    """When what runs became healthy, as far as it remembers."""


@dataclass(frozen=True, slots=True)
class ProposalSeen:
    """The head of a proposal branch."""

    head: Oid
    parent: Oid | None
    release: int | None
    """By its trailers."""
    kind: Kind | None
    ours: bool
    """One commit on the active branch's history whose only change is the slot becoming exactly that release."""
    before: ContentId | None
    """The slot's content in its parent."""
    merged: bool = False
    """The head is in the active branch's history already: nothing is waiting on the branch."""
    difference: str = ""
    """What the head changes in the slot, as a unified diff; empty when nothing is on offer."""
    members: Mapping[str, int] = field(default_factory=dict)
    """Of a group: app -> release, by its trailers."""
    changes: str = ""
    """Of a group: the folder that its dry commit changed; empty when that is not one or not known."""


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """One slot as it was found.

    `proposal` and `pulls` are those of the branch on which the ledger says that it is proposed: its own or a group's.
    """

    slot: Slot
    """With the branch on which it is proposed."""
    tip: Oid | None
    """The active branch's tip; None when the branch does not exist."""
    content: ContentId | None
    """None when the slot is empty."""
    also: frozenset[ContentId] = frozenset()
    """Other known contents that it equals as well: in place, releases that move different sets of values."""
    proposal: ProposalSeen | None = None
    pulls: tuple[PullRequest, ...] = ()
    """Every pull request from the proposal branch, oldest first, in all states."""
    pull_releases: Mapping[int, int] = field(default_factory=dict)
    """Pull request number -> the release that its head carries, by trailer."""
    arrived: int | None = None
    """When the content is not the stay's: the release that our newest commit for this slot since then carries."""
    arrived_kind: Kind | None = None
    live: tuple[ClusterLive, ...] = ()
    checks: tuple[Check, ...] = ()
    """Checks on the commit of the current stay."""
    protection: Protection = field(default_factory=Protection)
    versions: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Where a hotfix is active or proposed: release -> item (an image or chart) -> version that it has here."""
    edits: tuple[SourceCommit, ...] = ()
    """The commits that changed it by hand, newest first, where they are to be overwritten."""
    our_trailers: bool = False
    """The active branch's history carries our trailers for this slot (only looked for when there is no ledger)."""

    def holds(self, content: ContentId | None) -> bool:
        """Tell whether the slot holds `content`."""
        return content == self.content or content in self.also


@dataclass(frozen=True, slots=True)
class AppSeen:
    """One app as it was found."""

    app: str
    ledger_tip: Oid | None
    ledger: Ledger
    slots: Mapping[str, SlotSeen]
    dry_changed: bool = False
    """The dry branch's tip has other inputs for this app than its newest release."""
    problems: tuple[str, ...] = ()
    former: Mapping[str, tuple[PullRequest, ...]] = field(default_factory=dict)
    """Environment -> the pull requests into what its slot was under its old name."""
    replies: Replies = field(default_factory=dict)
    """What gates asked, and was found out."""
    doubt: str = ""
    """Why the ledger is not believed; it is left empty then, and nothing is done for the app."""
    called: str = PULL
    """What the forge's people call a pull request."""


@dataclass(frozen=True, slots=True)
class Stray:
    """An open pull request of a group that no ledger names any more."""

    slot: Slot
    """That of the first app in it, with the group's branch."""
    number: int
    apps: tuple[str, ...]
    """Whom its head carries."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at the world."""

    commit: Oid
    """The dry branch's tip, whose config judges."""
    apps: Mapping[str, AppSeen]
    repository: str = ""
    strays: tuple[Stray, ...] = ()
    only: frozenset[str] | None = None
    """The apps that were asked for, others having been looked at because they may share a pull request; None: all."""
