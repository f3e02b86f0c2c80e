"""What can be done with a preview: create, update, archive, restore, delete; each is one commit.

Invariants: rights first; the hook before a change runs before anything is written, and stops it when it fails; what is
so already is not written again. A lost race is tried again from a fresh look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from promoter.errors import LostRace, PromoterError, UsageError
from promoter.model.names import Oid
from promoter.model.preview import Archived, Preview, is_preview_name
from promoter.policy.previews import Previews
from promoter.render.preview_names import only
from promoter.run.command import may
from promoter.run.preview.content import Made, Recipe, make, with_pull
from promoter.run.preview.hooks import run_hook
from promoter.run.preview.standing import Standing, commit_of, content_of, push, ref_of, rules, standing
from promoter.run.workspace import Workspace

TRIES = 5
RIGHT = "preview"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants a preview to be."""

    source: str = ""
    """The environment; empty: the one of the config, or the one that it has."""
    version: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None
    pull: int | None = None
    head: Oid | None = None
    """The head of that pull request, a commit of this repository that is at hand."""
    afresh: bool = False
    """Whether an update forgets the versions and values of before."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one preview."""

    event: str
    """`create`, `update`, `archive`, `restore`, `cleanup`."""
    preview: Preview
    changed: bool
    left_out: tuple[str, ...] = ()
    trouble: str = ""
    """Why the hook after it failed."""


@dataclass(frozen=True, slots=True)
class _Next:
    """What a preview is to become; `preview` None: nothing."""

    preview: Preview | None
    content: Oid | None
    left_out: tuple[str, ...] = ()


def look(ws: Workspace) -> Standing:
    """Give what stands now. Raises UsageError where there are no previews, EdgeFailed."""
    refs = ws.repository.refs(["refs/heads/"])
    ws.refresh(refs)
    return standing(ws, refs.get(ref_of(rules(ws))))


def create(ws: Workspace, name: str, app: str, wanted: Wanted) -> Done:
    """Make a preview; one that was made with just these wishes stays as it is.

    Raises UsageError, NotAllowed, RenderFailed, EditRefused, LostRace, EdgeFailed.
    """
    _check_name(ws, name, app)

    def decide(now: Standing, dry: Oid) -> _Next | None:
        old = now.previews.get((name, app))
        if old is not None:
            _check_same(ws, old, wanted)
            return None
        _room(ws, now)
        return _made(ws, now, None, name, app, dry, wanted)

    return _change(ws, "create", (name, app), decide)


def update(ws: Workspace, name: str, app: str, wanted: Wanted) -> Done:
    """Make a preview anew from what the dry branch holds now, with what is wished beside what was wished before."""

    def decide(now: Standing, dry: Oid) -> _Next | None:
        old = _there(now, name, app)
        if old.archived is not None:
            raise UsageError(f"{name} of {app} is archived", f"promoter preview restore {name} {app}")
        _whose(ws, old)
        made = _made(ws, now, old, name, app, dry, wanted)
        same = made.preview is not None and replace(made.preview, updated=old.updated, by=old.by) == old
        return None if same and made.content == content_of(ws, now.tip, old.key) else made

    return _change(ws, "update", (name, app), decide)


def archive(ws: Workspace, name: str, app: str) -> Done:
    """Take away all but what holds data; the branch's history keeps the rest."""

    def decide(now: Standing, _: Oid) -> _Next | None:
        old = _there(now, name, app)
        _whose(ws, old)
        if old.archived is not None:
            return None
        store, content = ws.repository.store, content_of(ws, now.tip, old.key)
        assert now.tip is not None  # noqa: S101 (the preview stands there)
        files = {path: store.blob(entry.id) for path, entry in store.files(content)} if content is not None else {}
        kept = only(files, rules(ws).keep_kinds)
        put_away = replace(old, archived=Archived(ws.now(), ws.user, now.tip))
        return _Next(put_away, store.put_files(kept) if kept else None)

    return _change(ws, "archive", (name, app), decide)


