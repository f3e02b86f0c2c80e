"""What every forge that starts jobs must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.errors import Rejected
from promoter.forge.port import Jobs
from promoter.git.repository import Repository
from promoter.model.job import Job, JobRun
from promoter.model.names import Branch
from tests.forge.contract import at
from tests.repos import head, make_repo

SMOKE = """\
name: smoke
run-name: smoke ${{ inputs.key }}
on:
  workflow_dispatch:
    inputs:
      app: {type: string}
      sha: {type: string}
      key: {type: string}
jobs: {}
"""
JOB = Job(
    "smoke.yaml", Branch("main"), "shop-prod-smoke-1", {"sha": "1" * 40, "key": "shop-prod-smoke-1"},
    timedelta(minutes=20),
)  # fmt: skip


class JobsContract(ABC):
    """`repo` has the job `smoke.yaml` on `main`."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(
            tmp_path / "acme" / "fleet.git", {".github/workflows/smoke.yaml": SMOKE, "smoke.yaml": "#!/bin/sh\n"}
        )

    @pytest.fixture
    @abstractmethod
    def forge(self, repo: Repository) -> Jobs: ...

    @pytest.fixture
    @abstractmethod
    def ended(self, forge: Jobs) -> Callable[[Job, bool], None]:
        """Start a job and let it end."""

    @pytest.fixture
    def read(self, repo: Repository) -> Callable[[str], bytes | None]:
        return lambda path: repo.store.read(repo.store.commit(head(repo, "main")).tree, path)

    def test_its_inputs(self, forge: Jobs, read: Callable[[str], bytes | None]) -> None:
        assert {"app", "sha", "key"} <= forge.job_inputs("smoke.yaml", read)

    def test_one_that_is_not_there_is_refused(self, forge: Jobs, read: Callable[[str], bytes | None]) -> None:
        with pytest.raises(Rejected, match=r"there is no .*load\.yaml on the branch that people edit"):
            forge.job_inputs("load.yaml", read)

    def test_nothing_is_known_of_what_was_not_started(self, forge: Jobs) -> None:
        assert forge.job_run(JOB, at(-60)) is None

    @pytest.mark.parametrize("passed", [True, False])
    def test_it_is_found_by_its_key_and_by_its_address(
        self, forge: Jobs, ended: Callable[[Job, bool], None], passed: bool
    ) -> None:
        ended(JOB, passed)
        found = forge.job_run(JOB, at(-60))
        assert isinstance(found, JobRun)
        assert found.state == ("success" if passed else "failure")
        assert found.ended is not None
        assert found.ended >= found.at
        assert forge.job_run(JOB, at(-60), found.url) == found

    def test_each_key_is_another(self, forge: Jobs, ended: Callable[[Job, bool], None]) -> None:
        ended(JOB, True)
        other = replace(JOB, key="shop-prod-smoke-2", inputs={**JOB.inputs, "key": "shop-prod-smoke-2"})
        assert forge.job_run(other, at(-60)) is None
        ended(other, False)
        states = [found.state for one in (JOB, other) if (found := forge.job_run(one, at(-60))) is not None]
        assert states == ["success", "failure"]
