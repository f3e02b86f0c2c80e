"""Workflows that promoter starts on GitHub: the contract, what a server may lack, and whose runs count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed, Rejected
from promoter.forge.github import GitHubForge
from promoter.forge.port import Jobs
from promoter.git.repository import Repository
from promoter.model.job import Job
from tests.forge.contract import at
from tests.forge.jobs_contract import JOB, SMOKE, JobsContract
from tests.github.persons import connect
from tests.github.server import Fault, GitHub, serve
from tests.repos import make_repo

LONG_AGO = at(-10_000_000)


class TestContract(JobsContract):
    """GitHub."""

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
        with serve(tmp_path) as server:
            server.hub.now = at(0)
            yield server

    @pytest.fixture
    def forge(self, server: GitHub) -> Jobs:
        return connect(server)

    @pytest.fixture
    def ended(self, forge: Jobs, server: GitHub) -> Callable[[Job, bool], None]:
        def end(job: Job, passed: bool) -> None:
            forge.start_job(job, at(0))
            server.hub.actions.runs[-1].end("success" if passed else "failure")

        return end

    def test_the_answer_names_the_run(self, forge: GitHubForge, server: GitHub) -> None:
        begun = forge.start_job(JOB, at(0))
        [made] = server.hub.actions.runs
        assert begun is not None
        assert begun.url == f"{server.home}/acme/fleet/actions/runs/{made.id}"
        assert (made.branch, made.inputs, made.actor) == ("main", dict(JOB.inputs), server.hub.people.bot)
        found = forge.job_run(JOB, LONG_AGO, begun.url)
        assert found is not None
        assert (found.state, found.url) == ("pending", begun.url)

    def test_a_server_that_does_not_name_it(self, forge: GitHubForge, server: GitHub) -> None:
        server.hub.actions.old = True
        assert forge.start_job(JOB, at(0)) is None
        assert len(server.hub.actions.runs) == 1
        found = forge.job_run(JOB, LONG_AGO)
        assert found is not None
        assert found.state == "pending"

    def test_an_answer_that_is_lost_is_not_sent_again(self, forge: GitHubForge, server: GitHub) -> None:
        server.faults.append(Fault("/dispatches", after=True))
        with pytest.raises(EdgeFailed, match="it may have been done"):
            forge.start_job(JOB, at(0))
        assert len(server.hub.actions.runs) == 1
        assert forge.job_run(JOB, LONG_AGO) is not None

    @pytest.mark.parametrize(
        ("conclusion", "state", "said"),
        [
            ("success", "success", ""),
            ("failure", "failure", ""),
            ("cancelled", "failure", "cancelled"),
            ("timed_out", "failure", "timed out"),
            ("skipped", "failure", "skipped"),
            ("neutral", "failure", "neutral"),
        ],
    )
    def test_how_it_ended(self, forge: GitHubForge, server: GitHub, conclusion: str, state: str, said: str) -> None:
        forge.start_job(JOB, at(0))
        [made] = server.hub.actions.runs
        made.end(conclusion, timedelta(minutes=4))
        found = forge.job_run(JOB, LONG_AGO)
        assert found is not None
        assert (found.state, found.said, found.ended) == (state, said, made.started + timedelta(minutes=4))

    def test_a_person_runs_it_again(self, forge: GitHubForge, server: GitHub) -> None:
        begun = forge.start_job(JOB, at(0))
        [made] = server.hub.actions.runs
        made.end("failure")
        made.again(server.hub.tick())
        assert begun is not None
        found = forge.job_run(JOB, LONG_AGO, begun.url)
        assert found is not None
        assert (found.state, found.at, found.ended) == ("pending", made.started, None)

    def test_only_runs_that_we_made_count(self, forge: GitHubForge, server: GitHub) -> None:
        forge.start_job(JOB, at(0))
        [ours] = server.hub.actions.runs
        ours.end("failure")
        others = [
            replace(ours, actor="mallory"),
            replace(ours, branch="sly"),
            replace(ours, event="push"),
            replace(ours, file="other.yaml"),
            replace(ours, title=f"{ours.title}0"),
        ]
        for one in others:
            one.id, one.conclusion, one.started = server.hub.id(), "success", ours.started + timedelta(hours=1)
            server.hub.actions.runs.append(one)
        found = forge.job_run(JOB, LONG_AGO)
        assert found is not None
        assert (found.state, found.url.rpartition("/")[2]) == ("failure", str(ours.id))
        for one in others:
            address = found.url.replace(str(ours.id), str(one.id))
            assert forge.job_run(JOB, LONG_AGO, address) is None

    def test_the_newest_of_ours_counts_and_every_page_is_read(self, forge: GitHubForge, server: GitHub) -> None:
        forge.start_job(JOB, at(0))
        [ours] = server.hub.actions.runs
        ours.end("success")
        for one in range(130):
            server.hub.actions.runs.append(replace(ours, id=5000 + one, title=f"smoke other-{one}"))
        assert forge.job_run(JOB, LONG_AGO) is not None
        server.hub.actions.runs.append(replace(ours, id=9000, conclusion="failure", started=at(90)))
        found = forge.job_run(JOB, LONG_AGO)
        assert found is not None
        assert found.state == "failure"

    def test_runs_of_before_are_not_asked_for(self, forge: GitHubForge) -> None:
        forge.start_job(JOB, at(0))
        assert forge.job_run(JOB, at(60)) is None
        assert forge.job_run(JOB, at(0)) is not None

    def test_without_the_right(self, forge: GitHubForge, server: GitHub) -> None:
        server.hub.actions.hidden = True
        with pytest.raises(Rejected, match="not accessible") as error:
            forge.start_job(JOB, at(0))
        assert "actions: write" in str(error.value)

    def test_one_that_the_default_branch_lacks(self, forge: GitHubForge) -> None:
        load = replace(JOB, workflow="load.yaml")
        with pytest.raises(Rejected, match="default branch"):
            forge.start_job(load, at(0))
        with pytest.raises(Rejected, match="default branch"):
            forge.job_run(load, LONG_AGO)

    def test_an_address_that_is_no_run(self, forge: GitHubForge) -> None:
        with pytest.raises(EdgeFailed, match="is no run of a workflow"):
            forge.job_run(JOB, LONG_AGO, "https://github.com/acme/fleet/pull/1")


REFUSED = [
    ("on: push\n", "cannot be started"),
    ("on: [push]\n", "cannot be started"),
    ("on: {push: }\n", "cannot be started"),
    ("- x\n", "cannot be started"),
    ("a: [\n", "is not YAML"),
    ("on: workflow_dispatch\n", "does not show the key"),
    ("on: {workflow_dispatch: }\n", "does not show the key"),
    (SMOKE.replace("run-name: smoke ${{ inputs.key }}\n", ""), "does not show the key"),
    (SMOKE.replace("${{ inputs.key }}", "${{ inputs.app }}"), "does not show the key"),
    (SMOKE.replace("${{ inputs.key }}", "inputs.key"), "does not show the key"),
    (SMOKE.replace("      key: {type: string}\n", ""), "does not show the key"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_a_workflow_that_could_not_be_found_again_is_refused(tmp_path: Path, text: str, why: str) -> None:
    make_repo(tmp_path / "acme" / "fleet.git", {"x": "y"})
    with serve(tmp_path) as server, pytest.raises(Rejected, match=why):
        connect(server).job_inputs("smoke.yaml", lambda _: text.encode())
    assert server.api() == []
