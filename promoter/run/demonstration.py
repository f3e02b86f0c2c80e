"""The demo's world: a bare repository, the local forge, and a simulated cluster for each environment.

Everything but the clusters and the clock is the real thing. The clusters are status objects, written as Flux'
controllers and the Deployment controller write them (`promoter.cluster.simulate`): in folders, or on an API server.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from promoter.cluster.simulate import Pace, SimulatedCluster
from promoter.errors import EdgeFailed
from promoter.forge.local import LocalForge
from promoter.git.direct import Direct
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import Store
from promoter.model.forge import PullState
from promoter.run.open import open_workspace
from promoter.run.run import run
from promoter.run.workspace import Workspace

ADA = ("Ada", "ada@acme.example")
START = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
"""A Thursday morning; fixed, so that the demo prints the same every time."""
MARK = ".promoter-demo"
LIVE = b'live: {files: "status/{cluster}"}'
"""What stands in the fleet's config."""
PREFIX = "promoter-demo-"
"""Before the cluster's name: its namespace on an API server."""


@dataclass(slots=True)
class DemoWorld:
    """The demo's repository in `folder`, with its own clock."""

    folder: Path
    crashing: str = ""
    """An image whose pods crash in `crashes_in`."""
    crashes_in: str = ""
    context: str = ""
    """The context of the kubeconfig whose API server shows the clusters; empty: folders do."""
    now: datetime = START
    clusters: dict[str, SimulatedCluster] = field(default_factory=dict)

    @property
    def repository(self) -> Path:
        """The bare repository."""
        return self.folder / "fleet.git"

    def build(self) -> None:
        """Make everything anew. Raises EdgeFailed for a folder that holds something else."""
        if self.folder.exists():
            if not (self.folder / MARK).exists() and any(self.folder.iterdir()):
                raise EdgeFailed(f"{self.folder} is not empty, and not of an earlier demo", "Name another: --folder")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        (self.folder / MARK).write_text("made by promoter demo; may be deleted\n")
        store = Store.create(self.repository)
        fleet = dict(_tree(files("promoter.cli") / "demo_fleet"))
        names = [entry["name"] for entry in yaml.safe_load(fleet["promoter.yaml"])["environments"]]
        self.clusters = {name: self._cluster(name) for name in names}
        fleet["promoter.yaml"] = fleet["promoter.yaml"].replace(LIVE, f"live: {json.dumps(self._live(names))}".encode())
        tree = store.put_files(fleet)
        first = store.put_commit(tree, [], "Add the shop\n", ADA, self.now - timedelta(days=1))
        Repository(store, Direct(store), "").update([RefUpdate("refs/heads/main", None, first)])
        self._yesterday()

    def _live(self, names: Sequence[str]) -> dict[str, Any]:
        """Give the `live` setting that reads the clusters."""
        if self.context:
            return {"kubernetes": {"context": self.context, "namespaces": [f"{PREFIX}{name}" for name in names]}}
        return {"files": f"{(self.folder / 'status').resolve()}/{{cluster}}"}

    def _cluster(self, name: str) -> SimulatedCluster:
        """Give the cluster of the environment `name`, with nothing in it."""
        pace = Pace(_HEALTHY, frozenset({self.crashing}) if name == self.crashes_in else frozenset())
        if not self.context:
            return SimulatedCluster(self.folder / "status" / name, str(self.repository), pace)
        from promoter.cluster.api.shown import ApiShown

        shown = ApiShown(self.context, os.environ, f"{PREFIX}{name}")
        shown.begin()
        url = f"ssh://{self.repository}"  # Flux' definition takes no bare path
        return SimulatedCluster(shown, url, pace, f"{PREFIX}{name}")

    def _yesterday(self) -> None:
        """Let the version that stands in the files go through all environments, as every later one will."""
        self.now = START - timedelta(hours=20)
        for _ in range(9):
            run(self.workspace())
            for pull in self.forge().all_pulls():
                if pull.state is PullState.OPEN:
                    self.forge().approve(pull.number, "lin", self.now)
            run(self.workspace())
            self.later(30)
        self.now = START
        self.see()

    def workspace(self) -> Workspace:
        """Give a workspace on the demo's clock."""
        return open_workspace(self.repository, now=lambda: self.now)

    def forge(self) -> LocalForge:
        """Give the forge, to act as a person."""
        store = Store(self.repository)
        return LocalForge(Repository(store, Direct(store), str(self.repository)), "promoter")

    def later(self, minutes: int) -> None:
        """Let time pass; every cluster looks at its branch each minute of the first half hour, and at the end."""
        end = self.now + timedelta(minutes=minutes)
        for _ in range(min(minutes, 30)):
            self.now += timedelta(minutes=1)
            self._look()
        self.now = end
        self.see()

    def see(self) -> None:
        """Let every cluster look at its branch once, and show what it has."""
        self._look()
        for cluster in self.clusters.values():
            cluster.shown.settle()

    def _look(self) -> None:
        ws = self.workspace()
        refs = ws.repository.refs(["refs/heads/"])
        store = ws.repository.store
        for name, slot in ws.app("shop").slots.items():
            tip = refs.get(f"refs/heads/{slot.branch}")
            if tip is None:
                continue
            tree = store.commit(tip).tree
            manifests: list[dict[str, Any]] = []
            for _, entry in store.files(tree, slot.path):
                manifests += [doc for doc in yaml.load_all(store.blob(entry.id), yaml.CSafeLoader) if doc]
            self.clusters[name].see(slot, tip, manifests, self.now)


_HEALTHY = timedelta(minutes=2)


def _tree(folder: Traversable, path: str = "") -> Iterator[tuple[str, bytes]]:
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        name = f"{path}{item.name}"
        if item.is_dir():
            yield from _tree(item, f"{name}/")
        elif item.name.endswith(".yaml"):
            yield name, item.read_bytes()
