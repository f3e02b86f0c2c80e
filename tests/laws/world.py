"""A small world for the laws: a real bare repository, the local forge, and clusters that follow the active branches.

Everything promoter writes goes through `Writes`, which counts, remembers, and can stop the process between any two
writes; people and controllers act directly. Clusters are simulated at the `LiveSource` port.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from promoter.cluster.port import ContentAt, Wanted
from promoter.errors import PromoterError, Rejected
from promoter.forge.local import LocalForge
from promoter.git.program import Program
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import Store
from promoter.model.forge import Permission, PullRequest, PullState
from promoter.model.names import Branch, Oid
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from promoter.policy.rules import Live
from promoter.run.adopt import adopt
from promoter.run.release import Wish, release
from promoter.run.workspace import Workspace
from tests.laws.layouts import BRANCHES, IN_PLACE, InPlace, Lay, Rendered
from tests.repos import commit_files, make_repo, tip

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Write:
    """One write of promoter's: what, and everything needed to judge it."""

    what: str
    detail: dict[str, Any]


@dataclass
class Writes:
    """What promoter wrote; dies before or after write number `dies_at`."""

    done: list[Write] = field(default_factory=list)
    dies_at: int | None = None
    after: bool = False
    count: int = 0

    def __call__(self, what: str, do: Callable[[], Any], **detail: Any) -> Any:
        self.count += 1
        if self.dies_at == self.count and not self.after:
            raise Crash
        result = do()
        self.done.append(Write(what, {**detail, "result": result}))
        if self.dies_at == self.count and self.after:
            raise Crash
        return result


class WatchedRemote:
    """The repository's refs, every update going through `Writes`."""

    def __init__(
        self,
        inner: Any,
        writes: Writes,
        before: Callable[[Sequence[RefUpdate]], dict[str, Any]],
        refused: Collection[str] = (),
    ) -> None:
        self.inner, self.writes, self.before, self.refused = inner, writes, before, refused

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, Oid]:
        return dict(self.inner.refs(prefixes))

    def default_branch(self) -> str | None:
        found: str | None = self.inner.default_branch()
        return found

    def fetch(self, wants: Sequence[str]) -> None:
        self.inner.fetch(wants)

    def fetch_blobs(self, ids: Collection[Oid]) -> None:
        self.inner.fetch_blobs(ids)

    def update(self, updates: Sequence[RefUpdate]) -> None:
        if any(update.ref in self.refused for update in updates):
            raise Rejected("a rule of the server's refuses it")
        detail = self.before(updates)
        self.writes("refs", lambda: self.inner.update(updates), updates=tuple(updates), **detail)


class WatchedForge:
    """A forge, every write of promoter's going through `Writes`."""

    WRITES = ("open_pull", "edit_pull", "close_pull", "merge_pull", "set_status", "upsert_comment")

    def __init__(self, inner: LocalForge, writes: Writes, before: Callable[[str, tuple[Any, ...]], dict[str, Any]]):
        self.inner, self.writes, self.before = inner, writes, before
        self.identity = inner.identity

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)
        if name not in self.WRITES:
            return method
        return lambda *args: self.writes(name, lambda: method(*args), args=args, **self.before(name, args))


@dataclass
class Cluster:
    """Follows an active branch: `deployed` is the commit it runs; `sick` contents never become healthy."""

    environment: str
    deployed: Oid | None = None
    unreachable: bool = False
    shaky: bool = False
    """Not healthy for the moment, whatever it runs."""


