"""Exact versions of the programs: a release says which made it, and others must make the same bytes.

Invariant: a program whose version is not the one named in `tools` never renders.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import RenderFailed
from promoter.render.documents import load
from promoter.render.port import Unable
from promoter.render.program import Programs, Room

_VERSION = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.-]+)?)")
_ASK: Final[Mapping[str, tuple[str, ...]]] = {
    "kustomize": ("version",),
    "helm": ("version", "--template", "{{.Version}}"),
    "kubectl": ("version", "--client", "--output", "json"),
}
_GET: Final[Mapping[str, str]] = {
    "kustomize": "https://github.com/kubernetes-sigs/kustomize/releases/tag/kustomize%2Fv{version}",
    "helm": "https://github.com/helm/helm/releases/tag/v{version}",
}

_known: dict[tuple[str, int, int], str] = {}
"""(path, time and size of the program) -> version."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that may be used: how it is started to render, and its version."""

    name: str
    argv: tuple[str, ...]
    version: str


def tool(name: str, wanted: Mapping[str, str], programs: Programs) -> Tool:
    """Find the program `name` at exactly the version that `wanted` names.

    For kustomize, the one inside kubectl serves too. Raises RenderFailed that says what is there and how to get the
    right one.
    """
    version = plain(wanted.get(name, ""))
    there = []
    for candidate in installed(name, programs):
        if candidate.version == version:
            return candidate
        there.append(candidate)
    if not version:
        seen = there[0].version if there else "VERSION"
        raise RenderFailed(
            f"tools names no version of {name}, so two runs could make different manifests",
            f"Add to promoter.yaml: tools: {{{name}: {seen}}}",
        )
    found = " and ".join(f"{one.version or 'no version'} ({one.argv[0]})" for one in there)
    raise Unable(
        f"{name} {version} is needed, " + (f"found {found}" if found else "and there is none"),
        f"Get it: {_GET[name].format(version=version)}" if name in _GET else f"Install {name} {version}.",
    )


def installed(name: str, programs: Programs) -> Iterator[Tool]:
    """Give the programs on the search path that can serve as `name`, best first; version "" when it tells none."""
    ways: list[tuple[str, tuple[str, ...]]] = [(name, ("build",) if name == "kustomize" else ())]
    if name == "kustomize":
        ways.append(("kubectl", ("kustomize",)))
    for program, arguments in ways:
        path = programs.which(program)
        if path:
            yield Tool(name, (path, *arguments), _ask(path, program, programs))


def plain(version: str) -> str:
    """Give a version without the leading `v`."""
    return version.strip().removeprefix("v")


def _ask(path: str, program: str, programs: Programs) -> str:
    """Ask the program at `path` for its version, once a process."""
    stat = Path(path).stat()
    key = (path, stat.st_mtime_ns, stat.st_size)
    with _lock:
        if key not in _known:
            with tempfile.TemporaryDirectory(prefix="promoter-version-") as folder:
                room = Room(Path(folder), Path(folder))
                try:
                    said = programs.run((path, *_ASK.get(program, ("--version",))), room)
                except RenderFailed:
                    said = b""  # An old program that does not know the question has no version that we can name.
            _known[key] = _parse(program, said.decode("utf-8", "replace"))
        return _known[key]


def _parse(program: str, said: str) -> str:
    if program == "kubectl":
        loaded = next(iter(load(said, "the version of kubectl")), None)
        said = str(loaded.get("kustomizeVersion", "")) if isinstance(loaded, dict) else ""
    # conftest tells its own first, then that of the engine in it.
    match = _VERSION.search(said.partition("\n")[0] if program == "conftest" else said)
    return match.group(1) if match else ""
