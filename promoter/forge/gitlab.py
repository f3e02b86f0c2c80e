"""GitLab as promoter's forge: gitlab.com, GitLab Dedicated and servers of one's own.

Reads go by GraphQL where one call replaces hundreds, writes by REST. Nothing is remembered but who we are: every read
asks. Invariants: see `promoter.forge.retry` (sending), `gitlab_merge` (merges) and `promoter.forge.port`. A pull
request is called merge request in all that GitLab's people read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from promoter.forge.gitlab_access import Accesses
from promoter.forge.gitlab_checks import Checks
from promoter.forge.gitlab_comments import Comments
from promoter.forge.gitlab_connection import Connection
from promoter.forge.gitlab_deployments import Deployments
from promoter.forge.gitlab_edit import Edits
from promoter.forge.gitlab_jobs import Jobs
from promoter.forge.gitlab_merge import Merges
from promoter.forge.gitlab_people import People
from promoter.forge.gitlab_place import GitLabPlace
from promoter.forge.gitlab_protection import Protections
from promoter.forge.gitlab_pulls import Pulls
from promoter.forge.port import NOTHING_SETTLED
from promoter.forge.retry import STANDARD, Limits
from promoter.model.forge import (
    Check,
    Comment,
    Deployment,
    Permission,
    Protection,
    PullRequest,
    PullText,
    Receipt,
    Standing,
    Writers,
)
from promoter.model.job import Job, JobRun
from promoter.model.names import Branch, Oid
from promoter.plan.verbs import VERBS

if TYPE_CHECKING:
    from gitlab import Gitlab

QUICK_ACTIONS: Final = frozenset({"promote", "status"})
"""Verbs of ours that are commands of GitLab's own: it takes such a line out of a note before anybody sees it.

