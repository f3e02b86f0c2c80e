"""`commits: api`: what is proposed is a commit that GitHub made and signed, of just what promoter would have made."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.forge.port import Commits
from promoter.git.signature import split_signature
from promoter.git.store import Entry
from promoter.git.tree import EXECUTABLE, FILE, SUBMODULE, SYMLINK
from promoter.model.forge import Permission
from promoter.model.names import Oid
from promoter.run.signed import changes
from tests.forge.wire import Fault
from tests.github.persons import Persons, connect
from tests.github.server import TOKEN, GitHub, serve
from tests.repos import head, make_repo
from tests.run.shops import IMAGE, RENDERED, Shop, make_shop, manifest
from tests.run.test_people_on_github import NEXT, PROD, World

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, gates: {approvals: 1}, promote: auto}")


def started(folder: Path, server: GitHub, bot: str) -> World:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    repo = make_repo(folder / "acme" / "fleet.git", {"promoter.yaml": f"{CONFIG}commits: api\n", **files})
    server.hub.now = now = datetime.now(UTC).replace(microsecond=0)
    server.hub.people.bot = server.tokens[TOKEN] = bot
    people = Persons(server.hub)
    people.name({"kim": Permission.WRITE, "lin": Permission.WRITE, bot: Permission.WRITE}, {})
    return World(server, people, Shop(repo), folder, now)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    make_repo(tmp_path / "acme" / "fleet.git", {"x": "y"}, "scratch")
    with serve(tmp_path) as server:
        yield server
        assert server.strayed == []


def raw(world: World, commit: Oid) -> bytes:
    return bytes(world.repo.repo.store.repo[commit].read_raw())


def test_a_proposal_is_signed_and_goes_all_the_way(tmp_path: Path, server: GitHub) -> None:
    world = started(tmp_path, server, "promoter[bot]")
    world.run()
    proposed = head(world.repo.repo, NEXT)
    data, signature = split_signature(raw(world, proposed))
    assert signature is not None
    assert b"author promoter[bot] <" in data
    assert b"\nPromoter-Release: r1\n" in data
    world.quiet()
    world.people.approve(world.pull.number, "lin")
    world.run()
    assert world.merged()
    assert head(world.repo.repo, PROD) == proposed
    world.now = world.now.replace(microsecond=0)
    world.repo.now = world.now
    world.repo.tag("1.1.0")
    world.run()
    second = head(world.repo.repo, NEXT)
    assert split_signature(raw(world, second))[1] is not None
    assert world.repo.repo.store.commit(second).parents == (proposed,)
    world.quiet()


def test_a_person_s_token_is_not_signed_for_and_nothing_is_proposed(tmp_path: Path, server: GitHub) -> None:
    world = started(tmp_path, server, "promoter-bot")
    outcome = world.run()
    assert any("GitHub signs no commit for promoter-bot, who is no app" in event.text for event in outcome.refused)
    assert world.pulls == []
    world.quiet()


@pytest.mark.parametrize("what", ["trees", "commits"])
@pytest.mark.parametrize("after", [False, True])
def test_an_answer_that_is_lost_leaves_one_proposal(tmp_path: Path, server: GitHub, what: str, after: bool) -> None:
    world = started(tmp_path, server, "promoter[bot]")
    server.faults = [Fault(f"POST /api/v3/repos/acme/fleet/git/{what}", status=502, after=after)]
    world.run()
    assert world.pull.head == head(world.repo.repo, NEXT)
    world.quiet()


def test_every_kind_of_change_comes_through(tmp_path: Path, server: GitHub) -> None:
    world = started(tmp_path, server, "promoter[bot]")
    store = world.repo.repo.store
    base = store.commit(head(world.repo.repo))
    text, other = store.put_blob("ä\n".encode()), store.put_blob(b"\xff\x00")
    there = {"tool": Entry(FILE, text), "old": Entry(FILE, text)}
    old = store.edit_tree(base.tree, there)
    new = store.edit_tree(old, {
        "tool": Entry(EXECUTABLE, text), "old": None, "bin/data": Entry(FILE, other), "link": Entry(SYMLINK, text),
        "module": Entry(SUBMODULE, base.id),
    })  # fmt: skip
    parent = store.put_commit(old, [base.id], "Old\n", ("Kim", "kim@example.com"), world.now)
    forge = connect(server)
    assert isinstance(forge, Commits)
    found = changes(store, old, new)
    assert list(found) == ["bin/data", "link", "module", "old", "tool"]
    made = forge.make_commit(parent, old, new, found, "New\n")
    assert store.commit(store.put_signed(made.data, made.signature)).tree == new
    assert store.put_signed(made.data, made.signature) == made.id


def test_the_local_forge_makes_no_commits(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, f"{RENDERED}commits: api\n")
    outcome = shop.run()
    assert any("this forge makes no commits for others" in event.text for event in outcome.refused)
    assert shop.forge.all_pulls() == ()
