"""The local forge's files: one JSON document a pull request, its comments, a commit's statuses, people, protection.

Invariant: what was written is read back as the same value, whatever the text in it; a document that cannot be read is
an error that names it, never an empty one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from promoter.errors import EdgeFailed
from promoter.model.forge import Check, Comment, Deployment, Permission, Protection, PullState, Receipt
from promoter.model.names import Branch, Oid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opinion:
    """A person's newest review, without what follows from who they are."""

    user: str
    state: str
    head: Oid
    at: datetime


@dataclass(frozen=True, slots=True)
class PullRecord:
    """A pull request as it is stored.

    While `state` is open, `head` and `base` are the tips of both branches when it was last written; the branches
    themselves say what holds now.
    """

    number: int
    state: PullState
    head_branch: Branch
    base_branch: Branch
    head: Oid
    base: Oid
    title: str
    body: str
    author: str
    opened_at: datetime
    labels: tuple[str, ...] = ()
    """Labels that its opener wants."""
    added: tuple[str, ...] = ()
    """Labels that people set."""
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    draft: bool = False
    opinions: tuple[Opinion, ...] = ()
    closed_at: datetime | None = None
    closed_by: str | None = None
    merged_commit: Oid | None = None

    @property
    def path(self) -> str:
        """Where it stands in the forge's tree."""
        return f"pulls/{self.number}.json"


@dataclass(frozen=True, slots=True)
class People:
    """Who may do what."""

    permissions: Mapping[str, Permission] = field(default_factory=dict)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Team -> its members."""


def dump(value: object) -> bytes:
    """Give the document for `value`: ASCII, sorted, one line a field, so that `git diff` shows what changed."""
    return json.dumps(_plain(value), indent=1, sort_keys=True).encode("ascii") + b"\n"


def load(path: str, data: bytes, read: Callable[[Any], T]) -> T:
    """Read the document `data` with `read`. Raises EdgeFailed naming `path` when it is not what we write."""
    try:
        return read(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EdgeFailed(
            f"{path} of the local forge cannot be read: {type(error).__name__}: {error}",
            "look at `git log -p refs/promoter/forge` and move that ref back to the last good commit",
        ) from error


def pull_record(raw: Any) -> PullRecord:
    """Read a pull request."""
    return PullRecord(
        number=int(raw["number"]),
        state=PullState(raw["state"]),
        head_branch=Branch(_text(raw["head_branch"])),
        base_branch=Branch(_text(raw["base_branch"])),
        head=Oid(_text(raw["head"])),
        base=Oid(_text(raw["base"])),
        title=_text(raw["title"]),
        body=_text(raw["body"]),
        author=_text(raw["author"]),
        opened_at=_time(raw["opened_at"]),
        labels=_texts(raw["labels"]),
        added=_texts(raw["added"]),
        reviewers=_texts(raw["reviewers"]),
        assignees=_texts(raw["assignees"]),
        draft=raw["draft"] is True,
        opinions=tuple(
            Opinion(_text(one["user"]), _text(one["state"]), Oid(_text(one["head"])), _time(one["at"]))
            for one in raw["opinions"]
        ),
        closed_at=None if raw["closed_at"] is None else _time(raw["closed_at"]),
        closed_by=None if raw["closed_by"] is None else _text(raw["closed_by"]),
        merged_commit=None if raw["merged_commit"] is None else Oid(_text(raw["merged_commit"])),
    )


def comments(raw: Any) -> tuple[Comment, ...]:
    """Read the comments on one pull request."""
    return tuple(
        Comment(
            _text(one["id"]),
            _text(one["user"]),
            _text(one["body"]),
            _time(one["at"]),
            receipt=Receipt(_text(one["receipt"])) if one.get("receipt") else None,
        )
        for one in raw
    )


def checks(raw: Any) -> tuple[Check, ...]:
    """Read the statuses of one commit."""
    return tuple(
        Check(
            name=_text(one["name"]),
            state=_text(one["state"]),
            reporter=_text(one["reporter"]),
            at=_time(one["at"]),
            url=_text(one["url"]),
            description=_text(one["description"]),
        )
        for one in raw
    )


def deployments(raw: Any) -> Mapping[str, tuple[Deployment, ...]]:
    """Read what was deployed: the forge's environment -> its deployments, the last one made first."""
    return {
        environment: tuple(
            Deployment(
                commit=Oid(_text(one["commit"])),
                environment=environment,
                state=_text(one["state"]),
                creator=_text(one["creator"]),
                at=_time(one["at"]),
                url=_text(one["url"]),
            )
            for one in several
        )
        for environment, several in raw.items()
    }


def people(raw: Any) -> People:
    """Read who may do what."""
    return People(
        permissions={user: Permission(name) for user, name in raw["permissions"].items()},
        teams={team: _texts(members) for team, members in raw["teams"].items()},
    )


def protections(raw: Any) -> Mapping[str, Protection]:
    """Read what merges need: branch -> protection."""
    return {
        branch: Protection(
            may_push=one["may_push"] is True,
            methods=_texts(one["methods"]),
            required_checks=_texts(one["required_checks"]),
            required_approvals=int(one["required_approvals"]),
            up_to_date=one["up_to_date"] is True,
        )
        for branch, one in raw.items()
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"a text is expected, not {raw!r}")
    return raw


def _texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise TypeError(f"a list of texts is expected, not {raw!r}")
    return tuple(_text(one) for one in raw)


def _time(raw: object) -> datetime:
    at = datetime.fromisoformat(_text(raw))
    if at.tzinfo is None:
        raise ValueError(f"{raw} has no time zone")
    return at
