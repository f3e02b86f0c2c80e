from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from promoter.cluster.judge import judge
from promoter.cluster.objects import Object
from promoter.cluster.owners import Cluster
from promoter.errors import EdgeFailed
from promoter.model.names import ContentId
from promoter.model.snapshot import ClusterLive, Slot
from promoter.model.verdict import Answer
from tests.cluster.objects_made import (
    CAME,
    DESTINATION,
    HEALTHY,
    IMAGE,
    LATER,
    LOOKED,
    NOW,
    OLD,
    READY,
    REPOSITORY,
    application,
    at,
    condition,
    content_at,
    deployment,
    flux,
    git_repository,
    kustomization,
    wanted,
)


def answer(*objects: Object, **asked: Any) -> ClusterLive:
    return judge(wanted(**asked), Cluster(objects, REPOSITORY), content_at, LOOKED)


def test_success_says_what_was_seen() -> None:
    assert answer(kustomization(), git_repository(), deployment()) == ClusterLive(
        cluster="dev-1",
        answer=Answer.SUCCESS,
        reason="applied, and found healthy",
        revision=NOW,
        object="Kustomization/flux-system/shop",
        seen=CAME + timedelta(minutes=5),
        images=(IMAGE,),
        well_since=CAME + timedelta(minutes=4),
    )


RUNNING = condition("Ready", "Unknown", "Progressing")
FAILED = condition("Ready", "False", "HealthCheckFailed", "timeout")

# One object for every health, and what it answers.
HEALTHS = [
    ("Pending", kustomization(status=None), Answer.PENDING),
    ("Progressing", kustomization(metadata__generation=4), Answer.PENDING),
    ("Healthy", kustomization(), Answer.SUCCESS),
    ("Failed", kustomization(status__conditions=[FAILED]), Answer.FAILURE),
    ("Suspended", kustomization(spec__suspend=True), Answer.UNKNOWN),
    ("Unknown", kustomization(metadata__deletionTimestamp=at(1)), Answer.UNKNOWN),
    ("re-checking", kustomization(status__conditions=[RUNNING, HEALTHY]), Answer.UNKNOWN),
]


@pytest.mark.parametrize(("obj", "expected"), [row[1:] for row in HEALTHS], ids=[row[0] for row in HEALTHS])
def test_answer_of_each_health(obj: Object, expected: Answer) -> None:
    assert answer(obj, git_repository()).answer is expected


def test_no_owner_is_unknown_and_says_why() -> None:
    seen = answer(deployment())
    assert seen.answer is Answer.UNKNOWN
    assert seen.reason == "nothing delivers shop of branch environment/dev"


def test_two_clusters_answer_each_for_itself() -> None:
    ready = Cluster([kustomization(), git_repository()], REPOSITORY)
    behind = Cluster([kustomization(), git_repository(status__artifact={"revision": flux(OLD)})], REPOSITORY)
    assert judge(wanted(cluster="eu-1"), ready, content_at, LOOKED).answer is Answer.SUCCESS
    assert judge(wanted(cluster="eu-2"), behind, content_at, LOOKED).answer is Answer.PENDING


def test_store_that_fails_is_unknown() -> None:
    def broken(slot: Slot, commit: str) -> ContentId | None:
        raise EdgeFailed(f"cannot fetch {commit[:4]} of {slot.branch}")

    seen = judge(wanted(), Cluster([kustomization(), git_repository()]), broken, LOOKED)
    assert seen.answer is Answer.UNKNOWN
    assert "cannot fetch 2222" in seen.reason


def test_each_commit_is_looked_up_once() -> None:
    asked: list[str] = []

    def counted(slot: Slot, commit: str) -> ContentId | None:
        asked.append(commit)
        return content_at(slot, commit)

    judge(wanted(), Cluster([kustomization(), git_repository()]), counted, LOOKED)
    assert asked == [NOW]


def reported(commit: str, minute: int, ready: str = "True", **changes: Any) -> dict[str, Any]:
    """A Kustomization that said at `minute`, the content having come at minute 0, how `commit` is."""
    conditions = [condition("Ready", ready, "HealthCheckFailed", lastTransitionTime=at(minute)), HEALTHY]
    revisions = {"status__lastAppliedRevision": flux(commit), "status__lastAttemptedRevision": flux(commit)}
    return kustomization(status__conditions=conditions, **revisions, **changes)


