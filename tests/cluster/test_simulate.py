from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.cluster.files import FilesSource
from promoter.cluster.judge import judge
from promoter.cluster.objects import Object
from promoter.cluster.owners import Cluster
from promoter.cluster.simulate import Pace, SimulatedCluster, objects_for, step
from promoter.cluster.simulated_objects import Phase
from promoter.model.names import ContentId, Oid
from promoter.model.snapshot import ClusterLive
from tests.cluster.objects_made import CAME, GONE, LATER, NOW, OLD, REPOSITORY, SLOT, WANTED, content_at, wanted

GOOD, BAD, BEFORE = "ghcr.io/acme/shop:2", "ghcr.io/acme/shop:3", "ghcr.io/acme/shop:1"
PACE = Pace(healthy_after=timedelta(seconds=20), crashing=frozenset({BAD}))


def manifests(image: str) -> list[dict[str, Any]]:
    pod = {"containers": [{"name": "shop", "image": image}]}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop", "namespace": "shop"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "shop"},
            "spec": {"replicas": 2, "template": {"spec": pod}},
        },
    ]


def after(seconds: int) -> datetime:
    return CAME + timedelta(seconds=seconds)


def seen(objects: Sequence[Object], content: ContentId = WANTED, commit: Oid = NOW) -> ClusterLive:
    return judge(wanted(content=content, commit=commit), Cluster(objects, REPOSITORY), content_at, after(600))


EARLIER = objects_for(SLOT, REPOSITORY, OLD, manifests(BEFORE), Phase.HEALTHY, CAME)


@pytest.mark.parametrize(
    ("phase", "alone", "upgrade"),
    [
        (Phase.FETCHED, "pending", "pending"),
        (Phase.PROGRESSING, "pending", "pending"),
        (Phase.HEALTHY, "success", "success"),
        (Phase.FAILED, "failure", "failure"),
    ],
)
def test_each_phase_reads_as_what_it_is(phase: Phase, alone: str, upgrade: str) -> None:
    first = objects_for(SLOT, REPOSITORY, NOW, manifests(GOOD), phase, after(5))
    second = objects_for(SLOT, REPOSITORY, NOW, manifests(GOOD), phase, after(5), EARLIER)
    assert (seen(first).answer.value, seen(second).answer.value) == (alone, upgrade)
    assert seen(EARLIER).answer.value == "pending"


def test_failure_leaves_the_applied_revision_and_the_old_pods() -> None:
    shown = objects_for(SLOT, REPOSITORY, NOW, manifests(BAD), Phase.FAILED, after(5), EARLIER)
    status = next(obj for obj in shown if obj["kind"] == "Kustomization")["status"]
    assert status["lastAppliedRevision"] == f"environment/dev@sha1:{OLD}"
    assert status["lastAttemptedRevision"] == f"environment/dev@sha1:{NOW}"
    pods = next(obj for obj in shown if obj["kind"] == "Deployment")
    assert pods["metadata"]["generation"] == 2
    assert (pods["status"]["availableReplicas"], pods["status"]["replicas"]) == (2, 3)


def test_only_the_crashing_deployment_fails() -> None:
    other = manifests(GOOD)[1]
    other["metadata"]["name"] = "web"
    shown = objects_for(SLOT, REPOSITORY, NOW, [*manifests(BAD), other], Phase.FAILED, after(5), (), PACE.crashing)
    late = {obj["metadata"]["name"]: obj["status"]["availableReplicas"] for obj in shown if obj["kind"] == "Deployment"}
    assert late == {"shop": 0, "web": 2}


def test_steps_from_commit_to_commit() -> None:
    """A good release, a crashing one, and the way back: what is shown at each look."""
    content = {OLD: ContentId("b" * 40), NOW: WANTED}
    looks = [
        (0, OLD, BEFORE, "pending"),
        (19, OLD, BEFORE, "pending"),
        (20, OLD, BEFORE, "success"),
        (30, NOW, BAD, "pending"),
        (49, NOW, BAD, "pending"),
        (50, NOW, BAD, "failure"),
        (120, NOW, BAD, "failure"),
        (130, OLD, BEFORE, "unknown"),  # the content that was applied last is applied again
        (150, OLD, BEFORE, "success"),
    ]
    shown: list[dict[str, Any]] = []
    answers = []
    for seconds, commit, image, _ in looks:
        shown = step(shown, SLOT, REPOSITORY, commit, manifests(image), after(seconds), PACE)
        answers.append((seconds, commit, image, seen(shown, content[commit], commit).answer.value))
    assert answers == looks


def test_at_rest_it_says_the_same_again_each_minute() -> None:
    first = step([], SLOT, REPOSITORY, NOW, manifests(GOOD), after(0), Pace(timedelta(0)))
    assert step(first, SLOT, REPOSITORY, NOW, manifests(GOOD), after(59), PACE) == first
    renewed = step(first, SLOT, REPOSITORY, NOW, manifests(GOOD), after(60), PACE)
    assert seen(first).seen == after(0)
    assert seen(renewed).seen == after(60)
    assert renewed[2]["metadata"] == first[2]["metadata"]


def test_commit_that_leaves_the_slot_alone_rolls_nothing() -> None:
    first = step([], SLOT, REPOSITORY, NOW, manifests(GOOD), after(0), Pace(timedelta(0)))
    second = step(first, SLOT, REPOSITORY, LATER, manifests(GOOD), after(10), PACE)
    assert second[2] == first[2]
    assert seen(second).reason == "re-checking what is already applied"
    third = step(second, SLOT, REPOSITORY, LATER, manifests(GOOD), after(30), PACE)
    assert seen(third).answer.value == "success"
    assert seen(third).revision == LATER


def test_folder_goes_on_where_another_process_stopped(tmp_path: Path) -> None:
    def look(seconds: int) -> ClusterLive:
        source = FilesSource(
            lambda folder: [(path.name, path.read_bytes()) for path in (tmp_path / folder).iterdir()],
            "status/{cluster}",
            REPOSITORY,
        )
        return source.look([wanted()], content_at, after(seconds))["shop", "dev", "dev-1"]

    for seconds, expected in ((0, "pending"), (10, "pending"), (25, "success"), (26, "success")):
        cluster = SimulatedCluster(tmp_path / "status" / "dev-1", REPOSITORY, PACE)
        cluster.see(SLOT, NOW, manifests(GOOD), after(seconds))
        assert look(seconds).answer.value == expected
    file = tmp_path / "status" / "dev-1" / "dev.shop.yaml"
    written = file.read_bytes()
    SimulatedCluster(file.parent, REPOSITORY, PACE).see(SLOT, NOW, manifests(GOOD), after(30))
    assert file.read_bytes() == written
    assert GONE.encode() not in written
