"""What promoter knows of a forge: pull requests, reviews, checks. The same values for every forge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from promoter.model.names import Branch, Oid


class PullState(StrEnum):
    """Whether a pull request is open, was merged, or was closed without a merge."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class Permission(StrEnum):
    """A person's right on the repository, weakest first (GitLab's guest..owner map onto these)."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"


RANKS: dict[str, int] = {permission.value: rank for rank, permission in enumerate(Permission)}
"""Permission name -> rank; a higher rank includes the lower ones."""


@dataclass(frozen=True, slots=True)
class Check:
    """A commit status or check run on one commit, newest of its name and reporter."""

    name: str
    state: str
    """`success`, `pending` or `failure`."""
    reporter: str
    at: datetime | None = None
    url: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of one commit as the forge keeps it, with the newest word on it."""

    commit: Oid
    environment: str
    """The forge's name for it, `prod-eu/shop`."""
    state: str
    """`success`, `pending` (also queued and in progress), `failure` (also error), or `inactive`: no longer there."""
    creator: str
    """Who made it."""
    at: datetime
    """When `state` was said."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A person's newest opinion on a pull request, for the head they saw."""

    user: str
    state: str
    """`approved`, `changes_requested` or `dismissed`."""
    head: Oid
    at: datetime
    groups: frozenset[str] = frozenset()
    """What the reviewer counts as: `user:kim`, `team:sre`, `codeowners`, and each permission up to theirs (`write`)."""


class Receipt(StrEnum):
    """What we let people see of a command in a comment: a reaction on it."""

    SEEN = "seen"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request."""

    id: str
    user: str
    body: str
    at: datetime
    number: int = 0
    """The pull request that it is on; 0: the one that was asked for."""
    edited: bool = False
    """It does not say any more what it said when it was written, or that cannot be told."""
    bot: bool = False
    """A program wrote it."""
    on_issue: bool = False
    """It stands on an issue, which is no pull request."""
    receipt: Receipt | None = None
    """Our newest reaction on it."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request (GitLab: merge request) as last read."""

    number: int
    state: PullState
    head_branch: Branch
    base_branch: Branch
    head: Oid
    """The head commit; of a merged or closed one, the head when that happened."""
    title: str
    body: str
    author: str
    opened_at: datetime
    labels: tuple[str, ...] = ()
    draft: bool = False
    mergeable: bool | None = None
    """False: conflicts, or the base demands an up-to-date branch; None: not known yet."""
    queued: bool = False
    """We put it into the merge queue of its base, which will merge it by itself."""
    reviews: tuple[Review, ...] = ()
    checks: tuple[Check, ...] = ()
    """Checks on `head`."""
    url: str = ""
    closed_at: datetime | None = None
    closed_by: str | None = None
    merged_commit: Oid | None = None


@dataclass(frozen=True, slots=True)
class Protection:
    """What the forge asks of a merge into a branch, and whether promoter may push there."""

    may_push: bool = True
    methods: tuple[str, ...] = ("merge", "squash", "rebase")
    required_checks: tuple[str, ...] = ()
    required_approvals: int = 0
    up_to_date: bool = False


@dataclass(frozen=True, slots=True)
class FileChange:
    """What stands at a path after a commit."""

    mode: int
    """As Git writes it: `0o100644`."""
    id: Oid
    content: bytes
    """Empty for a submodule."""


@dataclass(frozen=True, slots=True)
class SignedCommit:
    """A commit that the forge made: `data` are the bytes that it signed, without the signature."""

    id: Oid
    data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """What our token may do, as far as the forge tells."""

    lacks: tuple[str, ...] = ()
    """Rights that are needed and not there, in the forge's own words: `contents: write`."""
    expires: datetime | None = None
    """When the token ends; None: never, or that is not told."""
    archived: bool = False
    """The repository cannot be written to by anybody."""


@dataclass(frozen=True, slots=True)
class Writers:
    """Who may push to a branch, as far as the forge tells."""

    we: bool
    """Whether we may, be it because we may bypass the rules."""
    kept: bool
    """Some rule keeps people with the right to write from pushing there."""
    others: tuple[str, ...] = ()
    """Who else may bypass that rule: `the role maintain`, `team 7`; as many as we are shown."""
    deletable: bool = False
    """Whoever may write may delete the branch, and make another in its place."""


@dataclass(frozen=True, slots=True)
class PullText:
    """What promoter wants a pull request to say."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = field(default=())
