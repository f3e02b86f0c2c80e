"""The JSON Schemas of the reports, read from the package and made whole: each stands on its own."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from promoter.errors import UsageError

REPORTS = (
    "status",
    "plan",
    "run",
    "explain",
    "history",
    "inventory",
    "query",
    "health",
    "doctor",
    "drift",
    "simulate",
    "previews",
)
"""The reports that have a schema, all at `v1`."""
_SHARED = "parts.v1"


def report_schema(name: str) -> dict[str, Any]:
    """Give the JSON Schema of report `name`, with the parts that it shares with others in its `$defs`."""
    if name not in REPORTS:
        raise UsageError(f"there is no schema {name}", f"there are {', '.join(REPORTS)}, config, policy and script")
    schema = _read(f"{name}.v1")
    parts = _read(_SHARED)["$defs"]
    wanted: dict[str, Any] = {}
    _collect(schema, parts, wanted)
    whole = {**schema, "$defs": {key: wanted[key] for key in sorted(wanted)}}
    return json.loads(json.dumps(whole).replace(f"{_SHARED}.json#/", "#/"))  # type: ignore[no-any-return]


def _read(name: str) -> dict[str, Any]:
    text = files("promoter.plan.report").joinpath("schema", f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def _collect(node: object, parts: dict[str, Any], wanted: dict[str, Any]) -> None:
    if isinstance(node, list):
        for item in node:
            _collect(item, parts, wanted)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in wanted:
            wanted[name] = parts[name]
            _collect(parts[name], parts, wanted)
        for value in node.values():
            _collect(value, parts, wanted)
