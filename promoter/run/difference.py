"""What a proposal changes, as a unified diff that people can read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from promoter.git.store import Store
from promoter.model.names import Oid
from promoter.run.content import INTERCHANGE

LIMIT = 40_000
"""Characters; the rest is counted, not shown."""


def difference(store: Store, old: Oid, new: Oid, path: str) -> str:
    """Give the difference of `path` between two trees: one `# file` block a file, at most LIMIT characters.

    Interchange files of the slot are left out.
    """
    return _text(store, old, new, path)


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
