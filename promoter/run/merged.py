"""What the dry branch would hold with a person's branch merged, before anybody merges it.

Invariant: only files that the branch changes are brought here, so that it costs what the change weighs, not what the
repository weighs.
"""

from __future__ import annotations

from typing import Any

from pygit2.enums import MergeFlag

from promoter.git.store import Entry
from promoter.model.names import Oid
from promoter.run.workspace import Workspace


def merged(ws: Workspace, dry: Oid, head: Oid) -> Oid | None:
    """Give the tree of `dry` with `head` merged; None when they conflict. Both are at hand. Raises EdgeFailed."""
    store: Any = ws.repository.store
    base = store.repo.merge_base(dry, head)
    if base is None:
        return None
    trees = [store.commit(commit).tree for commit in (Oid(str(base)), dry, head)]
    changed = store.repo[trees[0]].diff_to_tree(store.repo[trees[2]])
    paths = sorted({file.path for delta in changed.deltas for file in (delta.old_file, delta.new_file)})
    ws.repository.fetch([], [(tree, path) for tree in trees for path in paths])
    index = store.repo.merge_commits(dry, head, flags=MergeFlag(0))
    if index.conflicts is not None:
        return None
    there = {path for path in paths if path in index}
    edits = {path: Entry(int(index[path].mode), Oid(str(index[path].id))) if path in there else None for path in paths}
    tree: Oid = store.edit_tree(trees[1], edits)
    return tree
