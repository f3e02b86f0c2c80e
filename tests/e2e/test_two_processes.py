"""Two real processes at once on one repository, with releases coming: nothing is lost, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.forge.local import LocalForge
from promoter.git.repository import Repository
from promoter.git.trailers import parse_trailers
from promoter.model.forge import PullState
from promoter.model.names import ContentId
from promoter.run.ledgers import read_ledger
from tests.cli.fleet import MANIFEST, NOW
from tests.e2e.processes import finish, ran, start
from tests.repos import head, make_repo

CONFIG = """\
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
live: none
environments: [{name: dev, promote: auto}, {name: prod, promote: auto}]
apps:
  shop: {path: "shop/{environment}", images: ["ghcr.io/acme/shop"], render: plain}
  cart: {path: "cart/{environment}", images: ["ghcr.io/acme/cart"], render: plain}
"""
ROUNDS = 10
SLOTS = [(app, environment) for app in ("shop", "cart") for environment in ("dev", "prod")]


def clock(now: datetime) -> Callable[[], datetime]:
    return lambda: now


def test_two_runs_at_once_while_releases_come(tmp_path: Path) -> None:
    files = {f"{app}/{name}/app.yaml": MANIFEST.format(app=app, environment=name) for app, name in SLOTS}
    repo = make_repo(tmp_path / "fleet.git", {"promoter.yaml": CONFIG, **files})
    released: list[str] = []
    for number in range(ROUNDS):
        now = NOW + timedelta(hours=number)
        app, version = "shop" if number % 2 else "cart", f"1.{number}.1"
        runs = [start(repo.url, tmp_path, "run", now=now) for _ in range(2)]
        code = main(["release", app, version], Shell(repo=repo.url, user="lin", clock=clock(now)))
        assert code in (0, 4)
        released += [f"Release {app} {version}\n"] if code == 0 else []
        for run in runs:
            code, out, err = finish(run)
            assert (code in (0, 4), err) == (True, ""), (number, out)
    now = NOW + timedelta(days=1)
    assert ran(repo.url, tmp_path, "run", now=now)[0] == 0
    tips = repo.refs()
    code, out, _ = ran(repo.url, tmp_path, "run", now=now)
    assert (code, out, repo.refs()) == (0, "Nothing to do.\n", tips)
    check_the_end(repo, released)


def check_the_end(repo: Repository, released: list[str]) -> None:
    """Every command that ended well was kept, every slot has the newest, and every release came to a slot once."""
    store = repo.store
    subjects = [commit.message for commit in store.history(head(repo), first_parent=True)]
    assert set(Counter(subjects).values()) == {1}
    assert [line for line in reversed(subjects) if line in released] == released
    assert len(released) >= 2
    for app, name in SLOTS:
        ledger = read_ledger(repo, head(repo, f"promoter-ledger/{app}"), app)
        newest = ledger.releases[max(ledger.releases)]
        stay = ledger.places[name].stay
        assert stay is not None
        assert (stay.release, stay.content) == (newest.number, newest.content[name])
        entry = store.entry(store.commit(head(repo, f"environment/{name}")).tree, app)
        assert entry is not None
        assert ContentId(entry.id) == newest.content[name]
        assert sorted(ledger.releases) == list(range(1, newest.number + 1))
        assert f"Release {app} {newest.version}\n" == next(line for line in subjects if f" {app} " in line)
    for name in ("dev", "prod"):
        brought: Counter[tuple[str, int]] = Counter()
        for commit in store.history(head(repo, f"environment/{name}"), first_parent=True):
            brought.update({(word.app, word.release) for word in parse_trailers(commit.message)})
        assert brought
        assert set(brought.values()) == {1}
    pulls = LocalForge(repo).all_pulls()
    assert {pull.state for pull in pulls} <= {PullState.MERGED, PullState.CLOSED}
    heads = Counter((pull.head_branch, pull.head) for pull in pulls)
    assert set(heads.values()) == {1}
    assert [pull.number for pull in pulls] == list(range(len(pulls), 0, -1))
