"""The pipeline of GitLab that `init` writes: the documented one, for the branches of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promoter.run.init_pipeline import INCLUDE, PIPELINE, ROOT, offer_pipeline, pipeline_text
from promoter.run.init_workflow import Offer
from tests.gitlab_ci.conditions import chosen
from tests.repos import head, make_repo

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "gitlab" / "promoter.yml").read_text(encoding="utf-8")


def test_it_is_the_documented_one() -> None:
    assert pipeline_text("environment/{environment}") == DOCUMENTED


def test_an_installed_package_carries_it_along() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '\n"docs/gitlab/promoter.yml" = "promoter/workflows/gitlab.yml"\n' in project


@pytest.mark.parametrize(
    ("template", "branches", "others"),
    [
        ("", ["main"], ["deploy", "environment/dev"]),
        ("deploy", ["main", "deploy"], ["deploy2", "x/deploy", "deploy-next", "deploy-next/prod/shop"]),
        ("environment/{environment}", ["main", "environment/dev"], ["environment/dev-next", "feature"]),
        ("env.{app}/x-{environment}", ["main", "env.shop/x-dev"], ["envs/x-dev", "feature"]),
        ("{environment}", ["main", "dev"], ["dev-next", "feature/x"]),
    ],
)
def test_it_listens_to_the_branches_that_there_are(template: str, branches: list[str], others: list[str]) -> None:
    [job] = yaml.safe_load(pipeline_text(template)).values()

    def started(branch: str) -> bool:
        known = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main"}
        return chosen(job["rules"], known)

    assert [branch for branch in (*branches, *others) if started(branch)] == branches


def offered(folder: Path, files: dict[str, str]) -> Offer:
    repo = make_repo(folder / "fleet.git", {"README.md": "", **files})
    return offer_pipeline(repo.store, repo.store.commit(head(repo)).tree, "environment/{environment}")


def test_both_files_where_there_is_none(tmp_path: Path) -> None:
    made = offered(tmp_path, {})
    assert made.files == {PIPELINE: DOCUMENTED.encode(), ROOT: INCLUDE.encode()}
    assert yaml.safe_load(INCLUDE) == {"include": [{"local": f"/{PIPELINE}"}]}
    again = offered(tmp_path / "again", {path: data.decode() for path, data in made.files.items()})
    assert (again.files, [note.where for note in again.notes]) == ({}, [(ROOT,)])


def test_a_pipeline_that_is_there_stays_and_the_line_is_said(tmp_path: Path) -> None:
    theirs = "stages: [test]\n# promoter gitlab-ci comes later\ntest: {script: !reference [.x, script]}\n"
    made = offered(tmp_path, {ROOT: theirs})
    assert list(made.files) == [PIPELINE]
    assert made.notes[-1].text == f"add to its include: - local: /{PIPELINE}"
    half = offered(tmp_path / "half", {ROOT: theirs, PIPELINE: DOCUMENTED})
    assert (dict(half.files), half.notes[-1].where) == ({}, (ROOT,))


@pytest.mark.parametrize(
    "text",
    [
        f"include: '{PIPELINE}'\n",
        "include:\n  - component: $CI_SERVER_FQDN/acme/promoter/promoter@0.1.0\n",
        "include: [{project: acme/promoter, file: /templates/promoter/template.yml}]\n",
        "promote:\n  script:\n    - promoter gitlab-ci\n",
    ],
)
def test_one_that_runs_promoter_is_enough(tmp_path: Path, text: str) -> None:
    made = offered(tmp_path, {ROOT: text})
    assert (made.files, [note.text for note in made.notes]) == ({}, ["a pipeline runs promoter already"])


def test_another_of_that_name_stays(tmp_path: Path) -> None:
    made = offered(tmp_path, {PIPELINE: "job: {script: [x]}\n"})
    assert (made.files, [note.where for note in made.notes]) == ({}, [(PIPELINE,)])
