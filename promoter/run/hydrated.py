"""What another hydrator has written, for apps with `render: external`: its branches are read and never touched.

A release is one dry commit rendered for every environment. So there is one only when the hydrator's branches of all the
app's environments say that they were made from the same commit of the dry branch: by `hydrator.metadata` at their root
(Argo CD's Source Hydrator writes all apps of a branch in one commit), else in the app's folder, or by the note on the
tip, which names a newer commit that renders to the same bytes.

Invariant: what cannot be told is a sentence and no release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from promoter.errors import EdgeFailed
from promoter.git.hydrator import FILE_NAME, NOTES_REF, parse_metadata, read_note
from promoter.model.ledger import Ledger
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import Slot
from promoter.policy.rules import AppRules
from promoter.run.workspace import Workspace

COMMIT = "(hydrated)"
"""The key under which a release records the hydrator's commit among its inputs."""


@dataclass(frozen=True, slots=True)
class Hydrated:
    """One dry commit, as the hydrator rendered it for every environment of an app."""

    dry: Oid
    content: Mapping[str, ContentId]
    commits: Mapping[str, Oid]
    """Environment -> the hydrator's commit."""


def needed(apps: Iterable[AppRules]) -> list[str]:
    """Give the refs that are read for `apps`; none when promoter renders them all."""
    branches = {f"refs/heads/{slot.branch}" for app in apps for slot in app.hydrated.values()}
    return [*sorted(branches), NOTES_REF] if branches else []


def hydrated(ws: Workspace, app: AppRules, refs: Mapping[str, Oid], dry: Oid) -> Hydrated | str:
    """Give what is there of `app`, or why that is no release yet. `refs` has what `needed` says; `dry`: the tip."""
    found: dict[str, tuple[Oid, Oid, ContentId]] = {}
    for environment, slot in app.hydrated.items():
        tip = refs.get(f"refs/heads/{slot.branch}")
        if tip is None:
            return f"{app.name} waits for its hydrator: there is no branch {slot.branch} yet"
        content = ws.contents(app).held(slot, ws.repository.store.commit(tip).tree, ()).content
        if content is None:
            return f"{app.name} waits for its hydrator: {slot.branch} has nothing in {slot.path or 'its root'}"
        try:
            made_from = _made_from(ws, slot, tip, refs.get(NOTES_REF))
        except EdgeFailed as error:
            return f"{app.name}: {error.message}"
        if made_from is None:
            where = f"{slot.branch} has no {FILE_NAME}"
            return f"{app.name}: {where}, so nothing says which commit of {ws.branch} it was made from"
        found[environment] = (made_from, tip, content)
    if len({made_from for made_from, _, _ in found.values()}) > 1:
        at = ", ".join(f"{app.hydrated[name].branch} is at {one[:7]}" for name, (one, _, _) in found.items())
        return f"{app.name} waits for its hydrator to render one commit for all environments: {at}"
    made_from = next(made_from for made_from, _, _ in found.values())
    store = ws.repository.store
    if not store.has(made_from) or not store.is_ancestor(made_from, dry):
        return f"{app.name}: its hydrator rendered {made_from[:7]}, which is no commit of {ws.branch}"
    contents = {name: content for name, (_, _, content) in found.items()}
    return Hydrated(made_from, contents, {name: tip for name, (_, tip, _) in found.items()})


def moved_on(ws: Workspace, app: AppRules, ledger: Ledger, now: Hydrated) -> bool:
    """Tell whether `now` is to become a release: other content than the newest one's, from no older commit."""
    newest = ledger.newest
    if newest is None:
        return True
    store = ws.repository.store
    back = store.has(newest.dry) and now.dry != newest.dry and store.is_ancestor(now.dry, newest.dry)
    before = {name: newest.content.get(name) for name in app.environments}
    return not back and before != dict(now.content)


def behind(ws: Workspace, app: AppRules, now: Hydrated, dry: Oid) -> tuple[str, ...]:
    """Say that the hydrator has not rendered a change of the app's own paths yet; nothing when it has."""
    store = ws.repository.store
    trees = [store.commit(commit).tree for commit in (now.dry, dry)]
    sources = {app.source(environment) for environment in app.environments}
    if all(len({store.entry(tree, path) for tree in trees}) == 1 for path in sources if path):
        return ()
    return (f"{app.name} waits for its hydrator to render {dry[:7]}: it has rendered {now.dry[:7]}",)


def read_now(ws: Workspace, app: AppRules) -> Hydrated:
    """Look at the hydrator's branches anew. Raises EdgeFailed when they make no release."""
    names = needed([app])
    refs = ws.repository.refs([ws.ref, *names])
    absent = [name for name in names if name in refs and not ws.repository.store.has(refs[name])]
    if absent:
        ws.repository.fetch(absent)
    found = hydrated(ws, app, refs, ws.refresh(refs))
    if isinstance(found, str):
        raise EdgeFailed(found, "Its branches are only read; when they are complete the next run makes the release.")
    return found


def _made_from(ws: Workspace, slot: Slot, tip: Oid, notes: Oid | None) -> Oid | None:
    """Give the dry commit that the hydrator's commit `tip` was made from. Raises EdgeFailed for a broken file."""
    store = ws.repository.store
    noted = read_note(store, notes, tip) if notes is not None else None
    if noted is not None:
        return noted
    tree = store.commit(tip).tree
    for path in dict.fromkeys((FILE_NAME, f"{slot.path}/{FILE_NAME}".lstrip("/"))):
        data = store.read(tree, path)
        if data is not None:
            return parse_metadata(data, f"{path} in {slot.branch}").dry
    return None
