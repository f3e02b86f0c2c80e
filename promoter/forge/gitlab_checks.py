"""What jobs and others say of a commit: jobs by GraphQL, statuses that were posted by API with their authors by REST.

GitLab keeps both as jobs of pipelines, so that each is seen once. A status is written to the newest pipeline of the
commit; one that is pending cannot be set to pending again, and one that is running to neither, so a new description
takes a way that GitLab lets pass. On that way nothing is ever `success`.
Sources: "Commits API", "Set commit pipeline status"; "External commit statuses"; `Ci::CreateCommitStatusService`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from promoter.errors import LostRace, Rejected
from promoter.forge import gitlab_nodes as nodes
from promoter.forge import gitlab_queries as queries
from promoter.forge.gitlab_connection import Connection, number
from promoter.forge.retry import NotThere, Unsure
from promoter.model.forge import Check
from promoter.model.names import Oid
from promoter.policy.gates.checks import OURS

LONGEST: Final = 255
"""Characters in a status' description; GitLab refuses more."""
BUSY: Final = 3
"""How often a status is sent again while somebody else writes one on the same commit."""
_WORDS: Final = {"success": "success", "pending": "pending", "failure": "failed"}
_WAYS: Final = {
    ("pending", "pending"): ("running",),
    ("running", "pending"): ("canceled", "pending"),
}
"""(what GitLab has, what is wanted) -> what is posted one after the other; otherwise just what is wanted."""


