"""What the GitLab of the tests remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Emoji:
    """One reaction to a note."""

    id: int
    user: str
    name: str


@dataclass
class Note:
    """One note on a merge request."""

    id: int
    iid: int
    user: str
    body: str
    at: datetime
    updated: datetime
    system: bool = False
    internal: bool = False
    edited: datetime | None = None
    emoji: list[Emoji] = field(default_factory=list)


@dataclass
class Version:
    """One state of a merge request's diff."""

    id: int
    head: str
    at: datetime


@dataclass
class Merge:
    """One merge request."""

    iid: int
    source: str
    target: str
    head: str
    title: str
    description: str
    author: str
    at: datetime
    updated: datetime
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    label_events: list[tuple[str, str, str, datetime]] = field(default_factory=list)
    """(user, `add` or `remove`, label, when)."""
    assignees: list[str] = field(default_factory=list)
    reviewers: dict[str, str] = field(default_factory=dict)
    """Username -> `UNREVIEWED`, `APPROVED`, `REQUESTED_CHANGES`, ..."""
    approvals: dict[str, datetime] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    closed_at: datetime | None = None
    closed_by: str | None = None
    merged_at: datetime | None = None
    merge_user: str | None = None
    merge_commit: str | None = None
    squash_commit: str | None = None
    fork: int | None = None
    """The id of the project that its branch is in; None: this one."""
    threads: int = 0
    """Threads that are not resolved."""
    looked: int = 0
    """How often somebody asked for its mergeability since head or target moved."""
    external: dict[str, str] = field(default_factory=dict)
    """External status checks that must pass: name -> `pending`, `passed` or `failed`."""
    train: str = ""
    """The state of its car in the merge train; empty: it is in none."""

    @property
    def draft(self) -> bool:
        """Tell by its title, as GitLab does."""
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))


@dataclass
class Job:
    """One job of a pipeline, or a status that was posted."""

    id: int
    name: str
    status: str
    user: str
    at: datetime
    kind: str = "Ci::Build"
    description: str | None = None
    url: str | None = None
    finished: datetime | None = None
    allow_failure: bool = False
    retried: bool = False


@dataclass
class Pipeline:
    """One pipeline."""

    id: int
    sha: str
    ref: str
    source: str
    user: str
    at: datetime
    jobs: list[Job] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    name: str = ""
    ended: datetime | None = None

    @property
    def status(self) -> str:
        """Give what its jobs amount to."""
        states = [one.status for one in self.jobs if not one.retried and not one.allow_failure]
        for worst in ("failed", "canceled", "running", "pending", "created", "manual"):
            if worst in states:
                return worst
        return "success" if "success" in states or not states else "skipped"


@dataclass
class Deployed:
    """One deployment."""

    id: int
    environment: str
    sha: str
    status: str
    user: str
    at: datetime
    updated: datetime
    ref: str = "main"
    job: bool = False
    """A job made it."""


@dataclass
class Guard:
    """One protected branch, by name or pattern."""

    name: str
    push: list[dict[str, object]] = field(default_factory=lambda: [{"access_level": 40}])
    merge: list[dict[str, object]] = field(default_factory=lambda: [{"access_level": 40}])
    force: bool = False


@dataclass
class Rule:
    """One approval rule."""

    required: int
    branches: tuple[str, ...] = ()
    every: bool = False
    """It applies to all protected branches."""


@dataclass
class Settings:
    """How the project merges."""

    method: str = "merge"
    squash: str = "default_off"
    pipeline: bool = False
    """Only a pipeline that succeeded may be merged."""
    resolved: bool = False
    """Only when all threads are resolved."""
    reset: bool = False
    """New commits take approvals back."""
    trains: bool = False
    old: bool = False
    """Approvals do not say when they were given."""
    paid: bool = True
    """There are approval rules."""
    archived: bool = False
