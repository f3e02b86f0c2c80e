"""A release: one numbered, immutable change of one app."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from promoter.model.names import ContentId, Oid, release_name

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/:+-]{0,48}[A-Za-z0-9])?")


def is_label(text: str) -> bool:
    """Tell whether `text` may be the label of a release: one line of at most 50 plain characters."""
    return _LABEL.fullmatch(text) is not None


class ReleaseState(StrEnum):
    """`READY` may go; `FAILED` did not render and goes nowhere; `DRAFT` waits for more images."""

    READY = "ready"
    FAILED = "failed"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class ImageChange:
    """An image or chart that a release moves: `old` and `new` are tags or versions, `digest` belongs to `new`."""

    name: str
    old: str
    new: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class SourceCommit:
    """A commit of the dry branch that a release brings along."""

    id: Oid
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Hotfix:
    """What makes a release a hotfix: it was made from what was active, for the environments that it has content for."""

    after: tuple[int, ...]
    """The releases that it stands on: an ordinary one, then hotfixes of it; it was made from the last."""
    over: tuple[Oid, ...]
    """The commits in which that one had become active, where this was made for: it goes over these stays only."""
    reason: str

    @property
    def base(self) -> int:
        """The release that it was made from."""
        return self.after[-1]


@dataclass(frozen=True, slots=True)
class Release:
    """Release `number` of an app, as its ledger keeps it."""

    number: int
    at: datetime
    dry: Oid
    """The commit of the dry branch that it was made from."""
    by: str
    """Who asked for it."""
    content: Mapping[str, ContentId]
    """Environment -> content id of its slot; only the environments that it was made for."""
    state: ReleaseState = ReleaseState.READY
    version: str = ""
    images: tuple[ImageChange, ...] = ()
    commits: tuple[SourceCommit, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)
    """Environment -> why it did not render."""
    tools: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Environment -> path in the dry tree -> object id: what the rendering reached."""
    stored: Oid | None = None
    """The ledger commit whose tree holds the content, under `r<number>/<environment>`."""
    adopted: bool = False
    """Taken from what stood there: verified only where it stands, never eligible elsewhere."""
    hotfix: Hotfix | None = None
    behind: tuple[int, ...] = ()
    """Where it stands in order when it is older than its number: taken from the history of an active branch."""
    labels: tuple[str, ...] = ()
    """Given when it was asked for, and by the commits that it brings along."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Item -> version of everything that it is made of; kept where it must be a complete set (`admit`)."""
    trailers: tuple[str, ...] = ()
    """`Key: value` of the commits that it brings along, as far as the config asked for the key when it was made."""

    @property
    def order(self) -> tuple[int, ...]:
        """Where it stands among all releases of the app: by number, a hotfix right after what it was made from."""
        before = self.hotfix.after if self.hotfix is not None else self.behind
        return (*before, self.number)

    @property
    def aside(self) -> bool:
        """Whether it was made beside the way of releases: from what was active somewhere, not from the dry branch."""
        return self.hotfix is not None or bool(self.behind)

    @property
    def name(self) -> str:
        """`r41`."""
        return release_name(self.number)

    @property
    def label(self) -> str:
        """What people call it: its version, else its name."""
        return self.version or self.name
