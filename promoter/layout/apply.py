"""Writes items into the files of one environment, byte-exact.

Invariant: a result is proven before it is returned: looking at the changed files finds what was asked for, and every
other item as it was. Where that cannot be, EditRefused says why, and nothing is returned.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from promoter.errors import EditRefused, UsageError
from promoter.layout import find_regex, find_values, search, value_text, values
from promoter.layout.glob import matches
from promoter.layout.moved import Moved, Tracked
from promoter.layout.place import Kind, Part, Place, Unreadable, grouped, holding
from promoter.layout.tag import check_pin
from promoter.layout.yaml_splice import Edit, locate, refused, splice
from promoter.layout.yaml_tree import LIMIT, show

_RANGE = re.compile(r"[0-9A-Za-z.*<>=~^|, +_@:-]{1,256}")
_SHOWN = 5


def apply(
    files: Mapping[str, bytes], tracked: Tracked, wanted: Mapping[str, str], blobs: Mapping[str, bytes]
) -> dict[str, bytes | None]:
    """Give the files that change (None: deleted) so that every item of `wanted` holds its text.

    `wanted`: item -> text as `values.items` gives it; an empty text deletes a `file:` item. `blobs`: content of copied
    files by blob id, at least of those that differ. Where a digest stands without a tag, the digest alone is written.
    Raises EditRefused: an item stands nowhere, a text may not stand there, or a scalar cannot be replaced alone.
    """
    copied = _copied(files, tracked, wanted, blobs)
    start = {name: data for name, data in {**files, **copied}.items() if data is not None}
    before = values.look(start, tracked)
    edits: dict[str, list[Edit]] = {}
    texts: dict[str, bytes] = {}
    for key, text in wanted.items():
        kind, _, name = key.partition(":")
        if kind in tuple(Kind):
            _pin(before, tracked, Kind(kind), name, text, edits, texts)
        elif kind == "value":
            _value(before, name, text, edits)
        elif kind != "file":
            raise EditRefused(f"{key!r} is not an item", "Items begin with image:, chart:, value: or file:.")
    trees = {name: splice(before.parsed.yaml[name], changes) for name, changes in edits.items()}
    changed: dict[str, bytes | None] = {**copied, **texts, **{name: tree.data() for name, tree in trees.items()}}
    changed = {name: data for name, data in changed.items() if data != files.get(name)}
    now = {**start, **{name: data for name, data in changed.items() if data is not None}}
    _prove(before.items, values.look(now, tracked, known={**before.parsed.yaml, **trees}).items, wanted)
    return changed


def _copied(
    files: Mapping[str, bytes], tracked: Tracked, wanted: Mapping[str, str], blobs: Mapping[str, bytes]
) -> dict[str, bytes | None]:
    """Give the files that are copied from elsewhere or deleted."""
    copied: dict[str, bytes | None] = {}
    for key, text in wanted.items():
        if not key.startswith("file:"):
            continue
        name = key.removeprefix("file:")
        if (
            not any(matches(pattern, name) for pattern in tracked.files)
            or ".." in name.split("/")
            or name[:1] in ("", "/")
        ):
            raise EditRefused(
                f"{name!r} is not among the files that move", f"files: {', '.join(tracked.files) or 'none'}."
            )
        if not text:
            if name in files:
                copied[name] = None
        elif name not in files or values.blob_id(files[name]) != text:
            data = blobs.get(text)
            if data is None or values.blob_id(data) != text:
                raise EditRefused(f"the content {text} of {name} is not at hand", "Fetch the commit that holds it.")
            copied[name] = data
    return copied


def _pin(
    look: values.Look,
    tracked: Tracked,
    kind: Kind,
    name: str,
    text: str,
    edits: dict[str, list[Edit]],
    texts: dict[str, bytes],
) -> None:
    """Collect the edits that make an image or chart be `text`."""
    moved = _rule(tracked, kind, name)
    found = search.find(look.parsed, moved, kind)
    places = found.places
    if not places:
        raise _nowhere(look, moved, kind)
    _refuse_large(look, moved, found.unreadable)
    if look.items.get(values.item(kind, moved.name)) == text:
        return
    _check(kind, moved.name, text)
    for group in grouped(places):
        scalars = {place: _scalar_text(look, place) for place in group}
        if "@" in text and all(place.part is Part.TAG and place.kind is Kind.CHART for place in group):
            raise refused(
                group[0].file, group[0].line, "a chart's version has no room for a digest", "Leave the digest out."
            )
        for place, new in holding(group, text, scalars).items():
            if new == scalars[place]:
                continue
            if place.part is Part.TEXT:
                texts[place.file] = find_regex.replaced(place.file, look.parsed.files[place.file], moved.regex, new)
            else:
                edits.setdefault(place.file, []).append(Edit(place.document, place.path, new))


def _refuse_large(look: values.Look, moved: Moved, unreadable: Iterable[Unreadable]) -> None:
    """Refuse to leave a file behind that is only too large to be read: it would render, with the old version."""
    for bad in unreadable:
        data = look.parsed.files[bad.file]
        if len(data) > LIMIT and any(name.encode() in data for name in (moved.name, *moved.also)):
            hint = "Split it, or say with regex: where the version stands."
            raise refused(bad.file, bad.line, f"holds {moved.name}, but is {bad.reason}", hint)


def _scalar_text(look: values.Look, place: Place) -> str:
    if place.part is Part.TEXT:
        return place.value
    return locate(look.parsed.yaml[place.file], place.document, place.path).value


def _value(look: values.Look, entry: str, text: str, edits: dict[str, list[Edit]]) -> None:
    """Collect the edits that make a value of the allow-list be `text`."""
    nodes = values.value_nodes(look.parsed, entry)
    if not nodes:
        message = f"no place has the key {entry}; looked in {_listed(look.parsed.yaml)}"
        raise EditRefused(message, "Add the key by hand once; then it can be moved.")
    for file, node in nodes:
        if value_text.text_of(file, node) == text:
            continue
        locate(file, node.document, node.path)
        value, typed = value_text.parse(text)
        edits.setdefault(file.name, []).append(Edit(node.document, node.path, value, typed))


def _rule(tracked: Tracked, kind: Kind, name: str) -> Moved:
    rules = tracked.images if kind is Kind.IMAGE else tracked.charts
    item = values.item(kind, name)
    for moved in rules:
        if item in {values.item(kind, known) for known in (moved.name, *moved.also)}:
            return moved
    if rules:
        known = [moved.name for moved in rules]
        raise EditRefused(f"{kind.value} {name} is not tracked{_meant(name, known)}", f"Tracked: {', '.join(known)}.")
    return Moved(name)


def _check(kind: Kind, name: str, text: str) -> None:
    """Refuse what is not one version. Ranges pass for charts: taking back what stood there must be possible."""
    if len(values.split(text)) > 1:
        hint = "Make them one by hand in that environment first."
        raise EditRefused(f"{name} has several values at once where it comes from: {text}", hint)
    if kind is Kind.IMAGE:
        try:
            check_pin(text)
        except UsageError as error:
            raise EditRefused(f"{name}: {error.message}", error.hint) from error
    elif not _RANGE.fullmatch(text):
        raise EditRefused(f"{name}: {text!r} is not a chart version", "Write it like 6.6.1.")


def _nowhere(look: values.Look, moved: Moved, kind: Kind) -> EditRefused:
    """Say that an image or chart stands nowhere, what was found instead, and how to say where it stands."""
    what = "has" if moved.key or moved.marker or moved.regex else "names"
    how = moved.key or moved.marker or moved.regex or f"{kind.value} {moved.name}"
    message = f"no place {what} {how}; looked in {_listed(look.parsed.files)}"
    found = sorted({place.names[0] for (k, _), some in look.parsed.places.items() if k is kind for place in some})
    hints = [f"Did you mean one of these? {', '.join(found[:_SHOWN])}." if found else ""]
    close = difflib.get_close_matches(moved.name, found, n=1)
    if close:
        hints = [f"Did you mean {close[0]}?"]
    for file in look.parsed.yaml.values():
        for scalar in find_values.orphans(file):
            key = show(scalar.path)
            hints.append(f"{file.name}:{scalar.line} has a tag without an image beside it; is it that? Set key: {key}.")
    bad = [str(unreadable) for unreadable in look.unreadable]
    hints += [f"Not read, since it is no YAML (regex: can say where): {'; '.join(bad[:_SHOWN])}."] if bad else []
    return EditRefused(
        message, " ".join(filter(None, hints[: _SHOWN + 1])) or "Say where it stands with file: and key:."
    )


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _listed(names: Iterable[str]) -> str:
    every = sorted(names)
    if not every:
        return "no file"
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def _prove(before: Mapping[str, str], after: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Refuse unless what was asked for is there now, and every other item is as it was."""
    for key in sorted(before.keys() | after.keys() | wanted.keys()):
        have, was = after.get(key, ""), before.get(key, "")
        if key in wanted and not values.satisfies(have, wanted[key]):
            hint = "It is pinned by a digest alone: give the digest." if have[:1] in ("", "@") else "Write it by hand."
            raise EditRefused(f"{key} would be {have or 'missing'}, not {wanted[key]}", hint)
        if key not in wanted and have != was:
            message = f"{key} would change from {was} to {have}, which nobody asked for"
            raise EditRefused(message, "Let each value belong to one image, chart or key.")
