"""The state of the GitLab of the tests: one project's merge requests, and what people, pushes and we do to them.

A push is noticed when somebody asks next, or at once when it came over HTTP.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.content import Conflict, Content
from tests.gitlab.merging import detailed, known
from tests.gitlab.people import LEVELS, People
from tests.gitlab.pipelines import Pipelines
from tests.gitlab.records import Deployed, Emoji, Guard, Merge, Note, Rule, Settings, Version

PATH = "acme/platform/fleet"
PROJECT = 7


class Hub:
    """Everything about one project on GitLab."""

    def __init__(self, path: Path) -> None:
        self.content = Content(path)
        self.people = People()
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self.called = PATH
        """Its path now; under the old one GitLab answers too."""
        self.settings = Settings()
        self.merges: dict[int, Merge] = {}
        self.notes: dict[int, Note] = {}
        self.pipelines = Pipelines(self)
        self.deployments: list[Deployed] = []
        self.guards: list[Guard] = []
        self.rules: list[Rule] = []
        self.schedules: list[tuple[str, bool]] = []
        """Branch, and whether the schedule is active."""
        self.slow = 0
        """How many times mergeability is not known yet after a head was pushed."""
        self._ids = 1000
        self._tips: dict[int, tuple[str | None, str | None]] = {}

    # Time and numbers

    def tick(self) -> datetime:
        """Give the time of a write; every one has its own second."""
        self.now += timedelta(seconds=1)
        return self.now

    def id(self) -> int:
        """Give a number that nothing else has."""
        self._ids += 1
        return self._ids

    # What pushes do

    def settle(self) -> None:
        """Notice what pushes did to open merge requests."""
        for merge in self.merges.values():
            if merge.state == "opened" and merge.fork is None:
                self._settle(merge)

    def _settle(self, merge: Merge) -> None:
        head, target = self.content.tip(merge.source), self.content.tip(merge.target)
        if self._tips.get(merge.iid) == (head, target):
            return
        before = self._tips.get(merge.iid, (None, None))[1]
        self._tips[merge.iid] = (head, target)
        has_commits = before is None or not self.content.contains(before, merge.head)
        if target is not None and has_commits and self.content.contains(target, merge.head):
            merge.merge_commit = self.content.landed(target, merge.head)
            self._end(merge, "merged", None)
        elif head is None:
            self._end(merge, "closed", None)
        else:
            merge.looked = 0
            if head != merge.head:
                self._moved(merge, head)

    def _moved(self, merge: Merge, head: str) -> None:
        merge.head = head
        at = merge.updated = self.tick()
        merge.versions.append(Version(self.id(), head, at))
        merge.train = ""
        if self.settings.reset:
            merge.approvals.clear()
        self.content.keep(merge.iid, head)
        self.note(merge.iid, merge.author, "added 1 commit", system=True)

    def _end(self, merge: Merge, state: str, user: str | None) -> None:
        at = merge.updated = self.tick()
        merge.state, merge.train = state, ""
        if state == "merged":
            merge.merged_at, merge.merge_user = at, user
        else:
            merge.closed_at, merge.closed_by = at, user

    # Merge requests

    def merge_request(self, iid: int) -> Merge:
        """Give a merge request. Raises Refused."""
        if iid not in self.merges:
            raise Refused(404, "404 Not found")
        return self.merges[iid]

    def open(self, source: str, target: str, title: str, description: str, user: str) -> Merge:
        """Open a merge request; also one without commits. Raises Refused."""
        tips = self.content.tip(source), self.content.tip(target)
        if tips[0] is None:
            raise Refused(409, [f'Source branch "{source}" does not exist'])
        same = (one for one in self.merges.values() if (one.source, one.target) == (source, target))
        for one in same:
            if one.state == "opened" and one.fork is None:
                raise Refused(409, [f"Another open merge request already exists for this source branch: !{one.iid}"])
        if len(title) > 255:
            raise Refused(400, {"title": ["is too long (maximum is 255 characters)"]})
        at = self.tick()
        made = Merge(1 + len(self.merges), source, target, tips[0], title.strip(), description, user, at, at)
        made.versions.append(Version(self.id(), tips[0], at))
        self.merges[made.iid] = made
        self._tips[made.iid] = tips
        self.content.keep(made.iid, tips[0])
        return made

    def from_fork(self, owner: str, source: str, target: str, commit: str) -> Merge:
        """Open a merge request from somebody's fork."""
        at = self.tick()
        made = Merge(1 + len(self.merges), source, target, commit, "Mine", "", owner, at, at, fork=99)
        self.merges[made.iid] = made
        return made

    def edit(self, iid: int, user: str, body: dict[str, object]) -> None:
        """Change a merge request as the API does. Raises Refused."""
        merge = self.merge_request(iid)
        if "title" in body and len(str(body["title"])) > 255:
            raise Refused(400, {"title": ["is too long (maximum is 255 characters)"]})
        merge.title = str(body.get("title", merge.title)).strip()
        merge.description = str(body.get("description", merge.description))
        self.label(iid, user, _words(body.get("add_labels")))
        for label in _words(body.get("remove_labels")):
            self.unlabel(iid, user, label)
        self.ask(iid, body)
        merge.updated = self.tick()
        if body.get("state_event") == "close":
            self.close(iid, user)

    def ask(self, iid: int, body: dict[str, object]) -> None:
        """Ask for reviews, and assign; the free tier keeps one of each."""
        merge = self.merge_request(iid)
        for key in ("reviewer_ids", "assignee_ids"):
            ids = body.get(key)
            if not isinstance(ids, list):
                continue
            users = [user for one in ids if (user := self.people.called(one))]
            users = users if self.settings.paid else users[:1]
            if key == "reviewer_ids":
                merge.reviewers = {one: merge.reviewers.get(one, "UNREVIEWED") for one in users}
            else:
                merge.assignees = users

    def close(self, iid: int, user: str) -> None:
        """Close without merging."""
        merge = self.merge_request(iid)
        if merge.state == "opened":
            self._end(merge, "closed", user)

    def reopen(self, iid: int, user: str) -> None:
        """Open again."""
        merge = self.merge_request(iid)
        if merge.state == "closed":
            merge.state, merge.closed_at, merge.closed_by = "opened", None, None
            merge.updated = self.tick()
            self.note(iid, user, "reopened", system=True)

    def label(self, iid: int, user: str, labels: Collection[str]) -> None:
        """Add labels."""
        merge = self.merge_request(iid)
        for one in labels:
            if one not in merge.labels:
                merge.labels.append(one)
                merge.label_events.append((user, "add", one, self.tick()))

    def unlabel(self, iid: int, user: str, label: str) -> None:
        """Remove a label."""
        merge = self.merge_request(iid)
        if label in merge.labels:
            merge.labels.remove(label)
            merge.label_events.append((user, "remove", label, self.tick()))

    def approve(self, iid: int, user: str) -> None:
        """Approve the head; whoever may read the project may, but only developers count for rules."""
        self.settle()
        merge = self.merge_request(iid)
        merge.approvals[user] = merge.updated = self.tick()
        if user in merge.reviewers:
            merge.reviewers[user] = "APPROVED"
        self.note(iid, user, "approved this merge request", system=True)

    def unapprove(self, iid: int, user: str) -> None:
        """Take an approval back."""
        merge = self.merge_request(iid)
        merge.approvals.pop(user, None)
        if user in merge.reviewers:
            merge.reviewers[user] = "UNAPPROVED"
        self.note(iid, user, "unapproved this merge request", system=True)

    def request_changes(self, iid: int, user: str) -> None:
        """Ask for changes, which takes the own approval back."""
        merge = self.merge_request(iid)
        merge.approvals.pop(user, None)
        merge.reviewers[user] = "REQUESTED_CHANGES"
        merge.updated = self.tick()
        self.note(iid, user, "requested changes", system=True)

    # Notes

    def note(self, iid: int, user: str, body: str, system: bool = False, internal: bool = False) -> Note:
        """Write a note. Raises Refused."""
        merge = self.merge_request(iid)
        at = merge.updated = self.tick()
        made = Note(self.id(), iid, user, body, at, at, system, internal)
        self.notes[made.id] = made
        return made

    def found_note(self, iid: int, id_: int) -> Note:
        """Give a note. Raises Refused."""
        found = self.notes.get(id_)
        if found is None or found.iid != iid:
            raise Refused(404, "404 Not found")
        return found

    def edit_note(self, iid: int, id_: int, body: str) -> Note:
        """Change a note. Raises Refused."""
        found = self.found_note(iid, id_)
        found.body = body
        found.updated = found.edited = self.tick()
        return found

    def react(self, iid: int, id_: int, user: str, name: str) -> Emoji:
        """React. Raises Refused, of the same a second time as well."""
        note = self.found_note(iid, id_)
        if any((one.user, one.name) == (user, name) for one in note.emoji):
            raise Refused(404, "404 Award Emoji Name has already been taken Not Found")
        made = Emoji(self.id(), user, name)
        note.emoji.append(made)
        note.updated = self.tick()
        return made

    def unreact(self, iid: int, id_: int, emoji: int) -> None:
        """Take a reaction back. Raises Refused."""
        note = self.found_note(iid, id_)
        left = [one for one in note.emoji if one.id != emoji]
        if len(left) == len(note.emoji):
            raise Refused(404, "404 Award Emoji Not Found")
        note.emoji = left

    def deploy(self, environment: str, commit: str, status: str, user: str, at: datetime) -> Deployed:
        """Make a deployment, or give the user's newest one of that commit another state."""
        last = next((one for one in reversed(self.deployments) if one.environment == environment), None)
        if last is None or (last.sha, last.user) != (commit, user):
            last = Deployed(self.id(), environment, commit, status, user, at, at)
            self.deployments.append(last)
        last.status, last.updated = status, at
        return last

    # Merging

    def merge(
        self, iid: int, user: str, sha: str | None = None, squash: bool = False, merging: str = "", squashing: str = ""
    ) -> Merge:
        """Merge as GitLab's own API does. Raises Refused."""
        self.settle()
        merge = self.merge_request(iid)
        if self.people.level(user) < LEVELS[Permission.WRITE]:
            raise Refused(401, "401 Unauthorized")
        if merge.state != "opened":
            raise Refused(405, "405 Method Not Allowed")
        if sha is not None and sha != merge.head:
            raise Refused(409, "SHA does not match HEAD of source branch")
        status = detailed(self, merge) if known(self, merge) else "checking"
        if status in ("conflict", "need_rebase", "checking"):
            raise Refused(422, "Branch cannot be merged")
        if status != "mergeable":
            raise Refused(405, "405 Method Not Allowed")
        if self.settings.squash in ("never", "always"):
            squash = self.settings.squash == "always"
        target = self.content.tip(merge.target)
        assert target is not None
        try:
            self._do(merge, target, user, squash, merging, squashing)
        except Conflict:
            raise Refused(422, "Branch cannot be merged") from None
        self._end(merge, "merged", user)
        return merge

    def _do(self, merge: Merge, target: str, user: str, squash: bool, merging: str, squashing: str) -> None:
        at, brought = self.tick(), merge.head
        if squash:
            fork = str(self.content.repo.merge_base(target, merge.head))
            words = squashing or merge.title
            merge.squash_commit = brought = self.content.merge("squash", fork, merge.head, words, user, at)
        if self.settings.method == "ff":
            self.content.move(merge.target, brought)
            return
        words = merging or f"Merge branch '{merge.source}' into '{merge.target}'\n\n{merge.title}"
        merge.merge_commit = self.content.merge("merge", target, brought, words, user, at)
        self.content.move(merge.target, merge.merge_commit)


def _words(value: object) -> list[str]:
    return [one.strip() for one in str(value or "").split(",") if one.strip()]
