"""The files and notes by which hydrators and promoters of Argo CD say which dry commit was hydrated.

Sources: Argo CD's `HydratorCommitMetadata` (util/hydrator) and the "Source Hydrator" page of its user guide; GitOps
Promoter's `HydratorMetadata` and its page on writing a hydrator. A `hydrator.metadata` stands at the root of a hydrated
branch and in each hydrated path; the note on a hydrated commit names a newer dry commit that renders to the same bytes.

Invariant: reading never guesses: what is not understood is None or empty, and a file without its dry commit an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from promoter.errors import EdgeFailed
from promoter.git.store import FILE, Entry, Store
from promoter.model.names import Oid

FILE_NAME: Final = "hydrator.metadata"
NOTES_REF: Final = "refs/notes/hydrator.metadata"

_HEX = frozenset("0123456789abcdef")
_OID_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Reference:
    """A commit elsewhere that a dry commit came from, such as the one that built its image."""

    sha: str
    repo_url: str = ""
    author: str = ""
    date: str = ""
    """RFC 3339, as it stands in the file."""
    subject: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What `hydrator.metadata` says of a hydrated commit."""

    dry: Oid
    repo_url: str = ""
    author: str = ""
    """`Kim <kim@example.com>`, of the dry commit."""
    date: datetime | None = None
    """When the dry commit was made."""
    subject: str = ""
    body: str = ""
    commands: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()


def format_metadata(metadata: Metadata) -> bytes:
    """Give the bytes of the file: two spaces of indent, empty fields left out, as Argo CD writes it."""
    fields: dict[str, Any] = {
        "repoURL": metadata.repo_url,
        "drySha": metadata.dry,
        "commands": list(metadata.commands),
        "author": metadata.author,
        "date": metadata.date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if metadata.date is not None else "",
        "subject": metadata.subject,
        "body": metadata.body,
        "references": [{"commit": _format_reference(one)} for one in metadata.references],
    }
    return _dump({key: value for key, value in fields.items() if value}, indent=2)


def parse_metadata(data: bytes, where: str) -> Metadata:
    """Read the file; `where` names it in errors. Unknown fields are left aside.

    Raises EdgeFailed when it is not JSON, or names no dry commit.
    """
    fields = _load(data)
    if fields is None:
        raise EdgeFailed(f"{where} is not a JSON object")
    dry = _oid(fields.get("drySha"))
    if dry is None:
        raise EdgeFailed(f"{where} names no dry commit: drySha is {fields.get('drySha')!r}")
    commands = fields.get("commands")
    references = fields.get("references")
    return Metadata(
        dry=dry,
        repo_url=_text(fields, "repoURL"),
        author=_text(fields, "author"),
        date=_time(_text(fields, "date")),
        subject=_text(fields, "subject"),
        body=_text(fields, "body"),
        commands=tuple(str(one) for one in commands) if isinstance(commands, list) else (),
        references=tuple(_references(references if isinstance(references, list) else [])),
    )


def format_note(dry: Oid) -> bytes:
    """Give the note that says: this hydrated commit is what `dry` renders to as well."""
    return _dump({"drySha": dry}, indent=None)


def parse_note(data: bytes) -> Oid | None:
    """Give the dry commit that a note names, or None when it names none; anybody may write notes."""
    fields = _load(data)
    return _oid(fields.get("drySha")) if fields is not None else None


def read_note(store: Store, notes: Oid, commit: Oid) -> Oid | None:
    """Give the dry commit in the note on `commit` in the notes commit `notes`, or None when there is no note.

    Notes stand at the commit's id, which large note trees split into folders of two digits (`git help notes`).
    """
    tree = store.commit(notes).tree
    path = _note_path(store, tree, commit)
    data = store.read(tree, path)
    return parse_note(data) if data is not None else None


def add_notes(
    store: Store, notes: Oid | None, dry: Mapping[Oid, Oid], author: tuple[str, str], at: datetime
) -> Oid | None:
    """Write a notes commit on top of `notes` with a note for each hydrated commit -> dry commit of `dry`.

    Gives the id for `NOTES_REF`: `notes` itself when all notes are there already. Other notes stay as they are.
    """
    tree = store.commit(notes).tree if notes is not None else None
    changes: dict[str, Entry | None] = {}
    for commit, source in sorted(dry.items()):
        path = _note_path(store, tree, commit) if tree is not None else commit
        changes[path] = Entry(FILE, store.put_blob(format_note(source)))
    edited = store.edit_tree(tree, changes)
    if edited == tree or not changes:
        return notes
    parents = [notes] if notes is not None else []
    return store.put_commit(edited, parents, "Notes added by promoter", author, at)


def _note_path(store: Store, tree: Oid, commit: Oid) -> str:
    """Give where the note on `commit` stands, or belongs: as deep as folders of two digits lead."""
    folders: list[str] = []
    rest: str = commit
    while rest[2:]:
        found = store.entry(tree, "/".join([*folders, rest[:2]]))
        if found is None or not found.is_tree:
            break
        folders.append(rest[:2])
        rest = rest[2:]
    return "/".join([*folders, rest])


def _format_reference(reference: Reference) -> dict[str, str]:
    fields = {
        "author": reference.author,
        "date": reference.date,
        "subject": reference.subject,
        "body": reference.body,
        "sha": reference.sha,
        "repoUrl": reference.repo_url,  # Argo CD spells it so here; Go reads either
    }
    return {key: value for key, value in fields.items() if value}


def _references(found: list[Any]) -> list[Reference]:
    commits = [one.get("commit") for one in found if isinstance(one, dict)]
    return [
        Reference(
            sha=_text(commit, "sha"),
            repo_url=_text(commit, "repoURL") or _text(commit, "repoUrl"),
            author=_text(commit, "author"),
            date=_text(commit, "date"),
            subject=_text(commit, "subject") or _text(commit, "message"),
            body=_text(commit, "body"),
        )
        for commit in commits
        if isinstance(commit, dict)
    ]


def _dump(fields: Mapping[str, Any], indent: int | None) -> bytes:
    return (json.dumps(fields, indent=indent, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _load(data: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _oid(value: object) -> Oid | None:
    is_oid = isinstance(value, str) and len(value) == _OID_LENGTH and set(value) <= _HEX
    return Oid(str(value)) if is_oid else None


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
