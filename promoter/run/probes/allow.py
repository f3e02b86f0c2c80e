"""Is there somebody who may say each command, as far as the forge tells?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from promoter.model.forge import RANKS
from promoter.run.electors import Book, electors
from promoter.run.finding import Finding, Ground, Probe, Seat, Severity
from promoter.run.owning import has_owners


def probe(ground: Ground) -> Iterator[Finding]:
    """Look up everybody whom a list under `allow` names; rights are somebody's."""
    book = Book(ground)
    for seat in ground.seats:
        alike: dict[tuple[str, ...], list[str]] = {}
        for verb, words in seat.rules.allow.items():
            alike.setdefault(words, []).append(verb)
        for words, verbs in alike.items():
            if not any(word in RANKS for word in words):
                yield from _of(seat, words, verbs, book)


def _of(seat: Seat, words: tuple[str, ...], verbs: list[str], book: Book) -> Iterator[Finding]:
    named = [word for word in words if word != "codeowners"]
    found = electors(seat, named, book)
    ws, refs = book.ground.ws, book.ground.refs
    owned = "codeowners" in words and has_owners(ws, ws.repository.store.commit(refs[ws.ref]).tree)
    if found.open or found.people or owned:
        return
    why = [*found.empty, *([f"{ws.branch} has no CODEOWNERS file"] if "codeowners" in words else [])]
    text = f"nobody may say {', '.join(verbs)} there: {'; '.join(why)}"
    fix = f"correct allow.{verbs[0]}, or give these people their place on the forge"
    yield Finding(Severity.PROBLEM, str(seat), text, "in an emergency the command is refused to everybody", fix)


PROBE: Final[Probe] = probe
