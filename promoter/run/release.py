"""`promoter release`: a new version into the dry files, and a release made from that commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from promoter.errors import LostRace, UsageError
from promoter.git.ref import RefUpdate
from promoter.git.trailers import flatten
from promoter.layout.tag import check_pin, check_version
from promoter.layout.values import items
from promoter.model.ledger import Ledger, Place, Result
from promoter.model.names import Oid
from promoter.model.release import ImageChange, Release, ReleaseState
from promoter.policy.accept import parse_version
from promoter.policy.rules import AppRules
from promoter.render.hydrate import Progress
from promoter.run.brought import label_lines
from promoter.run.command import may
from promoter.run.dry_pull import Offer, dry_branch, dry_tree, offer
from promoter.run.inputs import dry_changed
from promoter.run.ledgers import IDENTITY, ledger_ref, read_ledger
from promoter.run.make import Asked, make_release
from promoter.run.reached import reached
from promoter.run.workspace import Workspace

TRIES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants released: a version for everything that moves, or versions by image or chart name."""

    version: str = ""
    images: Mapping[str, str] | None = None
    allow_older: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edited:
    """A commit of the dry branch that becomes a release when another hydrator has rendered it."""

    app: str
    version: str
    images: tuple[ImageChange, ...]
    commit: Oid


def release(ws: Workspace, app_name: str, wish: Wish, progress: Progress | None = None) -> Release | Offer | Edited:
    """Release `wish`: edit the dry files, commit and push them, render, record. Gives the release.

    A wish that the newest release is already is that release: a job that is run again releases nothing again.
    With `render: external` it is the commit that is given: the release comes when it has been rendered. With
    `dry: {commit: pull_request}` an edit goes into a pull request instead, which is given; merged, it is what the next
    run makes the release from. Tried again from a fresh look when somebody else was faster. Raises UsageError,
    EditRefused, LostRace, EdgeFailed, and UsageError for a release that goes back (unless `allow_older`).
    """
    for attempt in range(TRIES):
        try:
            return _once(ws, ws.app(app_name), wish, progress)
        except LostRace:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _once(ws: Workspace, app: AppRules, wish: Wish, progress: Progress | None) -> Release | Offer | Edited:
    branch = dry_branch(app.name)
    pulls = ws.forge.pulls([branch])[branch] if ws.config.dry_commit == "pull_request" else ()
    refs = ws.repository.refs(["refs/heads/"])
    dry = ws.refresh(refs)
    app = ws.app(app.name)
    tip = refs.get(ledger_ref(ws.config, app.name))
    if tip is not None and not ws.repository.store.has(tip):
        ws.repository.fetch([ledger_ref(ws.config, app.name)])
    ws.seal.require()  # before anything is pushed
    if tip is not None:
        ws.seal.check(ws.repository.store, app.name, tip)
    ledger = read_ledger(ws.repository, tip, app.name) if tip is not None else Ledger(app.name)
    for name, rules in app.environments.items():
        if not rules.after.names:  # the others are reached through these, by their own rules
            may(ws, app, "release", name)
    _refuse_strangers(ws, app, tip, refs)
    tree = ws.repository.store.commit(dry).tree
    files = {path: ws.repository.store.blob(entry.id) for path, entry in reached(ws, app, tree).items()}
    standing = items(files, app.tracked)
    moved = wanted_items(app, wish, standing)
    for key, (_, version) in moved.items():
        (check_version if key.startswith("chart:") else check_pin)(version)
    if not wish.allow_older:
        _refuse_older(app, moved, ledger)
    again = _again(ws, app, ledger, moved, dry)
    if again is not None and set(wish.labels) <= set(again.labels):
        return again
    images = tuple(ImageChange(name, standing.get(key, ""), version) for key, (name, version) in moved.items())
    version = wish.version or (images[0].new.partition("@")[0] if len(images) == 1 else "")
    asked = Asked(ws.user, version, images, wish.labels)
    if ws.config.layout is not None and moved:
        wanted = {key: version for key, (_, version) in moved.items()}
        edited = dry_tree(ws.repository.store, app, tree, files, wanted)
        if edited != tree and ws.config.dry_commit == "pull_request":
            return offer(ws, app, dry, files, wanted, pulls, wish.labels)
        if edited != tree:
            said = f"Release {app.name} {version or ', '.join(v for _, v in moved.values())}"
            message = f"{flatten(said)}\n{label_lines(wish.labels)}"
            new = ws.repository.store.put_commit(edited, [dry], message, IDENTITY, ws.now())
            asked = replace(asked, edit=RefUpdate(ws.ref, dry, new))
            if app.hydrated:
                ws.repository.update([RefUpdate(ws.ref, dry, new)])
                return Edited(app.name, version, images, new)
    return make_release(ws, app.name, tip, reason=f"released by {flatten(ws.user)}", asked=asked, progress=progress)


