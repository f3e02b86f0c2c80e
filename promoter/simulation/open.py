"""Making ready to play: the scratch copy in a folder that goes away, and all that belongs to it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from promoter.cluster.port import LiveSource
from promoter.cluster.sources import NoneSource
from promoter.errors import ConfigInvalid, Problem
from promoter.forge.local import LocalForge
from promoter.git.store import Store
from promoter.model.forge import Permission
from promoter.model.moment import zone_of
from promoter.model.names import Branch, ContentId
from promoter.policy.load import FILE
from promoter.policy.node import Fault, place
from promoter.policy.rules import Live
from promoter.simulation.clusters import PlayedClusters
from promoter.simulation.moments import parse_start
from promoter.simulation.names import check_names
from promoter.simulation.play import Play, Played
from promoter.simulation.scratch import Original, begun, copied, made_up
from promoter.simulation.script import Script
from promoter.simulation.stage import Happening, Stage
from promoter.simulation.stand import Played as PlayedWorkspace
from promoter.simulation.stand import stand

MAIN = Branch("main")
_BEFORE = timedelta(days=1)
"""So long before the script begins what stands there came there."""


def simulate(
    script: Script,
    source: Callable[[], Original],
    path: str | None = None,
    tell: Callable[[Happening], None] = lambda _happening: None,
) -> Played:
    """Play `script` on a copy of what `source` gives (asked only where the script has no config of its own).

    `path`: PATH for renderers. Raises ConfigInvalid with
    `file:line:key` for a script or a config that makes no sense, EdgeFailed, RenderFailed.
    """
    with tempfile.TemporaryDirectory(prefix="promoter-simulate-") as name:
        return Play(_stage(script, source, Path(name), path), script, tell).play()


def _stage(
    script: Script,
    source: Callable[[], Original],
    folder: Path,
    path: str | None,
) -> Stage:
    form = script.form
    files = {name: text.encode() for name, text in form.files.items()}
    long_ago = parse_start("2000-01-01", zone_of("UTC"))
    if form.config:
        repository = begun(Store.create(folder / "fleet.git"), None, {**made_up(form.config), **files}, MAIN, long_ago)
        branch = MAIN
    else:
        original = source()
        branch = original.branch
        store, tree = copied(original, folder)
        repository = begun(store, tree, {**original.over, **files}, branch, long_ago)
    people = LocalForge(repository, "kim")
    ws = PlayedWorkspace(repository, LocalForge(repository), branch, lambda: long_ago, _nobody, path=path)
    try:
        config = ws.config
    except ConfigInvalid as error:
        raise _in_script(script, error) if form.config else error from None
    apps = check_names(script, config)
    try:
        now = parse_start(form.start, zone_of(config.timezone))
    except ValueError as error:
        raise ConfigInvalid(place([script.root], [Fault(form.spot("start"), str(error))])) from None
    stage = Stage(ws, people, PlayedClusters(form.healthy_after, _never), apps, now - _BEFORE)
    stage.clusters.carries = stage.carries
    stage.answers = [(now, one) for one in form.answers]
    ws.clock, ws.live, ws.answers = (
        lambda: stage.now,
        lambda live: NoneSource() if live.kind == "none" else stage.clusters,
        stage.answer,
    )
    standing = stand(ws, apps)
    stage.clusters.begin(standing, stage.now - _BEFORE)
    if form.people or form.teams:
        rights = {ws.forge.identity: Permission.WRITE, **form.people}
        people.set_people(rights, form.teams, stage.now)
    stage.now = now
    return stage


def _in_script(script: Script, error: ConfigInvalid) -> ConfigInvalid:
    """Say where in the script a fault of its own config is: the text begins in the line below its key."""
    first = script.form.spot("config").line
    problems = []
    for one in error.problems:
        ours = one.file == FILE
        file, line = (script.file, first + one.line) if ours else (one.file, one.line)
        key = ".".join(filter(None, ("config", one.key))) if ours else one.key
        problems.append(Problem(file, line, key, one.message))
    return ConfigInvalid(problems)


def _nobody(_live: Live) -> LiveSource:
    raise AssertionError("nobody looks before the clusters are there")


def _never(_app: str, _environment: str, _content: ContentId, _word: str) -> bool:
    return False