def restore(ws: Workspace, name: str, app: str) -> Done:
    """Bring back exactly what was archived."""

    def decide(now: Standing, _: Oid) -> _Next | None:
        old = _there(now, name, app)
        _whose(ws, old)
        if old.archived is None:
            return None
        _room(ws, now)
        content = content_of(ws, old.archived.commit, old.key)
        return _Next(replace(old, archived=None, until=None, updated=ws.now()), content)

    return _change(ws, "restore", (name, app), decide)


def delete(ws: Workspace, name: str, app: str) -> Done:
    """End a preview, with its data."""

    def decide(now: Standing, _: Oid) -> _Next | None:
        _whose(ws, _there(now, name, app))
        return _Next(None, None)

    return _change(ws, "cleanup", (name, app), decide)


def clean(ws: Workspace, due: Preview, why: str) -> Done:
    """End a preview that is over, by nobody's word. Raises LostRace when it is not what was seen."""

    def decide(now: Standing, _: Oid) -> _Next | None:
        if now.previews.get(due.key) != due:
            raise LostRace(f"the preview {due.name} of {due.app} was changed")
        return _Next(None, None)

    return _change(ws, "cleanup", due.key, decide, f": {why}")


def _change(
    ws: Workspace,
    event: str,
    key: tuple[str, str],
    decide: Callable[[Standing, Oid], _Next | None],
    why: str = "",
) -> Done:
    """Do it: hook, commit, hook."""
    asked = False
    for attempt in range(TRIES):
        refs = ws.repository.refs(["refs/heads/"])
        dry = ws.refresh(refs)
        now = standing(ws, refs.get(ref_of(rules(ws))))
        wanted, old = decide(now, dry), now.previews.get(key)
        if wanted is None:
            assert old is not None  # noqa: S101 (only what stands can be so already)
            return Done(event, old, changed=False)
        subject = wanted.preview or old
        assert subject is not None  # noqa: S101 (something comes or goes)
        deed = "Delete" if event == "cleanup" else event.capitalize()
        said = f"{deed} preview {key[0]} of {key[1]}{why or f', by {ws.user}'}"
        commit = commit_of(ws, now, key, wanted.preview, wanted.content, said)
        judged = commit if wanted.preview is not None or now.tip is None else now.tip
        if not asked:
            run_hook(ws, f"before {event}", subject, dry, judged)
            asked = True
        try:
            push(ws, now, commit)
        except LostRace:
            if attempt == TRIES - 1:
                raise
            continue
        trouble = ""
        try:
            run_hook(ws, f"after {event}", subject, dry, judged)
        except PromoterError as error:
            trouble = str(error)
        return Done(event, subject, True, wanted.left_out, trouble)
    raise AssertionError("unreachable")


def _made(
    ws: Workspace, now: Standing, old: Preview | None, name: str, app: str, dry: Oid, wanted: Wanted
) -> _Next:  # fmt: skip
    previews, found = rules(ws), ws.app(app)
    source = wanted.source or (old.source if old is not None else previews.source)
    if source in found.environments:  # else making it says what is wrong
        may(ws, found, RIGHT, source)
    before = old if old is not None and not wanted.afresh else None
    images = {**(before.images if before is not None else {}), **wanted.images}
    values = {**(before.values if before is not None else {}), **wanted.values}
    pull, head = (wanted.pull, wanted.head) if wanted.pull is not None or old is None else (old.pull, old.head)
    if head is not None and not ws.repository.store.has(head):
        ws.repository.fetch([head])
    store = ws.repository.store
    tree = with_pull(ws, dry, head) if head is not None else store.commit(dry).tree
    made = _versions(ws, previews, Recipe(name, source, tree, wanted.version, images, values, head is None), app)
    taken = next((one for one in now.previews.values() if one.namespace == made.namespace), None)
    if taken is not None and taken.key != (name, app):
        message = f"{made.namespace} is the namespace of the preview {taken.name} of {taken.app}"
        raise UsageError(message, "Take another name.")
    _check_free(ws, app, made.namespace)
    created = old.created if old is not None else ws.now()
    until = wanted.until if wanted.until is not None or old is None else old.until
    preview = Preview(
        name, app, source, dry, made.namespace, ws.user, created, ws.now(), pull, head, made.hosts, made.images,
        values, until,
    )  # fmt: skip
    return _Next(preview, made.content, made.left_out)