def _again(
    ws: Workspace, app: AppRules, ledger: Ledger, moved: Mapping[str, tuple[str, str]], dry: Oid
) -> Release | None:
    """Give the newest release when it brings just what is wished; None for one that failed or was refused somewhere.

    Whoever asks for that once more wants another try.
    """
    newest = ledger.newest
    if newest is None or newest.number != max(ledger.releases) or newest.state is ReleaseState.FAILED or not moved:
        return None
    brought = {image.name: image.new + (f"@{image.digest}" if image.digest else "") for image in newest.images}
    if any(brought.get(name) != version for name, version in moved.values()) or dry_changed(ws, app, ledger, dry):
        return None
    return None if any(_refused(place, newest.number) for place in ledger.places.values()) else newest


def _refused(place: Place, number: int) -> bool:
    outcome = place.outcomes.get(number)
    return number in place.skips or (outcome is not None and outcome.result is not Result.VERIFIED)


def wanted_items(app: AppRules, wish: Wish, standing: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Give item -> (name, version) for what is to move."""
    found = {key.partition(":")[2]: key for key in standing if key.startswith(("image:", "chart:"))}
    if wish.images:
        unknown = [name for name in wish.images if name not in found]
        if unknown:
            raise UsageError(
                f"nothing of {app.name} uses {', '.join(unknown)}", f"It uses: {', '.join(sorted(found)) or 'nothing'}."
            )
        return {found[name]: (name, version) for name, version in wish.images.items()}
    if not wish.version:
        return {}
    named = [rule.name for rule in (*app.tracked.images, *app.tracked.charts)]
    names = [name for name in found if not named or name in named]
    if not found:
        raise UsageError(
            f"no version of {app.name} is found in the files of its environments",
            "What they share: promoter init --pin moves it there. What has no usual place: images in promoter.yaml.",
        )
    if not names or (len(names) > 1 and not named):
        some = ", ".join(sorted(found)) or "nothing"
        raise UsageError(
            f"which image of {app.name} is {wish.version}?",
            f"It uses: {some}. Say --image NAME={wish.version}, or list the images in promoter.yaml.",
        )
    return {found[name]: (name, wish.version) for name in names}


def _refuse_older(app: AppRules, moved: Mapping[str, tuple[str, str]], ledger: Ledger) -> None:
    """Refuse a version below the one that the newest release brought: it would overtake nothing."""
    newest: dict[str, str] = {}
    for _, release in sorted(ledger.releases.items()):
        if release.hotfix is None:
            newest.update({image.name: image.new for image in release.images})
    for name, version in moved.values():
        old, new = parse_version(newest.get(name, "")), parse_version(version)
        if old is not None and new is not None and new < old:
            raise UsageError(
                f"{app.name}: {version} is older than {newest[name]}, which was released already",
                "To go back in an environment: promoter rollback. To release it all the same: --allow-older",
            )


def _refuse_strangers(ws: Workspace, app: AppRules, tip: Oid | None, refs: Mapping[str, Oid]) -> None:
    """Refuse a first release over something that stands in the slots already."""
    if tip is not None:
        return
    contents, store = ws.contents(app), ws.repository.store
    for name, slot in app.slots.items():
        at = refs.get(f"refs/heads/{slot.branch}")
        if at is not None and contents.held(slot, store.commit(at).tree, ()).content is not None:
            raise UsageError(
                f"something of {app.name} stands in {name} already, and no ledger says what it is",
                f"Take what runs as the start: promoter adopt {app.name}",
            )
