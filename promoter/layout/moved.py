"""What releases move when values are edited in place (and what a release writes into the dry files)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moved:
    """An image or chart that releases move, and where it stands if that cannot be found."""

    name: str
    also: tuple[str, ...] = ()
    """Its names in other environments."""
    semver: str = ""
    tags: str = ""
    file: str = ""
    key: str = ""
    marker: str = ""
    regex: str = ""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Everything of one app that moves."""

    images: tuple[Moved, ...] = ()
    charts: tuple[Moved, ...] = ()
    values: tuple[str, ...] = ()
    """YAML keys copied from the environment before, `FILE:KEY.PATH` or `KEY.PATH` (in every YAML file that has it)."""
    files: tuple[str, ...] = ()
    """Files (glob patterns relative to the environment's path) copied from the environment before, deletions too."""
