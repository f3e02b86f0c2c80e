"""The GraphQL of the tests' GitLab: queries are validated, and counted by GitLab's rule of complexity.

Rule: a field counts one, a field that lists up to N things multiplies what is below it by one plus a hundredth of N
(100 where neither `first` nor `last` is given); a query of somebody with a token may count 250. Source: "GraphQL API",
"Max query complexity", and GitLab's `BaseField`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import graphql
from graphql import DocumentNode, FieldNode, IntValueNode, VariableNode

from promoter.model.forge import Permission
from tests.forge.wire import Stray
from tests.gitlab import merging
from tests.gitlab.hub import PROJECT, Hub
from tests.gitlab.people import LEVELS
from tests.gitlab.pipelines import POSTED
from tests.gitlab.records import Job, Merge, Note, Pipeline

MOST = 250
Fields = dict[str, Any]
DETAILED = {"status_checks_must_pass": "EXTERNAL_STATUS_CHECKS"}
"""What has another name here than in REST."""
Page = Callable[..., Fields]


@cache
def schema() -> graphql.GraphQLSchema:
    """Load what we know of GitLab's schema, once a process."""
    return graphql.build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))


@cache
def parsed(text: str) -> DocumentNode:
    """Parse and validate a query. Raises Stray: GitLab would refuse it."""
    try:
        document = graphql.parse(text, no_location=True)
    except graphql.GraphQLSyntaxError as error:
        raise Stray(str(error)) from error
    errors = graphql.validate(schema(), document)
    if errors:
        raise Stray("; ".join(error.message for error in errors[:3]))
    return document