LATE = CAME + timedelta(minutes=10)
"""When the content came, where the report of minute 5 is older."""

# Content that came back: the report names it, but from which time is it?
AGES = [
    ("this commit, though a run noticed it late", reported(NOW, 5), LATE, "success"),
    ("another commit, before", reported(LATER, 5), LATE, "pending"),
    ("another commit, renewed", reported(LATER, 12), LATE, "success"),
    ("another commit, in that second", reported(LATER, 10), LATE + timedelta(milliseconds=900), "success"),
    ("another commit, no time told", reported(LATER, 5), None, "success"),
    ("failed at another commit, before", reported(LATER, 5, "False"), LATE, "pending"),
    ("failed at another commit, since", reported(LATER, 12, "False"), LATE, "failure"),
    ("failed at this commit", reported(NOW, 5, "False"), LATE, "failure"),
    ("re-checked before", reported(LATER, 5, "Unknown"), LATE, "pending"),
]


@pytest.mark.parametrize(("obj", "since", "expected"), [row[1:] for row in AGES], ids=[row[0] for row in AGES])
def test_age_of_the_report(obj: dict[str, Any], since: Any, expected: str) -> None:
    if since is None:
        for entry in obj["status"]["conditions"]:
            del entry["lastTransitionTime"]
    seen = answer(obj, since=since or LATE)
    assert seen.answer.value == expected
    old = "that is its word of 2026-03-02T10:05:00+00:00, and the content came at 2026-03-02T10:10:00+00:00"
    assert (old in seen.reason) is (expected == "pending")


def test_stalled_spec_fails_whatever_its_age() -> None:
    stalled = condition("Stalled", "True", "InvalidCELExpression", "no such key", lastTransitionTime=at(1))
    assert answer(kustomization(status__conditions=[stalled]), since=LATE).answer is Answer.FAILURE


def lax(**changes: Any) -> dict[str, Any]:
    """A Kustomization that does not look at what it applied."""
    return kustomization(spec__wait=False, status__conditions=[READY], **changes)


NO_WORKLOADS = [{"id": "shop_shop__ConfigMap"}]
STATEFUL = [{"id": "shop_shop_apps_Deployment"}, {"id": "shop_db_apps_StatefulSet"}]
BROKEN = deployment(
    status__conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
)
ROLLING = deployment(status__updatedReplicas=1)
TWICE = (deployment(), deployment(metadata__generation=8))

# What the workloads add to the word of the object that delivers them.
WORKLOADS = [
    ("unassessed, healthy", [lax(), deployment()], "success", "1 workload is healthy"),
    ("unassessed, rolling", [lax(), ROLLING], "pending", "Deployment/shop/shop 1 of 3 replicas are updated"),
    ("unassessed, failed", [lax(), BROKEN], "failure", "Deployment/shop/shop did not come up in time"),
    ("unassessed, not there", [lax()], "unknown", "Deployment/shop/shop is not among the objects"),
    ("unassessed, there twice", [lax(), *TWICE], "unknown", "Deployment/shop/shop is not among the objects"),
    ("unassessed, no workload", [lax(status__inventory={"entries": NO_WORKLOADS})], "unknown", "set wait: true"),
    ("unassessed, nothing said", [lax(status__inventory=None), deployment()], "unknown", "not say what it applied"),
    (
        "unassessed, one of them not there",
        [lax(status__inventory={"entries": STATEFUL}), deployment()],
        "unknown",
        "StatefulSet/shop/db is not among the objects",
    ),
    (
        "unassessed, in another cluster",
        [lax(spec__kubeConfig={"secretRef": {}}), deployment()],
        "unknown",
        "runs in another cluster",
    ),
    ("assessed, rolls since", [kustomization(), ROLLING], "pending", "1 of 3 replicas are updated"),
    ("assessed, crashed since", [kustomization(), BROKEN], "failure", "did not come up in time"),
    ("assessed, paused since", [kustomization(), deployment(spec__paused=True)], "unknown", "is paused"),
    ("assessed, not there", [kustomization()], "success", "found healthy"),
    (
        "assessed, in another cluster",
        [kustomization(spec__kubeConfig={"secretRef": {}}), BROKEN],
        "success",
        "found healthy",
    ),
    (
        "assessed, but nobody assesses a canary",
        [kustomization(status__inventory={"entries": [{"id": "shop_shop_flagger.app_Canary"}]})],
        "unknown",
        "Canary/shop/shop is not among the objects",
    ),
    ("behind, whatever they are", [kustomization(status__lastAppliedRevision=flux(OLD)), BROKEN], "pending", "other"),
    ("argo, healthy", [application(), deployment()], "success", "synced and healthy"),
    ("argo, crashed since", [application(), BROKEN], "failure", "did not come up in time"),
]


