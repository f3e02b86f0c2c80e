"""The same shop on every forge: the program's own commands at a terminal, and people who act at the forge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.forge.local import LocalForge
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullRequest, PullState, PullText
from promoter.model.names import Branch
from promoter.run.open import open_workspace
from tests.github.persons import Persons as GitHubPersons
from tests.github.persons import environment as github_environment
from tests.github.server import serve as serve_github
from tests.gitlab.hub import PATH as GITLAB
from tests.gitlab.persons import Persons as GitLabPersons
from tests.gitlab.persons import environment as gitlab_environment
from tests.gitlab.server import serve as serve_gitlab
from tests.repos import head, make_repo, tip
from tests.run.shops import APP, IMAGE, LAYOUT, NOW, manifest

RIGHTS = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE}
CONFIG = """\
version: 1
live: none
environments:
  - {name: dev, promote: auto}
  - {name: prod, promote: auto, gates: {approvals: 1}, drift: DRIFT}
"""
FILES = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
FORGES = ("local", "github", "gitlab")


class Doers(Protocol):
    """What people do at a forge on a bad day."""

    def approve(self, number: int, user: str) -> None: ...
    def comment(self, number: int, user: str, body: str) -> None: ...
    def label(self, number: int, user: str, labels: Collection[str]) -> None: ...
    def unlabel(self, number: int, user: str, label: str) -> None: ...
    def offer(self, branch: str, title: str, user: str) -> int:
        """Open a pull request into main, and give its number."""
        ...

    def close(self, number: int, user: str) -> None: ...
    def reopen(self, number: int, user: str) -> None: ...


@dataclass
class AtHome:
    """People at the local forge."""

    forge: LocalForge
    clock: Callable[[], datetime]

    def approve(self, number: int, user: str) -> None:
        self.forge.approve(number, user, self.clock())

    def comment(self, number: int, user: str, body: str) -> None:
        self.forge.comment(number, user, body, self.clock())

    def label(self, number: int, user: str, labels: Collection[str]) -> None:
        self.forge.set_labels(number, labels, user, self.clock())

    def unlabel(self, number: int, user: str, label: str) -> None:
        self.label(number, user, [name for name in self.forge.pull(number).labels if name != label])

    def offer(self, branch: str, title: str, user: str) -> int:
        text = PullText(title, "Please")
        return self.forge.open_as(user, Branch(branch), Branch("main"), text, self.clock()).number

    def close(self, number: int, user: str) -> None:
        self.forge.close_as(number, user, self.clock())

    def reopen(self, number: int, user: str) -> None:
        self.forge.reopen_as(number, user, self.clock())


class AtGitHub(GitHubPersons):
    """People at GitHub."""

    def offer(self, branch: str, title: str, user: str) -> int:
        return self.hub.open(branch, "main", title, "Please", user).number

    def unlabel(self, number: int, user: str, label: str) -> None:
        self.hub.unlabel(number, user, label)


class AtGitLab(GitLabPersons):
    """People at GitLab."""

    def offer(self, branch: str, title: str, user: str) -> int:
        return self.hub.open(branch, "main", title, "Please", user).iid

    def unlabel(self, number: int, user: str, label: str) -> None:
        self.hub.unlabel(number, user, label)


@dataclass
class Ground:
    """One shop on one forge."""

    name: str
    repo: Repository
    """The repository itself, for people who push."""
    url: str
    people: Doers
    home: Path
    capsys: pytest.CaptureFixture[str]
    tick: Callable[[datetime], None]
    """Tells the forge the time."""
    env: Mapping[str, str]
    now: datetime = NOW

    def later(self, minutes: int = 10) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)
        self.tick(self.now)

    def __call__(self, *argv: str, user: str = "kim") -> str:
        """Type one command, which must end well, and give what it printed."""
        self.later()
        self.capsys.readouterr()
        code = main(list(argv), Shell(repo=self.url, user=user, clock=lambda: self.now))
        out, err = self.capsys.readouterr()
        assert code == 0, f"promoter {' '.join(argv)}: {err}"
        return out

    @property
    def pulls(self) -> list[PullRequest]:
        """The open pull requests into prod, as promoter reads them."""
        ws = open_workspace(self.url, now=lambda: self.now, env={"PROMOTER_CACHE": str(self.home / "eye"), **self.env})
        branch = ws.app("shop").slots["prod"].proposal_branch
        return [pull for pull in ws.forge.pulls([branch])[branch] if pull.state is PullState.OPEN]

    @property
    def prod(self) -> str:
        """What stands in prod."""
        commit = tip(self.repo, "environment/prod")
        if commit is None:
            return ""
        tree = self.repo.store.commit(head(self.repo, "environment/prod")).tree
        return "".join(self.repo.store.blob(one.id).decode() for _, one in self.repo.store.children(tree, "shop"))

    def runs(self, version: str) -> bool:
        """Tell whether prod has a version."""
        return f"{IMAGE}:{version}'" in self.prod

    def approved(self) -> None:
        """Lin approves what waits for prod, and it is merged."""
        self.people.approve(self.pulls[-1].number, "lin")
        self("run")

    def everywhere(self, version: str) -> int:
        """Bring a version to prod, and give the number of the pull request that it came in."""
        self("release", "shop", version)
        self("run")
        number = self.pulls[-1].number
        self.approved()
        assert self.runs(version)
        return number


@contextmanager
def stand(
    name: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    patch: pytest.MonkeyPatch,
    drift: str = "block",
    more: str = "",
) -> Iterator[Ground]:
    """Give the shop on the forge called `name`, with an environment in which the program finds it.

    `more` stands at the end of its config.
    """
    where = {"local": "fleet", "github": "acme/fleet", "gitlab": GITLAB}[name]
    config = f"{CONFIG.replace('DRIFT', drift)}{LAYOUT}apps: {{shop: {{{APP}}}}}\n{more}"
    repo = make_repo(folder / f"{where}.git", {"promoter.yaml": config, **FILES})
    patch.setenv("PROMOTER_CACHE", str(folder / "cache"))
    if name == "local":
        ground = Ground(name, repo, repo.url, AtHome(LocalForge(repo), lambda: NOW), folder, capsys, lambda _: None, {})
        ground.people = AtHome(LocalForge(repo), lambda: ground.now)
        LocalForge(repo).set_people({**RIGHTS, "promoter": Permission.WRITE}, {}, NOW)
        yield ground
    elif name == "github":
        with serve_github(folder) as github:
            github.hub.people.name(RIGHTS, {})
            env = github_environment(github)
            yield _served(
                Ground(name, repo, github.url, AtGitHub(github.hub), folder, capsys, _clock(github.hub), env),
                patch,
            )
    else:
        with serve_gitlab(folder) as gitlab:
            gitlab.hub.people.name(RIGHTS, {})
            env = gitlab_environment(gitlab)
            yield _served(
                Ground(name, repo, gitlab.url, AtGitLab(gitlab.hub), folder, capsys, _clock(gitlab.hub), env),
                patch,
            )


class _Timed(Protocol):
    now: datetime


def _clock(hub: _Timed) -> Callable[[datetime], None]:
    def tick(now: datetime) -> None:
        hub.now = now

    return tick


def _served(ground: Ground, patch: pytest.MonkeyPatch) -> Ground:
    for key, value in ground.env.items():
        patch.setenv(key, value)
    ground.tick(ground.now)
    return ground
