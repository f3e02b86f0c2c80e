"""What the test server remembers of pull requests, comments and checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Review:
    """One review."""

    user: str
    state: str
    """`APPROVED`, `CHANGES_REQUESTED`, `COMMENTED` or `DISMISSED`."""
    commit: str
    at: datetime


@dataclass
class Happening:
    """One line of a pull request's timeline."""

    kind: str
    """As GraphQL names the type: `ClosedEvent`, `LabeledEvent`, ..."""
    user: str | None
    at: datetime
    label: str = ""


@dataclass
class Reaction:
    """One reaction to a comment."""

    id: int
    user: str
    content: str
    """As REST says it: `+1`, `eyes`, ..."""
    at: datetime


@dataclass
class Comment:
    """One comment on a pull request or an issue."""

    id: int
    number: int
    user: str
    body: str
    at: datetime
    updated: datetime
    edited: datetime | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Pull:
    """One pull request."""

    number: int
    head_branch: str
    base_branch: str
    head: str
    title: str
    body: str
    author: str
    at: datetime
    state: str = "OPEN"
    draft: bool = False
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)
    team_reviewers: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    timeline: list[Happening] = field(default_factory=list)
    closed_at: datetime | None = None
    merged_by: str | None = None
    merge_commit: str | None = None
    fork: str | None = None
    """The owner of the fork that its head is in; None: this repository."""
    queued: bool = False
    queued_by: str = ""
    looked: int = 0
    """How often somebody asked for its mergeability since the head or base moved."""


@dataclass
class Status:
    """One commit status, as posted."""

    id: int
    context: str
    state: str
    user: str
    description: str | None
    url: str | None
    at: datetime


@dataclass
class CheckRun:
    """One check run."""

    id: int
    name: str
    app: str
    status: str
    """`queued`, `in_progress` or `completed`."""
    conclusion: str | None
    at: datetime
    suite: int = 1
    workflow: int | None = None


@dataclass
class Rules:
    """What a merge into one branch needs: by a ruleset, or by classic branch protection."""

    checks: tuple[str, ...] = ()
    approvals: int = 0
    strict: bool = False
    methods: tuple[str, ...] = ("merge", "squash", "rebase")
    push: bool = True
    """Whether the bot may push."""
    linear: bool = False
    queue: bool = False
    classic: bool = False
    deletable: bool = True
    bypass: str = "never"
    """Whether the bot may bypass the ruleset."""
    actors: tuple[tuple[str, int | None, str], ...] = ()
    """(type, id, mode) of who may bypass it; of classic protection (`User` or `App`, 0, login) of who may push."""


@dataclass
class Workflow:
    """One workflow's file, and whether it runs."""

    path: str
    state: str = "active"


@dataclass
class Deployed:
    """One deployment with its newest status; no state: none was posted."""

    commit: str
    environment: str
    creator: str
    at: datetime
    state: str
    said_by: str
    said_at: datetime
    id: int = 0
    task: str = "deploy"
    description: str = ""
    url: str = ""
    """The log of the newest status."""
    said: list[str] = field(default_factory=list)
    """The states of all statuses that came by the API, oldest first."""
