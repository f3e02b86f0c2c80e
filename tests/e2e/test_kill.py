"""Killed between any two writes: later runs end where runs that nobody killed end, and repeat no visible act.

Every process is a real one that dies of SIGKILL; the clock stands still within a step, so that the same commits are
made again, and the end can be compared to the byte.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.forge.local import LocalForge
from promoter.git.repository import Repository, open_repository
from promoter.model.forge import PullState
from promoter.run.ledgers import read_ledger
from tests.cli.fleet import MANIFEST, NOW
from tests.e2e.dying import BEFORE, LOCKED, NEVER, Starter, starter
from tests.e2e.processes import ran
from tests.repos import commit_files, make_repo

LEDGER = "refs/heads/promoter-ledger/shop"
CONFIG = """\
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
live: none
environments:
  - {name: dev, promote: auto}
  - {name: prod, promote: auto, gates: {approvals: 1}}
apps:
  shop: {path: "shop/{environment}", images: ["ghcr.io/acme/shop"], render: plain}
"""
STEPS: tuple[tuple[str, ...], ...] = (
    ("release", "shop", "1.4.2"),
    ("run",),
    ("approve",),
    ("run",),
    ("release", "shop", "1.5.0"),
    ("run",),
    ("approve",),
    ("run",),
    ("rollback", "shop", "prod", "it is slow"),
    ("run",),
)
"""What happens, an hour apart; `approve` is a person's, everything else a process of the program."""
KILLED = (0, 1, 3, 8, 9)
"""The steps that are killed at every write; the others are like them."""


@dataclass
class Fleet:
    """A repository, and processes of the program at it."""

    repo: Repository
    start: Starter

    @property
    def forge(self) -> LocalForge:
        return LocalForge(self.repo)

    def step(self, number: int, dies_at: int = 0) -> int:
        """Do a step; the process is killed right before its write number `dies_at`, and the command given again.

        Gives how often refs were written by the one that came to its end.
        """
        now, words = NOW + timedelta(hours=number), STEPS[number]
        if words == ("approve",):
            for pull in self.forge.all_pulls():
                if pull.state is PullState.OPEN:
                    self.forge.approve(pull.number, "lin", now)
            return 0
        if dies_at:
            assert self.start(self.repo.url, now, (BEFORE, dies_at), *words) == (-9, 0)
        code, writes = self.start(self.repo.url, now, NEVER, *words)
        assert code == 0, words
        return writes

    def end(self) -> dict[str, object]:
        """Give everything that somebody can see at the end, times and all."""
        store = self.repo.store
        refs = self.repo.refs(["refs/heads/"])
        branches = {ref: oid for ref, oid in refs.items() if ref != LEDGER}
        trees = {ref: store.commit(oid).tree for ref, oid in branches.items()}
        commits = {
            ref: [commit.message for commit in store.history(oid, first_parent=True)] for ref, oid in branches.items()
        }
        ledger = read_ledger(self.repo, refs[LEDGER], "shop")
        releases = [replace(one, stored=None) for one in ledger.releases.values()]
        pulls = [
            (pull.number, pull.state, pull.head_branch, pull.title, pull.body, pull.head, pull.labels)
            for pull in self.forge.all_pulls()
        ]
        checks = {pull.number: self.forge.checks(pull.head) for pull in self.forge.all_pulls()}
        comments = {pull.number: self.forge.comments(pull.number) for pull in self.forge.all_pulls()}
        return {
            "trees": trees,
            "commits": commits,
            "places": ledger.places,
            "releases": releases,
            "pulls": pulls,
            "checks": checks,
            "comments": comments,
        }


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    with starter(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"shop/{name}/app.yaml": MANIFEST.format(app="shop", environment=name) for name in ("dev", "prod")}
    root = tmp_path_factory.mktemp("fresh")
    make_repo(root / "fleet.git", {"promoter.yaml": CONFIG, **files})
    return root / "fleet.git"


def fleet_of(start: Starter, copied: Path, folder: Path) -> Fleet:
    shutil.copytree(copied, folder / "fleet.git")
    return Fleet(open_repository(folder / "fleet.git", folder / "cache"), start)


def differences(one: dict[str, object], other: dict[str, object]) -> Sequence[str]:
    return [f"{key}: {one[key]} != {other[key]}" for key in one if one[key] != other[key]]


def test_killed_before_any_write(start: Starter, fresh: Path, tmp_path: Path) -> None:
    whole = fleet_of(start, fresh, tmp_path / "whole")
    tried = 0
    for number, words in enumerate(STEPS):
        before = tmp_path / f"before-{number}"
        shutil.copytree(whole.repo.url, before)
        writes = whole.step(number)
        end = whole.end()
        for dies_at in range(1, writes + 1) if number in KILLED else ():
            one = fleet_of(start, before, tmp_path / f"{number}-{dies_at}")
            one.step(number, dies_at)
            assert differences(one.end(), end) == [], f"{words} killed before write {dies_at} of {writes}"
            tried += 1
    states = [pull.state for pull in whole.forge.all_pulls()]
    assert (states, tried > 30) == ([PullState.MERGED] * 5, True)


def test_killed_while_it_holds_a_lock(start: Starter, fresh: Path, tmp_path: Path) -> None:
    """Git's own lock stays then; nobody breaks it, and the next run names the file."""
    one = fleet_of(start, fresh, tmp_path)
    assert start(one.repo.url, NOW, (LOCKED, 1), "run") == (-9, 0)
    lock = Path(one.repo.url) / "refs/heads/promoter-ledger/shop.lock"
    assert lock.exists()
    code, out, err = ran(one.repo.url, tmp_path, "run")
    assert (code, err, lock.exists()) == (4, "", True)
    assert set(out.splitlines()[:5]) == {
        f"lost      shop  refs/heads/promoter-ledger/shop is locked by another writer: {lock}"
    }
    lock.unlink()
    assert start(one.repo.url, NOW, NEVER, "run")[0] == 0
    assert "refs/heads/environment/dev" in one.repo.refs()


def test_a_commit_of_somebody_else_after_the_death_is_kept(start: Starter, fresh: Path, tmp_path: Path) -> None:
    one = fleet_of(start, fresh, tmp_path)
    before = one.repo.refs()
    assert start(one.repo.url, NOW, (BEFORE, 1), "release", "shop", "1.4.2") == (-9, 0)
    assert one.repo.refs() == before  # the edit and the release are one write
    commit_files(one.repo, "main", {"README.md": "Hello\n"}, "Say hello")
    assert start(one.repo.url, NOW, NEVER, "release", "shop", "1.4.2")[0] == 0
    messages = [commit.message for commit in one.repo.store.history(one.repo.refs()["refs/heads/main"])]
    assert messages == ["Release shop 1.4.2\n", "Say hello\n", "Start\n"]
