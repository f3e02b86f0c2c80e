"""What differs between two contents, as a unified diff that people can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from promoter.git.store import Store
from promoter.layout.values import parse_canonical
from promoter.model.names import ContentId, Oid
from promoter.run.content import INTERCHANGE

LIMIT = 40_000
"""Characters; the rest is counted, not shown."""


def difference(store: Store, old: Oid, new: Oid, path: str) -> str:
    """Give the difference of `path` between two trees: one `# file` block a file, at most LIMIT characters.

    Interchange files of the slot are left out.
    """
    return _text(store, old, new, path)


def content_difference(store: Store, old: ContentId | None, new: ContentId | None, *, in_place: bool) -> str:
    """Give the difference of two contents (None: nothing) as lines with `+` and `-`; empty when they are equal.

    `in_place`: they are values, else trees. Both must be in the store. Raises EdgeFailed.
    """
    if old == new:
        return ""
    if not in_place:
        trees = [Oid(content) if content is not None else store.put_files({}) for content in (old, new)]
        return difference(store, trees[0], trees[1], "")
    before, after = (parse_canonical(store.blob(Oid(it))) if it is not None else {} for it in (old, new))
    return values_difference(before, after)


def values_difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Give a line with `-` for each value that goes away or changes, and one with `+` for each that comes."""
    return "\n".join(_changed_values(before, after))


def _changed_values(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for key in sorted({*before, *after}):
        if before.get(key) == after.get(key):
            continue
        if key in before:
            yield f"-{key} {before[key]}"
        if key in after:
            yield f"+{key} {after[key]}"


@lru_cache(maxsize=1024)
def _text(store: Store, old: Oid, new: Oid, path: str) -> str:
    trees: Any = store.repo
    diff = trees[old].diff_to_tree(trees[new], context_lines=2, swap=False)
    if store.supply is not None:  # a store that was fetched without file contents
        ids = {Oid(str(file.id)) for delta in diff.deltas for file in (delta.old_file, delta.new_file)}
        absent = [oid for oid in sorted(ids) if int(oid, 16) and oid not in trees]
        if absent:
            store.supply(absent)
    lines: list[str] = []
    size = left = 0
    for patch in diff:
        name = patch.delta.new_file.path
        if path and name != path and not name.startswith(path.rstrip("/") + "/"):
            continue
        if name.removeprefix(f"{path}/" if path else "") in INTERCHANGE:
            continue  # it names the dry commit, and is no content
        mark = {"A": "added", "D": "removed"}.get(patch.delta.status_char(), "changed")
        block = [f"# {name} ({mark})"]
        block += [line.origin + line.content.rstrip("\n") for hunk in patch.hunks for line in hunk.lines]
        grown = size + sum(len(line) + 1 for line in block)
        if grown > LIMIT:
            left += 1
            continue
        size = grown
        lines += block
    if left:
        lines.append(f"# {left} more files")
    return "\n".join(lines)
