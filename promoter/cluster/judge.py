"""Whether one cluster runs what a slot holds: find the owner, read it, look behind it, answer.

Three things must agree before it is success: the content in the reported revision, the age of the report, and the
health of what was applied.

Content: the reported commit holds at the slot exactly what is wanted. It may be an older or a newer commit.

Age: content can come back (a revert, a rollback), and then an old report names it too, although something else ran
in between. So a report that names another commit than the one asked about, and is older than the time at which the
content became active, says nothing yet: it is pending. Controllers renew their reports at every interval, also when
nothing changes, so this ends by itself. A report that names the very commit cannot be too old, whatever the clocks
say (and `since` may be the time at which a late run noticed a merge). Where the object tells no time, content alone
decides.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from promoter.cluster.health import Health, Report
from promoter.cluster.owners import Cluster
from promoter.cluster.port import ContentAt, Wanted
from promoter.cluster.reader import Look, Relation
from promoter.cluster.revision import git_commit
from promoter.cluster.workloads import with_workloads
from promoter.errors import PromoterError
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer

_ANSWERS = {
    Health.HEALTHY: Answer.SUCCESS,
    Health.PENDING: Answer.PENDING,
    Health.PROGRESSING: Answer.PENDING,
    Health.FAILED: Answer.FAILURE,
    Health.SUSPENDED: Answer.UNKNOWN,
    Health.APPLIED_UNASSESSED: Answer.UNKNOWN,
    Health.UNKNOWN: Answer.UNKNOWN,
    Health.NONE: Answer.UNKNOWN,
}


def judge(wanted: Wanted, cluster: Cluster, content_at: ContentAt, now: datetime) -> ClusterLive:
    """Answer `wanted` by the objects of one cluster; `now` is aware. Never raises for what objects or commits say."""
    owner = cluster.owner(wanted)
    if isinstance(owner, str):
        return unknown(wanted, owner)
    look = Look(
        relation=_relation(wanted, content_at),
        of_slot=lambda source: cluster.matches(wanted.slot, source),
        related=cluster.related,
        cluster=wanted.cluster,
        now=now,
    )
    try:
        report = owner.reader.read(owner.obj, look)
    except PromoterError as error:
        return unknown(wanted, f"{owner.key} could not be judged: {_said(error)}", str(owner.key))
    old = _too_old(report, wanted)
    if old:
        return _live(wanted, report, Answer.PENDING, f"{report.reason}; {old}")
    try:
        report = with_workloads(report, look, wanted.images)
    except PromoterError as error:
        return unknown(
            wanted, f"{owner.key}: {report.reason}, but not all behind it can be read: {_said(error)}", str(owner.key)
        )
    answer = Answer.UNKNOWN if report.was_healthy else _ANSWERS[report.health]
    return _live(wanted, report, answer, report.reason)


def unknown(wanted: Wanted, reason: str, name: str = "") -> ClusterLive:
    """Answer that it cannot be known, and why."""
    return ClusterLive(wanted.cluster, Answer.UNKNOWN, reason, object=name)


def _said(error: PromoterError) -> str:
    return f"{error.message}. {error.hint}" if error.hint else error.message


def _live(wanted: Wanted, report: Report, answer: Answer, reason: str) -> ClusterLive:
    return ClusterLive(
        cluster=wanted.cluster,
        answer=answer,
        reason=reason,
        revision=git_commit(report.revision) or report.revision,
        object=str(report.key),
        seen=report.updated,
        well_since=report.well_since,
        images=report.images,
    )


def _relation(wanted: Wanted, content_at: ContentAt) -> Callable[[str], Relation]:
    """Compare by content; each commit is looked up once."""
    known: dict[str, Relation] = {}

    def relation(revision: str) -> Relation:
        commit = git_commit(revision)
        if commit is None:
            return Relation.UNKNOWN
        if commit not in known:
            content = content_at(wanted.slot, commit)
            same = Relation.SAME if content == wanted.content else Relation.OTHER
            known[commit] = Relation.UNKNOWN if content is None else same
        return known[commit]

    return relation


def _too_old(report: Report, wanted: Wanted) -> str:
    """Say that the report is older than the content, where that matters; nothing when it counts."""
    settled = report.was_healthy or report.health in (Health.HEALTHY, Health.APPLIED_UNASSESSED, Health.FAILED)
    if not settled or not report.revision or report.updated is None or git_commit(report.revision) == wanted.commit:
        return ""
    since = wanted.since.replace(microsecond=0)  # objects tell whole seconds
    if report.updated >= since:
        return ""
    said, came = (time.astimezone(UTC).isoformat(timespec="seconds") for time in (report.updated, since))
    return f"that is its word of {said}, and the content came at {came}"
