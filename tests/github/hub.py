"""The state of the test server: one repository's pull requests, and what people, pushes and we do to them.

A push is noticed when somebody asks next, or at once when it came over HTTP. Every write counts in `writes`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.content import Conflict, Content
from tests.github.people import People
from tests.github.records import CheckRun, Comment, Deployed, Happening, Pull, Reaction, Review, Rules, Status, Workflow
from tests.github.rules import refusal
from tests.github.runs import Actions

OWNER, NAME = "acme", "fleet"


class Hub:
    """Everything about one repository on GitHub."""

    def __init__(self, path: Path) -> None:
        self.content = Content(path)
        self.people = People()
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self.called = f"{OWNER}/{NAME}"
        """Its name now; under the old one GitHub answers too."""
        self.writes = 0
        self.pulls: dict[int, Pull] = {}
        self.comments: dict[int, Comment] = {}
        self.issues: set[int] = set()
        """Numbers of issues that are no pull requests."""
        self.statuses: dict[str, list[Status]] = {}
        self.runs: dict[str, list[CheckRun]] = {}
        self.deployments: list[Deployed] = []
        self.rules: dict[str, Rules] = {}
        self.methods: tuple[str, ...] = ("merge", "squash", "rebase")
        """What the repository allows."""
        self.owned_by_user = False
        self.private = True
        self.archived = False
        self.workflows: list[Workflow] = []
        self.actions = Actions()
        self.slow_mergeable = 0
        """How many times mergeability is not known yet after a head was pushed."""
        self._ids = 1000
        self._seen: dict[int, tuple[str | None, str | None]] = {}

    # Time and numbers

    def tick(self) -> datetime:
        """Count a write; every one has its own second."""
        self.writes += 1
        self.now += timedelta(seconds=1)
        return self.now

    def id(self) -> int:
        """Give a number that nothing else has."""
        self._ids += 1
        return self._ids

    def number(self) -> int:
        """Give the next number of a pull request or issue."""
        return 1 + max((*self.pulls, *self.issues), default=0)

    # What pushes do

    def settle(self) -> None:
        """Notice what pushes did to open pull requests."""
        for pull in self.pulls.values():
            if pull.state == "OPEN" and pull.fork is None:
                self._settle(pull)

    def _settle(self, pull: Pull) -> None:
        head, base = self.content.tip(pull.head_branch), self.content.tip(pull.base_branch)
        if self._seen.get(pull.number) == (head, base):
            return
        self._seen[pull.number] = (head, base)
        if base is not None and self.content.contains(base, pull.head):
            pull.merge_commit = self.content.landed(base, pull.head)
            self._end(pull, "MERGED", None)
        elif head is None or base is None or self.content.contains(base, head):
            self._end(pull, "CLOSED", None)
        else:
            pull.looked = 0
            if head != pull.head:
                pull.head = head
                pull.queued = False
                self.content.keep(pull.number, head)

    def _end(self, pull: Pull, state: str, user: str | None) -> None:
        pull.state, pull.closed_at, pull.queued = state, self.now, False
        pull.merged_by = user if state == "MERGED" else None
        pull.timeline.append(Happening("MergedEvent" if state == "MERGED" else "ClosedEvent", user, self.now))
        if state == "MERGED":
            pull.timeline.append(Happening("ClosedEvent", user, self.now))

    # Pull requests

    def pull(self, number: int) -> Pull:
        """Give a pull request. Raises Refused."""
        if number not in self.pulls:
            raise Refused(404, "Not Found")
        return self.pulls[number]

    def open(self, head: str, base: str, title: str, body: str, user: str, draft: bool = False) -> Pull:
        """Open a pull request. Raises Refused."""
        head = head.removeprefix(f"{OWNER}:")
        tips = self.content.tip(head), self.content.tip(base)
        if tips[0] is None or tips[1] is None:
            raise Refused(422, f"Validation Failed: {'head' if tips[0] is None else 'base'} is invalid")
        same = (one for one in self.pulls.values() if (one.head_branch, one.base_branch) == (head, base))
        if any(one.state == "OPEN" and one.fork is None for one in same):
            raise Refused(422, f"Validation Failed: A pull request already exists for {OWNER}:{head}.")
        if self.content.contains(tips[1], tips[0]):
            raise Refused(422, f"Validation Failed: No commits between {base} and {head}")
        at = self.tick()
        pull = Pull(self.number(), head, base, tips[0], title, body, user, at, draft=draft)
        self.pulls[pull.number] = pull
        self.content.keep(pull.number, pull.head)
        return pull

    def from_fork(self, owner: str, head_branch: str, base: str, commit: str, title: str = "Mine") -> Pull:
        """Open a pull request from somebody's fork."""
        at = self.tick()
        pull = Pull(self.number(), head_branch, base, commit, title, "", owner, at, fork=owner)
        self.pulls[pull.number] = pull
        return pull

    def edit(self, number: int, title: str | None, body: str | None) -> None:
        """Edit title and body."""
        pull = self.pull(number)
        self.tick()
        pull.title = pull.title if title is None else title
        pull.body = pull.body if body is None else body

    def close(self, number: int, user: str) -> None:
        """Close without merging."""
        pull = self.pull(number)
        if pull.state == "OPEN":
            self.tick()
            self._end(pull, "CLOSED", user)

    def reopen(self, number: int, user: str) -> None:
        """Open again."""
        pull = self.pull(number)
        if pull.state == "CLOSED":
            pull.state, pull.closed_at = "OPEN", None
            pull.timeline.append(Happening("ReopenedEvent", user, self.tick()))

    def label(self, number: int, user: str, labels: Collection[str]) -> None:
        """Add labels."""
        pull = self.pull(number)
        new = [one for one in labels if one not in pull.labels]
        for one in new:
            pull.labels.append(one)
            pull.timeline.append(Happening("LabeledEvent", user, self.tick(), one))

    def unlabel(self, number: int, user: str, label: str) -> None:
        """Remove a label. Raises Refused."""
        pull = self.pull(number)
        if label not in pull.labels:
            raise Refused(404, "Label does not exist")
        pull.labels.remove(label)
        pull.timeline.append(Happening("UnlabeledEvent", user, self.tick(), label))

    def request_reviews(self, number: int, users: Collection[str], teams: Collection[str]) -> None:
        """Ask people for reviews. Raises Refused."""
        pull = self.pull(number)
        for user in users:
            if user == pull.author:
                raise Refused(422, "Review cannot be requested from pull request author.")
            if self.people.right(user) is Permission.NONE:
                raise Refused(422, "Reviews may only be requested from collaborators.")
        self.tick()
        pull.reviewers += [user for user in users if user not in pull.reviewers]
        pull.team_reviewers += [team for team in teams if team not in pull.team_reviewers]

    def assign(self, number: int, users: Collection[str]) -> None:
        """Assign people; who cannot be assigned is left out, as GitHub does."""
        pull = self.pull(number)
        self.tick()
        pull.assignees += [one for one in users if one not in pull.assignees and self.people.right(one) != "none"]

    def queue(self, number: int, user: str) -> None:
        """Put a pull request into the merge queue of its base."""
        pull = self.pull(number)
        self.tick()
        pull.queued, pull.queued_by = True, user

    def review(self, number: int, user: str, state: str) -> None:
        """Give an opinion on the head."""
        self.settle()
        pull = self.pull(number)
        pull.reviews.append(Review(user, state, pull.head, self.tick()))
        pull.reviewers = [one for one in pull.reviewers if one != user]

    # Comments

    def comment(self, number: int, user: str, body: str) -> Comment:
        """Comment on a pull request or issue. Raises Refused."""
        if number not in self.issues:
            self.pull(number)
        at = self.tick()
        made = Comment(self.id(), number, user, body, at, at)
        self.comments[made.id] = made
        return made

    def edit_comment(self, id_: int, body: str) -> Comment:
        """Edit a comment. Raises Refused."""
        found = self.found_comment(id_)
        found.body = body
        found.updated = found.edited = self.tick()
        return found

    def found_comment(self, id_: int) -> Comment:
        """Give a comment. Raises Refused."""
        if id_ not in self.comments:
            raise Refused(404, "Not Found")
        return self.comments[id_]

    def react(self, id_: int, user: str, content: str) -> tuple[Reaction, bool]:
        """React; tell whether that is new."""
        reactions = self.found_comment(id_).reactions
        for one in reactions:
            if (one.user, one.content) == (user, content):
                return one, False
        made = Reaction(self.id(), user, content, self.tick())
        reactions.append(made)
        return made, True

    def unreact(self, id_: int, reaction: int) -> None:
        """Take a reaction back. Raises Refused."""
        comment = self.found_comment(id_)
        left = [one for one in comment.reactions if one.id != reaction]
        if len(left) == len(comment.reactions):
            raise Refused(404, "Not Found")
        self.tick()
        comment.reactions = left

    # Checks

    def post_status(
        self, commit: str, context: str, state: str, user: str, description: str | None = None, url: str | None = None
    ) -> Status:
        """Post a commit status. Raises Refused."""
        if not self.content.has(commit):
            raise Refused(422, f"No commit found for SHA: {commit}")
        if description is not None and len(description) > 140:
            raise Refused(422, "Validation Failed: description is too long (maximum is 140 characters)")
        made = Status(self.id(), context, state, user, description, url, self.tick())
        self.statuses.setdefault(commit, []).append(made)
        return made

    def post_run(
        self, commit: str, name: str, app: str, conclusion: str | None, suite: int = 1, workflow: int | None = None
    ) -> CheckRun:
        """Post a check run; conclusion None: it is in progress."""
        status = "in_progress" if conclusion is None else "completed"
        made = CheckRun(self.id(), name, app, status, conclusion, self.tick(), suite, workflow)
        self.runs.setdefault(commit, []).append(made)
        return made

    def deploy(self, environment: str, commit: str, state: str, creator: str, at: datetime, by: str = "") -> None:
        """Post a deployment with a status, or another status on the creator's newest one of that commit."""
        self.writes += 1
        last = next((one for one in reversed(self.deployments) if one.environment == environment), None)
        if last is None or (last.commit, last.creator) != (commit, creator):
            last = Deployed(commit, environment, creator, at, state, creator, at)
            self.deployments.append(last)
        last.state, last.said_by, last.said_at = state, by or creator, at

    def make_deployment(self, commit: str, environment: str, user: str, task: str, description: str) -> Deployed:
        """Make a deployment without a status. Raises Refused."""
        if not self.content.has(commit):
            raise Refused(422, f"No ref found for: {commit}")
        if len(description) > 140:
            raise Refused(422, "Validation Failed: description is too long (maximum is 140 characters)")
        at = self.tick()
        self.deployments.append(Deployed(commit, environment, user, at, "", "", at, self.id(), task, description))
        return self.deployments[-1]

    def say_deployment(self, id_: int, state: str, user: str, url: str, auto_inactive: bool) -> Deployed:
        """Post a status on a deployment. Raises Refused."""
        found = next((one for one in self.deployments if one.id == id_), None)
        if found is None:
            raise Refused(404, "Not Found")
        found.state, found.said_by, found.said_at, found.url = state, user, self.tick(), url
        found.said.append(state)
        for one in self.deployments[: self.deployments.index(found)] if auto_inactive and state == "success" else ():
            if (one.environment, one.state) == (found.environment, "success"):
                one.state, one.said_by, one.said_at = "inactive", user, self.now
        return found

    # Merging

    def merge(self, number: int, user: str, method: str, sha: str | None = None, message: str = "") -> str:
        """Merge as GitHub's own API does. Raises Refused."""
        self.settle()
        pull = self.pull(number)
        if pull.state != "OPEN":
            raise Refused(405, "Pull Request is not mergeable")
        if sha is not None and sha != pull.head:
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        if not self.people.may(user, Permission.WRITE):
            raise Refused(403, "Resource not accessible by personal access token")
        base = self.content.tip(pull.base_branch)
        assert base is not None
        why = refusal(self, pull, method)
        if why:
            raise Refused(405, why)
        message = message or f"Merge pull request #{number} from {OWNER}/{pull.head_branch}\n\n{pull.title}"
        try:
            made = self.content.merge(method, base, pull.head, message, user, self.tick())
        except Conflict:
            raise Refused(405, "Pull Request is not mergeable") from None
        self.content.move(pull.base_branch, made)
        pull.merge_commit = made
        self._end(pull, "MERGED", user)
        return made
