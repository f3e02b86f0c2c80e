"""Who is who at the test server, and what they may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from promoter.model.forge import RANKS, Permission

BOT = "promoter-bot"
"""Whose token the tests hold."""


@dataclass
class People:
    """Users with their rights, and the organisation's teams. Until somebody is named, everybody may write."""

    bot: str = BOT
    rights: dict[str, Permission] | None = None
    teams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    """User -> name of a custom role."""
    short_viewer: bool = False
    """GraphQL's viewer has no `[bot]` in its login."""
    hidden_rules: bool = False
    """The token may not see classic branch protection itself, as most may not."""
    hidden_workflows: bool = False
    """The token may not see runs of workflows."""
    hidden_checks: bool = False
    """The token may not see check runs."""
    hidden_deployments: bool = False
    """The token may not read deployments."""
    no_deployments: bool = False
    """The token may not write deployments."""
    granted: dict[str, str] = field(default_factory=dict)
    """What the App's installation may."""
    hidden_teams: bool = False
    """The token may not read the organisation's teams."""

    def name(self, rights: dict[str, Permission], teams: dict[str, Collection[str]]) -> None:
        """Say who may do what; nobody else may do anything, except the bot."""
        self.rights = dict(rights)
        self.teams = {team: tuple(members) for team, members in teams.items()}

    def right(self, user: str) -> Permission:
        """Give a user's right."""
        if self.rights is None or user == self.bot:
            return (self.rights or {}).get(user, Permission.WRITE)
        return self.rights.get(user, Permission.NONE)

    def may(self, user: str, right: Permission) -> bool:
        """Tell whether a user has at least `right`."""
        return RANKS[self.right(user)] >= RANKS[right]

    def teams_of(self, user: str) -> list[str]:
        """Give the teams of a user."""
        return sorted(team for team, members in self.teams.items() if user in members)


def is_bot(user: str) -> bool:
    """Tell whether a login is an app's."""
    return user.endswith("[bot]")
