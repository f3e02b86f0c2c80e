"""Who is meant by `team:sre`, `user:kim` or `codeowners`, as far as the forge tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from promoter.forge.codeowners import PLACES
from promoter.forge.port import Teams
from promoter.model.forge import Permission
from promoter.run.finding import Ground, Seat


@dataclass(slots=True)
class Book:
    """What the forge tells of people; each is looked up once."""

    ground: Ground
    _rights: dict[str, Permission] = field(default_factory=dict)
    _members: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def has_right(self, user: str) -> bool:
        """Tell whether `user` may do anything here."""
        if user not in self._rights:
            self._rights[user] = self.ground.ws.forge.permission(user)
        return self._rights[user] is not Permission.NONE

    def members(self, team: str) -> frozenset[str] | None:
        """Give who is in `team`; None: that is not told."""
        if team not in self._members:
            forge = self.ground.ws.forge
            self._members[team] = forge.members(team) if isinstance(forge, Teams) else None
        return self._members[team]

    def owned(self, seat: Seat) -> bool:
        """Tell whether somebody may own the slot: its branch has a CODEOWNERS, or does not exist yet."""
        tip, store = self.ground.tip(seat), self.ground.ws.repository.store
        if tip is None:
            return True
        if not store.has(tip):
            self.ground.ws.repository.fetch([tip])
        tree = store.commit(tip).tree
        return any(store.entry(tree, place) is not None for place in PLACES)


@dataclass(slots=True)
class Electors:
    """Who is meant."""

    people: set[str] = field(default_factory=set)
    open: bool = False
    """There may be more, whom the forge does not name."""
    empty: list[str] = field(default_factory=list)
    """Why somebody who is named cannot: a sentence each."""


def electors(seat: Seat, words: Iterable[str], book: Book) -> Electors:
    """Give who is meant by `words` (`write`, `team:sre`, `user:kim`, `codeowners`) at `seat`."""
    found = Electors()
    for who in words:
        kind, _, name = who.partition(":")
        if kind == "user":
            if book.has_right(name):
                found.people.add(name.casefold())
            else:
                found.empty.append(f"{name} has no right on the repository")
        elif kind == "team":
            members = book.members(name)
            found.open |= members is None
            found.people |= {member.casefold() for member in members or ()}
            if members is not None and not members:
                found.empty.append(f"nobody is in team {name}")
        elif who == "codeowners" and not book.owned(seat):
            found.empty.append(f"branch {seat.app.slots[seat.environment].branch} has no CODEOWNERS file")
        else:
            found.open = True
    return found
