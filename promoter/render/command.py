"""Rendering with an own command.

Settings; `{app}` and `{environment}` are filled in:

    run      the command and its arguments, as a list; no shell. A program with a `/` in its name is a file of the
             repository: relative to the app's folder, or from the root with a leading `/`
    inputs   further files and folders that it reads; the app's whole path always is one
    output   folder, relative to the app's, where it writes YAML files (default: it prints them)
    tools    programs whose exact version must be the one in `tools:`; the command's own is, if it stands there

It sees only those files and a clean environment. What it reads from elsewhere does not count as an input, so it should
read nothing from elsewhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from promoter.errors import RenderFailed
from promoter.render.job import Bench, Job, Part, Prepare, check_settings, locate, place, text, words
from promoter.render.port import RenderRequest, Unable
from promoter.render.reach import Reach
from promoter.render.tree import FILE, Found

_SETTINGS = frozenset({"run", "inputs", "output", "tools"})
_YAML = frozenset({".yaml", ".yml", ".json"})


def prepare(request: RenderRequest, reach: Reach) -> Job:
    """Take the app's whole path and the listed inputs."""
    check_settings(request, "command", _SETTINGS)
    argv = words(request, "run")
    if not argv:
        raise RenderFailed(
            "render: command names no command", "Say it as a list: render: {command: {run: [make, all]}}"
        )
    here = place(request, reach)
    own = here.file or reach.find("", here.folder, f"the path of {request.app}")
    inputs = [own] if own is not None else []
    inputs += [locate(request, reach, here.folder, path) for path in words(request, "inputs")]
    script = locate(request, reach, here.folder, argv[0]) if "/" in argv[0] else None
    if script is not None:
        if script.entry.kind != FILE or not script.entry.mode & 0o100:
            raise RenderFailed(f"{script.path} is not an executable file", "git update-index --chmod=+x makes it one.")
        inputs.append(script)
    for found in inputs:
        reach.add(found)
    needs = set(words(request, "tools")) | ({argv[0]} & request.tools.keys())
    output = text(request, "output")
    if output and _leaves(output):
        raise RenderFailed(f"render: output {output} leaves the app's folder")

    def make(bench: Bench) -> Sequence[Part]:
        printed = bench.programs.run(_argv(argv, script, bench), bench.room, here.folder, offline=False)
        if not output:
            return [Part("what the command printed", printed)]
        return _collect(bench.room.source, bench.room.source / here.folder / output, bench.programs.limits.output)

    return Job(make, tuple(sorted(needs)))


PREPARE: Final[Prepare] = prepare


def _argv(argv: Sequence[str], script: Found | None, bench: Bench) -> list[str]:
    """Give the command with its program's full path."""
    program = argv[0]
    if script is not None:
        path: str | None = str(bench.room.source / script.path)
    elif program in bench.tools:
        path = bench.tools[program].argv[0]
    else:
        path = bench.programs.which(program)
    if path is None:
        raise Unable(f"{program} is not installed", "The command of render: {command: ...} must be on PATH.")
    return [path, *argv[1:]]


def _collect(source: Path, folder: Path, most: int) -> Sequence[Part]:
    """Read the YAML files that a command wrote, by name; symlinks are refused, they could leave the folder."""
    said = folder.relative_to(source)
    if not folder.is_dir() or not folder.resolve().is_relative_to(source.resolve()):
        raise RenderFailed(f"the command made no folder {said}")
    parts = []
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise RenderFailed(f"{said}/{path.relative_to(folder)} is a symlink")
        if path.suffix in _YAML and path.is_file():
            size += path.stat().st_size
            if size > most:
                raise RenderFailed(f"the command wrote more than {most} bytes")
            parts.append(Part(str(path.relative_to(source)), path.read_bytes()))
    return parts


def _leaves(path: str) -> bool:
    clean = posixpath.normpath(path)
    return clean.startswith(("/", "../")) or clean == ".."