def complexity(document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Count what a query asks for."""

    def count(selections: Sequence[Any]) -> float:
        total = 0.0
        for one in selections:
            assert isinstance(one, FieldNode), "the test server counts no fragments"
            below = count(one.selection_set.selections) if one.selection_set else 0.0
            inner = one.selection_set.selections if one.selection_set else ()
            names = {each.name.value for each in inner if isinstance(each, FieldNode)}
            factor = 1 + _size(one, variables) / 100 if names & {"nodes", "pageInfo"} else 1.0
            total += 1 + below * factor
        return total

    [operation] = [one for one in document.definitions if isinstance(one, graphql.OperationDefinitionNode)]
    return int(count(operation.selection_set.selections))


def _size(field: FieldNode, variables: Mapping[str, Any]) -> int:
    for one in field.arguments or ():
        if one.name.value in ("first", "last"):
            if isinstance(one.value, IntValueNode):
                return min(int(one.value.value), 100)
            if isinstance(one.value, VariableNode):
                return min(int(variables[one.value.name.value]), 100)
    return 100


def execute(document: DocumentNode, root: Any, variables: Mapping[str, Any]) -> Fields:
    """Resolve a query on `root`."""
    done = graphql.execute_sync(schema(), document, root, variable_values=dict(variables))
    for one in done.errors or ():
        raise one.original_error or one
    return {"data": done.data}


def page(items: Sequence[Any]) -> Page:
    """Give a connection over `items` that can be paged through."""

    def some(info: object, first: int | None = None, after: str | None = None, **rest: Any) -> Fields:
        if any(value is not None for value in rest.values()):
            raise NotImplementedError(f"the test server does not know {rest}")
        start = int(after) if after else 0
        end = min(start + min(first if first is not None else 100, 100), len(items))
        return {
            "nodes": list(items[start:end]),
            "count": len(items),
            "pageInfo": {"hasNextPage": end < len(items), "endCursor": str(end)},
        }

    return some


def iso(at: datetime) -> str:
    """Write a time as GraphQL does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Root:
    """What a query starts from, for one user."""

    def __init__(self, hub: Hub, user: str, home: str) -> None:
        self.hub, self.asking, self.home = hub, user, home

    @property
    def currentUser(self) -> Fields:  # noqa: N802 - as the schema calls it
        """Who asks."""
        return self.user(self.asking)

    def user(self, name: str) -> Fields:
        """Give a user."""
        groups = [] if self.hub.people.hidden_groups else self.hub.people.groups_of(name)
        return {
            "id": f"gid://gitlab/User/{self.hub.people.id(name)}",
            "username": name,
            "bot": "_bot_" in name,
            "groupMemberships": page([{"id": "m", "group": {"id": "g", "fullPath": one}} for one in groups]),
        }

    def users(self, info: object, usernames: Sequence[str] = (), **rest: Any) -> Fields:
        """Give users by name."""
        return page([self.user(one) for one in usernames])(info, **rest)

    def project(self, info: object, fullPath: str) -> Fields | None:  # noqa: N803 - as the schema calls it
        """Give the project, also under its old path."""
        from tests.gitlab.hub import PATH

        if fullPath not in (PATH, self.hub.called):
            return None
        return {
            "id": f"gid://gitlab/Project/{PROJECT}",
            "fullPath": self.hub.called,
            "onlyAllowMergeIfPipelineSucceeds": self.hub.settings.pipeline,
            "onlyAllowMergeIfAllDiscussionsAreResolved": self.hub.settings.resolved,
            "allowsMultipleMergeRequestReviewers": self.hub.settings.paid,
            "mergeRequest": lambda info, iid: self._one(iid),
            "mergeRequests": self.merge_requests,
            "pipeline": lambda info, id: next(  # noqa: A006 - as the schema calls it
                self.pipeline(one) for one in self.hub.pipelines.every if _gid(one) == id
            ),
            "pipelines": lambda info, sha, **rest: page([self.pipeline(one) for one in self.hub.pipelines.of(sha)])(
                info, **rest
            ),
            "repository": {"blobs": self.blobs},
        }

    def _one(self, iid: str) -> Fields | None:
        found = self.hub.merges.get(int(iid))
        return None if found is None else self.merge_request(found)

    def merge_requests(self, info: object, **asked: Any) -> Fields:
        """List merge requests."""
        found = sorted(self.hub.merges.values(), key=lambda one: one.iid)
        iids, heads, state = asked.pop("iids", None), asked.pop("sourceBranches", None), asked.pop("state", None)
        since = asked.pop("updatedAfter", None)
        if asked.pop("sort", "CREATED_DESC") == "CREATED_DESC":
            found.reverse()
        chosen = [
            one
            for one in found
            if (iids is None or str(one.iid) in iids)
            and (heads is None or one.source in heads)
            and (state in (None, "all") or one.state == state)
            and (since is None or one.updated >= datetime.fromisoformat(since))
        ]
        return page([self.merge_request(one) for one in chosen])(info, **asked)

    def blobs(self, info: object, paths: Sequence[str], ref: str) -> Fields:
        """Give files."""
        found = [(path, self.hub.content.text(f"{ref}:{path}")) for path in paths]
        return page([{"id": "b", "path": path, "rawTextBlob": text} for path, text in found if text is not None])(info)

    def merge_request(self, merge: Merge) -> Fields:
        """Give a merge request."""
        hub = self.hub
        known = merging.known(hub, merge)
        status = merging.detailed(hub, merge) if known or merge.state != "opened" else "unchecked"
        return {
            "id": f"gid://gitlab/MergeRequest/{merge.iid + 5000}",
            "iid": str(merge.iid),
            "state": merge.state,
            "title": merge.title,
            "description": merge.description,
            "draft": merge.draft,
            "sourceBranch": merge.source,
            "targetBranch": merge.target,
            "sourceProjectId": merge.fork or PROJECT,
            "targetProjectId": PROJECT,
            "diffHeadSha": merge.head,
            "createdAt": iso(merge.at),
            "updatedAt": iso(merge.updated),
            "mergedAt": iso(merge.merged_at) if merge.merged_at else None,
            "mergeCommitSha": merge.merge_commit,
            "webUrl": f"{self.home}/{hub.called}/-/merge_requests/{merge.iid}",
            "author": self.user(merge.author),
            "mergeUser": self.user(merge.merge_user) if merge.merge_user else None,
            "detailedMergeStatus": DETAILED.get(status, status.upper()),
            "mergeStatusEnum": merging.coarse(hub, merge),
            "shouldBeRebased": merge.state == "opened" and merging.behind(hub, merge),
            "mergeableDiscussionsState": not (hub.settings.resolved and merge.threads),
            "autoMergeStrategy": "merge_train" if merge.train else None,
            "diffStats": lambda info, **_: [
                {"path": one, "additions": 1, "deletions": 1}
                for one in hub.content.changed(hub.content.tip(merge.target) or "", merge.head)
            ],
            "labels": page([{"id": "l", "title": one} for one in merge.labels]),
            "approvedBy": page([self.user(one) for one in merge.approvals]),
            "reviewers": page([self._reviewer(merge, one) for one in merge.reviewers]),
            "headPipeline": self.pipeline(head) if (head := hub.pipelines.head(merge)) else None,
            "pipelines": page([self.pipeline(one) for one in hub.pipelines.of(merge.head)]),
            "notes": lambda info, filter=None, **rest: page(self._notes(merge, filter))(info, **rest),  # noqa: A006
        }

    def _reviewer(self, merge: Merge, user: str) -> Fields:
        state = merge.reviewers[user]
        return {**self.user(user), "mergeRequestInteraction": {"approved": state == "APPROVED", "reviewState": state}}

    def pipeline(self, pipeline: Pipeline) -> Fields:
        """Give a pipeline."""
        return {
            "id": _gid(pipeline),
            "sha": pipeline.sha,
            "status": pipeline.status.upper(),
            "jobs": page([self._job(one) for one in reversed(pipeline.jobs)]),
        }

    def _job(self, job: Job) -> Fields:
        is_posted = job.kind == POSTED
        usual = "passed" if job.status == "success" else job.status
        shown = {
            "id": "s",
            "label": (job.description or usual) if is_posted else usual,
            "hasDetails": True,
            "detailsPath": job.url if is_posted else f"/{self.hub.called}/-/jobs/{job.id}",
        }
        return {
            "id": f"gid://gitlab/{job.kind}/{job.id}",
            "kind": "BUILD",
            "name": job.name,
            "status": job.status.upper(),
            "allowFailure": job.allow_failure,
            "createdAt": iso(job.at),
            "finishedAt": iso(job.finished) if job.finished else None,
            "webPath": f"/{self.hub.called}/-/jobs/{job.id}",
            "detailedStatus": shown,
        }

    def _notes(self, merge: Merge, only: str | None) -> list[Fields]:
        seen = self.hub.people.level(self.asking) >= LEVELS[Permission.TRIAGE]
        found = [one for one in self.hub.notes.values() if one.iid == merge.iid and (seen or not one.internal)]
        if only == "ONLY_COMMENTS":
            found = [one for one in found if not one.system]
        if only == "ONLY_ACTIVITY":
            found = [one for one in found if one.system]
        return [self._note(one) for one in found]

    def _note(self, note: Note) -> Fields:
        return {
            "id": f"gid://gitlab/Note/{note.id}",
            "body": note.body,
            "system": note.system,
            "internal": note.internal,
            "createdAt": iso(note.at),
            "updatedAt": iso(note.updated),
            "lastEditedAt": iso(note.edited) if note.edited else None,
            "author": self.user(note.user),
            "awardEmoji": page([{"name": one.name, "user": self.user(one.user)} for one in note.emoji]),
        }


def _gid(pipeline: Pipeline) -> str:
    return f"gid://gitlab/Ci::Pipeline/{pipeline.id}"
