"""The inventory as JSON: every part is a query over its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from promoter.run.inventory_schema import TABLES

Entry = dict[str, object]
_BESIDE = frozenset({"app", "environment", "position", "application", "id", "object"})
"""Columns that say where a row belongs, which JSON says by where it stands."""
_FLAGS = frozenset({"agrees", "drift"})


def stock_json(database: sqlite3.Connection) -> Entry:
    """Give `promoter.inventory/v1`."""
    about = dict(database.execute("select name, value from about").fetchall())
    images = _grouped(database, "images where side = 'git'", ("app", "environment"), "reference")
    running = _grouped(
        database, "images where side = 'cluster' and object is null", ("app", "environment", "cluster"), "reference"
    )
    clusters = _grouped(database, "clusters", ("app", "environment"), "cluster")
    behind = _grouped(database, "behind", ("app", "environment"), "ahead")
    slots = []
    for row in _rows(database, "slots", "app, position"):
        key = (row["app"], row["environment"])
        slots.append({
            "app": row["app"],
            "environment": row["environment"],
            **_lean(row),
            "images": [_image(image) for image in images.get(key, ())],
            "behind_of": [_lean(each) for each in behind.get(key, ())],
            "clusters": [
                {
                    **_lean(each), "object": each["object"],
                    "images": [_image(image) for image in running.get((*key, each["cluster"]), ())],
                }
                for each in clusters.get(key, ())
            ],
        })  # fmt: skip
    return {
        "schema": "promoter.inventory/v1",
        **{name: about.get(name) for name in ("repository", "commit", "now")},
        "slots": slots,
        "objects": list(_objects(database)),
        "reads": list(_rows(database, "reads", "cluster")),
    }


def _objects(database: sqlite3.Connection) -> Iterator[Entry]:
    images = _grouped(database, "images where object is not null", ("object",), "reference")
    for row in _rows(database, "objects", "cluster, api_group, kind, namespace, name"):
        found = [_image(image) for image in images.get((row["id"],), ())]
        yield {
            "app": row["app"],
            "environment": row["environment"],
            "application": bool(row["application"]),
            **_lean(row),
            "images": found,
        }


def _image(row: Mapping[str, object]) -> Entry:
    return {name: row[name] for name in ("reference", "name", "tag", "digest")}


def _lean(row: Mapping[str, object]) -> Entry:
    return {
        name: bool(value) if name in _FLAGS and value is not None else value
        for name, value in row.items()
        if name not in _BESIDE
    }


def _rows(database: sqlite3.Connection, source: str, order: str) -> Iterator[Entry]:
    names = TABLES[source.split(" ")[0]].names
    for row in database.execute(f"select {', '.join(names)} from {source} order by {order}"):  # noqa: S608 (our own)
        yield dict(zip(names, row, strict=True))


def _grouped(
    database: sqlite3.Connection, source: str, by: tuple[str, ...], order: str
) -> dict[tuple[object, ...], list[Entry]]:
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for row in _rows(database, source, order):
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    return groups
