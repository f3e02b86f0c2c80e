"""The action on a GitHub: events in, pull requests, merges, reactions and statuses out, over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from promoter.model.forge import Permission
from tests.action.steps import Done, Job, alone
from tests.github.persons import Persons
from tests.github.server import TOKEN, GitHub, serve
from tests.repos import commit_files, head, make_repo
from tests.run.shops import IMAGE, RENDERED, Shop, manifest

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {approvals: 1}}")


@dataclass
class Fleet:
    """A repository on GitHub, its people, and its workflow."""

    shop: Shop
    server: GitHub
    people: Persons
    work: Path
    tools: Path

    def try_event(self, name: str, payload: dict[str, Any] | None = None) -> Done:
        with alone(self.tools / "lock"):
            done = Job(self.work, self.tools, self.server.home, TOKEN).action(name, payload or {})
        assert TOKEN not in done.log + done.summary
        return done

    def event(self, name: str, payload: dict[str, Any] | None = None) -> Done:
        done = self.try_event(name, payload)
        assert done.code == 0, done.log
        return done

    def open(self, environment: str) -> list[int]:
        branch = f"environment/{environment}-next/shop"
        pulls = self.server.hub.pulls.values()
        return [one.number for one in pulls if one.head_branch == branch and one.state == "OPEN"]


@contextmanager
def in_github(folder: Path, tools: Path) -> Iterator[Fleet]:
    """Give a fleet of its own in `folder`."""
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    repo = make_repo(folder / "acme" / "fleet.git", {"promoter.yaml": CONFIG, **files})
    work = folder / "job"
    work.mkdir()
    with serve(folder) as server:
        server.hub.now = datetime.now(UTC).replace(microsecond=0)  # the action's clock is the machine's
        people = Persons(server.hub)
        people.name({"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ}, {})
        yield Fleet(Shop(repo), server, people, work, tools)
        assert server.strayed == []


@pytest.fixture
def fleet(tmp_path: Path, tools: Path) -> Iterator[Fleet]:
    with in_github(tmp_path, tools) as made:
        yield made


def test_a_release_from_push_to_production(fleet: Fleet) -> None:
    first = fleet.event("push", {"ref": "refs/heads/main"})
    assert json.loads(first.outputs["merged"]) == ["shop/dev"]
    assert json.loads(first.outputs["opened"]) == ["shop/dev", "shop/prod"]
    [number] = fleet.open("prod")
    assert f"/acme/fleet/pull/{number}" in first.summary
    assert "1.0.0" in fleet.shop.text("environment/dev", "shop/deployment-shop.yaml")

    fleet.people.comment(number, "guest", "/promoter hold")
    refused = fleet.event("issue_comment", {"action": "created", "comment": {"body": "/promoter hold"}})
    assert "| refused | | |" in refused.summary
    assert fleet.shop.ledger.place("prod").hold is None

    fleet.people.approve(number, "lin")
    done = fleet.event("schedule")
    assert json.loads(done.outputs["merged"]) == ["shop/prod"]
    assert fleet.shop.active("prod") == 1

    fleet.people.comment(number, "kim", '/rollback "INC-412"')
    told = fleet.event("issue_comment", {"action": "created", "comment": {"body": '/rollback "INC-412"'}})
    assert "| refused | | |" in told.summary  # there is nothing before it
    quiet = len(fleet.server.api())
    again = fleet.event("schedule")
    assert again.summary.startswith("Nothing to do")
    assert [one for one in fleet.server.api()[quiet:] if one.is_write] == []


def test_a_person_is_told_what_merging_would_reach(fleet: Fleet) -> None:
    fleet.event("push")
    fleet.shop.repo.store.repo.references.create("refs/heads/feature", head(fleet.shop.repo))
    change = manifest("prod", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 3")
    commit_files(fleet.shop.repo, "feature", {"shop/prod/app.yaml": change}, "Three")
    pull = fleet.server.hub.open("feature", "main", "Three", "Please", "kim")
    here = {"repo": {"full_name": "acme/fleet"}}
    payload = {"action": "opened", "number": pull.number, "pull_request": {"base": here, "head": here}}
    for _ in range(2):
        fleet.event("pull_request", payload)
    [comment] = [one for one in fleet.server.hub.comments.values() if one.number == pull.number]
    assert "it changes **prod**" in comment.body
    assert fleet.shop.ledger.next == 2  # nothing was released by looking
