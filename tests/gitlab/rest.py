"""The operations of GitLab's REST API that the test server has, by their ids in `api.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.gitlab import merging
from tests.gitlab.hub import PROJECT, Hub
from tests.gitlab.people import LEVELS
from tests.gitlab.records import Deployed, Emoji, Guard, Job, Merge, Note, Pipeline

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Asked:
    """One request."""

    hub: Hub
    user: str
    home: str
    """The server's address."""
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any

    @property
    def iid(self) -> int:
        """The merge request that is meant."""
        return int(self.path["merge_request_iid"])

    def developer(self) -> None:
        """Refuse who may not write."""
        if self.hub.people.level(self.user) < LEVELS[Permission.WRITE]:
            raise Refused(403, "403 Forbidden")


Handler = Callable[[Asked], Answer]


def iso(at: datetime | None) -> str | None:
    """Write a time as REST does."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def user(asked: Asked, name: str | None) -> dict[str, Any] | None:
    """Give a user."""
    return None if name is None else {"id": asked.hub.people.id(name), "username": name, "state": "active"}


def project(asked: Asked) -> Answer:
    hub, level = asked.hub, asked.hub.people.level(asked.user)
    own = {"access_level": level, "notification_level": 3} if level else None
    return 200, {
        "id": PROJECT,
        "path_with_namespace": hub.called,
        "archived": hub.settings.archived,
        "merge_method": hub.settings.method,
        "squash_option": hub.settings.squash,
        "only_allow_merge_if_pipeline_succeeds": hub.settings.pipeline,
        "only_allow_merge_if_all_discussions_are_resolved": hub.settings.resolved,
        "merge_trains_enabled": hub.settings.trains,
        "permissions": {"project_access": own, "group_access": None},
    }


def list_merges(asked: Asked) -> Answer:
    query = asked.query
    found = [
        one
        for one in asked.hub.merges.values()
        if (query.get("state", "all") in ("all", one.state))
        and ("source_branch" not in query or one.source == query["source_branch"])
        and ("target_branch" not in query or one.target == query["target_branch"])
        and ("iids[]" not in query or one.iid in query["iids[]"])
    ]
    return 200, [_merge(asked, one) for one in sorted(found, key=lambda one: -one.iid)]


def create_merge(asked: Asked) -> Answer:
    asked.developer()
    body, hub = asked.body, asked.hub
    made = hub.open(
        body["source_branch"], body["target_branch"], body["title"], body.get("description") or "", asked.user
    )
    hub.label(made.iid, asked.user, [one for one in body.get("labels", "").split(",") if one])
    hub.ask(made.iid, body)
    return 201, _merge(asked, made)


def show_merge(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    found.looked += 1
    return 200, _merge(asked, found)


def edit_merge(asked: Asked) -> Answer:
    asked.developer()
    asked.hub.edit(asked.iid, asked.user, asked.body)
    return 200, _merge(asked, asked.hub.merge_request(asked.iid))


def accept_merge(asked: Asked) -> Answer:
    body = asked.body
    made = asked.hub.merge(
        asked.iid,
        asked.user,
        body.get("sha"),
        body.get("squash", False),
        body.get("merge_commit_message", ""),
        body.get("squash_commit_message", ""),
    )
    return 200, _merge(asked, made)


def approvals(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    given = [
        {"user": user(asked, one), **({} if asked.hub.settings.old else {"approved_at": iso(at)})}
        for one, at in found.approvals.items()
    ]
    return 200, {"approved_by": given, "approved": merging.approved(asked.hub, found)}


def versions(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid).versions
    return 200, [{"id": one.id, "head_commit_sha": one.head, "created_at": iso(one.at)} for one in reversed(found)]


def commits(asked: Asked) -> Answer:
    merge, content = asked.hub.merge_request(asked.iid), asked.hub.content
    target = content.tip(merge.target)
    own = content.own(target, merge.head) if target else []
    return 200, [{"id": one, "message": content.message(one)} for one in reversed(own)]


def label_events(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid).label_events
    return 200, [
        {"id": at, "user": user(asked, who), "action": did, "label": {"name": label}, "created_at": iso(when)}
        for at, (who, did, label, when) in enumerate(found)
    ]


def create_note(asked: Asked) -> Answer:
    return 201, _note(asked, asked.hub.note(asked.iid, asked.user, asked.body["body"]))


def edit_note(asked: Asked) -> Answer:
    found = asked.hub.found_note(asked.iid, int(asked.path["note_id"]))
    if found.user != asked.user:
        asked.developer()
    return 200, _note(asked, asked.hub.edit_note(asked.iid, found.id, asked.body["body"]))


def list_emoji(asked: Asked) -> Answer:
    return 200, [_emoji(asked, one) for one in asked.hub.found_note(asked.iid, int(asked.path["note_id"])).emoji]


def react(asked: Asked) -> Answer:
    made = asked.hub.react(asked.iid, int(asked.path["note_id"]), asked.user, asked.body["name"])
    return 201, _emoji(asked, made)


def unreact(asked: Asked) -> Answer:
    asked.hub.unreact(asked.iid, int(asked.path["note_id"]), int(asked.path["award_id"]))
    return 204, None


def list_statuses(asked: Asked) -> Answer:
    sha, name = asked.path["sha"], asked.query.get("name")
    if not asked.hub.content.has(sha):
        raise Refused(404, "404 Commit Not Found")
    every = asked.query.get("all") in (True, "true")
    found = [
        (pipeline, job)
        for pipeline in asked.hub.pipelines.of(sha)
        for job in pipeline.jobs
        if (name is None or job.name == name) and (every or not job.retried)
    ]
    return 200, [_status(asked, *one) for one in sorted(found, key=lambda one: one[1].id)]


def create_status(asked: Asked) -> Answer:
    asked.developer()
    body, sha = asked.body, asked.path["sha"]
    made = asked.hub.pipelines.post(
        sha, body.get("name", "default"), body["state"], asked.user, body.get("description"), body.get("target_url")
    )
    pipeline = next(one for one in asked.hub.pipelines.of(sha) if made in one.jobs)
    return 201, _status(asked, pipeline, made)


def members(asked: Asked) -> Answer:
    people, ids = asked.hub.people, asked.query.get("user_ids[]")
    names = {*people.ids, *(people.levels or {})}
    found = [one for one in sorted(names) if people.level(one) and (ids is None or people.id(one) in ids)]
    return 200, [_member(asked, one) for one in found]


def group_members(asked: Asked) -> Answer:
    people = asked.hub.people
    if people.hidden_groups or asked.path["id"] not in people.groups:
        raise Refused(404, "404 Group Not Found")
    return 200, [_member(asked, one) for one in people.groups[asked.path["id"]]]


def find_users(asked: Asked) -> Answer:
    return 200, [user(asked, asked.query["username"])]


def guards(asked: Asked) -> Answer:
    asked.developer()
    return 200, [_guard(asked, one) for one in asked.hub.guards]


def rules(asked: Asked) -> Answer:
    if not asked.hub.settings.paid:
        raise Refused(403, "403 Forbidden")
    return 200, [
        {
            "id": at,
            "name": f"rule {at}",
            "approvals_required": one.required,
            "applies_to_all_protected_branches": one.every,
            "protected_branches": [{"id": 1, "name": branch} for branch in one.branches],
        }
        for at, one in enumerate(asked.hub.rules)
    ]


def schedules(asked: Asked) -> Answer:
    if asked.hub.people.level(asked.user) < 30:
        raise Refused(403, "403 Forbidden")
    wanted = asked.query.get("scope")
    listed = [
        {"id": at, "description": "promoter", "ref": f"refs/heads/{ref}", "cron": "*/10 * * * *", "active": active}
        for at, (ref, active) in enumerate(asked.hub.schedules)
    ]
    return 200, [one for one in listed if wanted in (None, "active" if one["active"] else "inactive")]


def deployments(asked: Asked) -> Answer:
    name = asked.query.get("environment")
    found = [one for one in asked.hub.deployments if name is None or one.environment == name]
    if asked.query.get("sort") == "desc":
        found.reverse()
    return 200, [_deployment(asked, one) for one in found]


def compare(asked: Asked) -> Answer:
    content = asked.hub.content
    tips = [content.tip(asked.query[key]) for key in ("from", "to")]
    if tips[0] is None or tips[1] is None:
        raise Refused(404, "404 Ref Not Found")
    return 200, {"commits": [{"id": one, "message": content.message(one)} for one in content.own(tips[0], tips[1])]}


def own_token(asked: Asked) -> Answer:
    people = asked.hub.people
    return 200, {"id": 3, "scopes": list(people.scopes), "expires_at": people.expires, "active": True}


def car(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    if not found.train:
        raise Refused(404, "404 Not Found")
    return 200, {"id": 1, "status": found.train}


def board(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    if asked.body.get("sha") not in (None, found.head):
        raise Refused(409, "SHA does not match HEAD of source branch")
    found.train, found.merge_user = "idle", asked.user
    return 201, [{"id": 1, "status": "idle"}]


def status_checks(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    if not asked.hub.settings.paid:
        raise Refused(404, "404 Not Found")
    return 200, [{"id": at, "name": name, "status": state} for at, (name, state) in enumerate(found.external.items())]


def cancel(asked: Asked) -> Answer:
    found = asked.hub.merge_request(asked.iid)
    if not found.train:
        raise Refused(406, "406 Not Acceptable")
    found.train, found.merge_user = "", None
    return 201, {"status": "success"}


def create_deployment(asked: Asked) -> Answer:
    asked.developer()
    body, hub = asked.body, asked.hub
    at = hub.tick()
    made = Deployed(hub.id(), body["environment"], body["sha"], body["status"], asked.user, at, at, body["ref"])
    hub.deployments.append(made)
    return 201, _deployment(asked, made)


def edit_deployment(asked: Asked) -> Answer:
    asked.developer()
    number = int(asked.path["deployment_id"])
    found = next((one for one in asked.hub.deployments if one.id == number), None)
    if found is None or found.job:
        raise Refused(404 if found is None else 403, "404 Not found" if found is None else "403 Forbidden")
    found.status, found.updated = asked.body["status"], asked.hub.tick()
    return 200, _deployment(asked, found)


def create_pipeline(asked: Asked) -> Answer:
    asked.developer()
    tip = asked.hub.content.tip(asked.body["ref"])
    if tip is None:
        raise Refused(400, {"base": ["Reference not found"]})
    made = asked.hub.pipelines.start(tip, asked.body["ref"], "api", asked.user)
    made.inputs = asked.body.get("inputs", {})
    made.name = f"{made.inputs.get('job', '')} {made.inputs.get('key', '')}"
    asked.hub.pipelines.job(made, made.inputs.get("job", "test"), "pending", asked.user)
    return 201, _pipeline(asked, made)


def list_pipelines(asked: Asked) -> Answer:
    query = asked.query
    found = [
        one
        for one in reversed(asked.hub.pipelines.every)
        if query.get("ref", one.ref) == one.ref
        and query.get("source", one.source) == one.source
        and query.get("username", one.user) == one.user
        and ("updated_after" not in query or (one.ended or one.at) >= datetime.fromisoformat(query["updated_after"]))
    ]
    keys = ("id", "ref", "sha", "source", "status", "name", "web_url", "created_at", "updated_at")
    return 200, [{key: _pipeline(asked, one)[key] for key in keys} for one in found]


def show_pipeline(asked: Asked) -> Answer:
    number = int(asked.path["pipeline_id"])
    found = next((one for one in asked.hub.pipelines.every if one.id == number), None)
    if found is None:
        raise Refused(404, "404 Pipeline Not Found")
    return 200, _pipeline(asked, found)


HANDLERS: Mapping[str, Handler] = {
    "pipelineSchedules": schedules,
    "acceptMerge": accept_merge,
    "approvalRules": rules,
    "approvals": approvals,
    "boardTrain": board,
    "cancel": cancel,
    "compare": compare,
    "createDeployment": create_deployment,
    "createMerge": create_merge,
    "createNote": create_note,
    "createPipeline": create_pipeline,
    "createStatus": create_status,
    "editDeployment": edit_deployment,
    "editMerge": edit_merge,
    "editNote": edit_note,
    "findUsers": find_users,
    "groupMembers": group_members,
    "labelEvents": label_events,
    "listDeployments": deployments,
    "listEmoji": list_emoji,
    "listMembers": members,
    "listMerges": list_merges,
    "listPipelines": list_pipelines,
    "listStatuses": list_statuses,
    "mergeCommits": commits,
    "ownToken": own_token,
    "protectedBranches": guards,
    "react": react,
    "showMerge": show_merge,
    "showPipeline": show_pipeline,
    "showProject": project,
    "showTrain": car,
    "statusChecks": status_checks,
    "unreact": unreact,
    "versions": versions,
}


def _merge(asked: Asked, merge: Merge) -> dict[str, Any]:
    hub = asked.hub
    known = merging.known(hub, merge) or merge.state != "opened"
    return {
        "id": merge.iid + 5000,
        "iid": merge.iid,
        "project_id": PROJECT,
        "source_project_id": merge.fork or PROJECT,
        "target_project_id": PROJECT,
        "source_branch": merge.source,
        "target_branch": merge.target,
        "title": merge.title,
        "description": merge.description,
        "state": merge.state,
        "draft": merge.draft,
        "sha": merge.head,
        "labels": sorted(merge.labels),
        "author": user(asked, merge.author),
        "assignees": [user(asked, one) for one in merge.assignees],
        "reviewers": [user(asked, one) for one in merge.reviewers],
        "created_at": iso(merge.at),
        "updated_at": iso(merge.updated),
        "closed_at": iso(merge.closed_at),
        "closed_by": user(asked, merge.closed_by),
        "merged_at": iso(merge.merged_at),
        "merge_user": user(asked, merge.merge_user),
        "merge_commit_sha": merge.merge_commit,
        "squash_commit_sha": merge.squash_commit,
        "merge_error": None,
        "detailed_merge_status": merging.detailed(hub, merge) if known else "checking",
        "web_url": f"{asked.home}/{hub.called}/-/merge_requests/{merge.iid}",
    }


def _note(asked: Asked, note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "body": note.body,
        "author": user(asked, note.user),
        "created_at": iso(note.at),
        "updated_at": iso(note.updated),
        "system": note.system,
        "noteable_type": "MergeRequest",
        "noteable_iid": note.iid,
        "internal": note.internal,
    }


def _pipeline(asked: Asked, one: Pipeline) -> dict[str, Any]:
    ended = one.ended if one.status in ("success", "failed", "canceled", "skipped") else None
    return {
        "id": one.id,
        "ref": one.ref,
        "sha": one.sha,
        "source": one.source,
        "status": one.status,
        "name": one.name or None,
        "web_url": f"{asked.home}/{asked.hub.called}/-/pipelines/{one.id}",
        "created_at": iso(one.at),
        "updated_at": iso(one.ended or one.at),
        "started_at": iso(one.at),
        "finished_at": iso(ended),
        "user": user(asked, one.user),
    }


def _emoji(asked: Asked, emoji: Emoji) -> dict[str, Any]:
    return {"id": emoji.id, "name": emoji.name, "user": user(asked, emoji.user)}


def _status(asked: Asked, pipeline: Pipeline, job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "sha": pipeline.sha,
        "ref": pipeline.ref,
        "pipeline_id": pipeline.id,
        "status": job.status,
        "name": job.name,
        "target_url": job.url,
        "description": job.description,
        "created_at": iso(job.at),
        "started_at": None,
        "finished_at": iso(job.finished),
        "allow_failure": job.allow_failure,
        "author": user(asked, job.user),
    }


def _member(asked: Asked, name: str) -> dict[str, Any]:
    people = asked.hub.people
    state = "blocked" if name in people.blocked else "active"
    return {"id": people.id(name), "username": name, "state": state, "access_level": people.level(name) or 10}


def _guard(asked: Asked, guard: Guard) -> dict[str, Any]:
    def levels(given: list[dict[str, object]]) -> list[dict[str, object]]:
        empty = {"user_id": None, "group_id": None, "access_level": None, "access_level_description": ""}
        return [{"id": at, **empty, **one} for at, one in enumerate(given)]

    return {
        "id": 1,
        "name": guard.name,
        "push_access_levels": levels(guard.push),
        "merge_access_levels": levels(guard.merge),
        "allow_force_push": guard.force,
    }


def _deployment(asked: Asked, one: Deployed) -> dict[str, Any]:
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.status,
        "created_at": iso(one.at),
        "updated_at": iso(one.updated),
        "user": user(asked, one.user),
        "deployable": {"id": 1, "name": "deploy"} if one.job else None,
        "environment": {"id": 1, "name": one.environment, "external_url": None},
    }
