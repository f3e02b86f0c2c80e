"""The bytes of a Git tree, and which paths may stand in one.

Trees are read and written as bytes, because libgit2's builder refuses names that are not UTF-8 and rewrites old modes;
what nobody asked to change must come out as it went in.
Format: https://git-scm.com/docs/git-mktree and "Git Internals - Git Objects" in the Git book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from promoter.errors import EditRefused
from promoter.model.names import Oid

FILE = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
SUBMODULE = 0o160000
TREE = 0o040000

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
_REST = 22
"""Bytes of an entry besides its mode and name: a space, a NUL and the id."""
_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands under a name in a tree: its mode, and the id of the blob, tree or (submodule) commit."""

    mode: int
    id: Oid

    @property
    def is_tree(self) -> bool:
        """Tell whether this is a tree."""
        return self.mode == TREE

    @property
    def is_file(self) -> bool:
        """Tell whether this is a regular file; symlinks and submodules are not."""
        return self.mode & 0o170000 == 0o100000


RawEntry = tuple[bytes, bytes]
"""Mode as octal digits, and the 20 bytes of the id."""


def parse_tree(data: bytes) -> dict[bytes, RawEntry]:
    """Give name -> (mode, id), in Git's order. Raises ValueError when the bytes are malformed or repeat a name."""
    found: list[tuple[bytes, bytes, bytes]] = _ENTRY.findall(data)
    entries = {name: (mode, oid) for mode, name, oid in found}
    size = sum(len(mode) + len(name) for mode, name, _ in found) + _REST * len(found)
    if size != len(data) or len(entries) != len(found):
        raise ValueError("a malformed tree")
    return entries


def format_tree(entries: dict[bytes, RawEntry]) -> bytes:
    """Give the bytes of the tree that holds `entries`, in whatever order they come."""
    parts: list[bytes] = []
    # Git compares a folder's name as if it ended in a slash.
    for name, (mode, oid) in sorted(entries.items(), key=_order):
        parts += (mode, b" ", name, b"\0", oid)
    return b"".join(parts)


def to_entry(raw: RawEntry) -> Entry:
    """Give `raw` with its numbers."""
    return Entry(int(raw[0], 8), Oid(raw[1].hex()))


def from_entry(entry: Entry) -> RawEntry:
    """Give `entry` as it stands in a tree's bytes."""
    return (b"%o" % entry.mode, bytes.fromhex(entry.id))


def split_path(path: str) -> list[bytes]:
    """Give the names along `path`; none for the root, "". Names that are not UTF-8 carry surrogate escapes."""
    return path.encode("utf-8", "surrogateescape").split(b"/") if path else []


def join_path(names: Iterable[bytes]) -> str:
    """Give the path along `names`."""
    return b"/".join(names).decode("utf-8", "surrogateescape")


def check_path(path: str) -> None:
    """Refuse a path that must not stand in a tree: absolute, empty or dotted parts, and every spelling of `.git`.

    The spellings are those of git's `verify_path` with `core.protectHFS` and `core.protectNTFS`.
    Raises EditRefused.
    """
    for part in path.split("/"):
        if part in ("", ".", "..") or "\0" in part or any(_is_dot_git(piece) for piece in re.split(r"[\\:]", part)):
            raise EditRefused(
                f"the path {path!r} cannot stand in a Git tree",
                "Paths are relative, with / between names, and no name is empty, '.', '..' or '.git'.",
            )


def _is_dot_git(name: str) -> bool:
    plain = _HFS_IGNORED.sub("", name).rstrip(" .").casefold()
    return plain in (".git", "git~1")


def _order(item: tuple[bytes, RawEntry]) -> bytes:
    name, (mode, _) = item
    return name + b"/" if mode == b"40000" else name
