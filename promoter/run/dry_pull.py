"""A release's versions offered to the dry branch by pull request: `dry: {commit: pull_request}`.

The branch `promoter/release/{app}` holds one commit on the dry branch, which moves every version that was asked for and
waits. When a person merges it the next run makes the release, as after any other change of the dry files. Invariants:
a commit on that branch which is not exactly ours is never replaced; asking again for what waits writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promoter.errors import Rejected
from promoter.git.ref import RefUpdate
from promoter.git.store import FILE, Entry, Store
from promoter.git.trailers import flatten
from promoter.layout.apply import apply
from promoter.layout.slots import DRY_PROPOSAL
from promoter.layout.values import items
from promoter.model.forge import PullRequest, PullState, PullText
from promoter.model.names import Branch, Oid
from promoter.model.release import ImageChange
from promoter.model.wording import spoken
from promoter.plan.report.foreign import code, prose, title
from promoter.policy.rules import AppRules
from promoter.run.brought import label_lines, labels_of
from promoter.run.ledgers import IDENTITY
from promoter.run.reached import reached
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Offer:
    """A pull request into the dry branch that will be a release when it is merged."""

    app: str
    version: str
    images: tuple[ImageChange, ...]
    branch: Branch
    head: Oid
    pull: PullRequest
    fresh: bool
    """Something was pushed, opened or edited; False: it waited already, exactly so."""


def dry_branch(app: str) -> Branch:
    """Give the branch that offers `app`'s next versions to the dry branch."""
    return Branch(DRY_PROPOSAL.replace("{app}", app))


def dry_tree(store: Store, app: AppRules, tree: Oid, files: Mapping[str, bytes], wanted: Mapping[str, str]) -> Oid:
    """Give the dry `tree` with `wanted` (item -> version) written into `files`, the app's dry files (path -> bytes).

    It is `tree` itself when the versions stand there already. Raises EditRefused.
    """
    edits: dict[str, Entry | None] = {}
    for path, data in apply(files, app.tracked, wanted, {}).items():
        old = store.entry(tree, path)
        edits[path] = None if data is None else Entry(old.mode if old else FILE, store.put_blob(data))
    return store.edit_tree(tree, edits) if edits else tree


def offer(
    ws: Workspace,
    app: AppRules,
    dry: Oid,
    files: Mapping[str, bytes],
    wanted: Mapping[str, str],
    pulls: Sequence[PullRequest],
    labels: Sequence[str] = (),
) -> Offer:
    """Put `wanted` (item -> version) on the app's branch and into a pull request, beside what waits there already.

    `labels` are for the release that it becomes. `files` are the app's files in the dry commit `dry`, `pulls` every
    pull request from the branch, read before the refs were. Raises Rejected when somebody else's commits stand on the
    branch, EditRefused, LostRace, EdgeFailed.
    """
    store, branch = ws.repository.store, dry_branch(app.name)
    ref = f"refs/heads/{branch}"
    old = ws.repository.refs([ref]).get(ref)
    if old is not None and not store.has(old):
        ws.repository.fetch([ref])
    waits = next((pull for pull in reversed(pulls) if pull.state is PullState.OPEN), None)
    if old is not None and not _replaceable(store, old, dry, pulls):
        raise Rejected(
            f"{branch} holds commits that are not promoter's",
            f"Merge it into {ws.branch}, or delete it, and ask again. Nothing of it was touched.",
        )
    standing = items(files, app.tracked)
    pending = _pending(ws, app, old, standing) if old is not None and waits is not None else {}
    moved = {**pending, **wanted}
    waiting = labels_of(store.commit(old).message) if old is not None and waits is not None else []
    labels = list(dict.fromkeys((*waiting, *labels)))
    tree = dry_tree(store, app, store.commit(dry).tree, files, moved)
    images = tuple(
        ImageChange(key.partition(":")[2], standing.get(key, ""), version)
        for key, version in sorted(moved.items())
        if standing.get(key) != version
    )
    only = {image.new.partition("@")[0] for image in images}
    version = next(iter(only)) if len(only) == 1 else ", ".join(sorted(only))
    text = _text(ws, app, version, images)
    said_so = old is not None and labels == labels_of(store.commit(old).message)
    if old is not None and said_so and (_stands(store, old, dry, tree) or _holds(waits, pending, moved)):
        head = old
    else:
        head = _push(ws, ref, old, dry, tree, f"{flatten(f'Release {app.name} {version}')}\n{label_lines(labels)}")
    pull, said = _say(ws, branch, waits, text, ws.now())
    return Offer(app.name, version, images, branch, head, pull, said or head != old)


