"""`/preview` over the wire: a branch of the repository is previewed, a fork's commit never is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.comments.attend import Attended, attend
from promoter.git.ref import RefUpdate
from promoter.model.forge import Permission
from promoter.run.open import open_workspace
from tests.github.persons import Persons, environment
from tests.github.server import GitHub, serve
from tests.repos import commit_files, head, make_repo, tip
from tests.run.preview.shows import BRANCH, CONFIG, Show, shop_files
from tests.run.shops import Shop


@dataclass
class World:
    """A shop on GitHub that has previews; kim may make them."""

    server: GitHub
    show: Show
    folder: Path
    now: datetime

    def say(self, number: int, body: str, user: str = "kim") -> Attended:
        """Comment, and let a run on a fresh machine attend to it."""
        self.now += timedelta(minutes=1)
        self.server.hub.now = self.now
        self.server.hub.comment(number, user, body)
        env = {**environment(self.server), "PROMOTER_CACHE": str(self.folder / f"cache{number}")}
        [one] = attend(open_workspace(self.server.url, env=env, now=lambda: self.now))
        assert not one.answer.trouble
        return one


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    repo = make_repo(
        tmp_path / "acme" / "fleet.git", {"promoter.yaml": CONFIG, **shop_files("dev"), **shop_files("prod")}
    )
    with serve(tmp_path) as server:
        now = datetime.now(UTC).replace(microsecond=0)
        server.hub.now = now
        Persons(server.hub).name({"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ}, {})
        yield World(server, Show(Shop(repo).repo, now), tmp_path, now)
        assert server.strayed == []


def change(world: World, branch: str) -> str:
    """Commit a change of dev on a branch, and give its commit."""
    repo = world.show.repo
    repo.update([RefUpdate(f"refs/heads/{branch}", None, head(repo))])
    text = world.show.text("main", "shop/dev/app.yaml").replace("replicas: 2", "replicas: 5")
    return commit_files(repo, branch, {"shop/dev/app.yaml": text}, "Feature", at=world.now)


def test_a_branch_of_the_repository_is_previewed(world: World) -> None:
    change(world, "feature")
    pull = world.server.hub.open("feature", "main", "Feature", "", "lin")
    one = world.say(pull.number, "/preview")
    assert one.answer.done
    name = f"pr-{pull.number}"
    said = [comment.body for comment in world.server.hub.comments.values()]
    assert any(f"https://{name}-shop.dev.example.com" in body for body in said)
    assert "replicas: 5" in world.show.files(name)["deployment-shop.yaml"]
    assert not world.say(pull.number, "/preview delete", "guest").answer.done
    assert world.say(pull.number, "/preview delete").answer.done
    assert world.show.files(name) == {}


@pytest.mark.parametrize("branch", ["main", "theirs"])
def test_a_fork_is_deployed_nowhere(world: World, branch: str) -> None:
    commit = change(world, "kept")
    repo = world.show.repo
    pull = world.server.hub.from_fork("stranger", branch, "main", commit)
    repo.update([RefUpdate("refs/heads/kept", head(repo, "kept"), None)])
    one = world.say(pull.number, "/preview")
    assert not one.answer.done
    assert "is not one of a branch of this repository" in one.answer.text
    assert tip(repo, BRANCH) is None
