"""Everything a run works with: the repository, the forge, the sources of what is live, and the config that judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from promoter.cluster.port import LiveSource
from promoter.errors import EdgeFailed, UsageError
from promoter.forge.port import Forge
from promoter.git.repository import Repository
from promoter.model.ask import Ask, Reply
from promoter.model.names import Branch, Oid
from promoter.policy.load import Loaded, load
from promoter.policy.rules import AppRules, Config, Live
from promoter.run.content import HYDRATOR_FILES, INTERCHANGE, Contents, Rendered
from promoter.run.in_place import InPlace
from promoter.run.seal import Seal


@dataclass(slots=True)
class Workspace:
    """One repository, as one identity. `refresh` reads the config of the dry branch's newest commit."""

    repository: Repository
    forge: Forge
    branch: Branch
    """The dry branch."""
    clock: Callable[[], datetime]
    live: Callable[[Live], LiveSource]
    """Gives the source for a `live:` setting."""
    user: str = "promoter"
    """Who asks."""
    path: str | None = None
    """Extra PATH for programs; None: the process's own."""
    commit: Oid | None = None
    """The commit whose config is loaded."""
    loaded: Loaded | None = None
    signing_key: Path | None = None
    """The file of the key that signs ledgers."""
    memory: Path | None = None
    """The folder in which checked ledger commits are remembered."""
    answers: Callable[[Ask], Reply] | None = None
    """Who answers what gates ask of the world, where that is played; None: the world."""
    _contents: dict[str, Contents] = field(default_factory=dict)
    _seal: Seal | None = None

    @property
    def config(self) -> Config:
        """The config of the newest look."""
        if self.loaded is None:
            self.refresh(self.repository.refs([self.ref]))
        assert self.loaded is not None  # noqa: S101 (refresh loads or raises)
        return self.loaded.config

    @property
    def ref(self) -> str:
        """The dry branch's full ref."""
        return f"refs/heads/{self.branch}"

    @property
    def seal(self) -> Seal:
        """Who signs ledgers, and whose are believed, by the config of the newest look."""
        if self._seal is None or self._seal.signers != self.config.signers:
            self._seal = Seal(self.config.signers, self.signing_key, self.memory, self.path)
        return self._seal

    def now(self) -> datetime:
        """The time by the workspace's clock."""
        return self.clock()

    def refresh(self, refs: Mapping[str, Oid]) -> Oid:
        """Load the config of the dry branch's tip in `refs`, and give that commit. Raises ConfigInvalid, EdgeFailed."""
        tip = refs.get(self.ref)
        if tip is None:
            raise EdgeFailed(
                f"{self.repository.url} has no branch {self.branch}",
                "An empty repository has nothing to promote; commit promoter.yaml first, or name the branch: --branch",
            )
        if tip == self.commit and self.loaded is not None:
            return tip
        store = self.repository.store
        if not store.has(tip):
            self.repository.fetch([self.ref])
        self.loaded = self.load(store.commit(tip).tree)
        self.commit = tip
        self._contents = {}
        return tip

    def load(self, tree: Oid) -> Loaded:
        """Read the config in a tree of the dry branch; what the workspace judges by stays. Raises ConfigInvalid."""
        store = self.repository.store

        def children(path: str) -> list[str]:
            return [name + ("/" if entry.is_tree else "") for name, entry in store.children(tree, path)]

        return load(lambda path: store.read(tree, path), children, self.branch)

    def app(self, name: str) -> AppRules:
        """Give the app `name`. Raises UsageError."""
        found = self.config.apps.get(name)
        if found is None:
            known = ", ".join(sorted(self.config.apps)[:8])
            raise UsageError(f"there is no app {name}", f"promoter.yaml has: {known}")
        return found

    def contents(self, app: AppRules) -> Contents:
        """Give how `app`'s slots are read and written."""
        found = self._contents.get(app.name)
        if found is None:
            store = self.repository.store
            if self.config.layout is None:
                found = InPlace(store, app)
            else:
                found = Rendered(store, HYDRATOR_FILES if app.hydrated else INTERCHANGE)
            self._contents[app.name] = found
        return found
