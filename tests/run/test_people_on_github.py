"""What people do to a proposal on GitHub between two looks: nothing is merged that was not judged, nothing repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.model.forge import Permission, Protection
from promoter.model.names import Branch, Oid
from promoter.run.open import open_workspace
from promoter.run.run import Outcome, run
from tests.github.hub import Hub
from tests.github.persons import Persons, environment
from tests.github.records import Pull
from tests.github.server import GitHub, serve
from tests.repos import commit_files, head, make_repo
from tests.run.shops import IMAGE, RENDERED, Shop, manifest

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {approvals: 1}}")
PROD, NEXT = Branch("environment/prod"), Branch("environment/prod-next/shop")


@dataclass
class World:
    """A fleet on GitHub whose proposal to production waits for an approval."""

    server: GitHub
    people: Persons
    repo: Shop
    folder: Path
    now: datetime

    @property
    def hub(self) -> Hub:
        return self.server.hub

    def run(self) -> Outcome:
        """Run until nothing is left to do, as a new process."""
        self.now += timedelta(minutes=10)
        env = {**environment(self.server), "PROMOTER_CACHE": str(self.folder / "cache")}
        return run(open_workspace(self.server.url, env=env, now=lambda: self.now))

    def quiet(self) -> None:
        """Run once more: nothing is written."""
        before = len(self.server.api())
        refs = self.repo.repo.refs()
        self.run()
        assert [one for one in self.server.api()[before:] if one.is_write] == []
        assert self.repo.repo.refs() == refs

    @property
    def pulls(self) -> list[Pull]:
        """Every pull request to production."""
        return [one for one in self.hub.pulls.values() if one.head_branch == NEXT]

    @property
    def pull(self) -> Pull:
        """The only one."""
        [pull] = self.pulls
        return pull

    def merged(self) -> bool:
        """Whether the release is active in production."""
        return self.repo.active("prod") == 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    repo = make_repo(tmp_path / "acme" / "fleet.git", {"promoter.yaml": CONFIG, **files})
    with serve(tmp_path) as server:
        now = datetime.now(UTC).replace(microsecond=0)
        server.hub.now = now
        people = Persons(server.hub)
        people.name({"kim": Permission.WRITE, "lin": Permission.WRITE}, {})
        world = World(server, people, Shop(repo), tmp_path, now)
        world.run()
        assert world.pull.state == "OPEN"
        yield world
        assert server.strayed == []


def test_a_draft_is_not_merged_before_it_is_ready(world: World) -> None:
    world.pull.draft = True
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert world.pull.state == "OPEN"
    world.quiet()
    world.pull.draft = False
    world.run()
    assert world.merged()


def test_another_base_is_a_person_s_wish(world: World) -> None:
    world.repo.repo.store.repo.references.create("refs/heads/elsewhere", head(world.repo.repo, PROD))
    first = world.pull
    first.base_branch = "elsewhere"
    world.people.approve(first.number, "lin")
    before = head(world.repo.repo, "elsewhere")
    world.run()
    assert head(world.repo.repo, "elsewhere") == before
    assert not world.merged()
    world.quiet()


def test_what_a_person_pushes_is_neither_rewritten_nor_merged(world: World) -> None:
    theirs = commit_files(world.repo.repo, NEXT, {"shop/mine.yaml": "kind: Mine"}, "Mine")
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert head(world.repo.repo, NEXT) == theirs
    assert not world.merged()
    world.quiet()


def test_what_a_person_pushes_by_force_is_neither_rewritten_nor_merged(world: World) -> None:
    store = world.repo.repo.store
    base = store.commit(head(world.repo.repo, PROD))
    theirs = store.put_commit(base.tree, [head(world.repo.repo, PROD)], "Mine", ("Kim", "kim@example.com"), world.now)
    store.repo.references.create(f"refs/heads/{NEXT}", theirs, force=True)
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert head(world.repo.repo, NEXT) == theirs
    assert not world.merged()
    world.quiet()


def test_closed_it_is_skipped_and_opened_again_it_goes_on(world: World) -> None:
    world.people.close(world.pull.number, "kim")
    world.run()
    assert list(world.repo.ledger.place("prod").skips) == [1]
    assert len(world.pulls) == 1
    world.quiet()
    world.people.reopen(world.pull.number, "kim")
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert world.merged()


def test_a_rule_of_the_forge_is_read_and_leaves_nothing_behind(world: World) -> None:
    rule = Protection(required_checks=("e2e",))
    world.people.protect(PROD, rule)
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert not world.merged()
    assert world.repo.ledger.place("prod").merging is None
    world.quiet()
    world.people.check(Oid(world.pull.head), "e2e", "success", "e2e[bot]", world.now)
    world.run()
    assert world.merged()


@pytest.mark.parametrize("skew", [timedelta(days=-2), timedelta(minutes=-3), timedelta(minutes=3), timedelta(days=2)])
def test_a_forge_whose_clock_differs(world: World, skew: timedelta) -> None:
    world.hub.now += skew
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert world.merged()
    said = [one.state for one in world.hub.statuses[world.pull.head] if one.context == "promoter"]
    assert said == ["pending", "success"]
    world.quiet()


def _moves(world: World) -> None:
    commit_files(world.repo.repo, NEXT, {"shop/mine.yaml": "kind: Mine"}, "Mine")


def _closes(world: World) -> None:
    world.people.close(world.pull.number, "kim")


def _holds(world: World) -> None:
    world.people.label(world.pull.number, "kim", ["promoter/hold"])


def _drafts(world: World) -> None:
    world.pull.draft = True


def _protects(world: World) -> None:
    world.people.protect(PROD, Protection(may_push=False, required_checks=("e2e",)))


@pytest.mark.parametrize("act", [_moves, _closes, _drafts, _protects])
def test_what_comes_between_the_last_look_and_the_merge_wins(world: World, act: Callable[[World], None]) -> None:
    world.people.approve(world.pull.number, "lin")
    done: list[bool] = []

    def between() -> None:
        done.append(True)
        act(world)

    world.people.protect(PROD, Protection(may_push=False))  # else it is merged by a push
    world.server.before[f"PUT /api/v3/repos/acme/fleet/pulls/{world.pull.number}/merge"] = between
    world.run()
    assert done
    assert not world.merged()
    assert world.repo.ledger.place("prod").stay is None
    world.run()  # which says what the look before could not know
    world.quiet()
