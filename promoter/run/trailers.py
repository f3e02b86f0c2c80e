"""Which of our commits brought which release where, by their trailers."""

from __future__ import annotations

from promoter.git.store import CommitInfo, Store
from promoter.git.trailers import Trailers, parse_trailers
from promoter.model.names import Oid

DEPTH = 200
"""How many commits are looked through for a trailer."""


def carries(commit: CommitInfo, app: str, environment: str) -> Trailers | None:
    """Give the trailers of `commit` for this slot, or None."""
    found = [word for word in parse_trailers(commit.message) if (word.app, word.environment) == (app, environment)]
    return found[-1] if found else None


def newest(store: Store, tip: Oid, stop: Oid | None, app: str, environment: str) -> Trailers | None:
    """Give the newest trailers for this slot between `stop` (left out) and `tip`, or None."""
    known = [stop] if stop and store.has(stop) else []
    for commit in store.history(tip, known, DEPTH):
        word = carries(commit, app, environment)
        if word is not None:
            return word
    return None


def highest(store: Store, tip: Oid, app: str, environment: str) -> int | None:
    """Give the highest release number that the trailers for this slot name in the history of `tip`, or None."""
    words = (carries(commit, app, environment) for commit in store.history(tip, [], DEPTH))
    return max((word.release for word in words if word is not None), default=None)
