"""Commits that GitHub makes, and signs: "Git database" of its REST API, trees and commits.

GitHub signs a commit that an app makes without naming an author ("Signature verification for bots"). Nothing points to
it then: it is the caller who moves a branch to it, so an attempt that ends half way leaves nothing that anybody sees.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.github_connection import Connection
from promoter.model.forge import FileChange, SignedCommit
from promoter.model.names import Oid

_MEND: Final = "Use the token of an App, or the job's own, or leave commits out of promoter.yaml."
_SUBMODULE: Final = 0o160000


class Commits:
    """Makes commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(
        self, parent: Oid, below: Oid, tree: Oid, changes: Mapping[str, FileChange | None], message: str
    ) -> SignedCommit:
        """Make a commit of `tree`, which is the tree `below` with `changes`. Raises Rejected when it is not signed."""
        if not self._connection.identity.endswith("[bot]"):
            raise Rejected(f"GitHub signs no commit for {self._connection.identity}, who is no app", _MEND)
        made = self._write("trees", {"base_tree": below, "tree": [self._entry(*one) for one in changes.items()]})
        if made["sha"] != tree:
            raise EdgeFailed(f"GitHub made the tree {made['sha']} of what should be {tree}", "Nothing was written.")
        commit = self._write("commits", {"message": message, "tree": tree, "parents": [parent]})
        seal = commit["verification"]
        if not seal["verified"]:
            raise Rejected(f"GitHub did not sign the commit: {seal['reason']}", _MEND)
        return SignedCommit(Oid(commit["sha"]), seal["payload"].encode(), seal["signature"].encode())

    def _entry(self, path: str, change: FileChange | None) -> dict[str, Any]:
        if change is None:
            return {"path": path, "mode": "100644", "type": "blob", "sha": None}
        entry = {"path": path, "mode": f"{change.mode:06o}"}
        if change.mode == _SUBMODULE:
            return {**entry, "type": "commit", "sha": change.id}
        try:
            return {**entry, "type": "blob", "content": change.content.decode()}
        except UnicodeDecodeError:
            body = {"content": base64.b64encode(change.content).decode(), "encoding": "base64"}
            return {**entry, "type": "blob", "sha": self._write("blobs", body)["sha"]}

    def _write(self, what: str, body: Mapping[str, Any]) -> Any:
        return self._connection.write("POST", f"/git/{what}", "make a commit", body, again=True)
