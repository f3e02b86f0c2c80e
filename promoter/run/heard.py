"""Which words were taken down already: a comment may be delivered twice, and acts once.

The commit of the ledger that takes a word down carries the trailer `Promoter-Heard`, with a key that names where it was
said. So the memory is the audit log itself, and it is written with the deed or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from promoter.git.store import Store
from promoter.git.trailers import flatten
from promoter.model.names import Oid

TRAILER: Final = "Promoter-Heard"
SLACK: Final = timedelta(hours=1)
"""How far the clocks of the forge and of a run may differ."""
LONG: Final = 2_000
"""So many commits of a ledger are looked through."""


@dataclass(frozen=True, slots=True)
class Said:
    """Where and when a word was said."""

    key: str
    """Names the place: `7/1234`, pull request and comment. One line."""
    at: datetime
    wants_head: bool = True
    """Whoever said it saw a pull request: what moved there since is not what was meant."""
    together: bool = False
    """It was said of all apps of a group, as they are proposed."""


def with_key(message: str, said: Said | None) -> str:
    """Give the message of the commit that takes a word down."""
    return message if said is None else f"{message}\n\n{TRAILER}: {flatten(said.key)}"


def was_heard(store: Store, tip: Oid, said: Said) -> bool:
    """Tell whether the ledger that ends at `tip` took this word down."""
    line = f"{TRAILER}: {flatten(said.key)}"
    for commit in store.history(tip, limit=LONG, first_parent=True):
        if line in commit.message.splitlines():
            return True
        if commit.at < said.at - SLACK:
            return False
    return False
