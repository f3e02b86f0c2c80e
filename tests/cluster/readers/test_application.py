from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.health import Health
from promoter.cluster.objects import Key
from promoter.cluster.reader import Source
from promoter.cluster.readers.application import READER
from tests.cluster.objects_made import (
    DESTINATION,
    GONE,
    IMAGE,
    LATER,
    NOW,
    OLD,
    REPOSITORY,
    SOURCE,
    application,
    at,
    look,
)

SKIP = {"argocd.argoproj.io/skip-reconcile": "true"}
MANUAL: dict[str, Any] = {"spec__syncPolicy": None}


def told(kind: str, message: str, **changes: Any) -> dict[str, Any]:
    return application(status__conditions=[{"type": kind, "message": message}], **changes)


def out_of_sync(**changes: Any) -> dict[str, Any]:
    return application(**{"status__sync__status": "OutOfSync", **changes})


HEALS: dict[str, Any] = {"spec__syncPolicy__automated__selfHeal": True}
SYNCED_BEFORE = {"status__operationState__syncResult": {"revision": OLD}}
EXTRA = {"kind": "ConfigMap", "name": "old", "status": "OutOfSync", "requiresPruning": True}
DIFFERS = {"group": "apps", "kind": "Deployment", "name": "shop", "status": "OutOfSync"}


def failed_sync(commit: str, phase: str = "Failed", trial: bool = False) -> dict[str, Any]:
    return {
        "status__operationState": {
            "operation": {"sync": {"dryRun": trial}},
            "phase": phase,
            "message": "one or more tasks failed",
            "finishedAt": at(4, 30),
            "syncResult": {"revision": commit},
        }
    }


def of_health(status: str, message: str = "") -> dict[str, Any]:
    return application(status__health={"status": status, "message": message, "lastTransitionTime": at(5)})


MOVED_SPEC = {"spec__source": {**SOURCE, "path": "shop", "kustomize": {"namePrefix": "x-"}}}
STILL = {**SOURCE, "kustomize": {"images": []}, "directory": {"recurse": False}}

