"""What a release brings along: the commits of the dry branch since the one before, their labels and their trailers.

Invariant: what a draft, or a release that did not render, brought is not lost: the release that follows brings it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from promoter.git.store import CommitInfo, Store
from promoter.git.trailers import LABEL, all_trailers, flatten, parse_trailers
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.release import Release, ReleaseState, SourceCommit, is_label
from promoter.policy.accept import trailer
from promoter.policy.rules import AppRules
from promoter.run.workspace import Workspace

COMMITS_SHOWN: Final = 20
"""How many source commits a release lists."""
DEPTH: Final = 500
"""How many are looked at."""


def with_commits(ws: Workspace, app: AppRules, ledger: Ledger, release: Release) -> Release:
    """Give `release` with what the dry branch has had since the newest one for what this app is made from."""
    newest = ledger.newest
    found = list(_commits(ws.repository.store, _paths(app, newest), newest.dry, release.dry)) if newest else []
    asked = {trailer(rules.accept.trailer)[0] for rules in app.environments.values() if rules.accept.trailer}
    labels = list(release.labels)
    trailers: list[str] = []
    if newest is not None and newest.state is not ReleaseState.READY:
        labels += newest.labels
        trailers += newest.trailers
    for commit in found:
        labels += labels_of(commit.message)
        said = all_trailers(commit.message) if not parse_trailers(commit.message) else []
        trailers += [f"{key}: {value}" for key, value in said if key.casefold() in asked]
    listed = tuple(SourceCommit(it.id, it.author, flatten(it.message.partition("\n")[0])) for it in found)
    return replace(
        release,
        commits=listed[:COMMITS_SHOWN],
        labels=tuple(dict.fromkeys(labels)),
        trailers=tuple(dict.fromkeys(trailers)),
    )


def labels_of(message: str) -> list[str]:
    """Give the labels that a commit message gives to the release that brings the commit; what is no label is none."""
    if parse_trailers(message):  # a promotion: its message speaks of a release that there is
        return []
    wanted = LABEL.casefold()
    return [value for key, value in all_trailers(message) if key.casefold() == wanted and is_label(value)]


def label_lines(labels: Collection[str]) -> str:
    """Give the end of a commit message that says `labels`; empty without any."""
    return "".join(["\n", *(f"{LABEL}: {label}\n" for label in labels)]) if labels else ""


def _paths(app: AppRules, newest: Release | None) -> set[str]:
    recorded = newest.inputs.values() if newest is not None else ()
    paths = {path for inputs in recorded for path in inputs if not path.startswith("(")}
    return paths | {app.source(name) for name in app.environments}


def _commits(store: Store, paths: Collection[str], old: Oid, dry: Oid) -> Iterator[CommitInfo]:
    """Give the commits after `old` that touch one of `paths`, newest first."""
    if old == dry or not store.has(old):
        return
    for commit in store.history(dry, [old], DEPTH):
        trees = [commit.tree, *(store.commit(parent).tree for parent in commit.parents[:1])]
        if len(trees) == 1 or any(len({_id(store, tree, path) for tree in trees}) > 1 for path in paths):
            yield commit


def _id(store: Store, tree: Oid, path: str) -> Oid | None:
    entry = store.entry(tree, path)
    return entry.id if entry is not None else None