class Clusters:
    """The live source of the world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        found = {}
        for want in wanted:
            cluster = self.world.clusters[self.world.slot_of(want.slot.app, want.cluster)]
            key = (want.slot.app, want.slot.environment, want.cluster)
            answer, reason = self._judge(cluster, want, content_at)
            well = self.world.well_since(want.slot.app, want.cluster) if answer is Answer.SUCCESS else None
            found[key] = ClusterLive(want.cluster, answer, reason, well_since=well)
        return found

    def _judge(self, cluster: Cluster, want: Wanted, content_at: ContentAt) -> tuple[Answer, str]:
        if cluster.unreachable:
            return Answer.UNKNOWN, "unreachable"
        runs = content_at(want.slot, cluster.deployed) if cluster.deployed is not None else None
        if runs != want.content:
            return Answer.PENDING, "behind"
        if cluster.shaky or want.content in self.world.sick:
            return Answer.FAILURE, "CrashLoopBackOff"
        return Answer.SUCCESS, "healthy"


class World:
    """One repository with one app `shop`, its people, its clusters and its clock.

    `environments` names the slots: with one app, each by its environment.
    """

    def __init__(
        self, root: Path, config: str, environments: Sequence[str], lay: Lay = BRANCHES, far: bool = False
    ) -> None:
        self.far = root / "far" if far else None
        """Where each new process keeps what it fetched; None: it has the repository itself."""
        self.environments = list(environments)
        self.lay = lay
        self.now = START
        self.sick: set[str] = set()
        self.refused: set[str] = set()
        """Refs that the server lets promoter not write."""
        self.version = 0
        files = self.sources(environments, "0.0.0")
        self.repo: Repository = make_repo(root / "fleet.git", {"promoter.yaml": config, **files})
        self.eyes = Repository(Store(self.repo.store.path), self.repo.remote, "") if far else self.repo
        """The repository as the auditor reads it: what is pushed to it can be seen before it arrives."""
        self.clusters = {env: Cluster(env) for env in environments}
        self.people = LocalForge(self.repo, "kim")
        rights = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE, "promoter": Permission.WRITE}
        self.people.set_people(rights, {}, START)
        self.writes = Writes()
        self.people_commits: dict[str, list[Oid]] = {}
        self.judge_refs: Callable[[Sequence[RefUpdate]], dict[str, Any]] = lambda _u: {}
        self.judge_forge: Callable[[str, tuple[Any, ...]], dict[str, Any]] = lambda _n, _a: {}
        self.well_since: Callable[[str, str], datetime | None] = lambda _a, _c: None
        """(app, cluster) -> since when what it runs is healthy: as workloads do, clusters remember dips."""
        if lay is IN_PLACE:
            adopt(self.workspace("kim"), "shop")

    # --- slots ---

    def app(self, slot: str) -> str:
        """Give the app of a slot."""
        del slot
        return "shop"

    def environment(self, slot: str) -> str:
        """Give the environment of a slot."""
        return slot

    def slot_of(self, app: str, environment: str) -> str:
        """Give the slot of an app in an environment."""
        del app
        return environment

    def proposals(self, slot: str) -> list[str]:
        """Give the branches that may propose something for the slot, the likeliest last."""
        return [self.lay.proposal(slot)]

    def proposed_on(self, branch: str) -> list[str]:
        """Give the slots that `branch` may propose something for."""
        return [slot for slot in self.environments if self.lay.proposal(slot) == branch]

    def proposal(self, slot: str) -> str:
        """Give the branch that proposes something for the slot."""
        return self.proposals(slot)[-1]

    def sources(self, slots: Sequence[str], version: str) -> dict[str, str]:
        """Give the files that these slots are made from."""
        return {f"shop/{env}/deployment.yaml": self.lay.text.format(env=env, v=version) for env in slots}

    def workspace(self, user: str = "promoter") -> Workspace:
        """Give what a new process would have."""
        mine = self.repo if self.far is None else self._clone(self.far)
        remote = WatchedRemote(mine.remote, self.writes, lambda updates: self.judge_refs(updates), self.refused)
        repository = Repository(mine.store, remote, mine.url)
        inner = LocalForge(self.repo, "promoter")
        forge: Any = WatchedForge(inner, self.writes, lambda name, args: self.judge_forge(name, args))
        return Workspace(repository, forge, Branch("main"), lambda: self.now, self._live, user)

    def _clone(self, folder: Path) -> Repository:
        """Give the repository as a machine that has never seen it: it holds what it fetched and nothing else."""
        url = self.repo.store.path.as_uri()
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            self.repo.store.repo.config[key] = True
        store = Store.create(folder / f"{len(list(folder.glob('*')))}.git")
        self.eyes.store.repo.odb.add_disk_alternate(str(store.path / "objects"))
        return Repository(store, Program(store, url, os.environ), url)

    def _live(self, live: Live) -> Clusters:
        return Clusters(self)

    # --- people, controllers, time ---

    def later(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def change(self, environments: Sequence[str]) -> None:
        """Somebody makes a change that is to be released: a commit of the dry branch, or a version in place."""
        self.version += 1
        if self.lay is IN_PLACE:
            try:
                release(self.workspace("kim"), "shop", Wish(f"1.{self.version}.0", allow_older=True))
            except PromoterError:
                return
            return
        files: dict[str, str | bytes | None] = dict(self.sources(environments, f"1.{self.version}.0"))
        commit_files(self.repo, "main", files, f"Change {self.version}", at=self.now)

    def unrelated(self, environment: str) -> None:
        """A person edits what promoter does not move, in the same branch (in place: in the same file)."""
        branch = self.lay.active(environment)
        head = tip(self.repo, branch)
        if head is None:
            return
        changes: dict[str, str | bytes | None] = {"other/notes.txt": f"{self.now}\n"}
        if isinstance(self.lay, InPlace):
            old = self.lay.read(self.repo, environment, head) or ""
            new = re.sub(r"replicas: \d+", f"replicas: {self.version + self.now.minute + 2}", old)
            changes[f"shop/{environment}/deployment.yaml"] = new
        self._person(branch, changes, "Something else")

    def sync(self, environment: str) -> None:
        """The controller takes the active branch's tip."""
        found = self.active(environment)
        if found is not None:
            self.clusters[environment].deployed = found

    def active(self, environment: str) -> Oid | None:
        return tip(self.repo, self.lay.active(environment))

    def slot(self, environment: str, commit: Oid | None) -> str | None:
        return None if commit is None else self.lay.content(self.eyes, environment, commit)

    def image(self, environment: str, commit: Oid | None) -> tuple[int, ...] | None:
        """Give the version that stands in a slot."""
        return None if commit is None else self.lay.version(self.eyes, environment, commit)

    def outside(self, environments: Sequence[str], commit: Oid) -> object:
        """Give all that `commit` holds outside these slots."""
        (only,) = environments
        return self.lay.outside(self.eyes, only, commit)

    def pulls(self, environment: str, state: PullState | None = PullState.OPEN) -> list[PullRequest]:
        heads = [Branch(name) for name in self.proposals(environment)]
        found = [pull for pulls in self.people.pulls(heads).values() for pull in pulls]
        return sorted((pull for pull in found if state is None or pull.state is state), key=lambda pull: pull.number)

    def hand_edit(self, environment: str, text: str) -> None:
        branch, head = self.lay.active(environment), self.active(environment)
        if head is not None:
            self._person(branch, dict(self.lay.drifted(self.repo, environment, head, text)), "Hand edit")

    def revert(self, environment: str, back: int) -> None:
        """A person puts the slot back to what it was `back` first-parent commits ago, as a new commit."""
        head = self.active(environment)
        if head is None:
            return
        chain = list(self.repo.store.history(head, limit=back + 1, first_parent=True))
        old = self.slot(environment, chain[-1].id)
        if old is not None and self.repo.store.has(Oid(old)):
            self.put(environment, old)

    def put(self, environment: str, content: str) -> None:
        """A person makes the slot hold `content`."""
        branch, head = self.lay.active(environment), self.active(environment)
        if head is None:
            return
        tree = self.lay.put(self.repo, environment, head, content)
        if tree == self.repo.store.commit(head).tree:
            return
        made = self.repo.store.put_commit(tree, [head], "Put back", ("Kim", "kim@example.com"), self.now)
        self.repo.update([RefUpdate(f"refs/heads/{branch}", head, made)])
        self.people_commits.setdefault(branch, []).append(made)

    def clear(self, environment: str) -> None:
        """A person empties the slot of what is not promoter's."""
        head = self.active(environment)
        if head is not None and isinstance(self.lay, Rendered):
            slot = self.lay.slot(environment)
            names = [name for name, _ in self.repo.store.files(self.repo.store.commit(head).tree, slot)]
            self._person(self.lay.active(environment), dict.fromkeys(f"{slot}/{name}" for name in names), "Clear")

    def delete_branch(self, branch: str) -> None:
        found = tip(self.repo, branch)
        if found is not None:
            self.repo.update([RefUpdate(f"refs/heads/{branch}", found, None)])

    def _person(self, branch: str, changes: Mapping[str, str | bytes | None], message: str) -> None:
        made = commit_files(self.repo, branch, changes, message, at=self.now)
        self.people_commits.setdefault(branch, []).append(made)
