"""What our token may do on GitLab, and who may push to a branch. It only reads.

Sources: "Personal access tokens API" (`/personal_access_tokens/self`, also of project and group tokens), "Projects API"
(`permissions`, `archived`), "Protected branches API", "Pipeline schedules API".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from promoter.errors import Rejected
from promoter.forge.gitlab_connection import Connection
from promoter.forge.gitlab_protection import WRITE, Protections, our_level, pushes
from promoter.forge.retry import NotThere
from promoter.model.forge import Standing, Writers
from promoter.model.names import Branch

_ROLES = {30: "Developer", 40: "Maintainer", 50: "Owner", 60: "Administrator"}


class Accesses:
    """Reads what we may, and who else may."""

    def __init__(self, connection: Connection, protections: Protections) -> None:
        self._connection = connection
        self._protections = protections

    def standing(self, reads: Collection[str]) -> Standing:
        """Give what the token may do; all that is read needs no right beyond that to write."""
        project = self._connection.get("", "read the project")
        token = self._token()
        return Standing(
            lacks=tuple(_lacks(project, token)),
            expires=_expiry((token or {}).get("expires_at")),
            archived=bool(project.get("archived")),
        )

    def _token(self) -> Any:
        try:
            return self._connection.ask("GET", "/personal_access_tokens/self", "read what the token may", {}).body
        except (NotThere, Rejected):
            return None  # a token of another kind

    def writers(self, branches: Collection[Branch]) -> Mapping[Branch, Writers]:
        """Give who may push to each of `branches`, which need not exist."""
        ours = our_level(self._connection.get("", "read the project"))
        return {branch: self._writers(branch, ours) for branch in branches}

    def scheduled(self) -> frozenset[str] | None:
        """Give the branches of active schedules; None where the token may not see them."""
        doing = "read the pipeline schedules"
        try:
            found = list(self._connection.every("/pipeline_schedules", doing, {"scope": "active"}))
        except (NotThere, Rejected):
            return None
        return frozenset(str(one["ref"]).removeprefix("refs/heads/") for one in found)

    def _writers(self, branch: Branch, ours: int) -> Writers:
        found = self._protections.rules(branch, f"read who may push to {branch}")
        if not found:
            return Writers(we=ours >= WRITE, kept=False, deletable=True)
        me = self._connection.me.id
        levels = found[0]["push_access_levels"]
        return Writers(
            we=ours >= WRITE and pushes(found[0], ours, me),
            kept=not any(_plain_level(one) == WRITE for one in levels),
            others=tuple(dict.fromkeys(name for one in levels if (name := _other(one, me)))),
            deletable=False,
        )


def _plain_level(one: Any) -> int:
    """Give the role that an access level is for; 0: nobody, or somebody in particular."""
    is_one = any(one.get(key) is not None for key in ("user_id", "group_id", "deploy_key_id"))
    return 0 if is_one else int(one.get("access_level") or 0)


def _other(one: Any, me: int) -> str:
    """Name who may push, as GitLab describes it; empty: nobody, or us."""
    if one.get("user_id") == me:
        return ""
    role = _plain_level(one)
    if role:
        return f"the role {_ROLES.get(role, role)}"
    if one.get("user_id") is None and one.get("group_id") is None and one.get("deploy_key_id") is None:
        return ""
    kind = "user" if one.get("user_id") is not None else "group" if one.get("group_id") is not None else "deploy key"
    return f"the {kind} {one.get('access_level_description') or ''}".strip()


def _lacks(project: Any, token: Any) -> Iterator[str]:
    if our_level(project) < WRITE:
        yield "the role Developer"
    scopes = (token or {}).get("scopes")
    if scopes is not None and "api" not in scopes:
        yield "scope api"
    if scopes is not None and not {"api", "write_repository"} & set(scopes):
        yield "scope write_repository"


def _expiry(text: str | None) -> datetime | None:
    """Read a day, at whose beginning the token ends."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
