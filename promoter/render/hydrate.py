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
from promoter.render.port import SETTINGS, NotRendered, Previous, Rendered, RenderRequest, Result, Source, Unchanged
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
        looked = _look(tree, request)
        if isinstance(looked, NotRendered):
            tell(request, looked)
        elif (same := _unchanged(looked, previous.get(_key(request)))) is not None:
            tell(request, same)
        else:
            ready.append(looked)
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


def changed(
    source: Source, requests: Sequence[RenderRequest], previous: Mapping[tuple[str, str], Previous]
) -> tuple[tuple[str, str], ...]:
    """Give the (app, environment) of requests that may render otherwise than `previous` recorded; runs no program.

    `previous` may hold the inputs of failures too (`NotRendered.inputs`): those count as changed only when one of them
    did. What was never recorded is changed.
    """
    tree = Tree(source)
    found = []
    for request in requests:
        before = previous.get(_key(request))
        looked = _look(tree, request)
        needs = looked.job.needs if isinstance(looked, _Ready) else ()
        tools = {name: plain(request.tools.get(name, "")) for name in needs}
        if (
            before is None
            or before.inputs != looked.inputs
            or any(before.tools.get(name, version) != version for name, version in tools.items())
        ):
            found.append(_key(request))
    return tuple(found)


def _look(tree: Tree, request: RenderRequest) -> _Ready | NotRendered:
    """Find out what a request reaches."""
    reach = Reach(tree)
    kind = request.rule.kind
    try:
        kind = detect(request, reach)
        job = RENDERERS[kind](request, reach)
    except RenderFailed as error:
        missing = dict.fromkeys(sorted(reach.missing), "")
        return NotRendered(error, request, {**missing, **reach.inputs, SETTINGS: _digest(request, kind)})
    return _Ready(request, job, reach, {**reach.inputs, SETTINGS: _digest(request, kind)})


def _unchanged(ready: _Ready, previous: Previous | None) -> Unchanged | None:
    if previous is None or previous.inputs != ready.inputs:
        return None
    wanted = {name: plain(ready.request.tools.get(name, "")) for name in ready.job.needs}
    same = all(version and previous.tools.get(name) == version for name, version in wanted.items())
    return Unchanged(ready.inputs, wanted) if same else None


def _render(ready: _Ready, programs: Programs) -> Rendered | NotRendered:
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
        return NotRendered(error, request, ready.inputs)
    except OSError as error:
        raise EdgeFailed(
            f"{request.app} in {request.environment} could not be rendered: {error}",
            "Is the disk full? Temporary files are written to the folder in TMPDIR, else to /tmp.",
        ) from error
    return Rendered(files, ready.inputs, {name: one.version for name, one in tools.items()})


def _digest(request: RenderRequest, kind: str) -> str:
    """Give a digest of all that shapes a rendering besides the files and the tools."""
    settings = {key: value if isinstance(value, str) else list(value) for key, value in request.rule.settings.items()}
    facts = [RECIPE, kind, request.app, request.environment, request.path, settings]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]


def _key(request: RenderRequest) -> tuple[str, str]:
    return (request.app, request.environment)
