"""Names of refs, and one wanted change of a ref."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promoter.errors import EdgeFailed
from promoter.model.names import Oid

ABSENT = "0" * 40
"""How Git's programs write the value of a ref that does not exist."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """Make `ref` (a full name, `refs/heads/main`) `new` if it is `old`; None stands for: it does not exist."""

    ref: str
    old: Oid | None
    new: Oid | None


def check_ref(name: str) -> None:
    """Refuse a full ref name that git refuses (git check-ref-format), that starts with `-`, or is not below `refs/`.

    Raises EdgeFailed.
    """
    parts = name.split("/")
    if (
        parts[0] != "refs"
        or len(parts) < 3
        or _FORBIDDEN.search(name) is not None
        or name.endswith((".", "/"))
        or any(part.startswith((".", "-")) or part.endswith(".lock") for part in parts)
        or _is_not_text(name)
    ):
        raise EdgeFailed(f"{name!r} cannot be the name of a ref", "See `git help check-ref-format`.")


def check_updates(updates: Sequence[RefUpdate]) -> None:
    """Refuse a name that is no ref, and one that comes twice. Raises EdgeFailed; ValueError for absent to absent."""
    seen: set[str] = set()
    for update in updates:
        check_ref(update.ref)
        if update.old is None and update.new is None:
            raise ValueError(f"an update of {update.ref} from absent to absent says nothing")
        if update.ref in seen:
            raise EdgeFailed(f"{update.ref} is changed twice in one update")
        seen.add(update.ref)


def _is_not_text(name: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in name)
