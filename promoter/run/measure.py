"""What objects should have, by content: the relation of what they report to one commit of a repository."""

from __future__ import annotations

import re

from promoter.cluster.appraise import Measure
from promoter.cluster.reader import Relation, clean_path
from promoter.cluster.revision import git_commit
from promoter.errors import EdgeFailed, UsageError
from promoter.git.repository import Repository
from promoter.git.store import TREE
from promoter.model.names import Oid
from promoter.run.content import INTERCHANGE

_ID = re.compile(r"[0-9a-f]{40}")


def measure_by(repository: Repository, word: str, path: str | None) -> Measure:
    """Give how to compare with the commit that `word` (an id, a branch, a tag; empty: the default branch) names.

    `path` None: each object is compared at the path that it delivers. Raises UsageError where there is no such commit,
    or nothing at `path` in it, EdgeFailed.
    """
    commit = _commit(repository, word)
    asked = clean_path(path) if path is not None else None
    if asked is not None and content_at_path(repository, commit, asked) is None:
        raise UsageError(f"{commit[:7]} has nothing at {asked}", "name a folder or file as it is in that commit")
    known: dict[tuple[str, str], Relation] = {}

    def relation(where: str, revision: str) -> Relation:
        key = (where, revision)
        if key not in known:
            known[key] = _relation(repository, commit, where, revision)
        return known[key]

    return Measure(relation, asked)


def _relation(repository: Repository, commit: Oid, path: str, revision: str) -> Relation:
    reported = git_commit(revision)
    if reported is None or not repository.store.has(reported):
        return Relation.UNKNOWN
    wanted, found = (content_at_path(repository, each, path) for each in (commit, reported))
    if wanted is None:
        return Relation.UNKNOWN
    return Relation.SAME if found == wanted else Relation.OTHER


def content_at_path(repository: Repository, commit: Oid, path: str) -> Oid | None:
    """Give the id of what `commit` holds at `path`, without files of interchange; None when it holds nothing."""
    store = repository.store
    tree = store.commit(commit).tree
    if not path:
        return store.without(tree, INTERCHANGE)
    entry = store.entry(tree, path)
    if entry is None:
        return None
    return store.without(entry.id, INTERCHANGE) if entry.mode == TREE else entry.id


def _commit(repository: Repository, word: str) -> Oid:
    name = word or repository.default_branch()
    refs = repository.refs(["refs/heads/", "refs/tags/"])
    ref = next((ref for ref in (f"refs/heads/{name}", f"refs/tags/{name}") if ref in refs), None)
    found = refs[ref] if ref is not None else Oid(name) if _ID.fullmatch(name) else None
    if found is None:
        raise UsageError(f"{repository.url} has no commit {word}", "name 40 hex digits, a branch or a tag")
    if not repository.store.has(found):
        repository.fetch([ref or found])
    if not repository.store.has(found):
        raise EdgeFailed(f"{repository.url} has no commit {word}")
    return found
