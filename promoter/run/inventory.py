"""The inventory: what is where, in Git and in the clusters, and what nobody promotes; one database for every question.

Invariants: everything is read once and nothing is written. What could not be read is a row of `reads` and makes
nothing else wrong. The same world gives the same rows in the same order.
"""

from __future__ import annotations

import gc
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from promoter.cluster.objects import Object
from promoter.cluster.port import Listed, ObjectSource
from promoter.cluster.sources import source_for
from promoter.errors import EdgeFailed
from promoter.model.plan import Plan
from promoter.model.snapshot import Snapshot
from promoter.model.state import stamp
from promoter.policy.rules import Config, Live
from promoter.run.inventory_database import Row, add_indexes, add_rows, new_database
from promoter.run.inventory_objects import Only, kinds_of, object_rows
from promoter.run.inventory_slots import slot_rows
from promoter.run.workspace import Workspace


def inventory_of(
    ws: Workspace, seen: Snapshot, plan: Plan, *, narrowed: bool = False, workloads: bool = False
) -> sqlite3.Connection:
    """Make the inventory of the slots in `plan`, and of all objects; `narrowed`: only of those that belong to these."""
    rows = slot_rows(ws.config, seen, plan)
    only = {(slot.app, slot.environment) for slot in plan.slots} if narrowed else None
    with _uncollected():
        found = object_rows(ws.config, _read(ws, only, workloads=workloads), seen.repository, ws.now(), only)
    rows = {**rows, **found, "images": [*rows["images"], *found["images"]]}
    about = {"repository": seen.repository, "commit": seen.commit, "now": stamp(ws.now())}
    return _database(rows, about)


def inventory_of_objects(objects: Iterable[Object], now: datetime) -> sqlite3.Connection:
    """Make an inventory of `objects` alone, all of one cluster without a name."""
    with _uncollected():
        return _alone([Listed("", tuple(objects))], now)


def inventory_of_clusters(contexts: Sequence[str], now: datetime, *, workloads: bool = False) -> sqlite3.Connection:
    """Make an inventory of clusters by kubeconfig context, without a config repository. Raises EdgeFailed."""
    source = source_for(Live("kubernetes", {"context": "{cluster}"}), lambda _: (), env=os.environ)
    if not isinstance(source, ObjectSource):
        raise EdgeFailed("this version cannot read kubernetes yet", "save the objects, and name the files: -f")
    with _uncollected():
        return _alone(source.listed(contexts, kinds_of(workloads=workloads)), now)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: walking over millions of parsed fields takes longer than parsing them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _alone(read: Sequence[Listed], now: datetime) -> sqlite3.Connection:
    return _database(object_rows(None, read, "", now), {"now": stamp(now)})


def _database(rows: Mapping[str, Iterable[Row]], about: Mapping[str, str]) -> sqlite3.Connection:
    database = new_database()
    for name, found in rows.items():
        add_rows(database, name, found)
    add_rows(database, "about", sorted(about.items()))
    add_indexes(database)
    return database


def _read(ws: Workspace, only: Only, *, workloads: bool) -> list[Listed]:
    """Ask each source once for everything in all its clusters; `only`: in the clusters of these slots."""
    read: list[Listed] = []
    for live, clusters in _sources(ws.config, only):
        source = ws.live(live)
        if isinstance(source, ObjectSource):
            read += source.listed(clusters, kinds_of(workloads=workloads))
        elif live.kind != "none":
            trouble = f"live: {live.kind} tells what is live, and shows no objects"
            read += [Listed(cluster, (), trouble) for cluster in clusters]
    return read


def _sources(config: Config, only: Only) -> list[tuple[Live, list[str]]]:
    """Give every way in which the config says how to learn what runs, and for which clusters."""
    found: dict[tuple[object, ...], tuple[Live, set[str]]] = {}
    for app in config.apps.values():
        for environment, rules in app.environments.items():
            if only is not None and (app.name, environment) not in only:
                continue
            key = (rules.live.kind, *sorted(rules.live.settings.items()))
            found.setdefault(key, (rules.live, set()))[1].update(rules.clusters)
    return [(live, sorted(clusters)) for _, (live, clusters) in sorted(found.items(), key=lambda entry: repr(entry[0]))]
