"""The workflow that `init` writes: the documented one, for the branches of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promoter.run.init_workflow import WORKFLOW, Offer, offer, workflow_text
from promoter.run.workflows import read_workflows
from tests.repos import commit_files, head, make_repo

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "github" / "promoter.yaml").read_text(encoding="utf-8")


def test_it_is_the_documented_one() -> None:
    assert workflow_text("main", "environment/{environment}") == DOCUMENTED


def test_an_installed_package_carries_it_along() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '\n"docs/github/promoter.yaml" = "promoter/workflows/github.yaml"\n' in project


@pytest.mark.parametrize(
    ("dry", "template", "pushed"),
    [
        ("main", "", ["main"]),
        ("trunk", "deploy", ["trunk", "deploy"]),
        ("on", "env/{app}-{environment}", ["on", "env/**"]),
        ("1.0", "{environment}", ["1.0", "*"]),
    ],
)
def test_it_listens_to_the_branches_that_there_are(dry: str, template: str, pushed: list[str]) -> None:
    text = workflow_text(dry, template)
    on = yaml.safe_load(text)[True]
    assert (on["push"]["branches"], on["pull_request"]["branches"]) == (pushed, [dry])
    same = [line for line in text.splitlines() if "branches: [" not in line]
    assert same == [line for line in DOCUMENTED.splitlines() if "branches: [" not in line]


def offered(folder: Path, files: dict[str, str]) -> Offer:
    repo = make_repo(folder / "fleet.git", {"README.md": "", **files})
    return offer(repo.store, repo.store.commit(head(repo)).tree, "main", "")


def test_what_is_offered_runs_promoter(tmp_path: Path) -> None:
    made = offered(tmp_path, {})
    text = made.files[WORKFLOW].decode()
    repo = make_repo(tmp_path / "again.git", {WORKFLOW: text})
    commit_files(repo, "main", {"README.md": "1"}, "Go on")
    [found] = read_workflows(repo.store, repo.store.commit(head(repo)).tree)
    assert (found.by_job_token, found.hears_push("main")) == (True, True)


def test_one_that_runs_promoter_is_enough(tmp_path: Path) -> None:
    made = offered(tmp_path, {".github/workflows/ours.yml": "on: push\njobs: {a: {steps: [{run: promoter run}]}}\n"})
    assert (made.files, [note.where for note in made.notes]) == ({}, [(".github/workflows/ours.yml",)])


def test_another_of_that_name_stays(tmp_path: Path) -> None:
    made = offered(tmp_path, {WORKFLOW: "on: push\njobs: {}\n"})
    assert (made.files, [note.where for note in made.notes]) == ({}, [(WORKFLOW,)])
