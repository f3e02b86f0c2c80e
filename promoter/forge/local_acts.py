"""Everything that can be done on the local forge, by anyone: promoter and people go through the same doors.

Invariant: whatever is written to a pull request also writes down what its branches told at that moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from promoter.errors import EdgeFailed, LostRace, Rejected, UsageError
from promoter.forge import local_records as records
from promoter.forge.local_merge import METHODS
from promoter.forge.local_port import Move
from promoter.forge.local_records import Opinion, People, PullRecord, dump
from promoter.forge.local_state import DEPLOYMENTS, FILED, State, statuses_path
from promoter.forge.local_store import Change, Look, signature
from promoter.model.forge import RANKS, Check, Comment, Deployment, Permission, Protection, PullState, PullText
from promoter.model.names import Branch, Oid

STATES = ("success", "pending", "failure")
"""What a commit status can say."""

DEPLOYED = ("success", "pending", "failure", "inactive")
"""What can be said of a deployment."""
KEPT_DEPLOYMENTS = 50
"""How many deployments to one environment are kept."""

_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}(?:\[bot\])?")
_OID = re.compile(r"[0-9a-f]{40}")


class Acts:
    """Writes to the local forge, each in the name of a user."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._store = state.store

    def edit(
        self, number: int, user: str, why: str, now: datetime, change: Callable[[Look, PullRecord], PullRecord]
    ) -> None:
        """Write `change` of the pull request as it stands now. Raises EdgeFailed when there is none."""

        def plan(look: Look) -> Change[None]:
            before, pull = self.settled(look, number)
            after = change(look, pull)
            return Change(None, _differing((before,), (after,)))

        self._store.write(f"{why} pull request {number}", checked_user(user), now, plan)

    def settled(self, look: Look, number: int) -> tuple[PullRecord, PullRecord]:
        """Give a pull request as it was written, and as it stands now. Raises EdgeFailed when there is none."""
        found = self._state.found(look, number)
        if found is None:
            raise EdgeFailed(f"there is no pull request {number} on the local forge", "`promoter pr list` shows them")
        return found, self._state.settled(look, (found,))[0]

    def note(self, numbers: Iterable[int]) -> None:
        """Write down what pushes did to these pull requests, before their branches move on."""

        def plan(look: Look) -> Change[None]:
            before = [pull for number in numbers if (pull := self._state.found(look, number)) is not None]
            return Change(None, _differing(before, self._state.settled(look, before)))

        self._store.write("Note what pushes did to pull requests", self._state.identity, None, plan)

    def open(self, head: Branch, base: Branch, text: PullText, user: str, now: datetime) -> PullRecord:
        """Open a pull request, or give the open one. Raises Rejected when there is nothing to merge."""

        def plan(look: Look) -> Change[PullRecord]:
            known = self._store.pulls(look)
            rivals = [one for one in known.get(head, ()) if one.base_branch == base and one.state is PullState.OPEN]
            after = self._state.settled(look, rivals)
            files = _differing(rivals, after)
            there = next((one for one in after if one.state is PullState.OPEN), None)
            if there is not None:
                return Change(there, files)
            head_tip, base_tip = self._comparable(look, head, base)
            pull = PullRecord(
                number=1 + max((pulls[-1].number for pulls in known.values()), default=0),
                state=PullState.OPEN,
                head_branch=head,
                base_branch=base,
                head=head_tip,
                base=base_tip,
                title=text.title,
                body=text.body,
                author=user,
                opened_at=now,
                labels=_once(text.labels),
                reviewers=_once(text.reviewers),
                assignees=_once(text.assignees),
            )
            return Change(pull, {**files, pull.path: dump(pull)})

        return self._store.write(f"Open a pull request: {head} into {base}", checked_user(user), now, plan)

    def _comparable(self, look: Look, head: Branch, base: Branch) -> tuple[Oid, Oid]:
        for branch in (head, base):
            if branch not in look.branches:
                raise Rejected(f"there is no branch {branch}, so there is nothing to merge", "push it first")
        tips = look.branches[head], look.branches[base]
        self._store.bring(*tips)
        if self._state.merger.contains(tips[1], tips[0]):
            raise Rejected(f"{head} has no commit that {base} lacks, so there is nothing to merge")
        if self._state.merger.fork(tips[1], tips[0]) is None:
            raise Rejected(f"{head} and {base} share no history and cannot be merged")
        return tips

    def say(self, number: int, text: PullText, user: str, now: datetime) -> None:
        """Make the pull request say `text`."""
        self.edit(
            number,
            user,
            "Edit",
            now,
            lambda _, pull: replace(
                pull,
                title=text.title,
                body=text.body,
                labels=_once(text.labels),
                reviewers=_once(text.reviewers),
                assignees=_once(text.assignees),
            ),
        )

    def label(
        self, number: int, user: str, choose: Callable[[Collection[str]], Collection[str]], now: datetime
    ) -> None:
        """Change all labels of the pull request by `choose`. Raises Rejected without the right `triage`."""

        def change(look: Look, pull: PullRecord) -> PullRecord:
            self._need(look, user, Permission.TRIAGE, "set labels")
            labels = choose(_once((*pull.labels, *pull.added)))
            kept = tuple(label for label in pull.labels if label in labels)
            return replace(pull, labels=kept, added=_once(label for label in labels if label not in kept))

        self.edit(number, user, "Label", now, change)

    def review(self, number: int, user: str, state: str, head: Oid | None, now: datetime) -> None:
        """Give an opinion on `head` (None: the current one). Raises Rejected for one's own or an ended pull request."""

        def change(look: Look, pull: PullRecord) -> PullRecord:
            if pull.state is not PullState.OPEN:
                raise Rejected(f"pull request {number} is {pull.state} and takes no reviews")
            if user == pull.author:
                raise Rejected(f"{user} opened pull request {number} and cannot review it", "ask somebody else")
            if head is not None and head != pull.head:
                raise LostRace(f"pull request {number} is at {pull.head}, not {head}", "look at it again")
            others = tuple(one for one in pull.opinions if one.user != user)
            return replace(pull, opinions=(*others, Opinion(user, state, pull.head, now)))

        self.edit(number, user, "Review", now, change)

    def dismiss(self, number: int, reviewer: str, user: str, now: datetime) -> None:
        """Take a person's opinion out of the count. Raises Rejected without the right `write`."""

        def change(look: Look, pull: PullRecord) -> PullRecord:
            self._need(look, user, Permission.WRITE, "dismiss a review")
            done = (replace(one, state="dismissed") if one.user == reviewer else one for one in pull.opinions)
            return replace(pull, opinions=tuple(done))

        self.edit(number, user, "Dismiss a review of", now, change)

    def close(self, number: int, user: str, now: datetime) -> None:
        """Close an open pull request; others stay as they are. Raises Rejected for others' without `triage`."""

        def change(look: Look, pull: PullRecord) -> PullRecord:
            if pull.state is not PullState.OPEN:
                return pull
            if user != pull.author:
                self._need(look, user, Permission.TRIAGE, "close it")
            return replace(pull, state=PullState.CLOSED, closed_at=now, closed_by=user)

        self.edit(number, user, "Close", now, change)

    def reopen(self, number: int, user: str, now: datetime) -> None:
        """Open a closed pull request again. Raises Rejected when it was merged, or could not be opened now."""

        def change(look: Look, pull: PullRecord) -> PullRecord:
            if pull.state is PullState.OPEN:
                return pull
            if pull.state is PullState.MERGED:
                raise Rejected(f"pull request {number} was merged and cannot be reopened")
            if user != pull.author:
                self._need(look, user, Permission.TRIAGE, "reopen it")
            rivals = self._state.settled(look, self._store.pulls(look).get(pull.head_branch, ()))
            for one in rivals:
                if one.state is PullState.OPEN and one.base_branch == pull.base_branch:
                    raise Rejected(f"pull request {one.number} is open for the same branches")
            head, base = self._comparable(look, pull.head_branch, pull.base_branch)
            return replace(pull, state=PullState.OPEN, head=head, base=base, closed_at=None, closed_by=None)

        self.edit(number, user, "Reopen", now, change)

    def merge(self, number: int, expect: Oid | None, method: str, message: str, user: str, now: datetime) -> Oid:
        """Merge, moving the base branch and the forge at once; give the commit on the base.

        What is merged already stays so. Raises LostRace when the head is not `expect` (None: any), Rejected when it
        may not be merged.
        """
        if method not in METHODS:
            raise UsageError(f"there is no merge method {method}", f"one of {', '.join(METHODS)}")

        def plan(look: Look) -> Change[Oid]:
            before, pull = self.settled(look, number)
            if expect is not None and pull.head != expect:
                raise LostRace(f"pull request {number} is at {pull.head}, not {expect}: it was not merged")
            if pull.merged_commit is not None:
                return Change(pull.merged_commit, _differing((before,), (pull,)))
            if pull.state is not PullState.OPEN:
                raise Rejected(f"pull request {number} is {pull.state} and cannot be merged", "reopen it first")
            self._need(look, user, Permission.WRITE, "merge it")
            reason = self._state.refusal(look, pull, method)
            if reason is not None:
                raise Rejected(f"pull request {number} may not be merged: {reason}")
            base = look.branches[pull.base_branch]
            words = message or f"Merge pull request {number} from {pull.head_branch}"
            tip = self._state.merger.merge(method, base, pull.head, words, signature(user), now)
            if tip == base:
                raise Rejected(f"{pull.base_branch} holds all changes of pull request {number} already", "close it")
            after = replace(pull, state=PullState.MERGED, closed_at=now, closed_by=user, merged_commit=tip)
            move = Move(f"refs/heads/{pull.base_branch}", base, tip)
            return Change(tip, {after.path: dump(after)}, (move,))

        return self._store.write(f"Merge pull request {number}", checked_user(user), now, plan)

    def comment(
        self, number: int, user: str, now: datetime, write: Callable[[tuple[Comment, ...]], tuple[Comment, ...]]
    ) -> None:
        """Write the comments on a pull request. Raises EdgeFailed when there is none."""

        def plan(look: Look) -> Change[None]:
            self.settled(look, number)
            before = self.comments(look, number)
            after = write(before)
            return Change(None, {} if after == before else {_comments_path(number): dump(after)})

        self._store.write(f"Comment on pull request {number}", checked_user(user), now, plan)

    def numbers(self, look: Look) -> list[int]:
        """Give the numbers of all pull requests."""
        return sorted(one.number for pulls in self._store.pulls(look).values() for one in pulls)

    def comments(self, look: Look, number: int) -> tuple[Comment, ...]:
        """Give the comments on a pull request, oldest first."""
        return self._store.read(look, _comments_path(number), records.comments, ())

    def check(self, commit: Oid, check: Check, now: datetime) -> None:
        """Post a check, and note the head of the open pull requests that it stands on."""
        checked_user(check.reporter)
        if check.state not in STATES:
            raise UsageError(f"a check cannot be {check.state!r}", f"one of {', '.join(STATES)}")
        if _OID.fullmatch(commit) is None:
            raise UsageError(f"{commit!r} is not a commit id")

        def plan(look: Look) -> Change[None]:
            before = self._state.checks(look, commit)
            same = [one for one in before if (one.name, one.reporter) == (check.name, check.reporter)]
            if [replace(one, at=now) for one in same] == [replace(check, at=now)]:
                return Change(None)
            after = sorted(
                [*(one for one in before if one not in same), replace(check, at=now)],
                key=lambda one: (one.name, one.reporter),
            )
            return Change(None, {statuses_path(commit): dump(after), **self._heads(look, commit)})

        self._store.write(f"Set a status on {commit}", check.reporter, now, plan)

    def deploy(self, said: Deployment) -> None:
        """Make a deployment, or give its creator's newest one of that commit another state."""
        checked_user(said.creator)
        if said.state not in DEPLOYED:
            raise UsageError(f"a deployment cannot be {said.state!r}", f"one of {', '.join(DEPLOYED)}")
        if not said.environment:
            raise UsageError("a deployment needs an environment", "prod, or prod/shop")
        if _OID.fullmatch(said.commit) is None:
            raise UsageError(f"{said.commit!r} is not a commit id", "40 hex digits")

        def plan(look: Look) -> Change[None]:
            known = self._state.deployments(look)
            before = known.get(said.environment, ())
            last = before[0] if before else None
            if last is not None and (last.commit, last.creator) == (said.commit, said.creator):
                if replace(last, at=said.at) == said:
                    return Change(None)
                before = before[1:]
            after = {**known, said.environment: (said, *before)[:KEPT_DEPLOYMENTS]}
            return Change(None, {DEPLOYMENTS: dump(after)})

        self._store.write(f"Deploy {said.commit} to {said.environment}: {said.state}", said.creator, said.at, plan)

    def file(self, said: Deployment) -> None:
        """Make our deployment, or give ours of that commit another state; what was there before is there no more."""

        def plan(look: Look) -> Change[None]:
            known = self._state.deployments(look, FILED)
            before = known.get(said.environment, ())
            at = next((at for at, one in enumerate(before) if one.commit == said.commit), None)
            newer, older = (before[:at], before[at + 1 :]) if at is not None else ((), before)
            same = at is not None and before[at].state == said.state
            now = before[at] if at is not None and same else said
            gone = (
                replace(one, state="inactive", at=said.at) if one.state in ("pending", "success") else one
                for one in older
            )
            after = (*newer, now, *gone)[:KEPT_DEPLOYMENTS]
            files = {FILED: dump({**known, said.environment: after})} if after != before else {}
            return Change(None, files)

        self._store.write(f"File {said.commit} in {said.environment}: {said.state}", said.creator, said.at, plan)

    def _heads(self, look: Look, commit: Oid) -> Mapping[str, bytes]:
        branches = [branch for branch, tip in look.branches.items() if tip == commit]
        known = self._store.pulls(look)
        pulls = [one for branch in branches for one in known.get(branch, ()) if one.state is PullState.OPEN]
        return _differing(pulls, self._state.settled(look, pulls))

    def people(self, people: People, now: datetime) -> None:
        """Name who may do what, in place of all that was said before."""
        for user in {*people.permissions, *(one for members in people.teams.values() for one in members)}:
            checked_user(user)
        self._store.write(
            "Name people and teams",
            self._state.identity,
            now,
            lambda look: Change(None, {} if people == self._state.people(look) else {"people.json": dump(people)}),
        )

    def protect(self, branch: Branch, protection: Protection, now: datetime) -> None:
        """Say what merges into `branch` need."""

        def plan(look: Look) -> Change[None]:
            before = self._state.protections(look)
            after = {**before, branch: protection}
            return Change(None, {} if after == before else {"protection.json": dump(after)})

        self._store.write(f"Protect {branch}", self._state.identity, now, plan)

    def _need(self, look: Look, user: str, right: Permission, deed: str) -> None:
        has = self._state.permission(look, user)
        if RANKS[has] < RANKS[right]:
            raise Rejected(f"{user} may not {deed}: that needs {right}, and {user} has {has}")


def checked_user(user: str) -> str:
    """Give `user` back when that can be a user's name. Raises UsageError."""
    if _USER.fullmatch(user) is None:
        raise UsageError(f"{user!r} cannot be a user's name", "letters, digits and . _ - @, at most 63")
    return user


def _differing(before: Iterable[PullRecord], after: Iterable[PullRecord]) -> dict[str, bytes]:
    return {new.path: dump(new) for old, new in zip(before, after, strict=True) if new != old}


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def _comments_path(number: int) -> str:
    return f"comments/{number}.json"
