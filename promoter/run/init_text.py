"""The text of a new `promoter.yaml`: short, and with comments only where they explain a choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promoter.layout.yaml_insert import Value, inline, scalar
from promoter.run.init_entries import Entry

_WIDE = 100
"""Columns up to which apps stand in one line."""


def config_text(
    environments: Sequence[str],
    apps: Mapping[str, Entry],
    live: Value,
    layout: Mapping[str, Value] | None = None,
    tools: Mapping[str, str] | None = None,
) -> str:
    """Give the file."""
    lines = ["# promoter.yaml", "version: 1", f"environments: {inline(list(environments))}"]
    lines += _apps(apps)
    if layout is not None:
        lines.append(f"layout: {inline(layout)}")
    if tools:
        lines.append(f"tools: {inline(tools)}")
    lines.append(f"live: {inline(live)}")
    return "".join(f"{line}\n" for line in lines)


def _apps(apps: Mapping[str, Entry]) -> Iterator[str]:
    if all(entry.keys.keys() == {"path"} for entry in apps.values()):
        line = f"apps: {inline({name: entry.keys['path'] for name, entry in apps.items()})}"
        if len(line) <= _WIDE:
            yield line
            return
    yield "apps:"
    for name, entry in apps.items():
        if entry.keys.keys() == {"path"}:
            yield f"  {scalar(name)}: {inline(entry.keys['path'])}"
            continue
        line = f"  {scalar(name)}: {inline(entry.keys)}"
        if not entry.comments and len(line) <= _WIDE and "path" not in entry.keys:
            yield line
            continue
        yield f"  {scalar(name)}:"
        for key, value in entry.keys.items():
            comment = f"  # {entry.comments[key]}" if key in entry.comments else ""
            yield f"    {key}: {inline(value)}{comment}"
