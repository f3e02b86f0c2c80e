"""Which versions releases have in an environment where a hotfix stands: read from their contents, not from their words.

Nothing is read where no hotfix is active or on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promoter.errors import EditRefused
from promoter.git.store import TREE
from promoter.layout.moved import Moved, Tracked
from promoter.layout.values import items
from promoter.model.ledger import Ledger, Place
from promoter.model.names import ContentId, Oid
from promoter.model.release import Hotfix
from promoter.model.snapshot import SlotSeen
from promoter.policy.rules import AppRules
from promoter.run.in_place import InPlace
from promoter.run.workspace import Workspace


def with_versions(
    ws: Workspace, app: AppRules, ledger: Ledger, slots: Mapping[str, SlotSeen]
) -> dict[str, SlotSeen]:  # fmt: skip
    """Give `slots` with the versions that decide whether a release contains the hotfix there. Raises EdgeFailed."""
    found = dict(slots)
    for environment, slot in slots.items():
        place = ledger.place(environment)
        hotfix = _standing(ledger, place)
        if hotfix is None:
            continue
        wanted = {
            number: release
            for number, release in ledger.releases.items()
            if environment in release.content
            and (number in hotfix.after or release.hotfix is not None or not ledger.gone_by(place, number))
        }
        store = ws.repository.store
        lost = [it.stored for it in wanted.values() if it.stored and not store.has(Oid(it.content[environment]))]
        if lost:
            ws.repository.fetch(lost)
        contents = {number: release.content[environment] for number, release in wanted.items()}
        found[environment] = replace(slot, versions=_read(ws, app, contents))
    return found


def _standing(ledger: Ledger, place: Place) -> Hotfix | None:
    """Give the hotfix that is active here, or next."""
    for word in (place.stay, place.proposal, place.target):
        release = ledger.releases.get(word.release) if word is not None else None
        if release is not None and release.hotfix is not None:
            return release.hotfix
    return None


def _read(ws: Workspace, app: AppRules, contents: Mapping[int, ContentId]) -> dict[int, Mapping[str, str]]:
    found: dict[int, Mapping[str, str]] = {}
    for number, content in contents.items():
        read = versions_of(ws, app, content) if ws.repository.store.has(Oid(content)) else None
        if read is not None:
            found[number] = read
    return found


def versions_of(ws: Workspace, app: AppRules, content: ContentId) -> Mapping[str, str] | None:
    """Give item -> version of the images and charts in `content`; None when it cannot be read as one meaning."""
    contents, store = ws.contents(app), ws.repository.store
    if isinstance(contents, InPlace):
        found = contents.wanted(content)
    else:
        ws.repository.fetch((), [(Oid(content), "")])
        files = {name: store.blob(entry.id) for name, entry in store.files(Oid(content)) if entry.mode != TREE}
        try:
            charts = tuple(Moved(chart.name, chart.also) for chart in app.tracked.charts)
            found = items(files, Tracked(charts=charts))
        except EditRefused:
            return None
    return {key: text for key, text in found.items() if key.startswith(("image:", "chart:"))}
