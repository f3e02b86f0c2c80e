"""The operations of GitHub's REST API that the test server has, by their ids in GitHub's description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github import access, actions, gitdata
from tests.github.hub import NAME, OWNER, Hub
from tests.github.people import is_bot
from tests.github.records import Comment, Deployed, Pull, Reaction, Rules, Status
from tests.github.rules import rules


@dataclass(frozen=True)
class Asked:
    """One request."""

    hub: Hub
    user: str
    home: str
    """The server's address."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    @property
    def number(self) -> int:
        """The pull request or issue that is meant."""
        return int(self.path.get("pull_number") or self.path["issue_number"])


Answer = tuple[int, Any]
Handler = Callable[[Asked], Answer]


def iso(at: datetime) -> str:
    """Write a time as GitHub does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login: str) -> dict[str, Any]:
    """Give a user."""
    return {"login": login, "type": "Bot" if is_bot(login) else "User"}


def create_pull(asked: Asked) -> Answer:
    body = asked.body
    if not asked.hub.people.may(asked.user, Permission.WRITE):
        raise Refused(403, "Resource not accessible by personal access token")
    made = asked.hub.open(
        body["head"], body["base"], body["title"], body.get("body") or "", asked.user, body.get("draft", False)
    )
    return 201, _pull(made)


def update_pull(asked: Asked) -> Answer:
    body = asked.body
    if "title" in body or "body" in body:
        asked.hub.edit(asked.number, body.get("title"), body.get("body"))
    if body.get("state") == "closed":
        asked.hub.close(asked.number, asked.user)
    return 200, _pull(asked.hub.pull(asked.number))


def merge_pull(asked: Asked) -> Answer:
    body = asked.body or {}
    words = [body.get("commit_title") or "", body.get("commit_message") or ""]
    message = "\n\n".join(one for one in words if one)
    made = asked.hub.merge(asked.number, asked.user, body.get("merge_method", "merge"), body.get("sha"), message)
    return 200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"}


def request_reviewers(asked: Asked) -> Answer:
    body = asked.body
    asked.hub.request_reviews(asked.number, body.get("reviewers", ()), body.get("team_reviewers", ()))
    return 201, _pull(asked.hub.pull(asked.number))


def add_labels(asked: Asked) -> Answer:
    asked.hub.label(asked.number, asked.user, asked.body["labels"])
    return 200, [{"name": one} for one in asked.hub.pull(asked.number).labels]


def remove_label(asked: Asked) -> Answer:
    asked.hub.unlabel(asked.number, asked.user, asked.path["name"])
    return 200, [{"name": one} for one in asked.hub.pull(asked.number).labels]


def add_assignees(asked: Asked) -> Answer:
    asked.hub.assign(asked.number, asked.body["assignees"])
    return 201, {"number": asked.number}


def create_comment(asked: Asked) -> Answer:
    return 201, _comment(asked, asked.hub.comment(asked.number, asked.user, asked.body["body"]))


def update_comment(asked: Asked) -> Answer:
    found = asked.hub.found_comment(int(asked.path["comment_id"]))
    if found.user != asked.user and not asked.hub.people.may(asked.user, Permission.WRITE):
        raise Refused(403, "Resource not accessible")
    return 200, _comment(asked, asked.hub.edit_comment(found.id, asked.body["body"]))


def list_comments(asked: Asked) -> Answer:
    since = asked.query.get("since")
    after = datetime.fromisoformat(since) if since else None
    found = [one for one in asked.hub.comments.values() if after is None or one.updated >= after]
    return 200, [_comment(asked, one) for one in sorted(found, key=lambda one: one.id)]


def list_reactions(asked: Asked) -> Answer:
    return 200, [_reaction(one) for one in asked.hub.found_comment(int(asked.path["comment_id"])).reactions]


def create_reaction(asked: Asked) -> Answer:
    made, is_new = asked.hub.react(int(asked.path["comment_id"]), asked.user, asked.body["content"])
    return 201 if is_new else 200, _reaction(made)


def delete_reaction(asked: Asked) -> Answer:
    asked.hub.unreact(int(asked.path["comment_id"]), int(asked.path["reaction_id"]))
    return 204, None


def create_status(asked: Asked) -> Answer:
    body = asked.body
    if not asked.hub.people.may(asked.user, Permission.WRITE):
        raise Refused(403, "Resource not accessible by personal access token")
    made = asked.hub.post_status(
        asked.path["sha"],
        body.get("context", "default"),
        body["state"],
        asked.user,
        body.get("description"),
        body.get("target_url"),
    )
    return 201, _status(made)


def list_statuses(asked: Asked) -> Answer:
    return 200, [_status(one) for one in reversed(asked.hub.statuses.get(asked.path["ref"], []))]


def create_deployment(asked: Asked) -> Answer:
    body = asked.body
    _may_deploy(asked)
    if body.get("auto_merge", True) or body.get("required_contexts") != []:
        raise NotImplementedError("deployments that merge, or wait for checks")
    made = asked.hub.make_deployment(
        body["ref"], body.get("environment", "production"), asked.user, body.get("task", "deploy"), body["description"]
    )
    return 201, _deployment(made)


def create_deployment_status(asked: Asked) -> Answer:
    body, id_ = asked.body, int(asked.path["deployment_id"])
    _may_deploy(asked)
    said = body.get("description", "")
    if len(said) > 140:
        raise Refused(422, "Validation Failed: description is too long (maximum is 140 characters)")
    made = asked.hub.say_deployment(
        id_, body["state"], asked.user, body.get("log_url", ""), body.get("auto_inactive", True)
    )
    return 201, {"state": made.state, "description": said, "log_url": made.url, "creator": user(asked.user)}


def _may_deploy(asked: Asked) -> None:
    if asked.hub.people.no_deployments or not asked.hub.people.may(asked.user, Permission.WRITE):
        raise Refused(403, "Resource not accessible by integration")


def permission(asked: Asked) -> Answer:
    login = asked.path["username"]
    right = asked.hub.people.right(login)
    coarse = {Permission.MAINTAIN: "write", Permission.TRIAGE: "read"}.get(right, right.value)
    role = asked.hub.people.roles.get(login, right.value)
    return 200, {"permission": coarse, "role_name": role, "user": {**user(login), "role_name": role}}


def branch_rules(asked: Asked) -> Answer:
    branch = asked.path["branch"]
    wanted = rules(asked.hub, branch)
    found = _ruleset(Rules(methods=wanted.methods) if wanted.classic else wanted)
    return 200, [{**one, "ruleset_id": access.ruleset_id(asked.hub, branch)} for one in found]


def installation(asked: Asked) -> Answer:
    return 200, {"id": 77, "app_slug": "promoter", "account": user(OWNER), "permissions": asked.hub.people.granted}


def access_token(asked: Asked) -> Answer:
    raise NotImplementedError("the server answers this by itself")


HANDLERS: Mapping[str, Handler] = {
    "actions/create-workflow-dispatch": lambda asked: actions.dispatch(
        asked.hub, asked.user, asked.path["workflow_id"], asked.body, asked.home
    ),
    "actions/get-workflow-run": lambda asked: (200, actions.run(asked.hub, int(asked.path["run_id"]), asked.home)),
    "actions/list-workflow-runs": lambda asked: (
        200,
        actions.runs(asked.hub, asked.path["workflow_id"], asked.query, asked.home),
    ),
    "actions/list-repo-workflows": lambda asked: (200, access.workflows(asked.hub, asked.query)),
    "apps/create-installation-access-token": access_token,
    "apps/get-repo-installation": installation,
    "checks/list-for-ref": lambda asked: (200, access.check_runs(asked.hub)),
    "issues/add-assignees": add_assignees,
    "git/create-blob": lambda asked: (201, gitdata.make_blob(asked.hub, asked.user, asked.body)),
    "git/create-commit": lambda asked: (201, gitdata.make_commit(asked.hub, asked.user, asked.body)),
    "git/create-tree": lambda asked: (201, gitdata.make_tree(asked.hub, asked.user, asked.body)),
    "issues/add-labels": add_labels,
    "issues/create-comment": create_comment,
    "issues/list-comments-for-repo": list_comments,
    "issues/remove-label": remove_label,
    "issues/update-comment": update_comment,
    "pulls/create": create_pull,
    "pulls/merge": merge_pull,
    "pulls/request-reviewers": request_reviewers,
    "pulls/update": update_pull,
    "reactions/create-for-issue-comment": create_reaction,
    "reactions/delete-for-issue-comment": delete_reaction,
    "reactions/list-for-issue-comment": list_reactions,
    "repos/create-commit-status": create_status,
    "repos/create-deployment": create_deployment,
    "repos/create-deployment-status": create_deployment_status,
    "repos/get": lambda asked: (200, access.repository(asked.hub, asked.user)),
    "repos/get-branch-rules": branch_rules,
    "repos/get-collaborator-permission-level": permission,
    "repos/get-repo-ruleset": lambda asked: (200, access.ruleset(asked.hub, int(asked.path["ruleset_id"]))),
    "repos/list-deployments": lambda asked: (200, access.deployments(asked.hub)),
    "repos/list-commit-statuses-for-ref": list_statuses,
}


def _pull(pull: Pull) -> dict[str, Any]:
    return {
        "number": pull.number,
        "state": "open" if pull.state == "OPEN" else "closed",
        "title": pull.title,
        "body": pull.body,
        "user": user(pull.author),
        "draft": pull.draft,
        "merged": pull.state == "MERGED",
        "created_at": iso(pull.at),
        "requested_reviewers": [user(one) for one in pull.reviewers],
    }


def _comment(asked: Asked, comment: Comment) -> dict[str, Any]:
    kind = "issues" if comment.number in asked.hub.issues else "pull"
    home = f"{asked.home}/{OWNER}/{NAME}/{kind}/{comment.number}"
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "user": user(comment.user),
        "created_at": iso(comment.at),
        "updated_at": iso(comment.updated),
        "html_url": f"{home}#issuecomment-{comment.id}",
        "issue_url": f"{asked.home}/api/v3/repos/{OWNER}/{NAME}/issues/{comment.number}",
        "author_association": "NONE",
    }


def _reaction(reaction: Reaction) -> dict[str, Any]:
    return {
        "id": reaction.id,
        "content": reaction.content,
        "user": user(reaction.user),
        "created_at": iso(reaction.at),
    }


def _status(status: Status) -> dict[str, Any]:
    return {
        "id": status.id,
        "state": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.url,
        "creator": user(status.user),
        "created_at": iso(status.at),
        "updated_at": iso(status.at),
    }


def _deployment(made: Deployed) -> dict[str, Any]:
    return {
        "id": made.id,
        "sha": made.commit,
        "ref": made.commit,
        "task": made.task,
        "environment": made.environment,
        "description": made.description,
        "creator": user(made.creator),
        "created_at": iso(made.at),
        "updated_at": iso(made.at),
    }


def _ruleset(wanted: Rules) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if wanted.checks or wanted.strict:
        checks = [{"context": one} for one in wanted.checks]
        parameters = {"required_status_checks": checks, "strict_required_status_checks_policy": wanted.strict}
        found.append({"type": "required_status_checks", "parameters": parameters})
    if wanted.approvals or wanted.methods != Rules().methods:
        asks: dict[str, Any] = {
            "dismiss_stale_reviews_on_push": False,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_approving_review_count": wanted.approvals,
            "required_review_thread_resolution": False,
            "allowed_merge_methods": list(wanted.methods),
        }
        found.append({"type": "pull_request", "parameters": asks})
    if not wanted.push:
        found.append({"type": "update", "parameters": {"update_allows_fetch_and_merge": False}})
    if wanted.linear:
        found.append({"type": "required_linear_history"})
    if wanted.queue:
        found.append({"type": "merge_queue", "parameters": _QUEUE})
    if not wanted.deletable:
        found.append({"type": "deletion"})
    return [{**one, "ruleset_source": f"{OWNER}/{NAME}"} for one in found]


_QUEUE = {
    "check_response_timeout_minutes": 60,
    "grouping_strategy": "ALLGREEN",
    "max_entries_to_build": 5,
    "max_entries_to_merge": 5,
    "merge_method": "MERGE",
    "min_entries_to_merge": 1,
    "min_entries_to_merge_wait_minutes": 5,
}