class Checks:
    """Reads and writes checks."""

    def __init__(self, connection: Connection, sleep: Callable[[float], None]) -> None:
        self._connection = connection
        self._sleep = sleep

    def of(self, commit: Oid, node: Any = None, demands: Any = None) -> tuple[Check, ...]:
        """Give the newest check of each name and reporter, by name; with those of a merge request that is given."""
        project = self._connection.query(queries.OF_COMMIT, "read checks", sha=commit)["project"]
        jobs = [job for pipeline in self._pipelines(project["pipelines"]) for job in pipeline["jobs"]["nodes"]]
        found = self._together(commit, jobs, project["onlyAllowMergeIfPipelineSucceeds"], False)
        return nodes.in_order([*found, *self._beside(node, demands)]) if node is not None else found

    def of_pull(self, node: Any, project: Any) -> tuple[Check, ...]:
        """Give the checks on a merge request's head; who posted our own is not asked.

        `project`: what it demands. A pipeline for merged results runs on another commit, but is the head's.
        """
        head = (node["headPipeline"] or {}).get("id")
        wanted = [one for one in node["pipelines"]["nodes"] if one["sha"] == node["diffHeadSha"] or one["id"] == head]
        jobs = [job for pipeline in self._pipelines({"nodes": wanted}) for job in pipeline["jobs"]["nodes"]]
        commit, demanded = Oid(node["diffHeadSha"] or ""), project["onlyAllowMergeIfPipelineSucceeds"]
        return nodes.in_order([*self._together(commit, jobs, demanded, True), *self._beside(node, project)])

    def _beside(self, node: Any, project: Any) -> list[Check]:
        """Give what GitLab asks for beside pipelines: threads, and external status checks where they are missing."""
        found = []
        if project["onlyAllowMergeIfAllDiscussionsAreResolved"]:
            state = "success" if node["mergeableDiscussionsState"] else "pending"
            found.append(Check(nodes.THREADS, state, nodes.GITLAB))
        if node["detailedMergeStatus"] == "EXTERNAL_STATUS_CHECKS":
            path = f"/merge_requests/{node['iid']}/status_checks"
            try:
                listed = list(self._connection.every(path, "read external status checks"))
            except (NotThere, Rejected):
                listed = []  # not of this tier
            words = {"passed": "success", "failed": "failure"}
            found += [Check(one["name"], words.get(one["status"], "pending"), nodes.GITLAB) for one in listed]
        return found

    def _pipelines(self, page: Any) -> list[Any]:
        for pipeline in page["nodes"]:
            jobs = pipeline["jobs"]
            while jobs["pageInfo"]["hasNextPage"]:
                asked = {"pipeline": pipeline["id"], "after": jobs["pageInfo"]["endCursor"]}
                answer = self._connection.query(queries.MORE_JOBS, "read jobs", **asked)["project"]["pipeline"]
                jobs["nodes"] += answer["jobs"]["nodes"]
                jobs["pageInfo"] = answer["jobs"]["pageInfo"]
        return list(page["nodes"])

    def _together(self, commit: Oid, jobs: list[Any], demanded: bool, ours_known: bool) -> tuple[Check, ...]:
        external = [one for one in jobs if nodes.EXTERNAL in one["id"]]
        own = [one for one in jobs if nodes.EXTERNAL not in one["id"]]
        newest = {one["name"]: one for one in sorted(own, key=lambda one: number(one["id"]))}
        checks = list(map(nodes.job, newest.values()))
        if any(one["name"] != OURS for one in external) or (external and not ours_known):
            checks += self._posted(commit, {number(one["id"]) for one in external})
        elif external:
            checks.append(nodes.job(max(external, key=lambda one: number(one["id"]))))
        if demanded:
            others = [one.state for one in checks if one.reporter != nodes.CI and one.name != OURS]
            others += [nodes.job(one).state for one in newest.values() if _counts(one)]
            worst = next((one for one in ("failure", "pending") if one in others), "success")
            if others:
                checks.append(Check(nodes.PIPELINE, worst, nodes.CI))
        return nodes.in_order(checks)

    def _posted(self, commit: Oid, ids: Iterable[int]) -> list[Check]:
        """Give what was posted by API, newest of each name and author."""
        kept, newest = set(ids), dict[tuple[str, str], tuple[int, Check]]()
        for raw in self._statuses(commit):
            check = nodes.status(raw)
            key = (check.name, check.reporter)
            if raw["id"] in kept and (key not in newest or newest[key][0] < raw["id"]):
                newest[key] = raw["id"], check
        return [check for _, check in newest.values()]

    def _statuses(self, commit: Oid, **query: str) -> list[Any]:
        path = f"/repository/commits/{commit}/statuses"
        try:
            return list(self._connection.every(path, "read statuses", {"all": "true", **query}))
        except NotThere:
            return []  # no such commit

    def post(self, commit: Oid, name: str, state: str, description: str, url: str) -> None:
        """Post a status; nothing is written when the newest of that name is ours and says so."""
        said = description[:LONGEST]
        there = self._ours(commit, name)
        if there is not None and _says(there) == (state, said, url):
            return
        has = there["status"] if there is not None else ""
        wanted = _WORDS[state]
        for word in _WAYS.get((has, wanted), (wanted,)):
            body = {"state": word, "name": name, "description": said, **({"target_url": url} if url else {})}
            self._post(commit, name, body)

    def _post(self, commit: Oid, name: str, body: dict[str, str]) -> None:
        for attempt in range(BUSY):
            try:
                self._connection.write("POST", f"/statuses/{commit}", f"set the status {name}", body)
            except Unsure:
                there = self._ours(commit, name)
                if there is None or (there["status"], there["description"] or "") != (
                    body["state"],
                    body["description"],
                ):
                    raise
            except Rejected as no:
                if "Cannot transition" in no.message:
                    self._overtaken(commit, name, body)
                    return
                if "GitLab says 409" not in no.message or attempt == BUSY - 1:
                    raise
                self._sleep(2**attempt / 4)
                continue
            return

    def _overtaken(self, commit: Oid, name: str, body: dict[str, str]) -> None:
        """See whether another run of ours said the same. Raises LostRace when it did not."""
        there = self._ours(commit, name)
        if there is None or (there["description"] or "") != body["description"]:
            raise LostRace(f"the status {name} on {commit[:8]} was written meanwhile")

    def _ours(self, commit: Oid, name: str) -> Any:
        """Give the newest status of that name, when it is ours."""
        found = self._statuses(commit, name=name)
        newest = max(found, key=lambda one: one["id"], default=None)
        if newest is None or nodes.username(newest.get("author")) != self._connection.identity:
            return None
        return newest


def _counts(job: Any) -> bool:
    """Tell whether a pipeline fails with a job, or waits for it."""
    return not job["allowFailure"] and job["status"] != "SKIPPED"


def _says(raw: Any) -> tuple[str, str, str]:
    check = nodes.status(raw)
    return check.state, check.description, check.url
