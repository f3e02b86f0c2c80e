"""Which files run promoter, what starts them, and by whose token."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.run.workflows import Workflow, read_workflows
from tests.repos import head, make_repo

STEP = "{uses: acme/promoter@0123456 }"


def read(folder: Path, text: str) -> list[Workflow]:
    repo = make_repo(folder / "fleet.git", {".github/workflows/a.yml": text, ".github/workflows/notes.txt": STEP})
    return read_workflows(repo.store, repo.store.commit(head(repo)).tree)


@pytest.mark.parametrize(
    ("step", "is_one"),
    [
        ("uses: acme/promoter@v1", True),
        ("uses: promoter@v1", True),
        ("uses: acme/tools/promoter@v1", True),
        ("uses: acme/promoter/sub@v1", True),
        ("uses: acme/promoter-tools@v1", False),
        ("uses: acme/gitops-promoter@v1", False),
        ("run: promoter run", True),
        ("run: promoter --repo . run", True),
        ("run: python -m promoter action", True),
        ("run: pip install promoter && promoter action", True),
        ("run: pip install promoter && make run", False),
        ("run: echo gitops-promoter run", False),
        ("run: promoter status", False),
    ],
)
def test_what_runs_promoter(tmp_path: Path, step: str, is_one: bool) -> None:
    found = read(tmp_path, f"on: push\njobs:\n  a:\n    steps:\n      - {step}\n")
    assert bool(found) is is_one


@pytest.mark.parametrize(
    "text", ["", "- a\n", "jobs: 3\n", "jobs: {a: 3}\n", "{", "a: !!x {}\n", "\x07", "jobs: {a: {steps: 1}}"]
)
def test_what_is_no_workflow(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == []


@pytest.mark.parametrize(
    ("on", "heard"),
    [
        ("push", True),
        ("[status, push]", True),
        ("[status]", False),
        ("{push: }", True),
        ("{push: {branches: [main]}}", True),
        ("{push: {branches: main}}", True),
        ("{push: {branches: ['**', '!main']}}", False),
        ("{push: {branches: ['!main', 'm*']}}", True),
        ("{push: {branches: ['release/**']}}", False),
        ("{push: {branches-ignore: [main]}}", False),
        ("{push: {branches-ignore: [other]}}", True),
        ("{push: {tags: [v1]}}", False),
        ("{push: {paths: [a]}}", True),
    ],
)
@pytest.mark.parametrize("key", ["on", "'on'"])
def test_whether_a_push_starts_it(tmp_path: Path, on: str, heard: bool, key: str) -> None:
    [found] = read(tmp_path, f"{key}: {on}\njobs: {{a: {{steps: [{STEP}]}}}}\n")
    assert found.hears_push("main") is heard


@pytest.mark.parametrize(
    ("text", "by_job"),
    [
        (f"jobs: {{a: {{steps: [{STEP}]}}}}", True),
        ("jobs: {a: {steps: [{uses: acme/promoter@1, with: {token: '${{ secrets.GITHUB_TOKEN }}'}}]}}", True),
        ("jobs: {a: {steps: [{uses: acme/promoter@1, with: {token: '${{ github.token }}'}}]}}", True),
        ("jobs: {a: {steps: [{uses: acme/promoter@1, with: {token: '${{ secrets.BOT }}'}}]}}", False),
        (f"jobs: {{a: {{env: {{PROMOTER_GITHUB_APP_ID: 7}}, steps: [{STEP}]}}}}", False),
        (f"env: {{GH_TOKEN: '${{{{ secrets.BOT }}}}'}}\njobs: {{a: {{steps: [{STEP}]}}}}", False),
        ("jobs: {a: {uses: acme/x/.github/workflows/promoter.yaml@v1}}", False),
    ],
)
def test_by_whose_token(tmp_path: Path, text: str, by_job: bool) -> None:
    [found] = read(tmp_path, f"on: push\n{text}\n")
    assert found.by_job_token is by_job


@pytest.mark.parametrize(
    ("whole", "job", "rights"),
    [
        ("", "", ()),
        ("permissions: {contents: write}\n", "", ({"contents": "write"},)),
        ("permissions: {contents: write}\n", "permissions: {}, ", ({},)),
        ("permissions: write-all\n", "", ()),
        ("", "permissions: read-all, ", (dict.fromkeys(
            ("contents", "pull-requests", "issues", "statuses", "checks", "deployments"), "read"),)),
    ],
)  # fmt: skip
def test_with_which_rights(tmp_path: Path, whole: str, job: str, rights: tuple[dict[str, str], ...]) -> None:
    [found] = read(tmp_path, f"on: push\n{whole}jobs: {{a: {{{job}steps: [{STEP}]}}}}\n")
    assert found.permissions == rights
