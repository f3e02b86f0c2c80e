"""What `init --pin` is asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from promoter.errors import UsageError
from promoter.layout.place import Kind, spelling
from promoter.layout.tag import is_version, parse_pin


@dataclass(frozen=True, slots=True)
class Asked:
    """A version that somebody names, because a range or nothing at all stands where it should."""

    name: str
    version: str
    environment: str = ""
    """Empty: in every environment."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A version that now stands in an environment's own files."""

    app: str
    environment: str
    kind: Kind
    name: str
    old: str
    """What decided before: a version, a range, or empty for none."""
    new: str
    file: str
    came_from: str
    """`FILE:LINE` where it stood."""
    object: str = ""
    """`KIND/NAME` of the Flux object that holds it."""

    @property
    def changes(self) -> bool:
        """Tell whether the manifests differ: a range or nothing became one version."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Left:
    """A version that was not pinned, and why."""

    app: str
    environment: str
    name: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pins:
    """The outcome."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    """Path in the repository -> new content; new files too."""
    pinned: Sequence[Pinned] = ()
    left: Sequence[Left] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    """Programs that rendered before and after, and their versions."""


def parse_asked(text: str, environments: Iterable[str]) -> Asked:
    """Read `NAME=VERSION` or `ENVIRONMENT:NAME=VERSION`. Raises UsageError."""
    name, equals, version = text.partition("=")
    if not equals or not name or not version:
        raise UsageError(f"--pin {text} is not NAME=VERSION", "For one environment alone: ENVIRONMENT:NAME=VERSION")
    if parse_pin(version) is None and not is_version(version):
        raise UsageError(f"--pin {text}: {version} is not one exact version", "Write it like 6.9.1, without a range.")
    environment, colon, rest = name.partition(":")
    if colon and environment in set(environments):
        return Asked(rest, version, environment)
    return Asked(name, version)


def answer(asked: Iterable[Asked], environment: str, kind: Kind, names: Iterable[str]) -> str:
    """Give the version that was asked for one of `names` in `environment`, the environment's own word first."""
    mine = {spelling(name, kind) for name in names if name}
    fitting = [one for one in asked if spelling(one.name, kind) in mine and one.environment in ("", environment)]
    fitting.sort(key=lambda one: one.environment == "")
    return fitting[0].version if fitting else ""
