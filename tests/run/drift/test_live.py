"""Git against the clusters: what runs the content, what does not, what nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.model.names import Oid
from promoter.model.plan import State
from promoter.model.snapshot import ClusterLive, Snapshot
from promoter.model.verdict import Answer
from promoter.plan.decide import decide
from promoter.run.drift.live import Compared, Verdict, compared
from promoter.run.run import see
from tests.repos import commit_files
from tests.run.shops import IMAGE, RENDERED, Shop, make_shop
from tests.run.stocked import stocked


def test_saved_objects_of_a_whole_fleet(tmp_path: Path) -> None:
    shop = stocked(tmp_path)
    ws = shop.workspace()
    found = compared(ws, *see(ws))
    assert [(one.cluster, one.verdict.value, one.release, one.reported) for one in found] == [
        ("dev", "same", 3, 3), ("eu-1", "same", 2, 2), ("eu-2", "different", 2, 1), ("lab", "unknown", 3, None),
    ]  # fmt: skip
    late = found[2]
    assert (late.on_its_way, late.state, late.object) == (True, State.DEPLOYING, "Kustomization/flux-system/shop-prod")
    assert late.image is None
    assert "cannot be read" in found[3].reason


Said = Callable[[Shop], ClusterLive]


def cluster(answer: Answer, revision: Callable[[Shop], str] = lambda _: "", *images: str) -> Said:
    return lambda shop: ClusterLive("dev", answer, "because", revision(shop), images=images)


def of_release(number: int) -> Callable[[Shop], str]:
    def commit(shop: Shop) -> str:
        place = shop.ledger.place("dev")
        stays = [stay for stay in (place.stay, *place.past) if stay is not None]
        return next(stay.commit for stay in stays if stay.release == number)

    return commit


@pytest.mark.parametrize(
    ("said", "verdict", "reported", "image"),
    [
        (cluster(Answer.SUCCESS, of_release(2)), Verdict.SAME, 2, None),
        (cluster(Answer.FAILURE, of_release(2)), Verdict.SAME, 2, None),
        (cluster(Answer.FAILURE, of_release(1)), Verdict.DIFFERENT, 1, None),
        (cluster(Answer.PENDING, of_release(1)), Verdict.DIFFERENT, 1, None),
        (cluster(Answer.FAILURE, lambda _: "6.6.1"), Verdict.UNKNOWN, None, None),
        (cluster(Answer.UNKNOWN, lambda _: "0" * 40), Verdict.UNKNOWN, None, None),
        (cluster(Answer.UNKNOWN), Verdict.UNKNOWN, None, None),
        (
            cluster(Answer.FAILURE, of_release(2), f"{IMAGE}:1.0.9"), Verdict.DIFFERENT, 2,
            (f"{IMAGE}:1.1.0", f"{IMAGE}:1.0.9"),
        ),
        (cluster(Answer.FAILURE, of_release(2), f"{IMAGE}:1.1.0", "other:1"), Verdict.SAME, 2, None),
    ],
)  # fmt: skip
def test_one_cluster(
    tmp_path: Path, said: Said, verdict: Verdict, reported: int | None, image: tuple[str, str] | None
) -> None:
    shop = make_shop(tmp_path, RENDERED.replace("live: none", "live: {deployments: [bot]}"))
    shop.run()
    shop.forge.deploy_as("dev", Oid(of_release(1)(shop)), "success", "bot", shop.now)
    shop.run()
    shop.tag("1.1.0")
    shop.run()
    assert shop.active("dev") == 2
    one = compared_with(shop, said(shop))
    assert (one.verdict, one.reported, one.image, one.reason) == (verdict, reported, image, "because")


def compared_with(shop: Shop, live: ClusterLive) -> Compared:
    ws = shop.workspace()
    seen = told(see(ws)[0], live)
    return compared(ws, seen, decide(ws.config, seen, ws.now()))[0]


def told(seen: Snapshot, live: ClusterLive) -> Snapshot:
    """Give the look with this answer for dev."""
    app = seen.apps["shop"]
    slots = {**app.slots, "dev": replace(app.slots["dev"], live=(live,))}
    return replace(seen, apps={"shop": replace(app, slots=slots)})


POSTED = RENDERED.replace("live: none", "live: {deployments: [bot]}")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (RENDERED, "live: none, nobody looks"),
        (
            POSTED.replace("{name: dev,", "{name: dev, verify: {health: false},"),
            "verify: {health: false}, nobody looks",
        ),
        (POSTED, "the slot holds a hand edit, which no release can be compared with"),
    ],
)
def test_why_nothing_is_known(tmp_path: Path, config: str, reason: str) -> None:
    shop = make_shop(tmp_path, config)
    shop.run()
    commit_files(shop.repo, "environment/dev", {"shop/x.yaml": "kind: Extra\n"}, "Mine", at=shop.now)
    ws = shop.workspace()
    one = compared(ws, *see(ws))[0]
    assert (one.verdict, one.reason) == (Verdict.UNKNOWN, reason)
