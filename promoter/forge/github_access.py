"""What our token may do on GitHub, who may push to a branch, and which workflows are switched off. It only reads.

Sources: "Get a repository" (`permissions`), "Get a repository installation" (`permissions` of an App), "Scopes for
OAuth apps" (`X-OAuth-Scopes`, of classic tokens only), "Token expiration" (`GitHub-Authentication-Token-Expiration`),
"Get a repository ruleset" (`current_user_can_bypass`; `bypass_actors` is shown to those who may edit the ruleset).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from promoter.errors import Rejected
from promoter.forge.github_connection import Connection
from promoter.forge.github_protection import PUSHABLE
from promoter.forge.retry import NotThere, plain
from promoter.model.forge import Standing, Writers
from promoter.model.names import Branch

_NEEDS: Final = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "statuses": "write",
}
_MORE: Final = {"actions": "write"}
"""Where reading is not all."""
_READS: Final = {"checks": "/commits/{}/check-runs", "deployments": "/deployments"}
_RANKS: Final = ("none", "read", "write", "admin")
_ROLES: Final = {2: "maintain", 4: "write", 5: "admin"}
"""Ids of the roles that every repository has: "About rulesets", bypass permissions."""
_KEEPING: Final = frozenset({"update", "pull_request", "merge_queue"})
"""Rules that keep people who may write from pushing."""
_CLASSIC: Final = (
    "query($owner: String!, $name: String!, $ref: String!) {repository(owner: $owner, name: $name) {viewerPermission "
    "ref(qualifiedName: $ref) {refUpdateRule {requiredApprovingReviewCount requiredStatusCheckContexts viewerCanPush "
    "allowsDeletions} branchProtectionRule {restrictsPushes pushAllowances(first: 100) {nodes {actor "
    "{... on App {slug} ... on Team {teamSlug: slug} ... on User {login}}}}}}}}"
)


class Accesses:
    """Reads what we may, and who else may."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def standing(self, reads: Collection[str]) -> Standing:
        """Give what the token may do; `reads`: which of actions, checks, deployments and members it must see."""
        found, headers = self._connection.look("", "read the repository")
        lacks = dict.fromkeys(self._lacks(found, headers, reads))
        return Standing(
            lacks=tuple(lacks),
            expires=_expiry(headers.get("github-authentication-token-expiration", "")),
            archived=bool(found.get("archived")),
        )

    def _lacks(self, found: Any, headers: Mapping[str, str], reads: Collection[str]) -> Iterator[str]:
        if not (found.get("permissions") or {"push": True})["push"]:
            yield "contents: write"
        granted, scopes = self._connection.granted, headers.get("x-oauth-scopes")
        if granted is not None:
            asked = {name: _MORE.get(name, "read") for name in sorted(reads) if name not in _written(reads)}
            for name, right in (_NEEDS | asked | dict.fromkeys(_written(reads).values(), "write")).items():
                if _RANKS.index(granted.get(name, "none")) < _RANKS.index(right):
                    yield f"{name.replace('_', '-')}: {right}"
        elif scopes is not None and not self._connection.identity.endswith("[bot]"):
            yield from _scopes_missing({one.strip() for one in scopes.split(",")}, found["private"], reads)
        else:
            # Nobody tells what other tokens may: what needs a right of its own is tried.
            for name in sorted(_READS.keys() & {*reads, *_written(reads).values()}):
                path = _READS[name].format(quote(found["default_branch"], safe=""))
                try:
                    self._connection.get(path, f"read {name}", per_page=1)
                except (Rejected, NotThere):
                    yield f"{name}: {'write' if name in _written(reads).values() else 'read'}"

    def writers(self, branches: Collection[Branch]) -> Mapping[Branch, Writers]:
        """Give who may push to each of `branches`, by rulesets and classic protection together."""
        rulesets: dict[int | None, tuple[str, list[Any]]] = {None: ("never", [])}
        return {branch: self._writers(branch, rulesets) for branch in branches}

    def _writers(self, branch: Branch, rulesets: dict[int | None, tuple[str, list[Any]]]) -> Writers:
        """Give who may push to `branch`; `rulesets`: those that were read, more are added."""
        place, doing = self._connection.place, f"read who may push to {branch}"
        names = {"owner": place.owner, "name": place.name, "ref": f"refs/heads/{branch}"}
        found = self._connection.query(_CLASSIC, doing, may_hide="branchProtectionRule", **names)["repository"]
        rules = list(self._connection.every(f"/rules/branches/{quote(branch, safe='')}", doing))
        classic = (found["ref"] or {}).get("refUpdateRule")
        kept = deletable = False
        we = found["viewerPermission"] not in (None, "READ", "TRIAGE")
        others: dict[str, None] = {}
        if classic:
            asks = bool(classic["requiredApprovingReviewCount"] or classic["requiredStatusCheckContexts"])
            whole = found["ref"].get("branchProtectionRule") or {}
            we = we and classic["viewerCanPush"] and not asks
            kept = asks or bool(whole.get("restrictsPushes")) or not classic["viewerCanPush"]
            deletable = classic["allowsDeletions"]
            actors = [one["actor"] or {} for one in (whole.get("pushAllowances") or {"nodes": ()})["nodes"]]
            others |= dict.fromkeys(name for actor in actors if (name := self._actor(actor)))
        keeping = {rule["ruleset_id"] for rule in rules if rule["type"] in _KEEPING and "ruleset_id" in rule}
        for ruleset in dict.fromkeys(rule.get("ruleset_id") for rule in rules if rule["type"] not in PUSHABLE):
            if ruleset not in rulesets:
                rulesets[ruleset] = self._ruleset(ruleset, doing)
            bypass, actors = rulesets[ruleset]
            we = we and bypass in ("always", "exempt")
            if ruleset in keeping:
                others |= dict.fromkeys(_others(actors, bypass, self._connection.identity))
        kinds = {rule["type"] for rule in rules}
        return Writers(
            we=we,
            kept=kept or bool(kinds & _KEEPING),
            others=tuple(others),
            deletable="deletion" not in kinds and (deletable or not classic),
        )

    def _ruleset(self, number: int | None, doing: str) -> tuple[str, list[Any]]:
        """Give whether we may bypass a ruleset, and who may; one that is hidden cannot be bypassed by us."""
        try:
            found = self._connection.get(f"/rulesets/{number}", doing, includes_parents="true")
        except (NotThere, Rejected):
            return "never", []
        return found.get("current_user_can_bypass", "never"), found.get("bypass_actors") or []

    def _actor(self, actor: Mapping[str, str]) -> str:
        """Name an actor of classic protection; empty: it is us."""
        if "teamSlug" in actor:
            return f"team {actor['teamSlug']}"
        login = actor.get("login") or f"{actor.get('slug', '')}[bot]"
        return "" if login == self._connection.identity else login

    def disabled_workflows(self) -> Mapping[str, str]:
        """Give path -> why."""
        words = {"disabled_inactivity": "GitHub switched it off, for nothing happened here for 60 days"}
        page, found = 1, dict[str, str]()
        while True:
            try:
                answer = self._connection.get("/actions/workflows", "list workflows", per_page=100, page=page)
            except (NotThere, Rejected):
                return {}  # it takes Actions: read, which nothing else needs
            for one in answer["workflows"]:
                if one["state"].startswith("disabled"):
                    found[plain(one["path"])] = words.get(one["state"], "somebody switched it off")
            if page * 100 >= answer["total_count"]:
                return found
            page += 1


