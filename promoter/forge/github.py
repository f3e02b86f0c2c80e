"""GitHub as promoter's forge: github.com, GitHub Enterprise Cloud and Server.

Reads go by GraphQL where one call replaces hundreds, writes by REST. Nothing is remembered but who we are: every read
asks. Invariants: see `github_connection` (sending), `github_merge` (merges) and `promoter.forge.port`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from promoter.forge.github_access import Accesses
from promoter.forge.github_checks import Checks
from promoter.forge.github_comments import Comments
from promoter.forge.github_commits import Commits
from promoter.forge.github_connection import Connection, Door
from promoter.forge.github_deployments import Deployments
from promoter.forge.github_edit import Edits
from promoter.forge.github_jobs import Jobs
from promoter.forge.github_merge import Merges
from promoter.forge.github_people import People
from promoter.forge.github_place import GitHubPlace
from promoter.forge.github_protection import Protections
from promoter.forge.github_pulls import Pulls
from promoter.forge.port import NOTHING_SETTLED
from promoter.forge.retry import STANDARD, Limits
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
from promoter.model.wording import PULL
from promoter.plan.verbs import VERBS


class GitHubForge:
    """One repository on GitHub; satisfies `promoter.forge.port.Forge`.

    `enter` gives the way in when something is first asked; `tell` gets a sentence when something must be waited for, or
    may not be seen. GitHub keeps its own time, so the `now` of the port's writes is not used. Two threads need two of
    these.
    """

    def __init__(
        self,
        enter: Callable[[], Door],
        place: GitHubPlace,
        tell: Callable[[str], None],
        limits: Limits = STANDARD,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.called = PULL
        self.short_verbs = frozenset(entry.name for entry in VERBS if entry.comment)  # GitHub itself has no commands
        self.connection = Connection(enter, place, tell, limits, sleep)
        self._people = People(self.connection)
        self._checks = Checks(self.connection)
        self._pulls = Pulls(self.connection, self._people, self._checks, sleep)
        self._deployments = Deployments(self.connection)
        self._commits = Commits(self.connection)
        self._edits = Edits(self.connection, self._pulls)
        self._comments = Comments(self.connection)
        self._protections = Protections(self.connection)
        self._access = Accesses(self.connection)
        self._jobs = Jobs(self.connection)
        self._merges = Merges(self.connection, self._pulls, self._checks, self._protections, sleep)

    @property
    def identity(self) -> str:
        """Who we are there: a login, or `NAME[bot]` of an app."""
        return self.connection.identity

    def pulls(
        self, heads: Collection[Branch], settled: Mapping[Branch, int] = NOTHING_SETTLED
    ) -> Mapping[Branch, Sequence[PullRequest]]:
        """Give all pull requests from each of `heads`, all states, oldest first; reviews and checks on open ones.

        Of those that are not open only the ones with a number above `settled[head]` are given, and read. Of two
        reporters of one check only the newest is seen here, as GitHub judges; `pull` and `checks` see both.
        """
        return self._pulls.of_heads(heads, settled)

    def pull(self, number: int) -> PullRequest:
        """Read one pull request afresh. Raises EdgeFailed when there is none."""
        return self._pulls.one(number)

    def open_pull(self, head: Branch, base: Branch, text: PullText, now: datetime) -> PullRequest:
        """Open a pull request; give the open one when head and base already have one."""
        return self._pulls.one(self._edits.open(head, base, text))

    def edit_pull(self, number: int, text: PullText, now: datetime) -> None:
        """Make the pull request say `text`; labels of other people stay."""
        self._edits.edit(number, text)

    def close_pull(self, number: int, now: datetime) -> None:
        """Close without merging; nothing happens when it is closed already."""
        self._edits.close(number)

    def merge_pull(self, number: int, expect_head: Oid, method: str, message: str, now: datetime) -> Oid:
        """Merge; give the commit on the base, also when that exact head is merged already.

        Raises LostRace when the head differs, Rejected when it may not merge, Underway when the merge queue has it.
        """
        return self._merges.merge(number, expect_head, method, message)

    def leave_queue(self, number: int, now: datetime) -> None:
        """Take a pull request that we put into a merge queue out of it; nothing happens when it is in none."""
        self._merges.leave_queue(number)

    def checks(self, commit: Oid) -> Sequence[Check]:
        """Give commit statuses and check runs on `commit`, newest of each name and reporter, by name."""
        return self._checks.of(commit)

    def set_status(self, commit: Oid, name: str, state: str, description: str, url: str, now: datetime) -> None:
        """Post a commit status of at most 140 characters; nothing is written when it already says so."""
        self._checks.post(commit, name, state, description, url)

    def deployments(self, environment: str) -> Sequence[Deployment]:
        """Give the newest hundred deployments to GitHub's `environment`, the last one made first."""
        return self._deployments.to(environment)

    def deploy(self, environment: str, commit: Oid, state: str, description: str, url: str, now: datetime) -> None:
        """Say that our deployment of `commit` to GitHub's `environment` is in `state`; make it when there is none."""
        self._deployments.say(environment, commit, state, description, url)

    def make_commit(
        self, parent: Oid, below: Oid, tree: Oid, changes: Mapping[str, FileChange | None], message: str
    ) -> SignedCommit:
        """Make a commit of `tree` on `parent`, which GitHub signs; no branch changes."""
        return self._commits.make(parent, below, tree, changes, message)

    def comments(self, number: int) -> Sequence[Comment]:
        """Give the comments on a pull request, oldest first."""
        return self._comments.of(number)

    def upsert_comment(self, number: int, marker: str, body: str, now: datetime) -> None:
        """Write our one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        self._comments.upsert(number, marker, body)

    def comments_since(self, since: datetime) -> Sequence[Comment]:
        """Give the comments on all pull requests, and issues, that were written at `since` or later, oldest first."""
        return self._comments.since(since)

    def acknowledge(self, number: int, comment: str, receipt: Receipt, now: datetime) -> None:
        """React to a comment in place of our reaction before; nothing is written when it stands there already."""
        self._comments.acknowledge(comment, receipt)

    def permission(self, user: str) -> Permission:
        """Give `user`'s right on the repository, by the collaborator API."""
        return self._people.permission(user)

    def teams(self, user: str) -> frozenset[str]:
        """Give the teams that `user` belongs to, without the organisation's name; none when the token may not know."""
        return self._people.teams([user])[user]

    def protection(self, branch: Branch) -> Protection:
        """Give what rulesets and branch protection ask of merges into `branch`."""
        return self._protections.of(branch).protection

    def standing(self, reads: Collection[str]) -> Standing:
        """Give what our token may do; `reads`: what is read beyond what always is: `checks`, `deployments`, `members`.

        Of a fine-grained token GitHub tells only whether it may push; what it reads is tried.
        """
        return self._access.standing(reads)

    def writers(self, branches: Collection[Branch]) -> Mapping[Branch, Writers]:
        """Give who may push to each of `branches`, which need not exist; a ruleset of several is read once."""
        return self._access.writers(branches)

    def disabled_jobs(self) -> Mapping[str, str]:
        """Give path -> why, of workflows that do not run whatever they listen to; none when that is hidden."""
        return self._access.disabled_workflows()

    def job_inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give which inputs a workflow declares. Raises Rejected when it cannot be started, or found again."""
        return self._jobs.inputs(workflow, read)

    def start_job(self, job: Job, now: datetime) -> JobRun | None:
        """Start a workflow on `job.branch`; None when GitHub does not say which run that is. Raises Rejected."""
        return self._jobs.start(job, now)

    def job_run(self, job: Job, since: datetime, url: str = "") -> JobRun | None:
        """Give the newest attempt of our newest run with the job's key."""
        return self._jobs.run(job, since, url)
