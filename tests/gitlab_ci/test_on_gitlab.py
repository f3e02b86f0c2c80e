"""The job on a GitLab: pipelines start it; merge requests, merges, emoji and statuses come out, over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.model.forge import Permission
from tests.gitlab.hub import PATH
from tests.gitlab.persons import Persons
from tests.gitlab.server import TOKEN, GitLab, serve
from tests.gitlab_ci.pipelines import Ended, Project
from tests.repos import commit_files, head, make_repo
from tests.run.shops import IMAGE, RENDERED, Shop, manifest

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {approvals: 1}}")


@dataclass
class Fleet:
    """A project on GitLab, its people, and its job."""

    shop: Shop
    server: GitLab
    people: Persons
    project: Project

    def started(self, source: str, given: dict[str, str] | None = None) -> Ended:
        """Start a pipeline that must go well."""
        ended = self.project.pipeline(source, given)
        assert ended is not None
        assert ended.code == 0, ended.log
        assert TOKEN not in ended.said
        return ended

    def hook(self, payload: dict[str, object]) -> Ended:
        """Let a web hook start the pipeline."""
        file = self.project.folder / "TRIGGER_PAYLOAD"
        file.write_text(json.dumps(payload))
        return self.started("trigger", {"TRIGGER_PAYLOAD": str(file)})

    def note(self, number: int, user: str, body: str) -> Ended:
        """Write a comment, of which the web hook tells."""
        self.people.comment(number, user, body)
        what = {"note": body, "noteable_type": "MergeRequest", "action": "create", "system": False}
        return self.hook({"object_kind": "note", "object_attributes": what})

    def open(self, environment: str) -> list[int]:
        """Give the open merge requests into an environment."""
        branch = f"environment/{environment}-next/shop"
        merges = self.server.hub.merges.values()
        return [one.iid for one in merges if one.source == branch and one.state == "opened"]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    repo = make_repo(tmp_path / f"{PATH}.git", {"promoter.yaml": CONFIG, **files})
    (tmp_path / "runner").mkdir()
    with serve(tmp_path) as server:
        server.hub.now = datetime.now(UTC).replace(microsecond=0)  # the job's clock is the machine's
        people = Persons(server.hub)
        people.name({"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ}, {})
        url = server.url.removesuffix(".git")
        project = Project(tmp_path / "runner", {"PROMOTER_TOKEN": TOKEN}, url)
        yield Fleet(Shop(repo), server, people, project)
        assert server.strayed == []


def test_a_release_from_push_to_production(fleet: Fleet) -> None:
    first = fleet.started("push")
    assert first.dotenv["PROMOTER_MERGED"] == "shop/dev"
    assert first.dotenv["PROMOTER_OPENED"] == "shop/dev,shop/prod"
    [number] = fleet.open("prod")
    assert (
        f"[merge request]({fleet.server.home}/{PATH}/-/merge_requests/{number})"
        in first.files["promoter-report/status.md"]
    )
    assert "pull request" not in first.files["promoter-report/status.md"]
    assert "1.0.0" in fleet.shop.text("environment/dev", "shop/deployment-shop.yaml")

    refused = fleet.note(number, "guest", "/promoter hold")
    assert "| refused | | |" in refused.files["promoter-report/status.md"]
    assert fleet.shop.ledger.place("prod").hold is None

    fleet.note(number, "kim", '/promoter hold "INC-412"')
    assert fleet.shop.ledger.place("prod").hold is not None
    fleet.people.approve(number, "lin")
    assert fleet.started("schedule").dotenv["PROMOTER_MERGED"] == ""
    fleet.people.comment(number, "kim", "/promoter resume")  # the web hook was lost
    done = fleet.started("schedule")
    assert done.dotenv["PROMOTER_MERGED"] == "shop/prod"
    assert fleet.shop.active("prod") == 1
    assert done.cases["shop prod 1.0.0"] == "passed"

    quiet = len(fleet.server.api())
    again = fleet.started("schedule")
    assert "Nothing to do" in again.text
    assert [one for one in fleet.server.api()[quiet:] if one.is_write] == []


def test_a_new_version_and_a_word_by_variables(fleet: Fleet) -> None:
    released = fleet.started("trigger", {"PROMOTER_APP": "shop", "PROMOTER_VERSION": "1.4.2"})
    assert released.cases["shop dev 1.4.2"] == "passed"
    fleet.started("web", {"PROMOTER_SAY": 'hold shop prod "INC-412"'})
    hold = fleet.shop.ledger.place("prod").hold
    assert hold is not None
    assert hold.by == "kim"
    refused = fleet.project.pipeline("web", {"PROMOTER_SAY": "resume shop prod", "GITLAB_USER_LOGIN": "guest"})
    assert refused is not None
    assert refused.cases["promoter run"].startswith("error: resume in prod needs write; guest has read")
    assert fleet.shop.ledger.place("prod").hold is not None


def test_a_person_is_told_what_merging_would_reach(fleet: Fleet) -> None:
    fleet.started("push")
    fleet.shop.repo.store.repo.references.create("refs/heads/feature", head(fleet.shop.repo))
    change = manifest("prod", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 3")
    commit_files(fleet.shop.repo, "feature", {"shop/prod/app.yaml": change}, "Three")
    merge = fleet.server.hub.open("feature", "main", "Three", "Please", "kim")
    what = {"iid": merge.iid, "action": "open", "source_project_id": 7, "target_project_id": 7}
    for _ in range(2):
        fleet.hook({"object_kind": "merge_request", "object_attributes": what})
    notes = [one for one in fleet.server.hub.notes.values() if one.iid == merge.iid and not one.system]
    assert len(notes) == 1
    assert "it changes **prod**" in notes[0].body
    assert fleet.shop.ledger.next == 2  # nothing was released by looking


def test_without_a_token_it_says_which_is_needed(fleet: Fleet) -> None:
    fleet.project.variables = {}
    ended = fleet.project.pipeline("push")
    assert ended is not None
    assert ended.code == 1
    assert ended.cases["promoter run"].startswith("error: the job has no token: CI_JOB_TOKEN may not write merge")
    assert "PROMOTER_TOKEN, masked and protected" in ended.text
    assert "glcbt-64_jobsecret" not in ended.said
    assert fleet.server.hub.merges == {}


@pytest.mark.parametrize("source", ["push", "schedule"])
def test_a_token_that_is_refused_is_not_shown(fleet: Fleet, source: str) -> None:
    fleet.project.variables = {"PROMOTER_TOKEN": "glpat-revoked-yesterday"}
    ended = fleet.project.pipeline(source)
    assert ended is not None
    assert ended.code == 1
    assert ended.cases["promoter run"].startswith("error: ")
    assert "glpat-revoked" not in ended.said
    assert fleet.server.hub.merges == {}
