"""A small real shop: a bare repository, plain manifests, the local forge; nothing is faked but the clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from promoter.forge.local import LocalForge
from promoter.git.ref import RefUpdate
from promoter.git.remote import Remote
from promoter.git.repository import Repository
from promoter.model.ledger import Ledger
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.model.snapshot import Snapshot
from promoter.run.adopt import adopt
from promoter.run.ledgers import read_ledger
from promoter.run.look import look
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.run import Outcome, run
from promoter.run.workspace import Workspace
from tests.repos import commit_files, head, make_repo, tip

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
IMAGE = "ghcr.io/acme/shop"
LEDGER = "promoter-ledger/shop"
HEAD = """\
version: 1
live: none
environments:
  - {name: dev, promote: auto}
  - {name: prod, promote: auto}
"""
LAYOUT = 'layout: {branch: "environment/{environment}", path: "{app}"}\n'
APP = f'path: "shop/{{environment}}", render: plain, images: ["{IMAGE}"]'
RENDERED = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
IN_PLACE = f'{HEAD}apps: {{shop: {{path: "shop/{{environment}}", images: ["{IMAGE}"]}}}}\n'


def manifest(environment: str, *images: str) -> str:
    """Give a Deployment that runs `images`."""
    containers = "".join(f"        - {{name: c{index}, image: '{image}'}}\n" for index, image in enumerate(images))
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop, namespace: {environment}}}\nspec:\n"
        f"  replicas: 1   # theirs\n  template:\n    spec:\n      containers:\n{containers}"
    )


class Interrupted:
    """A remote on which somebody else acts just before each of our first `times` updates of a branch."""

    def __init__(self, inner: Remote, times: int, branch: str, act: Callable[[], object]) -> None:
        self.inner, self.times, self.branch, self.act = inner, times, branch, act

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        return self.inner.refs(prefixes)

    def default_branch(self) -> str | None:
        return self.inner.default_branch()

    def fetch(self, wants: Sequence[str]) -> None:
        self.inner.fetch(wants)

    def fetch_blobs(self, ids: Collection[Oid]) -> None:
        self.inner.fetch_blobs(ids)

    def update(self, updates: Sequence[RefUpdate]) -> None:
        if self.times and any(update.ref == f"refs/heads/{self.branch}" for update in updates):
            self.times -= 1
            self.act()
        self.inner.update(updates)


@dataclass
class Shop:
    """One repository and its people."""

    repo: Repository
    now: datetime = NOW

    def workspace(self, user: str = "kim") -> Workspace:
        """Give what a new process would have."""
        return open_workspace(self.repo.url, user=user, now=lambda: self.now)

    def interrupted(self, times: int, branch: str, act: Callable[[], object]) -> Workspace:
        """Give a workspace whose first `times` updates of `branch` come just after somebody else's act."""
        ws = self.workspace()
        remote = Interrupted(self.repo.remote, times, branch, act)
        ws.repository = Repository(self.repo.store, remote, self.repo.url)
        return ws

    def later(self, minutes: int = 10) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)

    def commit(self, files: Mapping[str, str | None], message: str = "Change it") -> Oid:
        """Commit to the dry branch as a person."""
        self.later()
        return commit_files(self.repo, "main", files, message, at=self.now)

    def tag(self, version: str, *environments: str) -> Oid:
        """Change the image's tag by hand."""
        files = {
            f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:{version}") for name in environments or ("dev", "prod")
        }
        return self.commit(files, f"Go to {version}")

    def release(self, version: str = "", images: Mapping[str, str] | None = None, older: bool = False) -> Release:
        """Say `promoter release shop VERSION`."""
        self.later()
        made = release(self.workspace(), "shop", Wish(version, images, older))
        assert isinstance(made, Release)
        return made

    def run(self) -> Outcome:
        """Run until nothing is left to do."""
        self.later()
        return run(self.workspace("promoter"))

    def look(self) -> Snapshot:
        """Look, and do nothing."""
        return look(self.workspace("promoter"))

    def adopt(self, lost: bool = False) -> Release:
        """Say `promoter adopt shop`."""
        self.later()
        return adopt(self.workspace(), "shop", lost)

    @property
    def ledger(self) -> Ledger:
        """What the ledger's branch says."""
        return read_ledger(self.repo, head(self.repo, LEDGER), "shop")

    @property
    def forge(self) -> LocalForge:
        """The local forge, for people."""
        return LocalForge(self.repo)

    def text(self, branch: str, path: str) -> str:
        """Give a file of a branch."""
        data = self.repo.store.read(self.repo.store.commit(head(self.repo, branch)).tree, path)
        assert data is not None, f"{branch} has no {path}"
        return data.decode()

    def active(self, environment: str) -> int | None:
        """Give the release that is active."""
        stay = self.ledger.place(environment).stay
        return stay.release if stay is not None else None

    def has_ledger(self) -> bool:
        """Tell whether there is a ledger."""
        return tip(self.repo, LEDGER) is not None


def make_shop(folder: Path, config: str = RENDERED, files: Mapping[str, str] | None = None) -> Shop:
    """Give a shop that runs 1.0.0 in the files of dev and prod, and nothing else yet."""
    standard = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    return Shop(make_repo(folder / "fleet.git", {"promoter.yaml": config, **standard, **(files or {})}))
