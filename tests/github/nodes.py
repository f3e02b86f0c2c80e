"""The test server's state as GraphQL's types."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.graph import Fields, Problem, connection
from tests.github.hub import NAME, OWNER, Hub
from tests.github.people import is_bot
from tests.github.records import CheckRun, Comment, Deployed, Happening, Pull, Review, Status
from tests.github.rest import iso
from tests.github.rules import decision, mergeable, newest_runs, newest_statuses, opinions, rules, state

REACTIONS = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "hooray": "HOORAY",
    "confused": "CONFUSED",
    "heart": "HEART",
    "rocket": "ROCKET",
    "eyes": "EYES",
}


class Root:
    """What a query or mutation starts from, for one user."""

    def __init__(self, hub: Hub, user: str, home: str) -> None:
        self.hub, self.user, self.home = hub, user, home

    @property
    def viewer(self) -> Fields:
        """Who asks; apps are users here, under their whole name, unless a test wants it otherwise."""
        login = self.user.removesuffix("[bot]") if self.hub.people.short_viewer else self.user
        return {"__typename": "User", "login": login}

    def repository(self, info: object, owner: str, name: str, **_: Any) -> Fields:
        """Give the repository."""
        if (owner, name) != (OWNER, NAME):
            raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        kind = "User" if self.hub.owned_by_user else "Organization"
        right = self.hub.people.right(self.user)
        return {
            "id": "R_1",
            "nameWithOwner": self.hub.called,
            "owner": {"__typename": kind, "login": OWNER},
            "viewerPermission": None if right is Permission.NONE else right.value.upper(),
            "mergeCommitAllowed": "merge" in self.hub.methods,
            "squashMergeAllowed": "squash" in self.hub.methods,
            "rebaseMergeAllowed": "rebase" in self.hub.methods,
            "pullRequest": self.pull,
            "pullRequests": self.pulls,
            "object": self.thing,
            "ref": self.ref,
            "deployments": self.deployments,
        }

    def organization(self, info: object, login: str) -> Fields:
        """Give the organisation."""
        if self.hub.people.hidden_teams:
            raise Problem("FORBIDDEN", "Resource not accessible by integration")

        def teams(info: object, userLogins: list[str] | None = None, **arguments: Any) -> Fields:  # noqa: N803
            names = {team for one in userLogins or () for team in self.hub.people.teams_of(one)}
            return connection([{"slug": team} for team in sorted(names)])(info, **arguments)

        return {"login": login, "teams": teams}

    def nodes(self, info: object, ids: list[str]) -> list[Fields | None]:
        """Give comments by their node ids."""
        found = [self.hub.comments.get(int(one.removeprefix("IC_"))) for one in ids]
        return [None if one is None else self.comment(one) for one in found]

    def enqueuePullRequest(self, info: object, input: Fields) -> Fields:  # noqa: A002, N802
        """Put a pull request into the merge queue."""
        pull = self.hub.pull(int(input["pullRequestId"].removeprefix("PR_")))
        if not rules(self.hub, pull.base_branch).queue:
            raise Problem("UNPROCESSABLE", "The merge queue is not enabled for this branch")
        if input.get("expectedHeadOid") not in (None, pull.head):
            raise Problem("UNPROCESSABLE", "Head branch was modified")
        self.hub.queue(pull.number, self.user)
        return {"mergeQueueEntry": {"id": f"MQE_{pull.number}", "position": 1}}

    def dequeuePullRequest(self, info: object, input: Fields) -> Fields:  # noqa: A002, N802
        """Take a pull request out of the merge queue."""
        pull = self.hub.pull(int(input["id"].removeprefix("PR_")))
        if not pull.queued:
            raise Problem("UNPROCESSABLE", "The pull request is not in the merge queue")
        self.hub.tick()
        pull.queued = False
        return {"mergeQueueEntry": {"id": f"MQE_{pull.number}", "position": 1}}

    def pull(self, info: object, number: int) -> Fields:
        """Give a pull request by its number."""
        try:
            return self._pull(self.hub.pull(number))
        except Refused:
            raise Problem("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.") from None

    def pulls(self, info: object, orderBy: Any = None, **asked: Any) -> Fields:  # noqa: N803
        """Give pull requests, by when they were opened; forks' too, as GitHub does."""
        order = orderBy or {"field": "CREATED_AT", "direction": "ASC"}
        if order["field"] != "CREATED_AT":
            raise NotImplementedError("pull requests in another order")
        head, base, states = (asked.pop(key, None) for key in ("headRefName", "baseRefName", "states"))
        found = [
            one
            for one in sorted(self.hub.pulls.values(), key=_opened, reverse=order["direction"] == "DESC")
            if head in (None, one.head_branch)
            and base in (None, one.base_branch)
            and (states is None or one.state in states)
        ]
        return connection(_Lazily([(self._pull, one) for one in found]))(info, **asked)

    def thing(self, info: object, oid: str | None = None, expression: str | None = None) -> Fields | None:
        """Give a commit by its id, or a file by `REVISION:PATH`."""
        if oid is not None:
            return self.commit(oid) if self.hub.content.has(oid) else None
        text = self.hub.content.text(expression or "")
        return None if text is None else {"__typename": "Blob", "text": text, "isTruncated": False}

    def ref(self, info: object, qualifiedName: str) -> Fields | None:  # noqa: N803
        """Give a branch with its classic protection."""
        branch = qualifiedName.removeprefix("refs/heads/")
        if self.hub.content.tip(branch) is None:
            return None
        wanted = rules(self.hub, branch)
        if not wanted.classic:
            return {"name": branch, "refUpdateRule": None, "branchProtectionRule": None}
        rule = {
            "requiredApprovingReviewCount": wanted.approvals or None,
            "requiredStatusCheckContexts": list(wanted.checks),
            "requiresLinearHistory": wanted.linear,
            "viewerCanPush": wanted.push,
            "allowsDeletions": wanted.deletable,
        }

        def whole(info: object) -> Fields:
            if self.hub.people.hidden_rules:
                raise Problem("FORBIDDEN", "Resource not accessible by integration")
            return {
                "requiresStrictStatusChecks": wanted.strict,
                "restrictsPushes": bool(wanted.actors) or not wanted.push,
                "pushAllowances": connection([{"actor": _allowed(*one)} for one in wanted.actors]),
            }

        return {"name": branch, "refUpdateRule": rule, "branchProtectionRule": whole}

    def deployments(self, info: object, environments: list[str] | None = None, **arguments: Any) -> Fields:
        """Give deployments, the last one made first; only that order is asked for."""
        if (arguments.pop("orderBy") or {}) != {"field": "CREATED_AT", "direction": "DESC"}:
            raise NotImplementedError("deployments in another order")
        found = [
            one for one in reversed(self.hub.deployments) if environments is None or one.environment in environments
        ]
        return connection([_deployment(one) for one in found])(info, **arguments)

    def _pull(self, pull: Pull) -> Fields:
        pull.looked += 1
        hub = self.hub
        merged = pull.state == "MERGED"
        return {
            "__typename": "PullRequest",
            "id": f"PR_{pull.number}",
            "number": pull.number,
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "isDraft": pull.draft,
            "headRefName": pull.head_branch,
            "headRefOid": pull.head,
            "baseRefName": pull.base_branch,
            "baseRefOid": lambda _: hub.content.tip(pull.base_branch),
            "isCrossRepository": pull.fork is not None,
            "author": actor(pull.author),
            "createdAt": iso(pull.at),
            "closedAt": None if pull.closed_at is None else iso(pull.closed_at),
            "url": f"{self.home}/{OWNER}/{NAME}/pull/{pull.number}",
            "mergeable": lambda _: mergeable(hub, pull),
            "mergeStateStatus": lambda _: state(hub, pull),
            "reviewDecision": lambda _: decision(hub, pull),
            "mergedBy": actor(pull.merged_by) if merged else None,
            "mergeCommit": {"oid": pull.merge_commit} if merged else None,
            "isInMergeQueue": pull.queued,
            "mergeQueueEntry": {"enqueuer": actor(pull.queued_by)} if pull.queued else None,
            "labels": connection([{"name": one} for one in pull.labels]),
            "assignees": connection([{"login": one} for one in pull.assignees]),
            "reviewRequests": connection(_requests(pull)),
            "reviews": connection([_review(one) for one in pull.reviews]),
            "latestOpinionatedReviews": connection([_review(one) for one in opinions(pull)]),
            "timelineItems": _timeline(pull),
            "statusCheckRollup": lambda _: self.rollup(pull.head),
            "comments": lambda info, **a: connection(
                [self.comment(one) for one in hub.comments.values() if one.number == pull.number]
            )(info, **a),
            "files": lambda info, **a: connection([{"path": one} for one in self._paths(pull)])(info, **a),
            "commits": lambda info, **a: connection(self._commits(pull))(info, **a),
        }

    def _paths(self, pull: Pull) -> list[str]:
        base = self.hub.content.tip(pull.base_branch)
        return self.hub.content.changed(base, pull.head) if base else []

    def _commits(self, pull: Pull) -> list[Fields]:
        base = self.hub.content.tip(pull.base_branch)
        own = self.hub.content.own(base, pull.head) if base else []
        return [{"commit": self.commit(one)} for one in own]

    def commit(self, oid: str) -> Fields:
        """Give a commit."""

        def context(info: object, name: str) -> Fields | None:
            found = [one for one in newest_statuses(self.hub, oid) if one.context == name]
            return _status(found[0]) if found else None

        return {
            "__typename": "Commit",
            "oid": oid,
            "message": lambda _: self.hub.content.message(oid),
            "status": {"context": context} if self.hub.statuses.get(oid) else None,
            "statusCheckRollup": lambda _: self.rollup(oid),
        }

    def rollup(self, oid: str) -> Fields | None:
        """Give the newest of every status and check run."""
        if self.hub.people.hidden_checks:
            raise Problem("FORBIDDEN", "Resource not accessible by integration")
        found = [_status(one) for one in newest_statuses(self.hub, oid)]
        found += [_run(one, self.hub.people.hidden_workflows) for one in newest_runs(self.hub, oid)]
        return {"contexts": connection(found)} if found else None

    def comment(self, comment: Comment) -> Fields:
        """Give a comment."""
        groups = [
            {
                "content": name,
                "viewerHasReacted": any((one.user, one.content) == (self.user, key) for one in comment.reactions),
            }
            for key, name in REACTIONS.items()
        ]
        return {
            "__typename": "IssueComment",
            "id": f"IC_{comment.id}",
            "fullDatabaseId": str(comment.id),
            "author": actor(comment.user),
            "body": comment.body,
            "createdAt": iso(comment.at),
            "lastEditedAt": None if comment.edited is None else iso(comment.edited),
            "reactionGroups": groups,
        }


