"""How a simulation begins: what stands in the files runs everywhere, verified, as r0.

So the first thing of a script moves on from something, and nothing has to be promoted before it can begin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from promoter.errors import EdgeFailed, RenderFailed
from promoter.git.ref import RefUpdate
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import Slot
from promoter.policy.load import Loaded
from promoter.policy.rules import AppRules
from promoter.render.hydrate import hydrate
from promoter.render.port import Rendered
from promoter.render.program import Programs
from promoter.run.adopt import adopt
from promoter.run.branch_files import wanted, write
from promoter.run.inputs import SourceTree, requests
from promoter.run.root import root_commit
from promoter.run.workspace import Workspace
from promoter.simulation.clusters import Key
from promoter.simulation.scratch import KIM

LONG_AGO: Final = "what ran before the simulation"


class Played(Workspace):
    """A workspace of a simulation: nobody signs, for no key of people's is used."""

    def load(self, tree: Oid) -> Loaded:
        """Read the config as it is, but for the ledgers' signers. Raises ConfigInvalid."""
        found = Workspace.load(self, tree)
        return replace(found, config=replace(found.config, signers=()))


def stand(ws: Workspace, apps: Sequence[str]) -> list[tuple[Key, ContentId]]:
    """Fill the slots of `apps` and adopt them; gives what every cluster runs. Raises EdgeFailed, RenderFailed."""
    found: list[tuple[Key, ContentId]] = []
    for name in apps:
        app = ws.app(name)
        if app.hydrated:
            raise EdgeFailed(
                f"{name} is rendered by another hydrator, which cannot be played", "Leave it out: apps: [...]"
            )
        if ws.config.layout is not None:
            _fill(ws, app)
    if ws.config.layout is not None:
        write(ws, wanted(ws, ws.repository.refs(["refs/heads/"])))
    for name in apps:
        release = adopt(replace(ws, user="kim"), name)
        rules = ws.app(name).environments
        found += [
            ((name, environment, cluster), content)
            for environment, content in release.content.items()
            for cluster in rules[environment].clusters
        ]
    return found


def _fill(ws: Workspace, app: AppRules) -> None:
    """Put what the app renders to into its slots, as a person's commits."""
    store = ws.repository.store
    contents = ws.contents(app)
    for slot, content in _rendered(ws, app):
        ref = f"refs/heads/{slot.branch}"
        tip = ws.repository.refs([ref]).get(ref)
        parent = tip if tip is not None else root_commit(ws, slot.branch)
        tree = contents.put(slot, store.commit(parent).tree, content)
        new = store.put_commit(tree, [parent], f"{LONG_AGO.capitalize()}\n", KIM, ws.now())
        ws.repository.update([RefUpdate(ref, tip, new)])


def _rendered(ws: Workspace, app: AppRules) -> Iterator[tuple[Slot, ContentId]]:
    store = ws.repository.store
    dry = ws.refresh(ws.repository.refs([ws.ref]))
    source = SourceTree(store, store.commit(dry).tree)
    results = hydrate(source, requests(ws, app), {}, programs=Programs(ws.path))
    for (_, environment), result in results.items():
        if not isinstance(result, Rendered):
            assert isinstance(result, Exception)  # noqa: S101 (nothing was there before that could be unchanged)
            raise result
        if not result.files:
            raise RenderFailed(f"{app.source(environment)} renders to nothing")
        yield app.slots[environment], ContentId(store.put_files(result.files))
