"""The reference page of the JSON reports, made from their JSON Schemas: what each key means.

Invariant: every key that a schema has stands in a row here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promoter.cli.schemas import REPORTS, report_schema

_OPENING = """\
# JSON

`--json` prints one JSON document to standard output. `schema` names the report and its version: keys may be added
within a version, none is removed or changes its meaning. `promoter schema NAME` prints the JSON Schema of a report.
Every time is RFC 3339, in UTC, to the second; nothing is relative, so the same state gives the same bytes.

```console
$ promoter status --json
$ promoter schema status
```

A slot has one `state`, the most urgent that fits:

| state | meaning |
|---|---|
| `failed` | what stands here failed its verification, or became unhealthy after it |
| `held` | a person, or promoter after a failure, lets nothing move here |
| `blocked` | somebody else changed the slot, or a rule says no: a person is needed |
| `unknown` | nobody can tell what runs here, or the slot is not adopted yet |
| `deploying` | merged; the clusters do not all report it live and healthy yet |
| `soaking` | live and healthy; it must stay so for a while |
| `waiting` | a newer release is on its way here |
| `current` | all is as it should be |

`[]` after a key stands for each entry of a list, `.*` for each key of a mapping.
"""
_SPOKEN = {"null": "null", "string": "text", "integer": "number", "boolean": "true or false", "array": "list"}


def json_page(note: str) -> str:
    """Give the page, with `note` as its first line."""
    lines = [note, "", _OPENING.rstrip()]
    shared: dict[str, Mapping[str, Any]] = {}
    for name in REPORTS:
        whole = report_schema(name)
        parts = whole["$defs"]
        shared |= {part: schema for part, schema in parts.items() if _is_object(schema)}
        title, _, about = str(whole["title"]).partition(": ")
        lines += ["", f"## `{title}`", "", f"{about[:1].upper()}{about[1:]}.", "", *_table(whole, parts)]
    for part, schema in sorted(shared.items()):
        lines += ["", f"## {part}", ""]
        about = str(schema.get("description", ""))
        lines += [f"{about}.", ""] if about else []
        lines += _table(schema, report_parts())
    return "\n".join(lines) + "\n"


def report_parts() -> dict[str, Any]:
    """Give all parts that the reports share."""
    found: dict[str, Any] = {}
    for name in REPORTS:
        found |= report_schema(name)["$defs"]
    return found


def _table(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    yield "| key | value | what |"
    yield "|---|---|---|"
    yield from _rows("", schema, parts)


def _rows(prefix: str, schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    for key, entry in schema.get("properties", {}).items():
        about = str(entry.get("description", "")) or _about(entry, parts)
        yield f"| `{prefix}{key}` | {_value(entry, parts)} | {about} |"
        yield from _inner(f"{prefix}{key}", entry, parts)


def _inner(path: str, entry: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    items, values = entry.get("items"), entry.get("additionalProperties")
    if isinstance(items, Mapping):
        yield from _rows(f"{path}[].", items, parts)
    elif isinstance(values, Mapping):
        yield from _rows(f"{path}.*.", values, parts)
    yield from _rows(f"{path}.", entry, parts)


def _about(entry: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    if "$ref" not in entry:
        return ""
    part = parts[_name(entry)]
    return str(part.get("description", "")) if _is_object(part) or "enum" in part else ""


def _value(entry: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    if "$ref" in entry:
        name = _name(entry)
        return f"[{name}](#{name})" if _is_object(parts[name]) else _value(parts[name], parts)
    if "anyOf" in entry:
        return " or ".join(_value(each, parts) for each in entry["anyOf"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        return ", ".join("null" if each is None else f"`{each}`" for each in entry["enum"])
    if isinstance(entry.get("items"), Mapping):
        return f"list of {_value(entry['items'], parts)}"
    if isinstance(entry.get("additionalProperties"), Mapping):
        return f"name -> {_value(entry['additionalProperties'], parts)}"
    return _plain(entry)


def _plain(entry: Mapping[str, Any]) -> str:
    kinds = entry.get("type", "object")
    named = [_SPOKEN.get(kind, kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    pattern = str(entry.get("pattern", ""))
    if pattern.startswith("^[0-9]{4}-"):
        return "time"
    known = {"^[0-9a-f]{40}$": "Git object id", "^r[0-9]+$": "`r41`"}
    return " or ".join(known.get(pattern, str(each)) for each in named)


def _is_object(schema: Mapping[str, Any]) -> bool:
    return "properties" in schema


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["$ref"]).rpartition("/")[2]
