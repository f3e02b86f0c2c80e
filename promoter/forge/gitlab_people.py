"""What people may do on GitLab, which groups they are in, and what their approvals count as.

A right is a membership's level, also one that comes from a group above or from a group that was invited; who has none
may do nothing here, also where everybody may read. A team is a group in which somebody is a member directly, as
CODEOWNERS has it, by its path below the project's top group (`sre`, `platform/sre`), or its whole path elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from promoter.forge import gitlab_queries as queries
from promoter.forge.codeowners import ROOT_PLACES, Codeowners
from promoter.forge.gitlab_connection import Connection
from promoter.forge.gitlab_owners import owns, parse_sections
from promoter.forge.retry import NotThere
from promoter.model.forge import RANKS, Permission, PullRequest, PullState
from promoter.model.names import Branch

Sections = tuple[Codeowners, ...]

LEVELS: Final = (
    (50, Permission.ADMIN),
    (40, Permission.MAINTAIN),
    (30, Permission.WRITE),
    (20, Permission.TRIAGE),
    (10, Permission.READ),
)
"""Owner, Maintainer, Developer, Reporter, Guest; what lies between counts as the one below: "Members API"."""


class People:
    """Reads rights and groups."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ids(self, users: Iterable[str]) -> dict[str, int]:
        """Give the ids of those of `users` that there are."""
        found: dict[str, int] = {}
        for user in dict.fromkeys(users):
            reply = self._connection.ask("GET", "/users", f"look for {user}", {"username": user})
            for one in reply.body:
                if one["username"].casefold() == user.casefold():
                    found[user] = one["id"]
        return found

    def permission(self, user: str) -> Permission:
        """Give `user`'s right: the highest of their memberships, the project's own and inherited ones."""
        number = self.ids([user]).get(user)
        return Permission.NONE if number is None else self.rights([number]).get(number, Permission.NONE)

    def rights(self, ids: Collection[int]) -> dict[int, Permission]:
        """Give the rights of many at once, by their ids."""
        found: dict[int, Permission] = {}
        for some in queries.batches(sorted(ids)):
            for one in self._connection.every("/members/all", "read members", {"user_ids[]": list(some)}):
                right = level(one["access_level"]) if one.get("state", "active") == "active" else Permission.NONE
                found[one["id"]] = max(right, found.get(one["id"], right), key=lambda each: RANKS[each])
        return found

    def groups(self, users: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Give the whole paths of the groups that each of `users` is a member of directly."""
        names = sorted(set(users))
        found = dict.fromkeys(names, frozenset[str]())
        for some in queries.batches(names):
            answer = self._connection.query(queries.MEMBERSHIPS, "read groups", names=list(some))
            for node in answer["users"]["nodes"]:
                found[node["username"]] = frozenset(self._to_end(node["username"], node["groupMemberships"]))
        return found

    def _to_end(self, user: str, page: Any) -> set[str]:
        paths: set[str] = set()
        while page is not None:
            paths |= {one["group"]["fullPath"] for one in page["nodes"] if one and one["group"]}
            if not page["pageInfo"]["hasNextPage"]:
                break
            asked = {"names": [user], "after": page["pageInfo"]["endCursor"]}
            [node] = self._connection.query(queries.MORE_MEMBERSHIPS, "read groups", **asked)["users"]["nodes"]
            page = node["groupMemberships"]
        return paths

    def teams(self, user: str) -> frozenset[str]:
        """Give the teams of `user`."""
        return frozenset(map(self.team, self.groups([user])[user]))

    def team(self, group: str) -> str:
        """Give what a group is called here."""
        return group.removeprefix(f"{self._connection.place.root}/")

    def members(self, team: str) -> frozenset[str] | None:
        """Give who is in `team` directly; None when GitLab does not tell."""
        root = self._connection.place.root
        for path in dict.fromkeys((f"{root}/{team}", team)):
            try:
                found = list(
                    self._connection.every(f"/groups/{quote(path, safe='')}/members", "read a group", whole=True)
                )
            except NotThere:
                continue
            return frozenset(one["username"] for one in found if one.get("state", "active") == "active")
        return None

    def with_groups(self, pulls: Sequence[PullRequest], ids: Mapping[str, int]) -> list[PullRequest]:
        """Give `pulls` with what every reviewer counts as; `ids` has every reviewer's."""
        reviewed = [pull for pull in pulls if pull.reviews]
        if not reviewed:
            return list(pulls)
        users = sorted({review.user for pull in reviewed for review in pull.reviews})
        rights = self.rights([ids[user] for user in users if user in ids])
        right = {user: rights.get(ids.get(user, 0), Permission.NONE) for user in users}
        groups = self.groups(users)
        owned = self._owned([pull for pull in reviewed if pull.state is PullState.OPEN])
        return [
            replace(
                pull,
                reviews=tuple(
                    replace(
                        one, groups=self._counts(one.user, right[one.user], groups[one.user], owned.get(pull.number))
                    )
                    for one in pull.reviews
                ),
            )
            for pull in pulls
        ]

    def _counts(
        self, user: str, right: Permission, groups: frozenset[str], owned: tuple[Sections, list[str]] | None
    ) -> frozenset[str]:
        counts = {f"user:{user}", *(f"team:{self.team(group)}" for group in groups)}
        counts |= {name for name, needed in RANKS.items() if 0 < needed <= RANKS[right]}
        # An owner without the right to write does not count: the file may name anybody.
        if owned is not None and "write" in counts and owns(owned[0], user, groups, owned[1]):
            counts.add("codeowners")
        return frozenset(counts)

    def _owned(self, pulls: Sequence[PullRequest]) -> dict[int, tuple[Sections, list[str]]]:
        """Give the owners' file of each target branch, and the paths that the merge request changes."""
        owners = {base: self._owners(base) for base in sorted({pull.base_branch for pull in pulls})}
        bases = {pull.number: pull.base_branch for pull in pulls}
        found: dict[int, tuple[Sections, list[str]]] = {}
        for some in queries.batches(sorted(bases)):
            asked = {"iids": [str(number) for number in some], "first": len(some)}
            answer = self._connection.query(queries.CHANGED, "read changed files", **asked)["project"]
            for node in answer["mergeRequests"]["nodes"]:
                paths = [one["path"] for one in node["diffStats"] or ()]
                found[int(node["iid"])] = owners[bases[int(node["iid"])]], paths
        return found

    def _owners(self, base: Branch) -> Sections:
        asked = {"ref": f"refs/heads/{base}", "paths": list(ROOT_PLACES)}
        answer = self._connection.query(queries.OWNERS, "read code owners", **asked)["project"]["repository"]
        files = {
            one["path"]: one["rawTextBlob"] or "" for one in ((answer or {}).get("blobs") or {"nodes": ()})["nodes"]
        }
        return parse_sections(next((files[place] for place in ROOT_PLACES if place in files), ""))


def level(number: int) -> Permission:
    """Give what an access level amounts to."""
    return next((right for least, right in LEVELS if number >= least), Permission.NONE)
