"""`promoter release APP VERSION --hotfix ENV... "reason"`: a release for some environments, from what is active there.

With a layout it is the dry commit of the active release with the versions written into its files, rendered as that
release was (settings and tools of that commit), for these environments alone. In place it is the active values with the
new versions. Invariants: nothing but the versions is new; all environments or none; the dry branch is not touched: the
commit stands on a branch of its own (`HOTFIX`), pushed with the ledger, from which people can bring it there and a
hotfix of this hotfix is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from promoter.errors import EdgeFailed, LostRace, RenderFailed, UsageError
from promoter.git.hydrator import FILE_NAME
from promoter.git.ref import RefUpdate
from promoter.git.trailers import flatten
from promoter.layout.slots import HOTFIX
from promoter.layout.tag import check_pin, check_version
from promoter.layout.values import items, split
from promoter.model.ledger import How, Ledger, Stay
from promoter.model.names import ContentId, Oid
from promoter.model.release import Hotfix, ImageChange, Release
from promoter.policy.accept import accepts, parse_version
from promoter.policy.rules import AppRules
from promoter.render.hydrate import hydrate
from promoter.render.inputs import inputs_of
from promoter.render.port import NotRendered, Rendered, RenderRequest
from promoter.render.program import Programs
from promoter.run.command import may
from promoter.run.drift.recorded import Recorded, Unrecorded, request_of
from promoter.run.dry_pull import dry_tree
from promoter.run.in_place import InPlace
from promoter.run.inputs import SourceTree
from promoter.run.interchange import metadata
from promoter.run.ledgers import IDENTITY, ledger_ref, read_ledger, with_release, write_ledger
from promoter.run.reached import files_at
from promoter.run.release import TRIES, Wish, wanted_items
from promoter.run.workspace import Workspace

Refs = Mapping[str, Oid]


def hotfix_branch(app: str, number: int) -> str:
    """Give the branch that keeps the dry commit of hotfix `number`."""
    return HOTFIX.replace("{app}", app).replace("{number}", str(number))


def hotfix(ws: Workspace, app_name: str, environments: Sequence[str], wish: Wish, reason: str) -> Release:
    """Make a hotfix of what is active in `environments`, which must be one release, and give it.

    Tried again from a fresh look when somebody else was faster. Raises UsageError, NotAllowed, EditRefused,
    RenderFailed, LostRace, EdgeFailed; nothing is written then.
    """
    for attempt in range(TRIES):
        try:
            return _once(ws, app_name, environments, wish, reason)
        except LostRace:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _once(ws: Workspace, app_name: str, environments: Sequence[str], wish: Wish, reason: str) -> Release:
    refs = ws.repository.refs(["refs/heads/"])
    ws.refresh(refs)
    app = ws.app(app_name)
    _check(ws, app, environments, wish, reason)
    tip = refs.get(ledger_ref(ws.config, app.name))
    if tip is None:
        raise UsageError(f"{app.name} has no release yet", f"Make one: promoter release {app.name} VERSION")
    if not ws.repository.store.has(tip):
        ws.repository.fetch([ledger_ref(ws.config, app.name)])
    ws.seal.require()
    ws.seal.check(ws.repository.store, app.name, tip)
    ledger = read_ledger(ws.repository, tip, app.name)
    stays = {name: _active(ws, app, ledger, name, refs) for name in environments}
    base = _one(app.name, ledger, stays)
    over = tuple(dict.fromkeys(stay.commit for stay in stays.values()))
    fix = Hotfix(base.order, over, reason)
    made = Release(ledger.next, ws.now(), base.dry, ws.user, {}, hotfix=fix, labels=wish.labels)
    if ws.config.layout is None:
        made = _in_place(ws, app, made, wish, stays, refs)
        edit: tuple[RefUpdate, ...] = ()
    else:
        made = _rendered(ws, app, made, wish, stays, base)
        edit = (RefUpdate(f"refs/heads/{hotfix_branch(app.name, made.number)}", None, made.dry),)
    for name in environments:
        refused = accepts(app.environments[name].accept, made)
        if refused:
            raise UsageError(f"{name} does not take {made.label}: {refused}", f"See accept: on {name}.")
    kept = {name: ws.contents(app).entry(content) for name, content in made.content.items()}
    beside = {FILE_NAME: metadata(ws.repository.store, made.dry)} if ws.config.interchange == "hydrator" else None
    said = f"{made.name} {made.version}".strip()
    message = f'{said}: hotfix of {base.name} for {", ".join(environments)} by {flatten(ws.user)} "{flatten(reason)}"'
    new = with_release(ledger, made)
    write_ledger(
        ws.repository, ledger_ref(ws.config, app.name), tip, new, message, ws.now(), kept, beside, ws.seal, edit
    )
    return made


def _check(ws: Workspace, app: AppRules, environments: Sequence[str], wish: Wish, reason: str) -> None:
    """Refuse what makes no sense, and whoever may not."""
    usage = f'promoter release {app.name} VERSION --hotfix ENVIRONMENT... "reason"'
    if not environments:
        raise UsageError("a hotfix for which environments?", usage)
    if not wish.version and not wish.images:
        raise UsageError("a hotfix needs a version", usage)
    if not reason:
        raise UsageError("a hotfix needs a reason", usage)
    for name in environments:
        if name not in app.environments:
            raise UsageError(f"{app.name} has no environment {name}", f"It has {', '.join(app.environments)}.")
        may(ws, app, "hotfix", name)
    if app.hydrated:
        raise UsageError(
            f"{app.name} is rendered by another hydrator, which renders the dry branch and nothing else",
            f"Make the change in {ws.branch}, and let it go its way.",
        )


def _active(ws: Workspace, app: AppRules, ledger: Ledger, environment: str, refs: Refs) -> Stay:
    """Give what is active in `environment`. Raises UsageError where that is nothing a release explains."""
    place, store, slot = ledger.place(environment), ws.repository.store, app.slots[environment]
    stay = place.stay
    if stay is None or stay.content is None:
        raise UsageError(f"nothing of {app.name} is active in {environment}", f"promoter release {app.name} VERSION")
    if place.target is not None:
        raise UsageError(
            f"{environment} is about to change: r{place.target.release} was asked for by {place.target.by}",
            "promoter run does that; make the hotfix after it.",
        )
    tip = refs.get(f"refs/heads/{slot.branch}")
    if tip is not None and not store.has(tip):
        ws.repository.fetch([f"refs/heads/{slot.branch}"])
    release = ledger.releases.get(stay.release)
    lost = release.stored if release is not None and not store.has(Oid(stay.content)) else None
    if lost is not None and not store.has(lost):
        ws.repository.fetch([lost])
    held = ws.contents(app).held(slot, store.commit(tip).tree, [stay.content]) if tip is not None else None
    if held is None or held.content != stay.content or stay.how is How.MIXED:
        raise UsageError(
            f"{environment} does not hold what r{stay.release} put there",
            "promoter run takes note of what was merged; promoter drift shows what was changed by hand.",
        )
    return stay


def _one(app: str, ledger: Ledger, stays: Mapping[str, Stay]) -> Release:
    """Give the one release that is active everywhere. Raises UsageError."""
    found = {stay.release for stay in stays.values()}
    if len(found) > 1:
        runs = ", ".join(f"{name} runs r{stay.release}" for name, stay in stays.items())
        raise UsageError(f"one hotfix is made of one release, and {runs}", "Make a hotfix for each of them.")
    return ledger.releases[found.pop()]


def _in_place(
    ws: Workspace, app: AppRules, made: Release, wish: Wish, stays: Mapping[str, Stay], refs: Refs
) -> Release:  # fmt: skip
    contents, store = ws.contents(app), ws.repository.store
    assert isinstance(contents, InPlace)  # noqa: S101 (there is no layout)
    content: dict[str, ContentId] = {}
    changes: dict[str, ImageChange] = {}
    for name, stay in stays.items():
        slot = app.slots[name]
        tree = store.commit(refs[f"refs/heads/{slot.branch}"]).tree
        standing = contents.values(slot.path, tree)
        moved = wanted_items(app, wish, standing)
        _check_versions(name, moved, standing)
        assert stay.content is not None  # noqa: S101 (only such stays are active)
        wanted = {key: version for key, (_, version) in moved.items()}
        content[name] = contents.keep({**contents.wanted(stay.content), **wanted})
        contents.put(slot, tree, content[name])  # so that nothing half-editable is released
        changes |= {key: ImageChange(said, standing[key], version) for key, (said, version) in moved.items()}
    return _named(replace(made, content=content, dry=refs[ws.ref]), wish, tuple(changes.values()))


def _rendered(
    ws: Workspace, app: AppRules, made: Release, wish: Wish, stays: Mapping[str, Stay], base: Release
) -> Release:  # fmt: skip
    store, requests = ws.repository.store, _requests(ws, app, stays, base)
    tree = store.commit(base.dry).tree
    source = SourceTree(store, tree)
    paths = {path for request in requests.values() for path in inputs_of(source, request)}
    files = {path: store.blob(entry.id) for path, entry in files_at(store, tree, paths).items()}
    standing = items(files, app.tracked)
    moved = wanted_items(app, wish, standing)
    where = " and ".join(stays)
    _check_versions(where, moved, standing)
    edited = dry_tree(store, app, tree, files, {key: version for key, (_, version) in moved.items()})
    images = tuple(ImageChange(name, standing[key], version) for key, (name, version) in moved.items())
    made = _named(made, wish, images)
    subject = f"Hotfix {app.name} {made.version or ', '.join(image.new for image in images)} for {where}"
    dry = store.put_commit(edited, [base.dry], f"{flatten(subject)}\n", IDENTITY, made.at)
    content: dict[str, ContentId] = {}
    tools: dict[str, str] = {}
    results = hydrate(SourceTree(store, edited), list(requests.values()), {}, programs=Programs(ws.path))
    for name, request in requests.items():
        result = results[request.app, request.environment]
        if isinstance(result, NotRendered):
            raise RenderFailed(f"{app.name}: the hotfix does not render in {name}, and was not made", str(result))
        assert isinstance(result, Rendered)  # noqa: S101 (nothing was rendered before)
        content[name] = ContentId(store.put_files(result.files))
        tools.update(result.tools)
        if content[name] == stays[name].content:
            raise UsageError(f"{made.label} changes nothing of {app.name} in {name}", "Leave that environment out.")
    return replace(made, dry=dry, content=content, tools=tools)


def _requests(ws: Workspace, app: AppRules, stays: Mapping[str, Stay], base: Release) -> dict[str, RenderRequest]:
    """Give environment -> how what is active there was rendered. Raises UsageError, EdgeFailed."""
    recorded, found = Recorded(ws), {}
    for name in stays:
        asked = request_of(recorded, app.name, name, base)
        if isinstance(asked, Unrecorded):
            if asked.lost:
                raise EdgeFailed(f"{name} runs {base.name}, and {asked.reason}")
            raise UsageError(
                f"{name} runs {base.name}, which was {asked.reason}: nobody knows what it is rendered from",
                f"A hotfix is made of a release; make one: promoter release {app.name} VERSION",
            )
        found[name] = asked
    return found


def _check_versions(where: str, moved: Mapping[str, tuple[str, str]], standing: Mapping[str, str]) -> None:
    """Refuse what is no version, what runs already, and what is older: no environment goes back by a hotfix."""
    for key, (name, version) in moved.items():
        (check_version if key.startswith("chart:") else check_pin)(version)
        new = parse_version(version.partition("@")[0])
        for text in split(standing.get(key, "")):
            old = parse_version(text.partition("@")[0])
            if old is not None and new is not None and new < old:
                raise UsageError(f"{where} runs {name} {text}, and {version} is older", "To go back: promoter rollback")
    if all(standing.get(key) == version for key, (_, version) in moved.items()):
        raise UsageError(f"{where} runs that already: {', '.join(version for _, version in moved.values())}")


def _named(made: Release, wish: Wish, images: tuple[ImageChange, ...]) -> Release:
    version = wish.version or (images[0].new.partition("@")[0] if len(images) == 1 else "")
    return replace(made, images=images, version=version)
