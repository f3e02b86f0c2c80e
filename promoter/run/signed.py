"""Proposals as commits that the forge makes, and signs: `commits: api`.

What is proposed is decided and made here; the forge makes a commit of the same tree, on the same parent, with the same
message, under its own name. Invariants: what it made is taken only when it is exactly that; nothing points to it before
we push it, by the same compare-and-swap as any other commit, so whatever breaks in between leaves no trace.
"""

from __future__ import annotations

from typing import Any

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.port import Commits
from promoter.git.store import Store
from promoter.git.tree import SUBMODULE
from promoter.model.forge import FileChange
from promoter.model.names import Oid
from promoter.run.workspace import Workspace


def signed(ws: Workspace, commit: Oid) -> Oid:
    """Give `commit`, which stands on one parent, as the config wants commits: as it is, or made by the forge.

    Raises Rejected when the forge does not sign it, EdgeFailed.
    """
    if ws.config.commits != "api":
        return commit
    if not isinstance(ws.forge, Commits):
        raise Rejected("this forge makes no commits for others", "Leave commits out of promoter.yaml.")
    store = ws.repository.store
    wanted = store.commit(commit)
    [parent] = wanted.parents
    below = store.commit(parent).tree
    made = ws.forge.make_commit(parent, below, wanted.tree, changes(store, below, wanted.tree), wanted.message)
    found = store.put_signed(made.data, made.signature)
    read = store.commit(found)
    if found != made.id or (read.tree, read.parents) != (wanted.tree, wanted.parents):
        raise EdgeFailed(f"the forge made another commit than {commit}: {made.id}", "Nothing was written.")
    return found


def changes(store: Store, old: Oid, new: Oid) -> dict[str, FileChange | None]:
    """Give what differs between two trees: path -> what stands there in `new`; None: nothing."""
    repo: Any = store.repo
    found: dict[str, FileChange | None] = {}
    for delta in repo[old].diff_to_tree(repo[new]).deltas:
        if delta.status_char() == "D":
            found[delta.old_file.path] = None
            continue
        file = delta.new_file
        id_ = Oid(str(file.id))
        found[file.path] = FileChange(file.mode, id_, b"" if file.mode == SUBMODULE else store.blob(id_))
    return dict(sorted(found.items()))
