"""What promoter asks of a forge.

Invariants: no write is repeated blindly (creating "what exists" re-reads it), every list is read to its end, and a
merge happens only for the exact head that was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

from promoter.model.forge import (
    Check,
    Comment,
    Deployment,
    FileChange,
    Permission,
    Protection,
    PullRequest,
    PullText,
    Receipt,
    SignedCommit,
    Standing,
    Writers,
)
from promoter.model.job import Job, JobRun
from promoter.model.names import Branch, Oid

NOTHING_SETTLED: Final[Mapping[Branch, int]] = MappingProxyType({})
"""Nobody remembers a pull request that is dealt with."""


class Forge(Protocol):
    """A forge, for one repository, as one identity (the bot)."""

    @property
    def identity(self) -> str:
        """Who we are there."""
        ...

    short_verbs: frozenset[str]
    """Verbs that may be said in a comment without `/promoter` before them: no command of the forge's own."""

    called: str
    """What people there call a pull request: two words."""

    def pulls(
        self, heads: Collection[Branch], settled: Mapping[Branch, int] = NOTHING_SETTLED
    ) -> Mapping[Branch, Sequence[PullRequest]]:
        """Give all pull requests from each of `heads`, all states, oldest first; reviews and checks on open ones.

        Of those that are not open only the ones with a number above `settled[head]` are given, and read.
        """
        ...

    def pull(self, number: int) -> PullRequest:
        """Read one pull request afresh. Raises EdgeFailed when there is none."""
        ...

    def open_pull(self, head: Branch, base: Branch, text: PullText, now: datetime) -> PullRequest:
        """Open a pull request; give the open one when head and base already have one."""
        ...

    def edit_pull(self, number: int, text: PullText, now: datetime) -> None:
        """Make the pull request say `text`; labels of other people stay."""
        ...

    def close_pull(self, number: int, now: datetime) -> None:
        """Close without merging; nothing happens when it is closed already."""
        ...

    def merge_pull(self, number: int, expect_head: Oid, method: str, message: str, now: datetime) -> Oid:
        """Merge; give the commit on the base.

        Raises LostRace when the head differs, Rejected when it may not merge, Underway when a queue will merge it.
        """
        ...

    def checks(self, commit: Oid) -> Sequence[Check]:
        """Give commit statuses and check runs on `commit`, newest of each name and reporter."""
        ...

    def set_status(self, commit: Oid, name: str, state: str, description: str, url: str, now: datetime) -> None:
        """Post a commit status; nothing is written when it already says so."""
        ...

    def deployments(self, environment: str) -> Sequence[Deployment]:
        """Give the deployments to the forge's `environment`, the last one made first; at least the newest 20.

        None that `Deploys.deploy` made: what we say is no evidence.
        """
        ...

    def comments(self, number: int) -> Sequence[Comment]:
        """Give the comments on a pull request, oldest first."""
        ...

    def upsert_comment(self, number: int, marker: str, body: str, now: datetime) -> None:
        """Write the one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        ...

    def comments_since(self, since: datetime) -> Sequence[Comment]:
        """Give the comments on all pull requests, and issues, that were written at `since` or later, oldest first."""
        ...

    def acknowledge(self, number: int, comment: str, receipt: Receipt, now: datetime) -> None:
        """React to a comment in place of our reaction before; nothing is written when it stands there already."""
        ...

    def permission(self, user: str) -> Permission:
        """Give `user`'s right on the repository."""
        ...

    def teams(self, user: str) -> frozenset[str]:
        """Give the teams that `user` belongs to, without the organisation's name."""
        ...

    def protection(self, branch: Branch) -> Protection:
        """Give what the forge asks of merges into `branch`."""
        ...


@runtime_checkable
class Teams(Protocol):
    """A forge that may tell who is in a team."""

    def members(self, team: str) -> frozenset[str] | None:
        """Give who is in `team`, empty when there is no such team; None: that is not told."""
        ...


@runtime_checkable
class Access(Protocol):
    """A forge that tells what our token may do, and who else may; everything here only reads."""

    def standing(self, reads: Collection[str]) -> Standing:
        """Give what we may do; `reads`: what is read beyond what always is: `checks`, `deployments`, `members`.

        `deployments: write`: those are written as well.
        """
        ...

    def writers(self, branches: Collection[Branch]) -> Mapping[Branch, Writers]:
        """Give who may push to each of `branches`, which need not exist."""
        ...

    def disabled_jobs(self) -> Mapping[str, str]:
        """Give path -> why, of the files of jobs that do not run whatever they listen to; none when that is hidden."""
        ...


@runtime_checkable
class Pipelines(Protocol):
    """A forge whose jobs are one pipeline for the whole repository, which a file at its root describes."""

    def scheduled(self) -> frozenset[str] | None:
        """Give the branches on which a schedule starts the pipeline; None: that is not told."""
        ...


@runtime_checkable
class Jobs(Protocol):
    """A forge that starts jobs of the repository's own, and tells how they went.

    A job's key must show in what the forge tells of its run, so that a run can be found again whoever lost its answer.
    Only runs that we started count; who ran one of them again does not matter.
    """

    def job_inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give which inputs the job takes; `read` gives a file of the dry branch, None when there is none.

        Raises Rejected, with what to do, when there is no such job, it cannot be started, or its runs would not tell
        their key.
        """
        ...

    def start_job(self, job: Job, now: datetime) -> JobRun | None:
        """Start a job with exactly `job.inputs`; None: it was started, and which run it is cannot be told yet.

        Raises Rejected when the forge refuses, EdgeFailed when it was not, or may not have been, started.
        """
        ...

    def job_run(self, job: Job, since: datetime, url: str = "") -> JobRun | None:
        """Give the newest run with the job's key that was made at `since` or later; None: there is none (yet).

        `url`: the run that is known; then that run alone is read. Raises EdgeFailed, Rejected.
        """
        ...


@runtime_checkable
class Deploys(Protocol):
    """A forge on which we can say what is deployed where, for people to see."""

    def deploy(self, environment: str, commit: Oid, state: str, description: str, url: str, now: datetime) -> None:
        """Say that our deployment of `commit` to the forge's `environment` is in `state`; make it when there is none.

        `state`: `pending`, `success`, `failure`, or `inactive`: no longer there. Nothing is written when it says so
        already. What we deployed there before and has not failed becomes inactive. A repeat after a crash makes no
        second one: it is known by environment, commit and us. `url`: where people can read more.
        """
        ...


@runtime_checkable
class Commits(Protocol):
    """A forge that makes commits itself, and signs them."""

    def make_commit(
        self, parent: Oid, below: Oid, tree: Oid, changes: Mapping[str, FileChange | None], message: str
    ) -> SignedCommit:
        """Make a commit of `tree` on `parent`, whose tree is `below` and differs from it by `changes` (None: gone).

        No branch changes, so a repeat does no harm. Raises Rejected when the forge does not sign it, EdgeFailed.
        """
        ...


@runtime_checkable
class Queues(Protocol):
    """A forge with branches that have a merge queue; see `PullRequest.queued`."""

    def leave_queue(self, number: int, now: datetime) -> None:
        """Take a pull request that we put into a merge queue out of it; nothing happens when it is in none."""
        ...