def _written(reads: Collection[str]) -> dict[str, str]:
    """Give what is not only read: `deployments: write` -> `deployments`."""
    return {one: one.removesuffix(": write") for one in reads if one.endswith(": write")}


def _scopes_missing(scopes: Collection[str], private: bool, reads: Collection[str]) -> Iterator[str]:
    if "repo" not in scopes and (private or "public_repo" not in scopes):
        yield f"scope {'repo' if private else 'public_repo'}"
    if "members" in reads and not {"read:org", "write:org", "admin:org"} & set(scopes):
        yield "scope read:org"


def _others(actors: Collection[Any], bypass: str, identity: str) -> Iterator[str]:
    """Name those who may bypass a ruleset, without us; administrators could change it anyway.

    GitHub does not say who of them we are: an app counts for us when we are one and may bypass, and so for users.
    """
    alone = {"Integration": "app", "User": "user"}
    left = {kind: sum(actor["actor_type"] == kind and _pushes(actor) for actor in actors) for kind in alone}
    we = "Integration" if identity.endswith("[bot]") else "User"
    if bypass in ("always", "exempt"):
        left[we] = max(0, left[we] - 1)
    for kind, word in alone.items():
        if left[kind]:
            yield f"{left[kind]} {word}{'s' if left[kind] > 1 else ''} that {'are' if left[kind] > 1 else 'is'} not us"
    for actor in filter(_pushes, actors):
        kind, number = actor["actor_type"], actor.get("actor_id")
        if kind == "RepositoryRole" and _ROLES.get(number) != "admin":
            yield f"the role {_ROLES.get(number, number)}"
        elif kind == "DeployKey":
            yield "all deploy keys"
        elif kind == "Team":
            yield f"team {number}"


def _pushes(actor: Any) -> bool:
    """Tell whether it may bypass with a push, too."""
    return bool(actor.get("bypass_mode") != "pull_request")


def _expiry(text: str) -> datetime | None:
    """Read `2026-12-01 10:00:00 UTC` or `... +0100`; None for anything else."""
    try:
        if text.endswith(" UTC"):
            return datetime.strptime(text.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
