"""What people may do on GitHub, which teams they are in, and what their reviews count as.

Rights are the collaborator API's, never a comment's or review's `author_association`, which says something else. Teams
need a token that may read the organisation's members, which GITHUB_TOKEN may not: then nobody is in a team, and that is
told once. Nothing is remembered from one look to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from promoter.forge import github_queries as queries
from promoter.forge.codeowners import GITHUB_PLACES, Codeowners, parse_codeowners
from promoter.forge.github_connection import Connection
from promoter.forge.retry import NotThere
from promoter.model.forge import RANKS, Permission, PullRequest, PullState
from promoter.model.names import Branch

_ROLES: Final = frozenset(permission.value for permission in Permission)


class People:
    """Reads rights and teams."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = False

    def permission(self, user: str) -> Permission:
        """Give `user`'s right: the role where it is one of GitHub's own, else what a custom role amounts to."""
        path = f"/collaborators/{quote(user, safe='')}/permission"
        try:
            found = self._connection.get(path, f"read the right of {user}")
        except NotThere:
            return Permission.NONE
        role = found.get("role_name", "")
        return Permission(role if role in _ROLES else found["permission"])

    def teams(self, users: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Give the teams of each of `users`, by their short names."""
        names = sorted(set(users))
        found = dict.fromkeys(names, frozenset[str]())
        if not names or not self._connection.is_organization:
            return found
        people = [name for name in names if not name.endswith("[bot]")]
        for some in queries.batches(people):
            for user, teams in zip(some, self._teams(some), strict=True):
                found[user] = teams
        return found

    def _teams(self, users: Sequence[str]) -> list[frozenset[str]]:
        fields = [f"t{at}: {_teams_of(user)}" for at, user in enumerate(users)]
        text = f"query($owner: String!) {{organization(login: $owner) {{{' '.join(fields)}}}}}"
        answer = self._ask_teams(text)
        if answer is None:
            return [frozenset() for _ in users]
        found = []
        for at, user in enumerate(users):
            page = answer[f"t{at}"]
            slugs = {one["slug"] for one in page["nodes"]}
            while page["pageInfo"]["hasNextPage"]:
                after = page["pageInfo"]["endCursor"]
                more = f"query($owner: String!) {{organization(login: $owner) {{t: {_teams_of(user, after)}}}}}"
                page = (self._ask_teams(more) or {})["t"]
                slugs |= {one["slug"] for one in page["nodes"]}
            found.append(frozenset(slugs))
        return found

    def _ask_teams(self, text: str) -> Any:
        owner = self._connection.place.owner
        try:
            found = self._connection.query(text, "read teams", may_hide="organization", owner=owner)["organization"]
        except NotThere:
            found = None
        if found is None or None in found.values():
            found = None
        if found is None and not self._told:
            self._told = True
            self._connection.tell(
                f"{self._connection.place}: this token may not read the organisation's teams, so nobody counts as a "
                "member of one; a GitHub App with the right Members: read may"
            )
        return found

    def with_groups(self, pulls: Sequence[PullRequest]) -> list[PullRequest]:
        """Give `pulls` with what every reviewer counts as."""
        reviewed = [pull for pull in pulls if pull.reviews]
        if not reviewed:
            return list(pulls)
        users = sorted({review.user for pull in reviewed for review in pull.reviews})
        rights = {user: self.permission(user) for user in users}
        teams = self.teams(users)
        owned = self._owned([pull for pull in reviewed if pull.state is PullState.OPEN])
        return [
            replace(
                pull,
                reviews=tuple(
                    replace(review, groups=_groups(review.user, rights, teams, owned.get(pull.number)))
                    for review in pull.reviews
                ),
            )
            for pull in pulls
        ]

    def _owned(self, pulls: Sequence[PullRequest]) -> dict[int, tuple[Codeowners, list[str]]]:
        """Give the owners' file of each pull request's base, and the paths that the pull request changes."""
        found: dict[int, tuple[Codeowners, list[str]]] = {}
        for some in queries.batches(pulls, 50):
            bases = sorted({pull.base_branch for pull in some})
            fields = [f"p{pull.number}: {_files_of(pull.number)}" for pull in some]
            fields += [
                f"o{at}_{n}: {_owners_at(base, n)}" for at, base in enumerate(bases) for n in range(len(GITHUB_PLACES))
            ]
            answer = self._ask(fields)
            owners = {base: _owners(answer, at) for at, base in enumerate(bases)}
            for pull in some:
                paths = self._paths(pull.number, answer[f"p{pull.number}"]["files"])
                found[pull.number] = owners[pull.base_branch], paths
        return found

    def _paths(self, number: int, page: Any) -> list[str]:
        found = [one["path"] for one in page["nodes"]]
        while page["pageInfo"]["hasNextPage"]:
            page = self._ask([f"p: {_files_of(number, page['pageInfo']['endCursor'])}"])["p"]["files"]
            found += [one["path"] for one in page["nodes"]]
        return found

    def _ask(self, fields: Sequence[str]) -> Any:
        place = self._connection.place
        text = queries.on_repository(fields)
        return self._connection.query(text, "read code owners", owner=place.owner, name=place.name)["repository"]


def _groups(
    user: str,
    rights: Mapping[str, Permission],
    teams: Mapping[str, frozenset[str]],
    owned: tuple[Codeowners, list[str]] | None,
) -> frozenset[str]:
    rank = RANKS[rights[user]]
    groups = {f"user:{user}", *(f"team:{team}" for team in teams[user])}
    groups |= {name for name, needed in RANKS.items() if 0 < needed <= rank}
    # An owner without the right to write does not count: the file may name anybody.
    if owned is not None and "write" in groups and owned[0].owns(user, teams[user], owned[1]):
        groups.add("codeowners")
    return frozenset(groups)


def _teams_of(user: str, after: str | None = None) -> str:
    start = "" if after is None else f", after: {queries.literal(after)}"
    return (
        f"teams(first: 100, userLogins: [{queries.literal(user)}]{start}) "
        "{nodes {slug} pageInfo {hasNextPage endCursor}}"
    )


def _files_of(number: int, after: str | None = None) -> str:
    start = "" if after is None else f", after: {queries.literal(after)}"
    return (
        f"pullRequest(number: {number}) {{files(first: 100{start}) {{nodes {{path}} "
        "pageInfo {hasNextPage endCursor}}}"
    )


def _owners_at(base: Branch, at: int) -> str:
    where = queries.literal(f"refs/heads/{base}:{GITHUB_PLACES[at]}")
    return f"object(expression: {where}) {{... on Blob {{text isTruncated}}}}"


def _owners(answer: Any, at: int) -> Codeowners:
    """Give the owners of the first file that exists; one that GitHub cuts off owns nothing."""
    for n in range(len(GITHUB_PLACES)):
        blob = answer[f"o{at}_{n}"]
        if blob:
            return parse_codeowners("" if blob["isTruncated"] else blob["text"] or "")
    return Codeowners()
