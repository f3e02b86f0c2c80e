"""Making a release: one commit of the dry branch, rendered once for every environment, under one number.

Invariants: a release is written whole or not at all; its number is taken by the same compare-and-swap that writes it;
what did not render makes the release `failed`, with the tool's words, and it goes nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter.errors import EdgeFailed, PromoterError, RenderFailed
from promoter.git.hydrator import FILE_NAME
from promoter.git.ref import RefUpdate
from promoter.git.store import Entry
from promoter.git.trailers import flatten
from promoter.model.ledger import Ledger, Place
from promoter.model.names import ContentId, Oid
from promoter.model.release import ImageChange, Release, ReleaseState
from promoter.plan.draft import lacks
from promoter.policy.rules import AppRules
from promoter.render.hydrate import Progress, hydrate
from promoter.render.port import Rendered, Unchanged
from promoter.render.program import Programs
from promoter.run.brought import with_commits
from promoter.run.hydrated import COMMIT, moved_on, read_now
from promoter.run.in_place import InPlace
from promoter.run.inputs import SourceTree, previous, recorded, requests
from promoter.run.interchange import metadata
from promoter.run.ledgers import ledger_ref, read_ledger, with_release, write_ledger
from promoter.run.reached import everything, versions
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """What a release is made of, beyond the dry commit: who asked, which version, what moved."""

    by: str = "promoter"
    version: str = ""
    images: tuple[ImageChange, ...] = ()
    labels: tuple[str, ...] = ()
    edit: RefUpdate | None = None
    """The commit of the dry branch that it is made from, when that is still to be pushed: with the release, or not."""


def make_release(
    ws: Workspace,
    app_name: str,
    expect: Oid | None,
    from_environment: str | None = None,
    reason: str = "",
    asked: Asked | None = None,
    progress: Progress | None = None,
) -> Release:
    """Make a release of the dry branch's tip (in place: of the values in `from_environment`) and give it.

    `expect` is the ledger tip that it is made on. Raises LostRace, RenderFailed (`all_or_nothing`), EdgeFailed.
    """
    asked = asked or Asked()
    app, dry = ws.app(app_name), ws.refresh(ws.repository.refs([ws.ref]))
    other = read_now(ws, app) if app.hydrated else None
    if other is not None:
        dry = other.dry
    elif asked.edit is not None and asked.edit.new is not None:
        dry = asked.edit.new
    ledger = read_ledger(ws.repository, expect, app.name) if expect is not None else Ledger(app.name)
    if other is not None and not moved_on(ws, app, ledger, other):
        raise EdgeFailed(f"{app.name}: its hydrator has rendered nothing newer than r{max(ledger.releases)}")
    release = Release(ledger.next, ws.now(), dry, asked.by, {}, version=asked.version, images=asked.images)
    release = with_commits(ws, app, ledger, replace(release, labels=asked.labels))
    if ws.config.layout is None:
        release = _in_place(ws, app, ledger, release, from_environment)
        kept = {name: ws.contents(app).entry(content) for name, content in release.content.items()}
    elif other is not None:
        inputs = {name: {COMMIT: commit} for name, commit in other.commits.items()}
        release = replace(_named(ws, app, ledger, release), content=other.content, inputs=inputs)
        kept = {name: ws.contents(app).entry(content) for name, content in other.content.items()}
    else:
        release, kept = _rendered(ws, app, ledger, _named(ws, app, ledger, release), progress)
    beside = {FILE_NAME: metadata(ws.repository.store, dry)} if ws.config.interchange == "hydrator" else None
    if app.admit:
        first = from_environment or next(iter(app.environments))
        release = replace(release, versions=everything(ws, app, release, first))
    if release.state is ReleaseState.READY and (app.settle or lacks(app, release)):
        release = replace(release, state=ReleaseState.DRAFT)
    if release.failures and ws.config.all_or_nothing:
        raise RenderFailed(f"{app.name}: nothing was released", "\n  ".join(release.failures.values()))
    message = f"{release.name}{' ' + flatten(release.version) if release.version else ''}: {reason or 'released'}"
    new = with_release(ledger, release)
    order = {name: Place(after=rules.after.names) for name, rules in app.environments.items() if rules.after.names}
    new = replace(new, places={**order, **new.places})
    write_ledger(
        ws.repository, ledger_ref(ws.config, app.name), expect, new, message, ws.now(), kept, beside, ws.seal,
        (asked.edit,) if asked.edit is not None else (),
    )  # fmt: skip
    return release


def _rendered(
    ws: Workspace, app: AppRules, ledger: Ledger, release: Release, progress: Progress | None
) -> tuple[Release, dict[str, Entry]]:
    store = ws.repository.store
    source = SourceTree(store, store.commit(release.dry).tree)
    newest = ledger.newest
    # what did not render left nothing to take over, so it is tried again beside what did change
    before = {key: it for key, it in previous(app, newest).items() if newest is not None and key[1] in newest.content}
    results = hydrate(source, requests(ws, app), before, progress=progress, programs=Programs(ws.path))
    content: dict[str, ContentId] = {}
    failures: dict[str, str] = {}
    for (_, environment), result in results.items():
        if isinstance(result, Rendered):
            if result.files:
                content[environment] = ContentId(store.put_files(result.files))
            else:
                failures[environment] = f"{app.source(environment)} renders to nothing"
        elif isinstance(result, Unchanged):
            assert newest is not None  # noqa: S101 (only a previous release can be unchanged)
            content[environment] = newest.content[environment]
        elif result.lasting:
            failures[environment] = str(result)
        else:
            raise result  # this machine's fault, not the commit's: nothing is known of the release
    inputs, tools = recorded(results)
    state = ReleaseState.FAILED if failures else ReleaseState.READY
    release = replace(release, content=content, failures=failures, inputs=inputs, tools=tools, state=state)
    contents = ws.contents(app)
    return release, {name: contents.entry(oid) for name, oid in content.items()}


def _named(ws: Workspace, app: AppRules, ledger: Ledger, release: Release) -> Release:
    """Name a release that nobody gave a version by what stands in the files: somebody changed a tag by a commit."""
    if release.images or release.version:
        return release
    newest = ledger.newest
    now = versions(ws, app, release.dry)
    before = versions(ws, app, newest.dry) if newest is not None and ws.repository.store.has(newest.dry) else {}
    moved = tuple(ImageChange(name, before.get(name, ""), new) for name, new in now.items() if before.get(name) != new)
    several = moved if newest is not None else tuple(now)
    only = next(iter(now.values())) if len(now) == 1 else (moved[0].new if len(several) == 1 else "")
    return replace(release, images=moved, version=only.partition("@")[0])


def _in_place(ws: Workspace, app: AppRules, ledger: Ledger, release: Release, source: str | None) -> Release:
    contents = ws.contents(app)
    if not isinstance(contents, InPlace):
        raise PromoterError(f"{app.name} is not edited in place")
    tree = ws.repository.store.commit(release.dry).tree
    before = ledger.newest.content if ledger.newest is not None else {}
    moved = {image.name: image.new + (f"@{image.digest}" if image.digest else "") for image in release.images}
    content, images = contents.fresh(app, tree, moved, source, before)
    version = release.version or (images[0].new if len(images) == 1 else "")
    return replace(release, content=content, images=images or release.images, version=version)
