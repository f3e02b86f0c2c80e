"""Who is who at the GitLab of the tests, and what they may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from promoter.model.forge import Permission

BOT = "project_7_bot_1"
"""Whose token the tests hold."""
LEVELS = {
    Permission.NONE: 0,
    Permission.READ: 10,
    Permission.TRIAGE: 20,
    Permission.WRITE: 30,
    Permission.MAINTAIN: 40,
    Permission.ADMIN: 50,
}


@dataclass
class People:
    """Users with their access levels, and groups below `acme`. Until somebody is named, everybody is a developer."""

    bot: str = BOT
    levels: dict[str, int] | None = None
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Whole path -> members."""
    blocked: set[str] = field(default_factory=set)
    hidden_groups: bool = False
    scopes: tuple[str, ...] = ("api", "write_repository")
    expires: str | None = None
    ids: dict[str, int] = field(default_factory=dict)

    def name(self, rights: dict[str, Permission], teams: dict[str, Collection[str]]) -> None:
        """Say who may do what; nobody else may do anything, except the bot."""
        self.levels = {user: LEVELS[right] for user, right in rights.items()}
        self.groups = {f"acme/{team}": tuple(members) for team, members in teams.items()}

    def level(self, user: str) -> int:
        """Give a user's access level."""
        if self.levels is None or user == self.bot:
            return (self.levels or {}).get(user, 30)
        return self.levels.get(user, 0)

    def id(self, user: str) -> int:
        """Give a user's number."""
        return self.ids.setdefault(user, 100 + len(self.ids))

    def called(self, number: int) -> str | None:
        """Give who has a number."""
        return next((user for user, one in self.ids.items() if one == number), None)

    def groups_of(self, user: str) -> list[str]:
        """Give the groups that a user is a member of."""
        return sorted(group for group, members in self.groups.items() if user in members)
