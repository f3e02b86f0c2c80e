"""The inventory on a terminal: every part is a query over its tables."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from promoter.cli.appraised import HEALTH_STYLES
from promoter.cli.screen import STYLES, Cell, Screen
from promoter.cluster.health import Health
from promoter.cluster.revision import brief
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import length

_VERDICTS = {"success": "ok", "pending": "wait", "failure": "fail", "unknown": "unknown"}

_SLOTS = """
select i.app, i.environment, i.cluster, i.version, i.since, i.state, i.health, i.revision, i.images,
  (select b.releases || ' behind ' || b.ahead || ' (' || coalesce(b.ahead_version, b.ahead_release) || ')'
     from behind b where b.app = i.app and b.environment = i.environment order by b.releases desc, b.ahead limit 1)
from inventory i where i.app is not null order by i.app, i.position, i.cluster"""
_DIFFERENT = """
select app, environment, cluster, coalesce(version, '-'), reported, reason from inventory
where app is not null and agrees = 0 order by app, position, cluster"""
_DRIFTED = "select app, environment from slots where drift order by app, position"
_ALONE = """
select o.cluster, o.kind || '/' || case o.namespace when '' then '' else o.namespace || '/' end || o.name,
  o.verdict, o.version, o.revision, o.repository, o.path, o.reason
from objects o where o.app is null and o.application order by o.cluster, o.kind, o.namespace, o.name"""
_TROUBLES = "select cluster, trouble from reads where trouble is not null order by cluster"


def show_stock(screen: Screen, database: sqlite3.Connection, now: datetime) -> None:
    """Print the inventory; ages are as of `now`."""
    slots = database.execute(_SLOTS).fetchall()
    if slots:
        screen.table(
            [_slot(row, now) for row in slots],
            ["APP", "ENVIRONMENT", "CLUSTER", "VERSION", "AGE", "STATE", "LIVE", "REVISION", "IMAGES", "BEHIND"],
        )
    different = database.execute(_DIFFERENT).fetchall()
    drifted = database.execute(_DRIFTED).fetchall()
    if different or drifted:
        _title(screen, "Git and the cluster differ", bool(slots))
        rows = [_difference(*row) for row in different]
        rows += [_texts(app, environment, "", "holds a hand edit") for app, environment in drifted]
        screen.table(rows, indent=2)
    alone = database.execute(_ALONE).fetchall()
    if alone:
        if slots:
            _title(screen, "belong to no app", gap=True)
        screen.table(
            [_object(row) for row in alone],
            ["CLUSTER", "OBJECT", "HEALTH", "VERSION", "REVISION", "FROM", "WHY"],
            indent=2 if slots else 0,
        )
    if not slots and not alone:
        screen.line("nothing is there")
    _troubles(screen, database)


def _difference(
    app: str, environment: str, cluster: str, version: str, reported: str | None, reason: str | None
) -> list[Cell]:
    said = f"Git has {version}" + (f", the cluster {reported}" if reported and reported != version else "")
    return [*_texts(app, environment, cluster, said), ("", plain(reason or "", 500))]


def _troubles(screen: Screen, database: sqlite3.Connection) -> None:
    found = database.execute(_TROUBLES).fetchall()
    if found:
        _title(screen, "could not be read", gap=True)
        screen.table([[("fail", plain(cluster)), ("", plain(trouble, 500))] for cluster, trouble in found], indent=2)


def _title(screen: Screen, text: str, gap: bool) -> None:
    if gap:
        screen.line()
    screen.line(text, "head")


def _slot(row: tuple[str | None, ...], now: datetime) -> list[Cell]:
    app, environment, cluster, version, since, state, health, revision, images, behind = row
    age = length(now - datetime.fromisoformat(since)) if since else ""
    return [
        *_texts(app, environment, cluster, version or "-"),
        ("dim", age),
        (state if state in STYLES else "", state or ""),
        (_VERDICTS.get(health or "", ""), health or "-"),
        ("dim", plain(brief(revision or ""))),
        ("", plain(images or "", 500)),
        ("wait", plain(behind or "")),
    ]


def _object(row: tuple[str | None, ...]) -> list[Cell]:
    cluster, name, verdict, version, revision, repository, path, reason = row
    place = " ".join(filter(None, (repository, path)))
    return [
        *_texts(cluster, name),
        (HEALTH_STYLES[Health(verdict or "Unknown")], verdict or ""),
        *_texts(version, brief(revision or ""), place),
        ("dim", plain(reason or "")),
    ]


def _texts(*texts: str | None) -> list[Cell]:
    return [("", plain(text or "")) for text in texts]