def _stands(store: Store, head: Oid, dry: Oid, tree: Oid) -> bool:
    """Tell whether `head` is what would be made."""
    commit = store.commit(head)
    return commit.tree == tree and commit.parents == (dry,)


def _holds(waits: PullRequest | None, pending: Mapping[str, str], moved: Mapping[str, str]) -> bool:
    """Tell whether what waits moves just that, and can be merged: it keeps its approvals then."""
    return waits is not None and waits.mergeable is not False and pending == moved


def _replaceable(store: Store, head: Oid, dry: Oid, pulls: Sequence[PullRequest]) -> bool:
    """Tell whether `head` is ours alone, or has reached the dry branch already."""
    if any(pull.state is PullState.MERGED and pull.head == head for pull in pulls) or store.is_ancestor(head, dry):
        return True
    commit = store.commit(head)
    if len(commit.parents) != 1 or not store.is_ancestor(commit.parents[0], dry):
        return False
    # Made again it is the same commit: nobody amended it, rebased it, or made it in our name with another committer.
    return store.put_commit(commit.tree, commit.parents, commit.message, IDENTITY, commit.at) == head


def _pending(ws: Workspace, app: AppRules, head: Oid, standing: Mapping[str, str]) -> dict[str, str]:
    """Give what the waiting commit moves, as far as the dry branch still has what it moves from."""
    store = ws.repository.store

    def at(commit: Oid) -> Mapping[str, str]:
        found = reached(ws, app, store.commit(commit).tree)
        return items({path: store.blob(entry.id) for path, entry in found.items()}, app.tracked)

    before, after = at(store.commit(head).parents[0]), at(head)
    return {
        key: after[key]
        for key in after
        if key in before and before[key] != after[key] and standing.get(key) == before[key]
    }


def _push(ws: Workspace, ref: str, old: Oid | None, dry: Oid, tree: Oid, message: str) -> Oid:
    head = ws.repository.store.put_commit(tree, [dry], message, IDENTITY, ws.now())
    ws.repository.update([RefUpdate(ref, old, head)])
    return head


def _say(
    ws: Workspace, branch: Branch, waits: PullRequest | None, text: PullText, now: datetime
) -> tuple[PullRequest, bool]:
    """Open the pull request, or make the open one say `text`; give it, and whether anything was written."""
    text = replace(text, body=spoken(text.body, ws.forge.called))
    if waits is None:
        return ws.forge.open_pull(branch, ws.branch, text, now), True
    if (waits.title, waits.body) == (text.title, text.body):
        return waits, False
    ws.forge.edit_pull(waits.number, text, now)
    return waits, True


def _text(ws: Workspace, app: AppRules, version: str, images: Sequence[ImageChange]) -> PullText:
    rows = [f"| {code(image.name)} | {code(image.old) or '-'} | {code(image.new)} |" for image in images]
    body = [
        f"Moves {prose(app.name)} in `{ws.branch}`:",
        "",
        "| | from | to |",
        "|---|---|---|",
        *rows,
        "",
        f"Once this is merged, the next run of promoter makes the release for {', '.join(app.environments)}.",
        f"Asking for other versions of {prose(app.name)} moves this pull request.",
    ]
    return PullText(title(f"Release {app.name} {version}"), "\n".join(body) + "\n", ("promoter",))
