from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.git.repository import Repository
from promoter.model.forge import Permission
from promoter.run.init_pipeline import INCLUDE, ROOT
from promoter.run.open import open_workspace
from promoter.run.workspace import Workspace
from tests.gitlab.hub import PATH
from tests.gitlab.people import BOT
from tests.gitlab.persons import environment
from tests.gitlab.server import GitLab, serve
from tests.repos import commit_files, make_repo
from tests.run.probes.examined import said
from tests.run.shops import IMAGE, NOW, RENDERED, make_shop, manifest


@dataclass
class Hosted:
    """A shop on GitLab."""

    server: GitLab
    repo: Repository
    home: Path

    def workspace(self) -> Workspace:
        env = {**environment(self.server), "PROMOTER_CACHE": str(self.home / "cache")}
        return open_workspace(self.server.url, user="kim", now=lambda: NOW, env=env)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Hosted]:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    repo = make_repo(tmp_path / f"{PATH}.git", {"promoter.yaml": RENDERED, **files})
    with serve(tmp_path) as server:
        yield Hosted(server, repo, tmp_path)
        assert not [one for one in server.api() if one.is_write]
        assert server.strayed == []


NONE = ("warning", ROOT, "no pipeline on main runs promoter, as far as that file shows")
UNSCHEDULED = ("warning", ROOT, "no schedule starts the pipeline of main")


@pytest.mark.parametrize(
    ("text", "schedules", "found"),
    [
        (None, [("main", True)], [NONE]),
        ("stages: [test]\n", [("main", True)], [NONE]),
        (INCLUDE, [("main", True)], []),
        (INCLUDE, [("x", True), ("main", True)], []),
        (INCLUDE, [], [UNSCHEDULED]),
        (INCLUDE, [("main", False), ("other", True)], [UNSCHEDULED]),
    ],
)
def test_what_runs_promoter_and_when(
    shop: Hosted, text: str | None, schedules: list[tuple[str, bool]], found: list[tuple[str, str, str]]
) -> None:
    if text is not None:
        commit_files(shop.repo, "main", {ROOT: text}, "Run it")
    shop.server.hub.schedules = schedules
    assert said(shop.workspace(), "pipeline") == found


def test_schedules_that_are_not_told_are_no_finding(shop: Hosted) -> None:
    commit_files(shop.repo, "main", {ROOT: INCLUDE}, "Run it")
    shop.server.hub.people.name({BOT: Permission.READ}, {})
    assert said(shop.workspace(), "pipeline") == []


def test_workflows_are_not_looked_for(shop: Hosted) -> None:
    assert said(shop.workspace(), "workflow") == []


def test_nothing_where_there_is_no_such_forge(tmp_path: Path) -> None:
    assert said(make_shop(tmp_path).workspace(), "pipeline") == []
