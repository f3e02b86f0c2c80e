"""Previews for people and programs: what was done with one, and what there is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from promoter.cli.screen import Cell, Screen
from promoter.model.preview import Preview
from promoter.model.state import plain as as_json
from promoter.model.state import stamp
from promoter.plan.report.foreign import plain
from promoter.policy.previews import Previews
from promoter.run.preview.change import Done

DONE = {
    "create": "created",
    "update": "updated",
    "archive": "archived",
    "restore": "restored",
    "cleanup": "deleted",
}
SAME = {
    "create": "is there already, just so",
    "update": "is so already",
    "archive": "is archived already",
    "restore": "is not archived",
}
_AGES = ((86400, "d"), (3600, "h"), (60, "m"))


def show_changes(screen: Screen, done: Sequence[Done]) -> None:
    """Print what became of each."""
    for one in done:
        preview = one.preview
        said = DONE[one.event] if one.changed else SAME[one.event]
        screen.cells(("ok", f"{preview.name} of {preview.app} {said}"), ("dim", _from(preview)))
        if one.event not in ("archive", "cleanup"):
            screen.line(f"  namespace {preview.namespace}")
            for host in preview.hosts:
                screen.line(f"  https://{plain(host)}")
        for what in one.left_out:
            screen.line(f"  left out: {plain(what)}, which does not belong to one namespace alone", "dim")
        if one.trouble:
            screen.line(f"  {plain(one.trouble, 500)}", "fail")


def _from(preview: Preview) -> str:
    what = f"pull request {preview.pull}" if preview.pull is not None else preview.dry[:7]
    versions = ", ".join(f"{name.rpartition('/')[2]} {version}" for name, version in preview.images.items())
    return plain(f": {preview.source} at {what}{f' with {versions}' if versions else ''}", 300)


def show_list(screen: Screen, found: Sequence[Preview], rules: Previews, now: datetime) -> None:
    """Print the previews, the newest last."""
    if not found:
        screen.line("No previews.")
        return
    rows = [_row(one, rules.keep, now) for one in sorted(found, key=lambda one: (one.created, one.key))]
    screen.table(rows, header=("preview", "app", "from", "age", "ends", "by", "runs"))
    standing = sum(one.archived is None for one in found)
    screen.line(f"{standing} of at most {rules.most}.")


def _row(one: Preview, keep: timedelta, now: datetime) -> list[Cell]:
    versions = [f"{name.rpartition('/')[2]} {version}" for name, version in one.images.items()]
    where = [f"https://{host}" for host in one.hosts] or [one.namespace]
    ends = one.ends(keep)
    state = ("held", "archived") if ends is None else ("", f"in {_age(ends - now)}")
    return [
        ("head", one.name),
        ("", one.app),
        ("", one.source if one.pull is None else f"{one.source}, pull {one.pull}"),
        ("", _age(now - one.created)),
        state,
        ("dim", plain(one.by, 40)),
        ("", plain(", ".join([*versions, *(f"{key}={value}" for key, value in one.values.items()), *where]), 300)),
    ]


def _age(span: timedelta) -> str:
    seconds = max(int(span.total_seconds()), 0)
    return next((f"{seconds // unit}{sign}" for unit, sign in _AGES if seconds >= unit), "0m")


def changes_json(done: Sequence[Done]) -> dict[str, object]:
    """Give `promoter.previewed/v1`."""
    return {
        "schema": "promoter.previewed/v1",
        "previews": [
            {
                "event": one.event,
                "changed": one.changed,
                **_json(one.preview),
                "left_out": list(one.left_out),
                "trouble": one.trouble or None,
            }
            for one in done
        ],
    }


def list_json(found: Sequence[Preview], keep: timedelta, now: datetime) -> dict[str, object]:
    """Give `promoter.previews/v1`."""
    rows = []
    for one in sorted(found, key=lambda one: (one.created, one.key)):
        ends = one.ends(keep)
        rows.append({**_json(one), "ends": stamp(ends) if ends is not None else None})
    return {"schema": "promoter.previews/v1", "now": stamp(now), "previews": rows}


def _json(one: Preview) -> dict[str, object]:
    optional: dict[str, object] = {
        "pull": None,
        "head": None,
        "hosts": [],
        "images": {},
        "values": {},
        "until": None,
        "archived": None,
    }
    said = as_json(one)
    assert isinstance(said, dict)  # noqa: S101 (a dataclass becomes a mapping)
    return {**optional, **said}
