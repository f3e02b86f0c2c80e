"""Kubernetes objects in files that somebody saved: single files, folders, or standard input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from promoter.cluster.files import parse_objects
from promoter.cluster.objects import Object
from promoter.errors import EdgeFailed

STDIN = "-"
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_HINT = "Save it again with kubectl get -o json, or leave the file out"


def objects_in(names: Sequence[str], stdin: BinaryIO) -> Iterator[Object]:
    """Give the objects in every file of `names`: `-` is `stdin`, a folder all YAML and JSON files below it.

    Raises EdgeFailed, naming the file, for one that is not there or holds anything else.
    """
    for name in names:
        for shown, content in _contents(name, stdin):
            yield from _parsed(shown, content)


def _contents(name: str, stdin: BinaryIO) -> Iterator[tuple[str, bytes]]:
    if name == STDIN:
        yield "standard input", stdin.read()
        return
    path = Path(name)
    if not path.exists():
        raise EdgeFailed(f"there is no file {name}", "Name files or folders of saved objects, or - for standard input")
    files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise EdgeFailed(f"{name} holds no YAML or JSON", "Save the objects there with kubectl get -o json")
    for file in files:
        try:
            yield str(file), file.read_bytes()
        except OSError as error:
            raise EdgeFailed(f"cannot read {file}: {error.strerror}", "Check its permissions") from error


def _parsed(name: str, content: bytes) -> list[Object]:
    """Read JSON as JSON, whatever the file is called: YAML takes fifty times as long for the same."""
    if content.lstrip()[:1] == b"{" and not name.endswith(".json"):
        with suppress(EdgeFailed):  # YAML may begin so too; as YAML it is then told what is wrong
            return list(parse_objects(f"{name}.json", content))
    try:
        return list(parse_objects(name, content))
    except EdgeFailed as error:
        raise EdgeFailed(error.message, _HINT) from error