def _opened(pull: Pull) -> tuple[datetime, int]:
    return pull.at, pull.number


def actor(login: str | None) -> Fields | None:
    """Give who did something; apps by their short name, as GitHub's GraphQL has it."""
    if login is None:
        return None
    return {"__typename": "Bot" if is_bot(login) else "User", "login": login.removesuffix("[bot]")}


def _allowed(kind: str, _: int | None, name: str) -> Fields:
    """Give who may push to a protected branch."""
    return {"__typename": kind, "login" if kind == "User" else "slug": name}


def _requests(pull: Pull) -> list[Fields]:
    users = [{"requestedReviewer": {"__typename": "User", "login": one}} for one in pull.reviewers]
    return users + [{"requestedReviewer": {"__typename": "Team", "slug": one}} for one in pull.team_reviewers]


def _review(review: Review) -> Fields:
    return {
        "author": actor(review.user),
        "state": review.state,
        "submittedAt": iso(review.at),
        "commit": {"oid": review.commit},
    }


def _timeline(pull: Pull) -> Any:
    kinds = {"CLOSED_EVENT": "ClosedEvent", "MERGED_EVENT": "MergedEvent", "LABELED_EVENT": "LabeledEvent"}

    def items(info: object, itemTypes: list[str] | None = None, **arguments: Any) -> Fields:  # noqa: N803
        wanted = {kinds[one] for one in itemTypes or kinds}
        found = [_happening(one) for one in pull.timeline if one.kind in wanted]
        return connection(found)(info, **arguments)

    return items


