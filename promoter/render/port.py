"""What rendering is asked for, and what it gives.

Invariants: a rendering sees one commit and nothing else; what it reached stands in `Rendered.inputs`, so the same
inputs and tool versions give the same bytes and need not be rendered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from promoter.errors import RenderFailed
from promoter.policy.rules import Render

SETTINGS = "(settings)"
"""The key in `Rendered.inputs` that stands for the render settings instead of for a path."""


class Source(Protocol):
    """The files of one commit; paths are relative to its root, `""` is the root. Only one thread calls at a time."""

    def read(self, path: str) -> bytes | None:
        """Give a file's bytes (of a symlink: its target), or None when `path` is not a file."""
        ...

    def children(self, path: str) -> Sequence[tuple[str, int, str]]:
        """Give (name, Git file mode, object id) of what a folder holds; nothing when `path` is not a folder."""
        ...

    def id(self, path: str) -> str | None:
        """Give the object id of a file or folder, or None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """The wish for one app's manifests in one environment."""

    app: str
    environment: str
    path: str
    """Folder or file in the commit."""
    rule: Render
    tools: Mapping[str, str]
    """Program -> exact version that must be used."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Manifests of one app in one environment."""

    files: Mapping[str, bytes]
    """File name -> content."""
    inputs: Mapping[str, str]
    """Path in the commit -> object id of everything that was reached, and `SETTINGS` -> digest of the settings."""
    tools: Mapping[str, str]
    """Program -> version that made them."""


@dataclass(frozen=True, slots=True)
class Previous:
    """What an earlier rendering of the same app and environment recorded; more tools than it used do no harm."""

    inputs: Mapping[str, str]
    tools: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Inputs, settings and tools are those of the previous rendering, so its content still holds; nothing ran."""

    inputs: Mapping[str, str]
    tools: Mapping[str, str]


class Unable(RenderFailed):
    """This machine cannot render it now: a program is missing, of another version, or too slow. The commit may do."""


class NotRendered(RenderFailed):
    """What became of a request that did not render."""

    def __init__(self, error: RenderFailed, request: RenderRequest, inputs: Mapping[str, str]) -> None:
        super().__init__(f"{request.app} in {request.environment}: {error.message}", error.hint)
        self.inputs = inputs
        """What was reached, as in `Rendered`; an empty id: nothing was there."""
        self.lasting = not isinstance(error, Unable)
        """Whether it fails with these inputs on every machine; else it says nothing about the commit."""


Result = Rendered | Unchanged | NotRendered
"""What became of one request; a failure is a value, so that it can be recorded and the others go on."""
