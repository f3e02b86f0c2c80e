"""The local forge runs jobs itself: the contract, and that one key runs once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import Rejected
from promoter.forge.local import LocalForge
from promoter.forge.port import Jobs
from promoter.git.repository import Repository, open_repository
from promoter.model.job import Job
from tests.forge.contract import at
from tests.forge.jobs_contract import JOB, JobsContract


class Runner:
    """Runs nothing, and remembers what it was to run."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.passes = True

    def __call__(self, job: Job) -> tuple[bool, str]:
        self.ran.append(job.key)
        return self.passes, "the last\nwords"


@pytest.fixture
def runner() -> Runner:
    return Runner()


class TestContract(JobsContract):
    """The local forge."""

    @pytest.fixture
    def forge(self, repo: Repository, runner: Runner) -> Jobs:
        return LocalForge(repo, runner=runner)

    @pytest.fixture
    def ended(self, forge: Jobs, runner: Runner) -> Callable[[Job, bool], None]:
        def end(job: Job, passed: bool) -> None:
            runner.passes = passed
            forge.start_job(job, at(0))

        return end

    def test_one_key_runs_once(self, forge: Jobs, runner: Runner) -> None:
        first, second = forge.start_job(JOB, at(0)), forge.start_job(JOB, at(9))
        assert first == second == forge.job_run(JOB, at(0))
        assert (runner.ran, first.said if first is not None else "") == ([JOB.key], "the last words")

    def test_also_when_several_start_it(self, repo: Repository, runner: Runner, tmp_path: Path) -> None:
        forges = [LocalForge(open_repository(repo.url, tmp_path / str(one)), runner=runner) for one in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda forge: forge.start_job(JOB, at(0)), forges))
        assert runner.ran == [JOB.key]

    def test_what_cannot_be_run_is_refused_and_remembered(self, repo: Repository) -> None:
        def refuse(job: Job) -> tuple[bool, str]:
            raise Rejected(f"{job.workflow} is not an executable file")

        forge = LocalForge(repo, runner=refuse)
        with pytest.raises(Rejected, match="executable"):
            forge.start_job(JOB, at(0))
        found = forge.job_run(JOB, at(0))
        assert found is not None
        assert (found.state, found.said) == ("failure", "smoke.yaml is not an executable file")

    def test_without_a_runner_nothing_starts(self, repo: Repository, read: Callable[[str], bytes | None]) -> None:
        forge = LocalForge(repo)
        with pytest.raises(Rejected, match="jobs cannot be run here"):
            forge.job_inputs("smoke.yaml", read)
        with pytest.raises(Rejected):
            forge.start_job(JOB, at(0))

    def test_a_key_that_is_a_path_is_refused(self, forge: Jobs) -> None:
        with pytest.raises(Rejected):
            forge.start_job(replace(JOB, key="../pulls/1"), at(0))
