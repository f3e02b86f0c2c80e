"""`promoter gitlab-ci`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command
from promoter.errors import EdgeFailed, PromoterError

if TYPE_CHECKING:
    from promoter.ci.request import Request
    from promoter.gitlab_ci.artifacts import Artifacts
    from promoter.gitlab_ci.log import JobLog
    from promoter.run.workspace import Workspace

_TOKENS = ("PROMOTER_TOKEN", "GITLAB_TOKEN")
_EMPTY = dict.fromkeys(("released", "opened", "merged", "waiting", "failed", "next-look", "plan"), "")


@command("gitlab-ci")
def gitlab_ci(shell: Shell) -> int:
    """Do what started the pipeline asks for."""
    from promoter.gitlab_ci.artifacts import DOTENV, JUNIT, Artifacts
    from promoter.gitlab_ci.dotenv import dotenv
    from promoter.gitlab_ci.junit import junit, trouble
    from promoter.gitlab_ci.log import JobLog

    in_job = os.environ.get("GITLAB_CI") == "true"
    log = JobLog(sys.stdout, shell.clock, folds=in_job)
    folder = os.environ.get("CI_PROJECT_DIR", "") if in_job else ""
    artifacts = Artifacts(Path(folder) if folder else None)
    if shell.repo == "." and _own():
        shell.repo = _own()
    try:
        return _job(shell, log, artifacts)
    except PromoterError as error:
        # the words go to the log here: they may hold text of others, which steers logs that fold
        log.line(f"promoter: {error}")
        artifacts.write({JUNIT: junit(trouble(error), shell.clock()), DOTENV: dotenv(_EMPTY)})
        return error.exit_code


def _own() -> str:
    """Give the address of the job's own project; empty at a terminal."""
    url = os.environ.get("CI_PROJECT_URL", "")
    return f"{url}.git" if url else ""


def _job(shell: Shell, log: JobLog, artifacts: Artifacts) -> int:
    from promoter.ci.request import read_payload
    from promoter.cli.woken import verbs
    from promoter.gitlab_ci.artifacts import DOTENV, JUNIT
    from promoter.gitlab_ci.dotenv import dotenv
    from promoter.gitlab_ci.event import MERGE_REQUEST, read_pipeline
    from promoter.gitlab_ci.junit import junit

    env = os.environ
    why = ""
    if _own() and shell.repo == _own() and not any(env.get(name) for name in _TOKENS):
        if env.get("CI_PIPELINE_SOURCE") != MERGE_REQUEST:
            raise EdgeFailed(
                "the job has no token: CI_JOB_TOKEN may not write merge requests, comments and statuses",
                "Give a project access token as PROMOTER_TOKEN, masked and protected, and protect the branch that the "
                "pipeline runs on: docs/gitlab.md",
            )
        # what a merge request's pipeline runs is the merge request's word: protected variables stay away from it
        why = "a merge request's pipeline gets no protected token"
    if not why:
        ws = shell.open(writes=True)
        request = read_pipeline(env, read_payload(env.get("TRIGGER_PAYLOAD")), verbs(), ws.forge.short_verbs, ws.now())
        if request.run:
            return _act(shell, ws, log, artifacts, request)
        why = request.why
    log.line(f"Nothing to do: {why}.")
    artifacts.write({JUNIT: junit((), shell.clock()), DOTENV: dotenv(_EMPTY)})
    return Exit.DONE


def _act(shell: Shell, ws: Workspace, log: JobLog, artifacts: Artifacts, request: Request) -> int:
    from promoter.ci.report import outputs, summary
    from promoter.cli.actions import run_json, show_waiting
    from promoter.cli.woken import work
    from promoter.gitlab_ci.artifacts import DOTENV, JUNIT, PAGE, PLAN, STATUS
    from promoter.gitlab_ci.dotenv import dotenv
    from promoter.gitlab_ci.junit import cases, junit
    from promoter.gitlab_ci.page import page
    from promoter.model.wording import spoken

    with log.section("promoter_run", f"promoter run, started by {request.why}"):
        done = work(shell, ws, request)
    outcome, now = done.outcome, ws.now()
    show_waiting(shell.screen, ws.config, outcome.snapshot, outcome.plan, now)
    for one in done.troubled:
        log.line(f"could not be tried: {one.comment.user}: {one.line}: {one.answer.trouble}")
    for event in outcome.refused:
        log.line(f"refused: {event.app} {event.environment}: {event.text}")
    plan = json.dumps(run_json(ws.config, outcome, now), indent=2, ensure_ascii=False)
    files = {
        JUNIT: junit(cases(ws.config, outcome, now), now),
        DOTENV: dotenv({**outputs(outcome), "plan": PLAN}),
        PLAN: f"{plan}\n",
        STATUS: spoken(summary(ws.config, outcome, done.attended, request.why, now), ws.forge.called),
    }
    if os.environ.get("PROMOTER_PAGES") == "true":
        files[PAGE] = page(ws.config, outcome.snapshot, outcome.plan, now, ws.forge.called)
    artifacts.write(files)
    return done.code
