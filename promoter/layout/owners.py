"""CODEOWNERS for branches with rendered manifests: who answers for an app's sources answers for its slots.

One folder of a slot is made of many files of the dry branch, and one line of CODEOWNERS cannot ask for several owners
at once. So a slot belongs to the owners of the last line that speaks of every file that it is made of; a later line
that speaks of some of them cannot be carried over, and is told. Format: "About code owners".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

Speaks = Callable[[str], bool]
"""Whether a line speaks of a path."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dry branch's CODEOWNERS."""

    number: int
    owners: tuple[str, ...]
    speaks: Speaks


@dataclass(frozen=True, slots=True)
class Owned:
    """Who owns a slot, and the lines that speak of a part of it only."""

    owners: tuple[str, ...]
    partly: tuple[int, ...] = ()


def owned(lines: Sequence[Line], files: Collection[str]) -> Owned:
    """Give who owns what is made of `files`; nobody when there are none."""
    owners: tuple[str, ...] = ()
    partly: list[int] = []
    for line in lines if files else ():
        spoken = [line.speaks(file) for file in files]
        if all(spoken):
            owners, partly = line.owners, []
        elif any(spoken):
            partly.append(line.number)
    return Owned(owners, tuple(partly))


def owners_text(
    slots: Iterable[tuple[str, tuple[str, ...]]], first: str, files: Iterable[tuple[str, tuple[str, ...]]] = ()
) -> str:
    """Give the text of a CODEOWNERS file: path of a slot (`""`: the root) and its owners; `first`: its first line.

    `files`: single files and their owners.
    """
    lines = [f"{_pattern(path)} {' '.join(owners)}" for path, owners in sorted(set(slots)) if owners]
    lines += [f"{_pattern(path).removesuffix('/')} {' '.join(owners)}" for path, owners in sorted(files) if owners]
    return "\n".join((first, *lines)) + "\n" if lines else ""


def _pattern(path: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in " \\*?" else sign for sign in path)
    return f"/{escaped}/" if path else "*"
