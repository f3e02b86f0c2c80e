"""Rendering all wishes of one commit, once, in parallel.

Invariants: what has the inputs, settings and tools of its previous rendering runs no program; a failure concerns its
own app and environment alone; the result does not depend on the order in which renderings end.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from promoter.errors import EdgeFailed, RenderFailed
from promoter.render.detect import RENDERERS, detect
from promoter.render.export import export
from promoter.render.job import Bench, Job, flag
from promoter.render.port import SETTINGS, Previous, Rendered, RenderRequest, Result, Source, Unchanged
from promoter.render.program import Programs, Room
from promoter.render.reach import Reach
from promoter.render.split import split
from promoter.render.tree import Tree
from promoter.render.version import plain, tool

RECIPE = 1
"""Raised when the same inputs would make other bytes here: a part of every cache key."""

Progress = Callable[[int, int, RenderRequest, Result], None]
"""(how many are done, of how many, the request, what became of it); called on the caller's thread."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A request whose inputs are known."""

    request: RenderRequest
    job: Job
    reach: Reach
    inputs: Mapping[str, str]


def hydrate(
    source: Source,
    requests: Sequence[RenderRequest],
    previous: Mapping[tuple[str, str], Previous],
    *,
    workers: int | None = None,
    progress: Progress | None = None,
    programs: Programs | None = None,
) -> Mapping[tuple[str, str], Result]:
    """Render `requests` from one commit; give (app, environment) -> result, in the requests' order.

    `previous` holds what earlier renderings recorded. `programs` says where programs are looked for and how long they
    may run. Raises EdgeFailed when the disk does not take the files; what does not render is a result.
    """
    programs = programs or Programs()
    if len({_key(request) for request in requests}) != len(requests):
        raise ValueError("an app and environment was asked for twice")
    results: dict[tuple[str, str], Result] = {}

    def tell(request: RenderRequest, result: Result) -> None:
        results[_key(request)] = result
        if progress is not None:
            progress(len(results), len(requests), request, result)

    tree = Tree(source)
    ready = []
    for request in requests:
        looked = _look(tree, request, previous.get(_key(request)))
        if isinstance(looked, _Ready):
            ready.append(looked)
        else:
            tell(request, looked)
    with ThreadPoolExecutor(workers or min(8, os.cpu_count() or 2), "render") as pool:
        futures = {pool.submit(_render, one, programs): one.request for one in ready}
        try:
            for future in as_completed(futures):
                tell(futures[future], future.result())
        except BaseException:
            programs.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return {_key(request): results[_key(request)] for request in requests}


def _look(tree: Tree, request: RenderRequest, previous: Previous | None) -> _Ready | Unchanged | RenderFailed:
    """Find out what a request reaches, and whether that is as it was."""
    reach = Reach(tree)
    try:
        kind = detect(request, reach)
        job = RENDERERS[kind](request, reach)
    except RenderFailed as error:
        return _named(request, error)
    inputs = {**reach.inputs, SETTINGS: _digest(request, kind)}
    if previous is not None and previous.inputs == inputs:
        wanted = {name: plain(request.tools.get(name, "")) for name in job.needs}
        if all(version and previous.tools.get(name) == version for name, version in wanted.items()):
            return Unchanged(inputs, wanted)
    return _Ready(request, job, reach, inputs)


def _render(ready: _Ready, programs: Programs) -> Rendered | RenderFailed:
    request = ready.request
    try:
        tools = {name: tool(name, request.tools, programs) for name in ready.job.needs}
        with tempfile.TemporaryDirectory(prefix="promoter-render-") as folder:
            room = Room(Path(folder) / "source", Path(folder) / "scratch")
            room.source.mkdir()
            room.scratch.mkdir()
            if ready.job.exports:
                export(ready.reach.tree, ready.reach.inputs, room.source)
            parts = ready.job.make(Bench(room, programs, tools))
        files = split(parts, single=flag(request, "single"))
    except RenderFailed as error:
        return _named(request, error)
    except OSError as error:
        raise EdgeFailed(f"{request.app} in {request.environment} could not be rendered: {error}") from error
    return Rendered(files, ready.inputs, {name: one.version for name, one in tools.items()})


def _named(request: RenderRequest, error: RenderFailed) -> RenderFailed:
    """Give the failure with the app and environment in front."""
    named = RenderFailed(f"{request.app} in {request.environment}: {error.message}", error.hint)
    named.__cause__ = error
    return named


def _digest(request: RenderRequest, kind: str) -> str:
    """Give a digest of all that shapes a rendering besides the files and the tools."""
    settings = {key: value if isinstance(value, str) else list(value) for key, value in request.rule.settings.items()}
    facts = [RECIPE, kind, request.app, request.environment, request.path, settings]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]


def _key(request: RenderRequest) -> tuple[str, str]:
    return (request.app, request.environment)
