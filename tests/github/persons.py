"""People at the test server, as the contract of forges knows them; and connections to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from promoter.forge.chosen import connect_github
from promoter.forge.github import GitHubForge
from promoter.forge.github_place import find_place
from promoter.forge.retry import Limits
from promoter.model.forge import Permission, Protection
from promoter.model.names import Branch, Oid
from tests.github.hub import Hub
from tests.github.records import Rules
from tests.github.server import TOKEN, GitHub

QUICK = Limits(wait=1, answer=10, pause=0.01, unhurried=10_000)
"""Nothing worth waiting for happens on this machine."""


def environment(server: GitHub, token: str = TOKEN) -> dict[str, str]:
    """Give what a job on that server would have."""
    return {"GITHUB_SERVER_URL": server.home, "GITHUB_TOKEN": token}


def connect(
    server: GitHub,
    token: str = TOKEN,
    told: list[str] | None = None,
    limits: Limits = QUICK,
    sleep: Callable[[float], None] = time.sleep,
) -> GitHubForge:
    """Connect to the test server."""
    env = environment(server, token)
    place = find_place(server.url, env)
    assert place is not None
    made = connect_github(place, env, ([] if told is None else told).append, limits, sleep).forge
    assert isinstance(made, GitHubForge)
    return made


class Persons:
    """Persons at GitHub; `classic`: protect branches by classic branch protection, but for the methods."""

    def __init__(self, hub: Hub, classic: bool = False) -> None:
        self.hub = hub
        self.classic = classic

    def name(self, permissions: dict[str, Permission], teams: dict[str, Collection[str]]) -> None:
        self.hub.people.name(permissions, teams)

    def protect(self, branch: Branch, protection: Protection) -> None:
        self.hub.rules[branch] = Rules(
            checks=protection.required_checks,
            approvals=protection.required_approvals,
            strict=protection.up_to_date,
            methods=protection.methods,
            push=protection.may_push,
            classic=self.classic,
        )

    def approve(self, number: int, user: str) -> None:
        self.hub.review(number, user, "APPROVED")

    def request_changes(self, number: int, user: str) -> None:
        self.hub.review(number, user, "CHANGES_REQUESTED")

    def comment(self, number: int, user: str, body: str) -> None:
        self.hub.comment(number, user, body)

    def label(self, number: int, user: str, labels: Collection[str]) -> None:
        self.hub.label(number, user, labels)

    def close(self, number: int, user: str) -> None:
        self.hub.close(number, user)

    def reopen(self, number: int, user: str) -> None:
        self.hub.reopen(number, user)

    def merge(self, number: int, user: str, method: str) -> Oid:
        return Oid(self.hub.merge(number, user, method))

    def check(self, commit: Oid, name: str, state: str, reporter: str, at: datetime) -> None:
        self.hub.post_status(commit, name, state, reporter)

    def deploy(self, environment: str, commit: Oid, state: str, creator: str, at: datetime) -> None:
        self.hub.deploy(environment, commit, state, creator, at)
