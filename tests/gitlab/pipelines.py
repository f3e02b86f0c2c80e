"""Pipelines, jobs and posted statuses of the GitLab of the tests, with the state machine that statuses have there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.forge.wire import Refused
from tests.gitlab.records import Job, Merge, Pipeline

if TYPE_CHECKING:
    from tests.gitlab.hub import Hub

POSTED = "GenericCommitStatus"
_OPEN = ("pending", "running")


class Pipelines:
    """All pipelines of a project."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.every: list[Pipeline] = []
        self.busy = 0
        """How many times somebody else is just writing a status."""

    def of(self, sha: str) -> list[Pipeline]:
        """Give the pipelines of a commit, the newest first."""
        return [one for one in reversed(self.every) if one.sha == sha]

    def head(self, merge: Merge) -> Pipeline | None:
        """Give the pipeline that counts for a merge request."""
        return next(iter(self.of(merge.head)), None)

    def start(self, sha: str, ref: str, source: str = "push", user: str = "kim") -> Pipeline:
        """Start a pipeline."""
        made = Pipeline(self._hub.id(), sha, ref, source, user, self._hub.tick())
        self.every.append(made)
        return made

    def job(self, pipeline: Pipeline, name: str, status: str, user: str = "kim") -> Job:
        """Add a job; one of that name before was retried."""
        for one in pipeline.jobs:
            if one.name == name:
                one.retried = True
        at = self._hub.tick()
        ended = at if status in ("success", "failed", "canceled") else None
        made = Job(self._hub.id(), name, status, user, at, finished=ended)
        pipeline.jobs.append(made)
        return made

    def post(
        self, sha: str, name: str, state: str, user: str, description: str | None = None, url: str | None = None
    ) -> Job:
        """Post a status. Raises Refused."""
        hub = self._hub
        if not hub.content.has(sha):
            raise Refused(404, "404 Commit Not Found")
        if self.busy > 0:
            self.busy -= 1
            raise Refused(409, "Another update to this commit status is in progress")
        if description is not None and len(description) > 255:
            raise Refused(400, {"description": ["is too long (maximum is 255 characters)"]})
        pipeline = next(iter(self.of(sha)), None) or self._external(sha, user)
        posted = [one for one in pipeline.jobs if one.kind == POSTED and one.name == name]
        mine = next((one for one in posted if one.user == user and one.status in _OPEN and not one.retried), None)
        if mine is None:
            mine = Job(hub.id(), name, "created", user, hub.tick(), POSTED)
            _move(mine, state)
            for one in pipeline.jobs:
                one.retried = one.retried or one.name == name
            pipeline.jobs.append(mine)
        else:
            _move(mine, state)
        mine.description = description if description is not None else mine.description
        mine.url = url if url is not None else mine.url
        mine.finished = hub.tick() if mine.status not in _OPEN else None
        return mine

    def _external(self, sha: str, user: str) -> Pipeline:
        hub = self._hub
        branches = list(hub.content.repo.branches.local)
        ref = next((one for one in branches if hub.content.contains(hub.content.tip(one) or "", sha)), None)
        if ref is None:
            raise Refused(404, "404 References for commit Not Found")
        return self.start(sha, ref, "external", user)


def _move(job: Job, state: str) -> None:
    """Move a status on, where GitLab's state machine lets it. Raises Refused."""
    event = {"pending": "enqueue", "running": "run"}.get(state)
    if (state == "pending" and job.status in _OPEN) or (state == "running" and job.status == "running"):
        raise Refused(
            400,
            f"Cannot transition status via :{event} from :{job.status} "
            f'(Reason(s): Status cannot transition via "{event}")',
        )
    job.status = state