Source: "GitLab quick actions"."""


class GitLabForge:
    """One project on GitLab; satisfies `promoter.forge.port.Forge`.

    `enter` gives the way in when something is first asked; `tell` gets a sentence when something must be waited for.
    GitLab keeps its own time, so the `now` of the port's writes is not used. Two threads need two of these.
    """

    def __init__(
        self,
        enter: Callable[[], Gitlab],
        place: GitLabPlace,
        tell: Callable[[str], None],
        limits: Limits = STANDARD,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.called = "merge request"
        self.short_verbs = frozenset(entry.name for entry in VERBS if entry.comment) - QUICK_ACTIONS
        self.connection = Connection(enter, place, tell, limits, sleep)
        self._people = People(self.connection)
        self._checks = Checks(self.connection, sleep)
        self._pulls = Pulls(self.connection, self._people, self._checks, sleep)
        self._deployments = Deployments(self.connection)
        self._edits = Edits(self.connection, self._pulls, self._people)
        self._comments = Comments(self.connection)
        self._protections = Protections(self.connection)
        self._access = Accesses(self.connection, self._protections)
        self._jobs = Jobs(self.connection)
        self._merges = Merges(self.connection, self._pulls, sleep)

    @property
    def identity(self) -> str:
        """Our username there."""
        return self.connection.identity

    def pulls(
        self, heads: Collection[Branch], settled: Mapping[Branch, int] = NOTHING_SETTLED
    ) -> Mapping[Branch, Sequence[PullRequest]]:
        """Give all merge requests from each of `heads`, oldest first; reviews and checks on open ones.

        Of those that ended only what is above `settled`. Who posted our own status is not asked; `pull` knows.
        """
        return self._pulls.of_heads(heads, settled)

    def pull(self, number: int) -> PullRequest:
        """Read one merge request afresh. Raises EdgeFailed when there is none."""
        return self._pulls.one(number)

    def open_pull(self, head: Branch, base: Branch, text: PullText, now: datetime) -> PullRequest:
        """Open a merge request; give the open one when head and base already have one."""
        return self._pulls.one(self._edits.open(head, base, text))

    def edit_pull(self, number: int, text: PullText, now: datetime) -> None:
        """Make the merge request say `text`; labels of other people stay."""
        self._edits.edit(number, text)

    def close_pull(self, number: int, now: datetime) -> None:
        """Close without merging; nothing happens when it is closed already."""
        self._edits.close(number)

    def merge_pull(self, number: int, expect_head: Oid, method: str, message: str, now: datetime) -> Oid:
        """Merge; give the commit on the target branch, also when that exact head is merged already.

        Raises LostRace when the head differs, Rejected when it may not merge, Underway when a merge train has it.
        """
        return self._merges.merge(number, expect_head, method, message)

    def checks(self, commit: Oid) -> Sequence[Check]:
        """Give jobs and posted statuses of `commit`, newest of each name and reporter, by name."""
        return self._checks.of(commit)

    def set_status(self, commit: Oid, name: str, state: str, description: str, url: str, now: datetime) -> None:
        """Post a commit status of at most 255 characters; nothing is written when it already says so."""
        self._checks.post(commit, name, state, description, url)

    def deployments(self, environment: str) -> Sequence[Deployment]:
        """Give the newest hundred deployments to GitLab's `environment`, without ours, the last one made first."""
        return self._deployments.to(environment)

    def deploy(self, environment: str, commit: Oid, state: str, description: str, url: str, now: datetime) -> None:
        """Say that our deployment of `commit` is in `state`; GitLab has no place for description and address."""
        self._deployments.deploy(environment, commit, state)

    def comments(self, number: int) -> Sequence[Comment]:
        """Give the comments on a merge request, oldest first."""
        return self._comments.of(number)

    def upsert_comment(self, number: int, marker: str, body: str, now: datetime) -> None:
        """Write our one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        self._comments.upsert(number, marker, body)

    def comments_since(self, since: datetime) -> Sequence[Comment]:
        """Give the comments on all merge requests that were written at `since` or later, oldest first."""
        return self._comments.since(since)

    def acknowledge(self, number: int, comment: str, receipt: Receipt, now: datetime) -> None:
        """React to a comment in place of our reaction before; nothing is written when it stands there already."""
        self._comments.acknowledge(number, comment, receipt)

    def permission(self, user: str) -> Permission:
        """Give `user`'s right: the highest of their memberships, inherited ones too."""
        return self._people.permission(user)

    def teams(self, user: str) -> frozenset[str]:
        """Give the groups that `user` is a member of directly, without the name of the project's top group."""
        return self._people.teams(user)

    def members(self, team: str) -> frozenset[str] | None:
        """Give who is in the group `team` directly; None when GitLab does not tell."""
        return self._people.members(team)

    def protection(self, branch: Branch) -> Protection:
        """Give what the project, protected branches and approval rules ask of merges into `branch`."""
        return self._protections.of(branch)

    def standing(self, reads: Collection[str]) -> Standing:
        """Give what our token may do."""
        return self._access.standing(reads)

    def writers(self, branches: Collection[Branch]) -> Mapping[Branch, Writers]:
        """Give who may push to each of `branches`, which need not exist."""
        return self._access.writers(branches)

    def scheduled(self) -> frozenset[str] | None:
        """Give the branches on which a schedule starts the pipeline; None: that is not told."""
        return self._access.scheduled()

    def disabled_jobs(self) -> Mapping[str, str]:
        """Give nothing: GitLab has no files of jobs that are switched off by themselves."""
        return {}

    def job_inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give which inputs a job takes. Raises Rejected when it cannot be started, or found again."""
        return self._jobs.inputs(workflow, read)

    def start_job(self, job: Job, now: datetime) -> JobRun | None:
        """Start a pipeline on `job.branch` with the job's inputs. Raises Rejected."""
        return self._jobs.start(job, now)

    def job_run(self, job: Job, since: datetime, url: str = "") -> JobRun | None:
        """Give our newest pipeline with the job's key."""
        return self._jobs.run(job, since, url)

    def leave_queue(self, number: int, now: datetime) -> None:
        """Take a merge request that we put into a merge train out of it; nothing happens when it is in none."""
        self._merges.leave(number)
