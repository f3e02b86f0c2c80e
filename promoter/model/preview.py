"""A preview: a copy of one app as an environment would run it, under a name of its own.

Invariant: a preview is no environment. It has no release, no ledger and no slot, so nothing is ever promoted to it or
from it; what is known of it stands in one file beside its manifests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promoter.model.names import Oid, is_name

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""What a namespace and one part of a host may be (RFC 1123, section 2.1)."""
SCHEMA = "promoter.preview/v1"


@dataclass(frozen=True, slots=True)
class Archived:
    """When a preview was put away, by whom, and the commit that still holds all of it."""

    at: datetime
    by: str
    commit: Oid


@dataclass(frozen=True, slots=True)
class Preview:
    """What a preview is made of."""

    name: str
    app: str
    source: str
    """The environment that it is a copy of."""
    dry: Oid
    """The commit of the dry branch that it was rendered from."""
    namespace: str
    by: str
    created: datetime
    updated: datetime
    pull: int | None = None
    """The pull request whose change it shows."""
    head: Oid | None = None
    """The head of that pull request."""
    hosts: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    """Image or chart -> the version that it has here."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Key -> what it is here."""
    until: datetime | None = None
    """When it is to be cleaned up; None: by its age."""
    archived: Archived | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Give what tells it from others: its name and its app."""
        return (self.name, self.app)

    def ends(self, keep: timedelta) -> datetime | None:
        """Give when it is cleaned up, if previews are kept for `keep`; None for one that is archived."""
        if self.archived is not None:
            return None
        return self.until if self.until is not None else self.updated + keep


def is_preview_name(text: str) -> bool:
    """Tell whether a preview may be called `text`."""
    return LABEL.fullmatch(text) is not None and is_name(text)
