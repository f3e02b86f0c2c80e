"""The local forge: pull requests, reviews and statuses in a ref of the repository itself.

For teams without a forge within reach: everything is pushed and fetched with the repository, and nothing runs. Who
somebody is stands on their word alone: whoever can push here is believed.

Invariants: see `local_store` (writes), `local_state` (what branches tell) and `local_merge` (merges).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from promoter.forge.local_acts import Acts, checked_user
from promoter.forge.local_jobs import LocalJobs, Runner
from promoter.forge.local_port import Shared
from promoter.forge.local_records import People, PullRecord
from promoter.forge.local_state import FILED, State
from promoter.forge.local_store import ForgeStore, Look
from promoter.forge.port import NOTHING_SETTLED
from promoter.model.forge import (
    Check,
    Comment,
    Deployment,
    Permission,
    Protection,
    PullRequest,
    PullState,
    PullText,
    Receipt,
)
from promoter.model.job import Job, JobRun
from promoter.model.names import Branch, Oid
from promoter.model.wording import PULL
from promoter.plan.verbs import VERBS


class LocalForge:
    """A forge in `repository`, as `identity`; satisfies `promoter.forge.port.Forge`.

    Nobody tells this forge of a push, so a read that finds a pull request moved, merged or closed by one writes that
    down once, as it would be forgotten when the branch moves on. With `notices` False reads never write. `runner` runs
    jobs; without it none can be started.
    """

    def __init__(
        self, repository: Shared, identity: str = "promoter", notices: bool = True, runner: Runner | None = None
    ) -> None:
        self.identity = checked_user(identity)
        self.called = PULL
        self.short_verbs = frozenset(entry.name for entry in VERBS if entry.comment)
        self._store = ForgeStore(repository)
        self._state = State(self._store, identity)
        self._acts = Acts(self._state)
        self._jobs = LocalJobs(self._store, identity, runner)
        self._notices = notices

    # What promoter does: see `promoter.forge.port.Forge`.

    def pulls(
        self, heads: Collection[Branch], settled: Mapping[Branch, int] = NOTHING_SETTLED
    ) -> Mapping[Branch, Sequence[PullRequest]]:
        """Give all pull requests from each of `heads`, all states, oldest first; reviews and checks on open ones.

        Of those that are not open only the ones with a number above `settled[head]`.
        """
        look = self._store.look()
        known = self._store.pulls(look)
        found = {head: _unsettled(known.get(head, ()), settled.get(head, 0)) for head in heads}
        now = self._settled(look, [pull for pulls in found.values() for pull in pulls])
        return {
            head: tuple(
                self._state.view(look, one)
                for one in _unsettled([now[it.number] for it in every], settled.get(head, 0))
            )
            for head, every in found.items()
        }

    def all_pulls(self) -> Sequence[PullRequest]:
        """Give every pull request, newest first."""
        look = self._store.look()
        settled = self._settled(look, [pull for pulls in self._store.pulls(look).values() for pull in pulls])
        return tuple(self._state.view(look, settled[number]) for number in sorted(settled, reverse=True))

    def pull(self, number: int) -> PullRequest:
        """Read one pull request afresh, with its reviews and checks. Raises EdgeFailed when there is none."""
        look = self._store.look()
        found, _ = self._acts.settled(look, number)
        return self._state.view(look, self._settled(look, [found])[number], whole=True)

    def open_pull(self, head: Branch, base: Branch, text: PullText, now: datetime) -> PullRequest:
        """Open a pull request; give the open one when head and base already have one."""
        return self.open_as(self.identity, head, base, text, now)

    def edit_pull(self, number: int, text: PullText, now: datetime) -> None:
        """Make the pull request say `text`; labels that people set stay."""
        self._acts.say(number, text, self.identity, now)

    def close_pull(self, number: int, now: datetime) -> None:
        """Close without merging; nothing happens when it is closed already."""
        self._acts.close(number, self.identity, now)

    def merge_pull(self, number: int, expect_head: Oid, method: str, message: str, now: datetime) -> Oid:
        """Merge; give the commit on the base, also when that exact head is merged already.

        Raises LostRace when the head differs, Rejected when it may not merge. A squash keeps the messages of the
        commits that it replaces below `message`; a rebase has no message of its own.
        """
        return self._acts.merge(number, expect_head, method, message, self.identity, now)

    def checks(self, commit: Oid) -> Sequence[Check]:
        """Give the statuses of `commit`, newest of each name and reporter, by name."""
        return self._state.checks(self._store.look(), commit)

    def set_status(self, commit: Oid, name: str, state: str, description: str, url: str, now: datetime) -> None:
        """Post a commit status; nothing is written when it already says so."""
        self.set_check(commit, name, state, self.identity, now, description, url)

    def deployments(self, environment: str) -> Sequence[Deployment]:
        """Give the deployments to `environment`, the last one made first."""
        return self._state.deployments(self._store.look()).get(environment, ())

    def deploy(self, environment: str, commit: Oid, state: str, description: str, url: str, now: datetime) -> None:
        """Say that our deployment of `commit` to `environment` is in `state`; `description` is not kept."""
        self._acts.file(Deployment(commit, environment, state, self.identity, now, url))

    def filed(self, environment: str) -> Sequence[Deployment]:
        """Give what `deploy` said of `environment`, the last one made first."""
        return self._state.deployments(self._store.look(), FILED).get(environment, ())

    def comments(self, number: int) -> Sequence[Comment]:
        """Give the comments on a pull request, oldest first. Raises EdgeFailed when there is no such pull request."""
        look = self._store.look()
        self._acts.settled(look, number)
        return self._acts.comments(look, number)

    def upsert_comment(self, number: int, marker: str, body: str, now: datetime) -> None:
        """Write our one comment that carries `marker`, or edit it; nothing is written when it already says so."""
        whole = body if marker in body else f"{marker}\n{body}"

        def write(before: tuple[Comment, ...]) -> tuple[Comment, ...]:
            for at, one in enumerate(before):
                if one.user == self.identity and marker in one.body:
                    return (*before[:at], replace(one, body=whole), *before[at + 1 :])
            return (*before, Comment(f"{number}-{len(before) + 1}", self.identity, whole, now))

        self._acts.comment(number, self.identity, now, write)

    def comments_since(self, since: datetime) -> Sequence[Comment]:
        """Give the comments on all pull requests that were written at `since` or later, oldest first."""
        look = self._store.look()
        found = [
            replace(one, number=number)
            for number in self._acts.numbers(look)
            for one in self._acts.comments(look, number)
            if one.at >= since
        ]
        return sorted(found, key=lambda one: (one.at, one.number))

    def acknowledge(self, number: int, comment: str, receipt: Receipt, now: datetime) -> None:
        """Note our reaction on a comment; nothing is written when it stands there already."""

        def write(before: tuple[Comment, ...]) -> tuple[Comment, ...]:
            return tuple(replace(one, receipt=receipt) if one.id == comment else one for one in before)

        self._acts.comment(number, self.identity, now, write)

    def permission(self, user: str) -> Permission:
        """Give `user`'s right on the repository: `write` for everybody until people are named."""
        return self._state.permission(self._store.look(), user)

    def teams(self, user: str) -> frozenset[str]:
        """Give the teams that `user` belongs to."""
        return self._state.teams(self._store.look(), user)

    def members(self, team: str) -> frozenset[str] | None:
        """Give who is in `team`; None until people are named."""
        named = self._state.people(self._store.look())
        return frozenset(named.teams.get(team, ())) if named is not None else None

    def protection(self, branch: Branch) -> Protection:
        """Give what the forge asks of merges into `branch`."""
        return self._state.protection(self._store.look(), branch)

    def job_inputs(self, workflow: str, read: Callable[[str], bytes | None]) -> frozenset[str]:
        """Give every input: a program takes them all. Raises Rejected when there is no such file, or no runner."""
        return self._jobs.inputs(workflow, read)

    def start_job(self, job: Job, now: datetime) -> JobRun | None:
        """Run a job to its end, unless somebody has started it already. Raises Rejected, EdgeFailed."""
        return self._jobs.start(job, now)

    def job_run(self, job: Job, since: datetime, url: str = "") -> JobRun | None:
        """Give how the job with that key went; None when nobody started it."""
        return self._jobs.run(job)

    # What people do.

    def open_as(self, user: str, head: Branch, base: Branch, text: PullText, now: datetime) -> PullRequest:
        """Open a pull request as `user`, or give the open one. Raises Rejected when there is nothing to merge."""
        return self.pull(self._acts.open(head, base, text, user, now).number)

    def approve(self, number: int, user: str, now: datetime, head: Oid | None = None) -> None:
        """Approve `head`, or what the head is now. Raises LostRace when the head differs, Rejected for one's own."""
        self._acts.review(number, user, "approved", head, now)

    def request_changes(self, number: int, user: str, now: datetime, head: Oid | None = None) -> None:
        """Ask for changes; see `approve`."""
        self._acts.review(number, user, "changes_requested", head, now)

    def dismiss(self, number: int, reviewer: str, user: str, now: datetime) -> None:
        """Take the review of `reviewer` out of the count, as `user`."""
        self._acts.dismiss(number, reviewer, user, now)

    def comment(self, number: int, user: str, body: str, now: datetime) -> None:
        """Comment as `user`."""
        self._acts.comment(
            number, user, now, lambda before: (*before, Comment(f"{number}-{len(before) + 1}", user, body, now))
        )

    def set_labels(self, number: int, labels: Collection[str], user: str, now: datetime) -> None:
        """Make `labels` all labels of a pull request, as `user`."""
        self._acts.label(number, user, lambda _: labels, now)

    def change_labels(
        self, number: int, add: Collection[str], remove: Collection[str], user: str, now: datetime
    ) -> None:
        """Add and remove labels as `user`; all others stay."""
        self._acts.label(number, user, lambda labels: [*(one for one in labels if one not in remove), *add], now)

    def close_as(self, number: int, user: str, now: datetime) -> None:
        """Close as `user`; nothing happens when it is closed already."""
        self._acts.close(number, user, now)

    def reopen_as(self, number: int, user: str, now: datetime) -> None:
        """Reopen as `user`. Raises Rejected when it was merged, or could not be opened now."""
        self._acts.reopen(number, user, now)

    def merge_as(
        self, number: int, user: str, method: str, now: datetime, message: str = "", expect_head: Oid | None = None
    ) -> Oid:
        """Merge as `user`; see `merge_pull`."""
        return self._acts.merge(number, expect_head, method, message, user, now)

    def set_check(
        self, commit: Oid, name: str, state: str, reporter: str, now: datetime, description: str = "", url: str = ""
    ) -> None:
        """Post a check as `reporter`: `success`, `pending` or `failure`."""
        self._acts.check(commit, Check(name, state, reporter, now, url, description), now)

    def deploy_as(self, environment: str, commit: Oid, state: str, creator: str, now: datetime, url: str = "") -> None:
        """Say how a deployment went: one of DEPLOYED; the last one again: its new state."""
        self._acts.deploy(Deployment(commit, environment, state, creator, now, url))

    def set_people(
        self, permissions: Mapping[str, Permission], teams: Mapping[str, Collection[str]], now: datetime
    ) -> None:
        """Name who may do what, and who is in which team; from then on, whoever is not named has no right."""
        self._acts.people(People(dict(permissions), {team: tuple(sorted(teams[team])) for team in teams}), now)

    def set_protection(self, branch: Branch, protection: Protection, now: datetime) -> None:
        """Say what merges into `branch` need."""
        self._acts.protect(branch, protection, now)

    def _settled(self, look: Look, pulls: Sequence[PullRecord]) -> Mapping[int, PullRecord]:
        after = self._state.settled(look, pulls)
        moved = [new.number for old, new in zip(pulls, after, strict=True) if old != new]
        if moved and self._notices:
            self._acts.note(moved)
        return {pull.number: pull for pull in after}


def _unsettled(pulls: Sequence[PullRecord], settled: int) -> list[PullRecord]:
    return [one for one in pulls if one.state is PullState.OPEN or one.number > settled]
