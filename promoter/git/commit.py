"""The bytes of a Git commit. Invariant: the same values give the same bytes, so the same id, on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promoter.model.names import Oid

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<seconds>-?[0-9]+)(?: [+-][0-9]+)?")
_CRUD = re.compile(r"[\x00-\x20<>]+")


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit as read."""

    id: Oid
    tree: Oid
    parents: tuple[Oid, ...]
    message: str
    author: str
    email: str
    """The author's."""
    at: datetime
    """When it was committed (a rebase keeps the author's time), UTC."""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.split("\n", 1)[0]


def parse_commit(oid: Oid, data: bytes) -> CommitInfo:
    """Read the bytes of a commit object. Text in an unknown or wrong encoding gets replacement characters."""
    head, _, body = data.partition(b"\n\n")
    fields: dict[str, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key.decode("ascii", "replace"), []).append(value)
    encoding = fields.get("encoding", [b"utf-8"])[0].decode("ascii", "replace")
    author, email, _ = _person(_decode(fields["author"][0], encoding))
    seconds = _person(_decode(fields["committer"][0], encoding))[2]
    return CommitInfo(
        id=oid,
        tree=Oid(fields["tree"][0].decode("ascii")),
        parents=tuple(Oid(parent.decode("ascii")) for parent in fields.get("parent", ())),
        message=_decode(body, encoding),
        author=author,
        email=email,
        at=datetime.fromtimestamp(seconds, UTC),
    )


def format_commit(tree: Oid, parents: Sequence[Oid], message: str, author: tuple[str, str], at: datetime) -> bytes:
    """Give the bytes of a commit; author and committer are the same, the time is UTC in whole seconds.

    The message ends with one newline; NULs, which Git cannot keep, are dropped. Raises ValueError for a naive time.
    """
    if at.tzinfo is None:
        raise ValueError("a commit's time must have a time zone")
    name, email = (_CRUD.sub(" ", part).strip() or "unknown" for part in author)
    person = f"{name} <{email}> {int(at.timestamp())} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {person}", f"committer {person}"]
    text = message.replace("\0", "").rstrip("\n") + "\n"
    return ("\n".join(lines) + "\n\n" + text).encode("utf-8", "replace")


def _person(text: str) -> tuple[str, str, int]:
    match = _PERSON.match(text)
    if match is None:
        return text, "", 0
    return match["name"], match["email"], int(match["seconds"])


def _decode(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")
