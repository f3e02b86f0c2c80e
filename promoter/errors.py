"""What can go wrong for a person, and the exit code that says so.

Invariant: everything that is somebody's problem to solve is a `PromoterError`; any other exception is a bug (exit 70).
A gate that says no is not an error but a value (`promoter.model.verdict`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class PromoterError(Exception):
    """A problem that a person can act on: what failed, and what to do next.

    `exit_code` is the process's exit code.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class EdgeFailed(PromoterError):
    """A program, server or disk did not do what was asked (exit 1)."""


class Rejected(EdgeFailed):
    """The other side understood and refused: a protected branch, a hook, a missing right."""


class Underway(EdgeFailed):
    """What was asked for was taken and is not done yet; a later run sees the end of it."""


class RenderFailed(EdgeFailed):
    """A renderer could not make the manifests of one environment."""


class UsageError(PromoterError):
    """The words of a command make no sense together (exit 2)."""

    exit_code = 2


class EditRefused(PromoterError):
    """A value could not be changed without touching anything else; nothing was written (exit 3)."""

    exit_code = 3


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a config file: where it stands and what is wrong."""

    file: str
    line: int
    """1-based; 0 when the whole file is meant."""
    key: str
    """Dotted path of the key, `environments[prod].gates.soak`; empty for the whole file."""
    message: str

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line) if self.line else "", self.key) if part)
        return f"{where}: {self.message}"


class ConfigInvalid(PromoterError):
    """The config or a policy is wrong (exit 3). Carries every problem that was found, not only the first."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class LostRace(PromoterError):
    """Somebody else wrote first; nothing of theirs was touched (exit 4). Running again is safe."""

    exit_code = 4
