"""A shop on GitHub whose proposals are tested by a workflow that promoter starts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.test_github import HEAD, Job
from tests.forge.jobs_contract import SMOKE
from tests.github.records import Pull
from tests.github.server import Fault, GitHub, serve
from tests.repos import make_repo
from tests.run.shops import APP, IMAGE, LAYOUT, manifest

GATES = "gates: {approvals: 1, checks: [kubeconform]}"
CONFIG = f"{HEAD}{LAYOUT}apps: {{shop: {{{APP}}}}}\n".replace(
    GATES, "gates: {jobs: {smoke: {workflow: smoke.yaml, within: 25m}}}"
)
STATUS = "promoter/jobs/smoke (shop, prod)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    files = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod")}
    files |= {"promoter.yaml": CONFIG, ".github/workflows/smoke.yaml": SMOKE}
    make_repo(tmp_path / "acme" / "fleet.git", files)
    with serve(tmp_path) as server:
        yield server


@pytest.fixture
def job(server: GitHub, tmp_path: Path) -> Job:
    made = Job(server, tmp_path)
    made("release", "shop", "1.4.2")
    made("run")
    return made


def waits(server: GitHub) -> Pull:
    [pull] = [one for one in server.hub.pulls.values() if one.base_branch == "environment/prod"]
    return pull


def said(server: GitHub) -> tuple[str, str | None, str | None]:
    """Give what the newest status of the job says."""
    found = [one for one in server.hub.statuses[waits(server).head] if one.context == STATUS][-1]
    return found.state, found.description, found.url


def address(server: GitHub) -> str:
    return f"{server.home}/acme/fleet/actions/runs/{server.hub.actions.runs[0].id}"


def test_it_passes(server: GitHub, job: Job) -> None:
    [run] = server.hub.actions.runs
    assert run.inputs["sha"] == waits(server).head
    assert {**run.inputs, "sha": "", "key": ""} == {"app": "shop", "sha": "", "key": ""}, "what it does not declare"
    assert said(server) == ("pending", "runs", address(server))
    assert f"[runs]({address(server)})" in waits(server).body
    before = server.hub.writes
    job("run")
    assert (server.hub.writes, len(server.hub.actions.runs)) == (before, 1)
    assert sum("/actions/" in one.path for one in server.api()) == 1, "how it goes is read once"
    run.end("success")
    assert "merged" in job("run")
    assert waits(server).state == "MERGED"
    assert said(server) == ("success", "passed", address(server))
    assert "Nothing to do" in job("run")
    assert not any("/actions/" in one.path for one in server.api())


def test_it_fails_and_somebody_runs_it_again(server: GitHub, job: Job) -> None:
    [run] = server.hub.actions.runs
    run.end("failure")
    job("run")
    assert said(server) == ("failure", "failed", address(server))
    before = server.hub.writes
    job("run")
    assert (server.hub.writes, waits(server).state) == (before, "OPEN")
    run.again(server.hub.tick())
    job("run")
    assert said(server) == ("pending", "runs", address(server))
    run.end("success")
    job("run")
    assert waits(server).state == "MERGED"
    assert len(server.hub.actions.runs) == 1


def test_it_fails_and_somebody_asks_for_another(server: GitHub, job: Job) -> None:
    [run] = server.hub.actions.runs
    run.end("cancelled")
    job("run")
    assert said(server)[1] == "failed: cancelled"
    job("retry", "shop", "prod")
    job("run")
    [_, other] = server.hub.actions.runs
    assert other.title != run.title
    other.end("success")
    job("run")
    assert waits(server).state == "MERGED"


def test_it_takes_too_long(server: GitHub, job: Job) -> None:
    [run] = server.hub.actions.runs
    job("run")
    assert said(server)[0] == "pending"
    job("run")
    job("run")
    assert said(server)[:2] == ("failure", "failed: did not end within 25 min")
    run.end("success", timedelta(minutes=40))
    job("run")
    assert said(server)[:2] == ("failure", "failed: took longer than 25 min")
    assert waits(server).state == "OPEN"


def test_what_others_post_or_start_proves_nothing(server: GitHub, job: Job) -> None:
    server.hub.post_status(waits(server).head, STATUS, "success", "mallory", "passed", address(server))
    [run] = server.hub.actions.runs
    server.hub.actions.runs.append(type(run)(**{**vars(run), "id": 9, "actor": "mallory", "conclusion": "success"}))
    job("run")
    assert waits(server).state == "OPEN"
    assert said(server)[0] == "pending", "and what it says is put right"


def test_without_the_right_it_is_unknown_until_somebody_says_retry(tmp_path: Path, server: GitHub) -> None:
    server.hub.actions.hidden = True
    job = Job(server, tmp_path)
    job("release", "shop", "1.4.2")
    server.hub.now = job.now
    with pytest.raises(AssertionError, match="assert 1 == 0"):  # what is refused ends with 1
        job("run")
    job("run")
    assert said(server)[0] == "failure"
    assert "actions: write" in waits(server).body
    before = server.hub.writes
    job("run")
    assert server.hub.writes == before
    server.hub.actions.hidden = False
    job("retry", "shop", "prod")
    job("run")
    assert len(server.hub.actions.runs) == 1


@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
def test_an_answer_that_never_came(tmp_path: Path, server: GitHub, after: bool) -> None:
    server.faults.append(Fault("/dispatches", after=after))
    job = Job(server, tmp_path)
    job("release", "shop", "1.4.2")
    with pytest.raises(AssertionError, match="assert 1 == 0"):
        job("run")
    assert len(server.hub.actions.runs) == after
    job("run")
    job("run")
    [run] = server.hub.actions.runs
    run.end("success")
    job("run")
    assert waits(server).state == "MERGED"
