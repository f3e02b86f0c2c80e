"""Pipelines that promoter starts on GitLab: the contract, what must be declared, and whose count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.gitlab import GitLabForge
from promoter.forge.port import Jobs
from promoter.git.repository import Repository
from promoter.model.job import Job
from tests.forge.contract import at
from tests.forge.jobs_contract import JOB, JobsContract
from tests.forge.wire import Fault
from tests.gitlab.hub import PATH
from tests.gitlab.persons import connect
from tests.gitlab.server import GitLab, serve
from tests.repos import make_repo

CI = """\
spec:
  inputs:
    job: {default: ""}
    key: {default: ""}
    app: {default: ""}
    sha: {default: ""}
---
workflow:
  name: "$[[ inputs.job ]] $[[ inputs.key ]]"
smoke.yaml:
  script: [!reference [.smoke, script]]
  rules: [{if: '"$[[ inputs.job ]]" == "smoke.yaml"'}]
"""


class TestContract(JobsContract):
    """GitLab."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / f"{PATH}.git", {".gitlab-ci.yml": CI})

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitLab]:
        with serve(tmp_path) as server:
            server.hub.now = at(0)
            yield server

    @pytest.fixture
    def forge(self, server: GitLab) -> Jobs:
        return connect(server)

    @pytest.fixture
    def ended(self, forge: Jobs, server: GitLab) -> Callable[[Job, bool], None]:
        def end(job: Job, passed: bool) -> None:
            forge.start_job(job, at(0))
            made = server.hub.pipelines.every[-1]
            made.jobs[0].status, made.ended = "success" if passed else "failed", server.hub.tick()

        return end

    def test_the_answer_names_the_pipeline(self, forge: GitLabForge, server: GitLab) -> None:
        begun = forge.start_job(JOB, at(0))
        [made] = server.hub.pipelines.every
        assert begun is not None
        assert begun.url == f"{server.home}/{PATH}/-/pipelines/{made.id}"
        assert (made.ref, made.inputs, made.user) == ("main", {**JOB.inputs, "job": JOB.workflow}, "project_7_bot_1")
        found = forge.job_run(JOB, at(-60), begun.url)
        assert found is not None
        assert (found.state, found.url, found.ended) == ("pending", begun.url, None)

    @pytest.mark.parametrize("status", ["manual", "canceled", "skipped"])
    def test_what_did_not_run_has_not_passed(self, forge: GitLabForge, server: GitLab, status: str) -> None:
        forge.start_job(JOB, at(0))
        server.hub.pipelines.every[-1].jobs[0].status = status
        found = forge.job_run(JOB, at(-60))
        assert found is not None
        assert (found.state, found.said) == ("failure", status)

    def test_one_that_somebody_else_started_does_not_count(self, forge: GitLabForge, server: GitLab) -> None:
        begun = forge.start_job(JOB, at(0))
        server.hub.pipelines.every[-1].user = "kim"
        assert forge.job_run(JOB, at(-60)) is None
        assert begun is not None
        assert forge.job_run(JOB, at(-60), begun.url) is None

    def test_a_start_without_an_answer_is_found_by_its_key(self, forge: GitLabForge, server: GitLab) -> None:
        server.faults = [Fault("/pipeline ", after=True)]
        with pytest.raises(EdgeFailed, match="may have been done"):
            forge.start_job(JOB, at(0))
        assert forge.job_run(JOB, at(-60)) is not None
        assert len(server.hub.pipelines.every) == 1

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (None, "there is no .gitlab-ci.yml"),
            (b"{", "is not YAML"),
            (b"smoke.yaml: {}", "does not show the key"),
            (CI.replace("inputs.key ]]", "inputs.sha ]]").encode(), "does not show the key"),
            (CI.replace("    job:", "    work:").encode(), "does not show the key"),
            (CI.replace("smoke.yaml:", "other:").encode(), "there is no job smoke.yaml"),
        ],
    )
    def test_what_must_be_declared(self, forge: GitLabForge, data: bytes | None, why: str) -> None:
        with pytest.raises(Rejected, match=why):
            forge.job_inputs("smoke.yaml", lambda _: data)

    def test_the_documented_file_can_be_started(self, forge: GitLabForge) -> None:
        file = Path(__file__).parents[2] / "docs" / "gitlab" / "smoke.gitlab-ci.yml"
        assert forge.job_inputs("smoke", lambda _: file.read_bytes()) >= {"key", "sha", "app", "environment"}

    def test_an_address_that_is_none(self, forge: GitLabForge) -> None:
        with pytest.raises(EdgeFailed, match="no pipeline"):
            forge.job_run(JOB, at(0), "https://gitlab.example/acme/fleet/-/jobs/7")