def _check_free(ws: Workspace, app: str, namespace: str) -> None:
    """Refuse a namespace in which the app stands in some environment: the preview would take it over, and end it."""
    store, slots = ws.repository.store, ws.app(app).slots
    refs = ws.repository.refs(["refs/heads/"])
    tips = {name: refs.get(f"refs/heads/{slot.branch}") for name, slot in slots.items()}
    absent = [f"refs/heads/{slots[name].branch}" for name, tip in tips.items() if tip and not store.has(tip)]
    if absent:
        ws.repository.fetch(sorted(set(absent)))
    named = re.compile(rb"namespace[\"']?:\s*[\"']?" + re.escape(namespace.encode()) + rb"(?![a-z0-9-])")
    for name, tip in tips.items():
        tree, path = (store.commit(tip).tree, slots[name].path) if tip is not None else (None, "")
        if tree is not None:
            ws.repository.fetch([], [(tree, path)])
            if any(named.search(store.blob(entry.id)) for _, entry in store.files(tree, path) if entry.is_file):
                raise UsageError(f"{app} stands in the namespace {namespace} in {name}", "Take another name.")


def _versions(ws: Workspace, previews: Previews, recipe: Recipe, app: str) -> Made:
    """Make it; one version for all that moves joins versions by name."""
    if recipe.version and recipe.images:
        named = make(ws, ws.app(app), previews, replace(recipe, images={}))
        recipe = replace(recipe, version="", images={**recipe.images, **named.images})
    return make(ws, ws.app(app), previews, recipe)


def _check_same(ws: Workspace, old: Preview, wanted: Wanted) -> None:
    """Refuse to make what stands there otherwise."""
    _whose(ws, old)
    asked = (wanted.source or rules(ws).source, dict(wanted.values), wanted.pull, wanted.head)
    images = dict(wanted.images) == dict(old.images)
    if wanted.version:
        images = bool(old.images) and set(old.images.values()) == {wanted.version}
    if old.archived is not None:
        raise UsageError(f"{old.name} of {old.app} is archived", f"promoter preview restore {old.name} {old.app}")
    if (old.source, dict(old.values), old.pull, old.head) != asked or not images:
        raise UsageError(
            f"there is a preview {old.name} of {old.app}, made otherwise",
            f"promoter preview update {old.name} {old.app}",
        )


def _there(now: Standing, name: str, app: str) -> Preview:
    found = now.previews.get((name, app))
    if found is None:
        known = ", ".join(f"{one.name} of {one.app}" for one in list(now.previews.values())[:8])
        raise UsageError(f"there is no preview {name} of {app}", f"There is {known or 'none yet'}.")
    return found


def _whose(ws: Workspace, preview: Preview) -> None:
    """Refuse whoever may not; where the environment is gone, the first of the app judges."""
    app = ws.app(preview.app)
    name = preview.source if preview.source in app.environments else next(iter(app.environments))
    may(ws, app, RIGHT, name)


def _room(ws: Workspace, now: Standing) -> None:
    most = rules(ws).most
    there: Sequence[Preview] = [one for one in now.previews.values() if one.archived is None]
    if len(there) >= most:
        oldest = min(there, key=lambda one: one.updated)
        hint = f"End one: promoter preview delete {oldest.name} {oldest.app} (it was updated the longest ago)"
        raise UsageError(f"there are {len(there)} previews, and previews.max is {most}", hint)


def _check_name(ws: Workspace, name: str, app: str) -> None:
    if not is_preview_name(name):
        hint = "Lower-case letters, digits and -, at most 63, beginning and ending with a letter or digit."
        raise UsageError(f"{name!r} cannot be the name of a preview", hint)
    if name in ws.config.environments or name in ws.config.apps:
        raise UsageError(f"{name} is an environment or an app, and cannot be the name of a preview")
    ws.app(app)