# The rows of the decision table, in its order.
ROWS = [
    ("A1 deleting", application(metadata__deletionTimestamp=at(1)), "Unknown", "is being deleted"),
    ("A2 skipped", application(metadata__annotations=SKIP), "Suspended", "skip-reconcile"),
    ("A3 not compared", application(status__sync=None), "Pending", "not been compared"),
    ("A3 no status", application(status=None), "Pending", "not been compared"),
    ("A4 invalid", told("InvalidSpecError", "no such project"), "Failed", "invalid spec: no such project"),
    ("A4 not comparable", told("ComparisonError", "repository not accessible"), "Unknown", "repository not accessible"),
    ("A4 unknown error", told("UnknownError", "too large"), "Unknown", "UnknownError: too large"),
    ("A4 sync failed here", told("SyncError", f"Failed last sync attempt to [{NOW}]: boom"), "Failed", "boom"),
    (
        "A4 sync failed before",
        told("SyncError", f"Failed last sync attempt to [{OLD}]: boom"),
        "Pending",
        "other content",
    ),
    (
        "A4 sync failed unknown",
        told("SyncError", f"Failed last sync attempt to [{GONE}]: x"),
        "Unknown",
        "not known here",
    ),
    (
        "A4 sync failed at a chart",
        told("SyncError", "Failed last sync attempt to [6.0.1]: x"),
        "Unknown",
        "not known here",
    ),
    (
        "A4 sync failed at several sources",
        told("SyncError", f"Failed last sync attempt to [{OLD} {NOW}]: boom"),
        "Failed",
        "boom",
    ),
    ("A4 sync failed nowhere", told("SyncError", "Failed last sync attempt: boom"), "Pending", "boom"),
    (
        "A4 a commit in the rest of the message is not the one",
        told("SyncError", f"Failed last sync attempt to [{OLD}]: cannot apply {NOW}"),
        "Pending",
        "other content",
    ),
    ("A4 a warning", told("OrphanedResourceWarning", "1 orphaned resource"), "Healthy", ""),
    ("A5 spec changed", application(**MOVED_SPEC), "Progressing", "newest spec"),
    ("A5 destination changed", application(spec__destination__namespace="other"), "Progressing", "newest spec"),
    ("A5 other server", application(spec__destination__server="https://eu-1.example"), "Progressing", "newest spec"),
    ("A5 nothing compared", application(status__sync__comparedTo=None), "Progressing", "newest spec"),
    ("A5 empty fields are no change", application(spec__source=STILL), "Healthy", ""),
    (
        "A5 the server was found by its name",
        application(
            spec__destination={"name": "in-cluster", "namespace": "shop"},
            status__sync__comparedTo__destination={**DESTINATION, "name": "in-cluster"},
        ),
        "Healthy",
        "",
    ),
    (
        "A5 from a name to a server",
        application(status__sync__comparedTo__destination={"name": "eu-1", "namespace": "shop"}),
        "Progressing",
        "newest spec",
    ),
    ("A6 asked to sync", application(operation={"sync": {}}), "Progressing", "under way"),
    ("A6 syncing", application(status__operationState__phase="Running"), "Progressing", "under way"),
    ("A6 ending", application(status__operationState__phase="Terminating"), "Progressing", "under way"),
    ("A7 unknown", application(status__sync__status="Unknown"), "Unknown", "in sync"),
    ("A8 behind", application(status__sync__revision=OLD), "Pending", "compared 11111111, which holds other content"),
    ("A8 behind, by what was synced not", application(status__sync__revision=OLD, **failed_sync(NOW)), "Pending", ""),
    ("A9 unknown", application(status__sync__revision=GONE), "Unknown", "compared 99999999, which is not a commit"),
    ("A9 a name", application(status__sync__revision="main"), "Unknown", "compared main"),
    ("A9 nothing", application(status__sync__revision=None), "Unknown", "does not name"),
    ("A10 out of sync", out_of_sync(), "Progressing", "out of sync"),
    ("A10 failed here", out_of_sync(**failed_sync(NOW)), "Failed", "the sync failed: one or more tasks failed"),
    ("A10 error here", out_of_sync(**failed_sync(NOW, "Error")), "Failed", "the sync failed"),
    ("A10 failed before", out_of_sync(**failed_sync(OLD)), "Progressing", "out of sync"),
    ("A10 a trial failed", out_of_sync(**failed_sync(NOW, trial=True)), "Progressing", "out of sync"),
    ("A10 changed by hand", out_of_sync(), "Progressing", "does not heal itself"),
    ("A10 changed by hand, heals", out_of_sync(**HEALS), "Progressing", "is out of sync"),
    ("A10 not synced yet", out_of_sync(**SYNCED_BEFORE), "Progressing", "is out of sync"),
    ("A10 only to prune", out_of_sync(status__resources=[EXTRA]), "Progressing", "is not pruned"),
    (
        "A10 only to prune, and does",
        out_of_sync(status__resources=[EXTRA], **HEALS, spec__syncPolicy__automated__prune=True),
        "Progressing",
        "is out of sync",
    ),
    (
        "A10 more than to prune",
        out_of_sync(status__resources=[EXTRA, DIFFERS], **HEALS),
        "Progressing",
        "is out of sync",
    ),
    ("A11 manual", out_of_sync(**MANUAL), "Pending", "when a person asks"),
    ("A11 automation is off", out_of_sync(spec__syncPolicy__automated__enabled=False), "Pending", "when a person asks"),
    ("A11 failed, manual", out_of_sync(**MANUAL, **failed_sync(NOW)), "Pending", "when a person asks"),
    (
        "A12 health is older",
        application(status__operationState__finishedAt=at(7)),
        "Progressing",
        "since the sync ended",
    ),
    ("A12 no comparison time", application(status__reconciledAt=None), "Progressing", "since the sync ended"),
    (
        "A12 no comparison time, never synced",
        application(status__reconciledAt=None, status__operationState=None),
        "Progressing",
        "since the sync ended",
    ),
    ("A13 hook failed", application(**failed_sync(NOW)), "Failed", "the sync failed"),
    ("A13 a trial failed", application(**failed_sync(NOW, trial=True)), "Healthy", ""),
    ("A13 failed before", application(**failed_sync(OLD)), "Healthy", ""),
    ("A14 healthy", application(), "Healthy", "synced and healthy"),
    ("A14 healthy at a later commit", application(status__sync__revision=LATER), "Healthy", "synced and healthy"),
    ("A14 never synced, nothing to do", application(status__operationState=None), "Healthy", "synced and healthy"),
    ("A14 just now", application(status__health__lastTransitionTime=at(29, 56)), "Progressing", "five seconds"),
    ("A14 five seconds ago", application(status__health__lastTransitionTime=at(29, 55)), "Healthy", ""),
    ("A14 nothing in it", application(status__resources=[]), "Unknown", "no resources"),
    ("A14 progressing", of_health("Progressing"), "Progressing", "progressing"),
    ("A14 missing", of_health("Missing"), "Progressing", "missing"),
    ("A14 degraded", of_health("Degraded", "back-off 5m0s"), "Failed", "degraded: back-off 5m0s"),
    ("A14 suspended", of_health("Suspended"), "Suspended", "paused"),
    ("A14 unknown", of_health("Unknown"), "Unknown", "does not know its health"),
    ("A14 no health", application(status__health=None), "Unknown", "does not know its health"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason


CHART = {"repoURL": "https://charts.example", "chart": "shop", "targetRevision": "6.0.1"}
VALUES = {**CHART, "helm": {"valueFiles": ["$config/shop/values.yaml", "values.yaml"]}}
REFERENCE = {"repoURL": REPOSITORY, "targetRevision": "environment/dev", "ref": "config"}


def several(sources: list[dict[str, Any]], revisions: list[str], synced: list[str], **changes: Any) -> dict[str, Any]:
    fields = {
        "spec__source": None,
        "spec__sources": sources,
        "status__sync__comparedTo": {"sources": sources, "destination": DESTINATION},
        "status__sync__revision": None,
        "status__sync__revisions": revisions,
        "status__operationState__syncResult": {"revision": "", "revisions": synced},
    }
    return application(**{**fields, **changes})


FAILED = {"status__operationState__phase": "Failed"}
OTHER = {**SOURCE, "path": "database"}
OWN = {**SOURCE, "helm": {"valueFiles": ["$config/shop/values.yaml"]}}

# With several sources, only the revision of the one that is the slot counts.
SEVERAL = [
    ("mine is second", several([CHART, SOURCE], ["6.0.1", NOW], ["6.0.1", NOW]), "Healthy"),
    ("mine is behind", several([OTHER, SOURCE], [NOW, OLD], [NOW, OLD]), "Pending"),
    ("the other is behind", several([OTHER, SOURCE], [OLD, NOW], [OLD, NOW]), "Healthy"),
    ("by its value files", several([VALUES, REFERENCE], ["6.0.1", NOW], ["6.0.1", NOW]), "Healthy"),
    ("value files behind", several([VALUES, REFERENCE], ["6.0.1", OLD], ["6.0.1", OLD]), "Pending"),
    ("too few revisions", several([OTHER, SOURCE], [NOW], [NOW]), "Unknown"),
    ("none is mine", several([OTHER, {**SOURCE, "path": "web"}], [NOW, NOW], [NOW, NOW]), "Unknown"),
    ("mine is there twice, one is behind", several([SOURCE, SOURCE], [NOW, OLD], [NOW, OLD]), "Pending"),
    ("mine is there twice, one is not known", several([SOURCE, SOURCE], [NOW, GONE], [NOW, GONE]), "Unknown"),
    ("mine and its value files, which are behind", several([OWN, REFERENCE], [NOW, OLD], [NOW, OLD]), "Pending"),
    ("charts alone", several([CHART, CHART], ["6.0.1", "6.0.1"], []), "Unknown"),
    ("the only one from Git", several([CHART, OTHER], ["6.0.1", NOW], ["6.0.1", NOW]), "Healthy"),
    ("hook failed here", several([OTHER, SOURCE], [OLD, NOW], [OLD, NOW], **FAILED), "Failed"),
    ("hook failed before", several([OTHER, SOURCE], [NOW, NOW], [NOW, OLD], **FAILED), "Healthy"),
    ("sources win", several([OTHER, SOURCE], [OLD, NOW], [], spec__source=OTHER), "Healthy"),
    ("a source was added", several([SOURCE], [NOW], [NOW], spec__sources=[SOURCE, OTHER]), "Progressing"),
]


@pytest.mark.parametrize(("obj", "health"), [row[1:] for row in SEVERAL], ids=[row[0] for row in SEVERAL])
def test_several_sources(obj: dict[str, Any], health: str) -> None:
    assert READER.read(obj, look()).health.value == health


DRY = {"repoURL": REPOSITORY, "targetRevision": "main", "path": "apps/shop/dev"}
SYNC = {"targetBranch": "environment/dev", "path": "shop"}


def hydrated(**changes: Any) -> dict[str, Any]:
    fields = {
        "spec__source": None,
        "spec__sourceHydrator": {"drySource": DRY, "syncSource": SYNC},
        "status__sourceHydrator": {"lastSuccessfulOperation": {"drySHA": LATER, "hydratedSHA": NOW}},
    }
    return application(**{**fields, **changes})


DRY_SLOT = Source(REPOSITORY, "main", "apps/shop/dev")
ELSEWHERE = {"drySource": DRY, "syncSource": SYNC, "hydrateTo": {"targetBranch": "environment/dev-next"}}
BROKEN = {"phase": "Failed", "message": "no such overlay", "drySHA": NOW}

# A hydrated slot is judged by the synced branch, a dry one by the dry commit that the last hydration names.
HYDRATED = [
    ("wet", hydrated(), SYNC["targetBranch"], "Healthy"),
    ("wet, behind", hydrated(status__sync__revision=OLD), SYNC["targetBranch"], "Pending"),
    ("wet, spec changed", hydrated(spec__sourceHydrator__syncSource__path="web"), SYNC["targetBranch"], "Progressing"),
    ("dry", hydrated(), "main", "Healthy"),
    ("dry, older", hydrated(status__sourceHydrator__lastSuccessfulOperation__drySHA=OLD), "main", "Pending"),
    ("dry, hydrated later", hydrated(status__sync__revision=LATER), "main", "Unknown"),
    ("dry, hydrated elsewhere", hydrated(spec__sourceHydrator=ELSEWHERE), "main", "Unknown"),
    (
        "dry, older, broken",
        hydrated(
            status__sourceHydrator={
                "lastSuccessfulOperation": {"drySHA": OLD, "hydratedSHA": NOW},
                "currentOperation": BROKEN,
            }
        ),
        "main",
        "Failed",
    ),
    (
        "dry, broken",
        hydrated(status__sync__revision=OLD, status__sourceHydrator__currentOperation=BROKEN),
        "main",
        "Failed",
    ),
]


@pytest.mark.parametrize(("obj", "branch", "health"), [row[1:] for row in HYDRATED], ids=[row[0] for row in HYDRATED])
def test_source_hydrator(obj: dict[str, Any], branch: str, health: str) -> None:
    asked = look()
    by_branch = type(asked)(
        relation=asked.relation,
        of_slot=lambda source: source.branch == branch,
        related=asked.related,
        cluster=asked.cluster,
        now=asked.now,
    )
    assert READER.read(obj, by_branch).health.value == health


DELIVERS = [
    ("one", application(), [Source(REPOSITORY, "environment/dev", "shop")]),
    (
        "default branch",
        application(spec__source={**SOURCE, "targetRevision": "HEAD"}),
        [Source(REPOSITORY, "", "shop")],
    ),
    ("no branch", application(spec__source={"repoURL": REPOSITORY, "path": "."}), [Source(REPOSITORY, "", "")]),
    (
        "full name",
        application(spec__source={**SOURCE, "targetRevision": "refs/heads/environment/dev"}),
        [Source(REPOSITORY, "environment/dev", "shop")],
    ),
    ("chart", application(spec__source=CHART), []),
    (
        "value files",
        several([VALUES, REFERENCE], ["6.0.1", NOW], []),
        [Source(REPOSITORY, "environment/dev", "shop/values.yaml"), Source(REPOSITORY, "environment/dev", "shop")],
    ),
    ("hydrator", hydrated(), [Source(REPOSITORY, "environment/dev", "shop"), DRY_SLOT]),
]


@pytest.mark.parametrize(("obj", "sources"), [row[1:] for row in DELIVERS], ids=[row[0] for row in DELIVERS])
def test_delivers_from(obj: dict[str, Any], sources: list[Source]) -> None:
    assert READER.sources(obj, look().related) == tuple(sources)


def test_report_says_what_it_is_about() -> None:
    report = READER.read(application(), look())
    assert report.health is Health.HEALTHY
    assert str(report.key) == "Application/argocd/shop"
    assert report.revision == NOW
    assert report.updated is not None
    assert report.updated.isoformat() == "2026-03-02T10:06:00+00:00"
    assert report.inventory == (Key("apps", "Deployment", "shop", "shop"), Key("", "Service", "shop", "shop"))
    assert report.images == (IMAGE,)


def test_children_are_not_in_its_health() -> None:
    child = {"group": "argoproj.io", "kind": "Application", "namespace": "argocd", "name": "shop-db"}
    hook = {"group": "batch", "kind": "Job", "namespace": "shop", "name": "migrate", "hook": True}
    extra = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "old", "requiresPruning": True}
    kept = {**child, "hook": False, "requiresPruning": False}
    report = READER.read(application(status__resources=[kept, hook, extra]), look())
    assert report.uncovered == report.inventory == (Key("argoproj.io", "Application", "argocd", "shop-db"),)


@pytest.mark.parametrize(
    ("destination", "remote"),
    [
        ({"server": "https://kubernetes.default.svc"}, False),
        ({"name": "in-cluster"}, False),
        ({"name": "dev-1"}, False),
        ({"name": "dev-2"}, True),
        ({"server": "https://dev-2.example"}, True),
    ],
)
def test_where_its_workloads_run(destination: dict[str, str], remote: bool) -> None:
    assert READER.read(application(spec__destination=destination), look()).remote is remote
