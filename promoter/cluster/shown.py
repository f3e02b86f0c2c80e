"""Where a simulated cluster shows its objects: files of a folder, or anything else that keeps them by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import yaml

from promoter.cluster.files import parse_objects
from promoter.cluster.objects import Object


class Shown(Protocol):
    """Keeps what is shown of each slot, under the slot's name."""

    def read(self, name: str) -> list[Any]:
        """Give the objects that were shown last as `name`; none before the first."""
        ...

    def write(self, name: str, objects: Sequence[Object]) -> None:
        """Show `objects` as `name`, instead of what was there."""
        ...

    def settle(self) -> None:
        """See to it that what was written can be read by everybody."""
        ...


class FolderShown:
    """A folder with one file a name, as `live: {files: ...}` reads it."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`, which is made with the first."""
        self._folder = folder

    def read(self, name: str) -> list[Any]:
        """Give the file's objects."""
        path = self._path(name)
        return list(parse_objects(path.name, path.read_bytes())) if path.exists() else []

    def write(self, name: str, objects: Sequence[Object]) -> None:
        """Write the file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path(name).write_bytes(to_yaml(objects))

    def settle(self) -> None:
        """Nothing is left to do."""

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.yaml"


def to_yaml(objects: Sequence[Object]) -> bytes:
    """Give `objects` as the documents of one YAML file."""
    return yaml.dump_all(objects, Dumper=yaml.CSafeDumper, sort_keys=False, encoding="utf-8", explicit_start=True)