@pytest.mark.parametrize(
    ("objects", "expected", "reason"), [row[1:] for row in WORKLOADS], ids=[row[0] for row in WORKLOADS]
)
def test_workloads(objects: list[dict[str, Any]], expected: str, reason: str) -> None:
    seen = answer(*objects)
    assert seen.answer.value == expected
    assert reason in seen.reason


def child(**changes: Any) -> dict[str, Any]:
    other = {"repoURL": "https://git.example/acme/db.git", "path": "db", "targetRevision": "main"}
    fields = {
        "metadata__name": "shop-db",
        "spec__source": other,
        "status__sync__comparedTo__source": other,
        "status__sync__revision": OLD,
        **changes,
    }
    return application(**fields)


def of_charts(**changes: Any) -> dict[str, Any]:
    """A child that deploys a chart with values from two repositories."""
    sources = [
        {"repoURL": "https://charts.example", "chart": "db", "targetRevision": "6.0.1"},
        {"repoURL": "https://git.example/acme/values.git", "ref": "values", "path": "db"},
        {"repoURL": "https://git.example/acme/more.git", "path": "db"},
    ]
    fields = {
        "spec__source": None,
        "spec__sources": sources,
        "status__sync__comparedTo": {"sources": sources, "destination": DESTINATION},
        "status__sync__revision": None,
        "status__sync__revisions": ["6.0.1", OLD, OLD],
        **changes,
    }
    return child(**fields)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ([child()], "success"),
        ([child(status__health={"status": "Degraded"})], "failure"),
        ([child(status__sync__status="OutOfSync")], "pending"),
        ([of_charts()], "success"),
        ([of_charts(status__health={"status": "Progressing"})], "pending"),
        ([of_charts(status__conditions=[{"type": "SyncError", "message": "attempt to [6.0.1]: x"}])], "failure"),
        ([], "unknown"),
    ],
)
def test_child_application_is_asked_for_its_health(inside: list[Object], expected: str) -> None:
    entry = {"group": "argoproj.io", "kind": "Application", "namespace": "argocd", "name": "shop-db"}
    assert answer(application(status__resources=[entry]), *inside).answer.value == expected


EU = {**DESTINATION, "server": "https://eu-1.example"}
REMOTE = {"spec__destination": EU, "status__sync__comparedTo__destination": EU}
NEW = "ghcr.io/acme/shop:1.5.0"

# A revision may advance over manifests that are stale: the images tell.
IMAGES = [
    ("as wanted", [kustomization(), deployment()], IMAGE, "success"),
    ("older", [kustomization(), deployment()], NEW, "pending"),
    ("unassessed, older", [lax(), deployment()], NEW, "pending"),
    ("not used here", [kustomization(), deployment()], "ghcr.io/acme/web:2", "success"),
    ("workloads not known", [kustomization()], NEW, "success"),
    ("argo, by what it saw", [application(**REMOTE)], NEW, "pending"),
    ("argo, by what it saw, as wanted", [application(**REMOTE)], IMAGE, "success"),
    (
        "argo, workloads before what it saw",
        [application(status__summary={"images": [NEW]}), deployment()],
        NEW,
        "pending",
    ),
]


@pytest.mark.parametrize(("objects", "image", "expected"), [row[1:] for row in IMAGES], ids=[row[0] for row in IMAGES])
def test_images(objects: list[Object], image: str, expected: str) -> None:
    seen = answer(*objects, images=(image,))
    assert seen.answer.value == expected
    assert (f"{IMAGE} runs, not {NEW}" in seen.reason) is (expected == "pending")
