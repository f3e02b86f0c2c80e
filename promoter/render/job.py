"""What every renderer gives: which programs it needs, and how the manifests are made once its files are there."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from promoter.errors import RenderFailed
from promoter.render.port import RenderRequest
from promoter.render.program import Programs, Room
from promoter.render.reach import Reach
from promoter.render.tree import FOLDER, Found
from promoter.render.version import Tool


@dataclass(frozen=True, slots=True)
class Bench:
    """What a rendering works with: the exported files, and the programs at their exact versions."""

    room: Room
    programs: Programs
    tools: Mapping[str, Tool]


@dataclass(frozen=True, slots=True)
class Part:
    """A YAML stream, and where it comes from, for messages: a file's path, or what printed it."""

    where: str
    stream: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """A rendering that is ready to be made."""

    make: Callable[[Bench], Sequence[Part]]
    """Gives the manifests; raises RenderFailed."""
    needs: tuple[str, ...] = ()
    """Programs whose versions must be exact."""
    exports: bool = True
    """False: it works on the commit itself and needs no files on disk."""


Prepare = Callable[[RenderRequest, Reach], Job]
"""Finds out what one rendering reaches, without running anything. Raises RenderFailed."""

GENERAL = frozenset({"single"})
"""Settings that every renderer has: `single: true` puts all objects into one `manifests.yaml`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the request's path leads: the folder, and the file in it when the path names a file."""

    folder: str
    file: Found | None = None


def place(request: RenderRequest, reach: Reach) -> Place:
    """Find the request's path; the symlinks on the way count as inputs. Raises RenderFailed when it is not there."""
    found = reach.find("", request.path, f"the path of {request.app}")
    if found is None:
        raise RenderFailed(
            f"{request.path} is not in this commit", f"Add it, or leave {request.environment} out of {request.app}."
        )
    reach.add_links(found)
    if found.entry.kind == FOLDER:
        return Place(found.path)
    return Place(posixpath.dirname(found.path), found)


def locate(request: RenderRequest, reach: Reach, folder: str, path: str) -> Found:
    """Find a path that the settings name: relative to the app's folder, or from the repository's root with a `/`."""
    start, rest = ("", path.lstrip("/") or ".") if path.startswith("/") else (folder, path)
    found = reach.find(start, rest, f"render of {request.app}")
    if found is None:
        raise RenderFailed(f"render names {path}, which is not in this commit")
    return found


def text(request: RenderRequest, key: str, default: str = "") -> str:
    """Give a setting that is one text, `{app}` and `{environment}` filled in."""
    value = request.rule.settings.get(key, default)
    if not isinstance(value, str):
        raise RenderFailed(f"render: {key} must be one text, not a list")
    return _filled(request, value)


def words(request: RenderRequest, key: str) -> tuple[str, ...]:
    """Give a setting that is a list (or one text), `{app}` and `{environment}` filled in."""
    value = request.rule.settings.get(key, ())
    return tuple(_filled(request, word) for word in ((value,) if isinstance(value, str) else value))


def flag(request: RenderRequest, key: str, *, default: bool = False) -> bool:
    """Give a setting that is `true` or `false`."""
    value = text(request, key, "true" if default else "false")
    if value not in ("true", "false"):
        raise RenderFailed(f"render: {key} must be true or false, not {value}")
    return value == "true"


def check_settings(request: RenderRequest, kind: str, known: Collection[str]) -> None:
    """Refuse settings that this renderer does not have: a mistyped one must not be passed over."""
    unknown = sorted(request.rule.settings.keys() - known - GENERAL)
    if unknown:
        raise RenderFailed(
            f"render: {kind} has no setting {', '.join(unknown)}", f"It has: {', '.join(sorted({*known, *GENERAL}))}."
        )


def _filled(request: RenderRequest, value: str) -> str:
    return value.replace("{app}", request.app).replace("{environment}", request.environment)
