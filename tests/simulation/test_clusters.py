"""What the played clusters answer: a table of what they were told and when they are looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promoter.cluster.port import Wanted
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.snapshot import ClusterLive, Slot
from promoter.model.verdict import Answer
from promoter.simulation.clusters import PlayedClusters, Told
from promoter.simulation.script import Doing

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SLOT = Slot("shop", "prod", Branch("environment/prod"), "shop", Branch("environment/prod-next/shop"), in_place=False)
OLD, NEW = ContentId(Oid("a" * 40)), ContentId(Oid("b" * 40))


def minutes(count: int) -> datetime:
    return T0 + timedelta(minutes=count)


def clusters(*told: Told) -> PlayedClusters:
    made = PlayedClusters(timedelta(minutes=2), lambda _app, _env, content, word: (content == NEW) == (word == "2.0.0"))
    made.begin([(("shop", "prod", "eu"), OLD)], T0 - timedelta(days=1))
    made.told += told
    return made


def look(at: PlayedClusters, content: ContentId, now: datetime) -> ClusterLive:
    want = Wanted(SLOT, "eu", content, Oid("c" * 40), T0)
    return at.look([want], lambda _slot, _revision: None, now)["shop", "prod", "eu"]


@pytest.mark.parametrize(
    ("doing", "running", "first", "later"),
    [
        (None, "", Answer.PENDING, Answer.SUCCESS),
        (Doing.HANGS, "", Answer.PENDING, Answer.PENDING),
        (Doing.DEGRADED, "", Answer.FAILURE, Answer.FAILURE),
        (Doing.DEGRADED, "2.0.0", Answer.FAILURE, Answer.FAILURE),
        (Doing.DEGRADED, "1.0.0", Answer.PENDING, Answer.SUCCESS),
        (Doing.UNREACHABLE, "", Answer.UNKNOWN, Answer.UNKNOWN),
        (Doing.HEALTHY, "", Answer.PENDING, Answer.SUCCESS),
    ],
)
def test_a_new_commit(doing: Doing | None, running: str, first: Answer, later: Answer) -> None:
    made = clusters(*([Told(doing, T0, "prod", running=running)] if doing is not None else []))
    assert look(made, NEW, minutes(1)).answer is first
    assert look(made, NEW, minutes(3)).answer is later


def test_what_ran_before_is_healthy_at_once_and_changes_by_itself_only_while_it_rolls_out() -> None:
    made = clusters()
    assert look(made, OLD, T0).answer is Answer.SUCCESS
    assert made.next_change(T0) is None
    look(made, NEW, minutes(1))
    assert made.next_change(minutes(1)) == minutes(3)
    assert made.next_change(minutes(3)) is None


def test_a_cluster_that_hung_takes_the_commit_when_it_is_healthy_again_and_remembers_the_dip() -> None:
    made = clusters(Told(Doing.HANGS, T0, "prod"))
    look(made, NEW, minutes(1))
    made.told.append(Told(Doing.HEALTHY, minutes(10), "prod"))
    assert look(made, NEW, minutes(10)).answer is Answer.PENDING
    well = look(made, NEW, minutes(20))
    assert (well.answer, well.well_since) == (Answer.SUCCESS, minutes(12))


@pytest.mark.parametrize(("environment", "app", "cluster"), [("dev", "", ""), ("prod", "cart", ""), ("prod", "", "us")])
def test_others_are_not_meant(environment: str, app: str, cluster: str) -> None:
    made = clusters(Told(Doing.DEGRADED, T0, environment, app, cluster))
    assert look(made, OLD, minutes(1)).answer is Answer.SUCCESS
