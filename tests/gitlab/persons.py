"""People at the GitLab of the tests, as the contract of forges knows them; and connections to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from promoter.forge.chosen import connect_gitlab
from promoter.forge.gitlab import GitLabForge
from promoter.forge.gitlab_place import find_place
from promoter.forge.retry import Limits
from promoter.model.forge import Permission, Protection
from promoter.model.names import Branch, Oid
from tests.gitlab.hub import Hub
from tests.gitlab.records import Guard, Rule
from tests.gitlab.server import TOKEN, GitLab

QUICK = Limits(wait=1, answer=10, pause=0.01, unhurried=10_000)
"""Nothing worth waiting for happens on this machine."""
_STATES = {"success": "success", "failure": "failed", "pending": "pending"}
_DEPLOYED = {"success": "success", "failure": "failed", "pending": "running"}


def environment(server: GitLab, token: str = TOKEN) -> dict[str, str]:
    """Give what a job on that server would have."""
    return {"CI_SERVER_URL": server.home, "GITLAB_TOKEN": token}


def connect(
    server: GitLab,
    token: str = TOKEN,
    told: list[str] | None = None,
    limits: Limits = QUICK,
    sleep: Callable[[float], None] = time.sleep,
) -> GitLabForge:
    """Connect to the test server."""
    env = environment(server, token)
    place = find_place(server.url, env)
    assert place is not None
    made = connect_gitlab(place, env, ([] if told is None else told).append, limits, sleep).forge
    assert isinstance(made, GitLabForge)
    return made


class Persons:
    """Persons at GitLab."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def name(self, permissions: dict[str, Permission], teams: dict[str, Collection[str]]) -> None:
        self.hub.people.name(permissions, teams)

    def protect(self, branch: Branch, protection: Protection) -> None:
        """Protect a branch; methods, up to date and the pipeline are the whole project's on GitLab."""
        settings = self.hub.settings
        level = 30 if protection.may_push else 40
        self.hub.guards.append(Guard(branch, push=[{"access_level": level}]))
        self.hub.rules.append(Rule(protection.required_approvals, (branch,)))
        settings.pipeline = bool(protection.required_checks)
        if "squash" not in protection.methods:
            settings.squash = "never"
        elif protection.methods == ("squash",):
            settings.squash = "always"
        if "rebase" in protection.methods and "merge" not in protection.methods:
            settings.method = "ff"
        elif protection.up_to_date:
            settings.method = "rebase_merge"

    def approve(self, number: int, user: str) -> None:
        self.hub.approve(number, user)

    def request_changes(self, number: int, user: str) -> None:
        self.hub.request_changes(number, user)

    def comment(self, number: int, user: str, body: str) -> None:
        self.hub.note(number, user, body)

    def label(self, number: int, user: str, labels: Collection[str]) -> None:
        self.hub.label(number, user, labels)

    def close(self, number: int, user: str) -> None:
        self.hub.close(number, user)

    def reopen(self, number: int, user: str) -> None:
        self.hub.reopen(number, user)

    def merge(self, number: int, user: str, method: str) -> Oid:
        done = self.hub.merge(number, user, squash=method == "squash")
        return Oid(done.merge_commit or done.squash_commit or done.head)

    def check(self, commit: Oid, name: str, state: str, reporter: str, at: datetime) -> None:
        self.hub.pipelines.post(commit, name, _STATES[state], reporter)

    def deploy(self, environment: str, commit: Oid, state: str, creator: str, at: datetime) -> None:
        self.hub.deploy(environment, commit, _DEPLOYED[state], creator, at)