def _happening(one: Happening) -> Fields:
    made: Fields = {"__typename": one.kind, "actor": actor(one.user), "createdAt": iso(one.at)}
    return {**made, "label": {"name": one.label}} if one.label else made


def _deployment(one: Deployed) -> Fields:
    status = {
        "state": one.state.upper(),
        "createdAt": iso(one.said_at),
        "creator": actor(one.said_by),
        "environmentUrl": None,
        "logUrl": one.url or None,
    }
    return {
        "databaseId": one.id,
        "task": one.task,
        "commitOid": one.commit,
        "environment": one.environment,
        "createdAt": iso(one.at),
        "creator": actor(one.creator),
        "latestStatus": status if one.state else None,
    }


def _status(status: Status) -> Fields:
    return {
        "__typename": "StatusContext",
        "context": status.context,
        "state": status.state.upper(),
        "creator": actor(status.user),
        "description": status.description,
        "targetUrl": status.url,
        "createdAt": iso(status.at),
    }


def _run(run: CheckRun, is_hidden: bool) -> Fields:
    def workflow(info: object) -> Fields | None:
        if is_hidden:
            raise Problem("FORBIDDEN", "Resource not accessible by integration")
        return None if run.workflow is None else {"workflow": {"databaseId": run.workflow}}

    return {
        "__typename": "CheckRun",
        "name": run.name,
        "status": run.status.upper(),
        "conclusion": None if run.conclusion is None else run.conclusion.upper(),
        "startedAt": iso(run.at),
        "completedAt": _later(run.at) if run.conclusion else None,
        "detailsUrl": f"https://ci.example/runs/{run.id}",
        "title": None,
        "checkSuite": {"app": {"slug": run.app}, "workflowRun": workflow},
    }


def _later(at: datetime) -> str:
    return iso(at + timedelta(seconds=30))


class _Lazily(list[Any]):
    """Values that are made when they are asked for."""

    def __init__(self, makers: list[Any]) -> None:
        super().__init__(makers)

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return [make(one) for make, one in found] if isinstance(key, slice) else found[0](found[1])
