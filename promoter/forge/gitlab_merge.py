"""Merging: only the head that was judged, by the project's own method, when GitLab has nothing against it.

Invariants: what GitLab would refuse is not tried. Auto-merge is never armed. Where the project has merge trains, the
merge request is put into one, and merged is what the train merged.
Sources: "Merge requests API", "Merge a merge request" and "Merge status"; "Merge Trains API".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from promoter.errors import LostRace, Rejected, Underway
from promoter.forge.gitlab_connection import Connection
from promoter.forge.gitlab_protection import methods
from promoter.forge.gitlab_pulls import LOOKS, UNKNOWN, Pulls
from promoter.forge.retry import NotThere, Unsure
from promoter.model.names import Oid

REASONS: Final = {
    "blocked_status": "another merge request must be merged first",
    "merge_request_blocked": "another merge request must be merged first",
    "broken_status": "its branch and the target changed the same lines",
    "ci_must_pass": "its pipeline must pass first",
    "ci_still_running": "its pipeline is still running",
    "code_owners_approval": "it lacks the approval of a code owner",
    "commits_status": "its branch is gone, or has no commits of its own",
    "conflict": "its branch and the target changed the same lines",
    "discussions_not_resolved": "a thread is not resolved",
    "draft_status": "it is a draft",
    "external_status_checks": "an external status check has not passed",
    "status_checks_must_pass": "an external status check has not passed",
    "jira_association_missing": "it names no Jira issue",
    "locked_lfs_files": "somebody locked a file that it changes",
    "locked_paths": "somebody locked a path that it changes",
    "merge_time": "it may not be merged before the time that was set",
    "need_rebase": "its branch is behind the target, and must be up to date",
    "not_approved": "it lacks an approval that is needed",
    "not_open": "it is not open",
    "policies_denied": "a security policy denies it",
    "requested_changes": "changes were requested",
    "security_policies_violations": "a security policy denies it",
    "security_policy_violations": "a security policy denies it",
    "title_not_matching": "its title is not as the project demands",
    "title_regex": "its title is not as the project demands",
}
"""`detailed_merge_status` -> why it is not merged."""


class Merges:
    """Merges merge requests."""

    def __init__(self, connection: Connection, pulls: Pulls, sleep: Callable[[float], None]) -> None:
        self._connection = connection
        self._pulls = pulls
        self._sleep = sleep

    def merge(self, iid: int, expect: Oid, method: str, message: str) -> Oid:
        """Merge; give the commit on the target branch, also when that exact head is merged already.

        Raises LostRace when the head differs, Rejected when it may not be merged, Underway in a merge train.
        """
        raw = self._pulls.known(iid)
        if raw["sha"] != expect:
            raise LostRace(f"merge request {iid} is at {raw['sha']}, not {expect}: it was not merged")
        if raw["state"] == "merged":
            return _merged(raw)
        if raw["state"] == "locked":
            raise Underway(f"merge request {iid} is being merged")
        if raw["state"] != "opened":
            raise Rejected(f"merge request {iid} is closed and cannot be merged", "Reopen it first.")
        project = self._connection.get("", "read how the project merges")
        trains = bool(project.get("merge_trains_enabled"))
        if trains and self._in_train(iid):
            raise _queued(iid, raw)
        allowed = methods(project.get("merge_method", "merge"), project.get("squash_option", "default_off"))
        why = _refusal(raw, method, allowed, trains)
        if why:
            raise Rejected(f"merge request {iid} may not be merged: {why}")
        if trains:
            self._board(iid, expect, method)
            raise _queued(iid, raw)
        return self._merge(iid, expect, method, self._message(iid, method, message))

    def _message(self, iid: int, method: str, message: str) -> str:
        """Give the words of the commit; a squash keeps the messages of the commits that it replaces."""
        if method != "squash":
            return message.strip()
        listed = list(self._connection.every(f"/merge_requests/{iid}/commits", f"read the commits of {iid}"))
        own = [one["message"] for one in reversed(listed)]
        return "\n\n".join(part.strip() for part in (message, *own) if part.strip())

    def _merge(self, iid: int, expect: Oid, method: str, message: str) -> Oid:
        body: dict[str, Any] = {"sha": expect, "squash": method == "squash", "should_remove_source_branch": False}
        if message and method == "squash":
            body["squash_commit_message"] = message
        elif message and method == "merge":
            body["merge_commit_message"] = message
        try:
            answer = self._connection.write("PUT", f"/merge_requests/{iid}/merge", f"merge merge request {iid}", body)
        except (Unsure, Rejected) as no:
            raw = self._settled(iid)
            if raw["state"] == "merged" and raw["sha"] == expect:
                return _merged(raw)
            if isinstance(no, Rejected) and raw["sha"] != expect:
                raise LostRace(f"merge request {iid} has moved meanwhile: it was not merged") from no
            if isinstance(no, Rejected) and raw["state"] == "opened":
                raise _explained(iid, raw, no) from no
            raise
        if answer["state"] != "merged":
            answer = self._settled(iid)
        if answer["state"] == "merged":
            return _merged(answer)
        if answer["state"] == "locked":
            raise Underway(f"merge request {iid} is being merged")
        said = answer.get("merge_error") or REASONS.get(answer["detailed_merge_status"], "GitLab does not say why")
        raise LostRace(f"merge request {iid} was not merged: {said}")

    def _settled(self, iid: int) -> Any:
        """Read the merge request until it is not being merged any more, for a while."""
        for attempt in range(LOOKS):
            raw = self._pulls.raw(iid)
            if raw["state"] != "locked":
                break
            self._sleep(2**attempt / 4)
        return raw

    def _in_train(self, iid: int) -> bool:
        try:
            car = self._connection.get(f"/merge_trains/merge_requests/{iid}", "look into the merge train")
        except (NotThere, Rejected):
            return False
        return car["status"] not in ("merged", "skip_merged")

    def leave(self, iid: int) -> None:
        """Take a merge request out of its train: GitLab's way is to cancel what merges it by itself."""
        if self._in_train(iid):
            path, doing = f"/merge_requests/{iid}/cancel_merge_when_pipeline_succeeds", f"take {iid} out of the train"
            self._connection.write("POST", path, doing, None, again=True)

    def _board(self, iid: int, expect: Oid, method: str) -> None:
        """Put the merge request into the train at once, or not at all; it is never left waiting to be put there."""
        body = {"sha": expect, "squash": method == "squash"}
        try:
            self._connection.write("POST", f"/merge_trains/merge_requests/{iid}", f"queue merge request {iid}", body)
        except Unsure:
            if not self._in_train(iid):
                raise


def _refusal(raw: Any, method: str, allowed: tuple[str, ...], trains: bool) -> str:
    base, status = raw["target_branch"], raw["detailed_merge_status"]
    if raw.get("draft"):
        return "it is a draft"
    if method not in allowed:
        return f"{base} takes {', '.join(allowed) or 'no merges'}, not {method}"
    if status in UNKNOWN:
        return "GitLab does not know yet whether it can be"
    if status == "mergeable" or (trains and status == "need_rebase"):
        return ""
    return REASONS.get(status, str(status).replace("_", " "))


def _explained(iid: int, raw: Any, no: Rejected) -> Rejected:
    why = REASONS.get(raw["detailed_merge_status"], "")
    return Rejected(f"merge request {iid} may not be merged: {why} ({no.message})") if why else no


def _queued(iid: int, raw: Any) -> Underway:
    return Underway(f"merge request {iid} is in the merge train of {raw['target_branch']}, which merges it")


def _merged(raw: Any) -> Oid:
    return Oid(raw.get("merge_commit_sha") or raw.get("squash_commit_sha") or raw["sha"])
