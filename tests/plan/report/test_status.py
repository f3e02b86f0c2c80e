from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from promoter.model.ask import Ask
from promoter.model.forge import PullText
from promoter.model.job import JobNote
from promoter.model.ledger import Drift, Hold, Kind, Ledger
from promoter.model.plan import (
    Action,
    AdoptEdits,
    ClosePullRequest,
    Commit,
    Deploy,
    LeaveQueue,
    MakeRelease,
    MergePullRequest,
    Move,
    Plan,
    Propose,
    Record,
    Rename,
    SetCommitStatus,
    SlotPlan,
    StartJob,
    State,
    UpsertPullRequest,
)
from promoter.model.snapshot import SlotSeen
from promoter.model.verdict import Answer
from promoter.plan.report.status import plan_json, status_json
from tests.plan.report.schemas import check
from tests.plan.report.world import NOW, at, config, content, ledger, oid, plan, slot, snapshot

WAITING = {
    "app": "shop",
    "environment": "prod-eu",
    "state": "waiting",
    "state_since": "2026-11-20T09:02:00Z",
    "active": {
        "release": "r39",
        "version": "1.3.9",
        "since": "2026-11-14T10:20:00Z",
        "commit": oid(0xA27),
        "how": "merged",
        "by": None,
        "hotfix": None,
        "healthy_since": "2026-11-14T10:24:00Z",
        "outcome": {"result": "verified", "at": "2026-11-14T10:24:00Z", "reason": ""},
    },
    "live": {
        "verdict": "success",
        "release": "r39",
        "clusters": [
            {
                "cluster": "prod-eu",
                "verdict": "success",
                "revision": oid(0xA27),
                "object": "Kustomization/flux-system/shop-prod-eu",
                "reason": "Applied revision",
                "seen": "2026-11-20T14:04:00Z",
            }
        ],
    },
    "proposed": {
        "release": "r41",
        "version": "1.4.2",
        "kind": "promotion",
        "hotfix": None,
        "since": "2026-11-19T18:20:00Z",
        "head": oid(0x77AA01C),
        "images": [{"name": "ghcr.io/acme/shop", "from": "1.3.9", "to": "1.4.2", "digest": "sha256:" + "5b0e" * 16}],
        "pull_request": {"number": 128, "url": "https://github.com/acme/fleet/pull/128"},
        "group": None,
    },
    "target": {"release": "r41", "version": "1.4.2", "kind": "promotion"},
    "waiting_for": [
        {
            "gate": "approvals",
            "verdict": "pending",
            "reason": "1 of 2 from team:sre",
            "since": "2026-11-20T09:02:00Z",
            "until": None,
            "who": ["team:sre"],
        },
        {
            "gate": "window",
            "verdict": "pending",
            "reason": "Mon-Thu 09:00-16:00 Europe/Berlin, opens Mon 23 Nov 09:00",
            "since": "2026-11-19T15:00:00Z",
            "until": "2026-11-23T08:00:00Z",
            "who": [],
        },
    ],
    "passed_over": [{"release": "r40", "version": "1.4.1", "reason": "replaced by r41 in staging"}],
    "overrides": [],
    "hold": None,
    "drift": [],
    "behind": 1,
    "next_look": "2026-11-23T08:00:00Z",
}


def test_the_whole_of_one_slot() -> None:
    report = status_json(config(), snapshot(), plan(), NOW)
    check("status", report)
    assert report["slots"][2] == WAITING  # type: ignore[index]
    assert {key: value for key, value in report.items() if key != "slots"} == {
        "schema": "promoter.status/v1",
        "repository": "github.com/acme/fleet",
        "commit": oid(0x3F9C2E1),
        "now": "2026-11-20T14:05:00Z",
        "next_look": "2026-11-23T08:00:00Z",
        "counts": {
            "current": 2, "waiting": 2, "soaking": 0, "deploying": 0,
            "blocked": 0, "failed": 0, "held": 0, "unknown": 0,
        },
        "problems": [],
    }  # fmt: skip


def test_a_key_that_is_missing_is_noticed() -> None:
    report = status_json(config(), snapshot(), plan(), NOW)
    del report["slots"][0]["behind"]  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        check("status", report)


def test_a_key_that_is_not_described_is_noticed() -> None:
    report = status_json(config(), snapshot(), plan(), NOW)
    report["slots"][0]["live"]["colour"] = "red"  # type: ignore[index]
    with pytest.raises(jsonschema.ValidationError):
        check("status", report)


def test_an_empty_fleet_and_an_empty_slot() -> None:
    check("status", status_json(config(), snapshot(), Plan((), (), ()), NOW))
    nothing = Ledger("shop")
    seen = SlotSeen(slot("dev"), None, None)
    slots = Plan((), (SlotPlan("shop", "dev", State.CURRENT, None),), (nothing,), ("shop: adopt it",))
    report = status_json(config(), snapshot(nothing, dev=seen), slots, NOW)
    check("status", report)
    first = report["slots"][0]  # type: ignore[index]
    assert (first["active"], first["proposed"], first["target"]) == (None, None, None)
    assert report["problems"] == ["shop: adopt it"]


def test_holds_hand_edits_and_unknown_clusters() -> None:
    book = ledger()
    place = replace(
        book.place("prod-us"),
        hold=Hold("kim", at(12, 21), "INC-412", until=at(30)),
        drift=Drift(content(7), oid(0xDDD), at(20)),
    )
    book = replace(book, places={**book.places, "prod-us": place})
    held = SlotPlan("shop", "prod-us", State.HELD, at(12, 21), live=Answer.UNKNOWN)
    report = status_json(config(), snapshot(book), plan(book, prod_us=held), NOW)
    check("status", report)
    last = report["slots"][3]  # type: ignore[index]
    assert last["hold"] == {
        "by": "kim", "at": "2026-11-12T21:00:00Z", "reason": "INC-412", "until": "2026-11-30T00:00:00Z",
    }  # fmt: skip
    assert last["drift"] == [{"commit": oid(0xDDD), "since": "2026-11-20T00:00:00Z"}]
    assert last["live"]["release"] is None


def test_who_merged_it_where_the_forge_told() -> None:
    made = plan()
    place = made.ledgers[0].places["prod-eu"]
    assert place.stay is not None
    place = replace(place, stay=replace(place.stay, by="lin"))
    told = replace(made.ledgers[0], places={**made.ledgers[0].places, "prod-eu": place})
    report = status_json(config(), snapshot(), replace(made, ledgers=(told, *made.ledgers[1:])), NOW)
    assert report["slots"][2]["active"]["by"] == "lin"  # type: ignore[index]


def test_a_proposal_that_is_not_pushed_yet_has_no_head() -> None:
    seen = replace(snapshot().apps["shop"].slots["prod-eu"], proposal=None, pulls=())
    report = status_json(config(), snapshot(prod_eu=seen), plan(), NOW)
    check("status", report)
    proposed = report["slots"][2]["proposed"]  # type: ignore[index]
    assert (proposed["head"], proposed["pull_request"]) == (None, None)


ACTIONS: list[tuple[Action, dict[str, object]]] = [
    (
        MakeRelease("shop", "the dry branch has changed", oid(1), "dev"),
        {"do": "make_release", "expect": oid(1), "from_environment": "dev"},
    ),
    (
        AdoptEdits("shop", "adopt what was changed by hand in dev", oid(1), {"dev": content(7)}),
        {"do": "adopt_edits", "expect": oid(1), "content": {"dev": content(7)}},
    ),
    (Record("shop", "dev: r41 is healthy", None, ledger()), {"do": "record", "expect": None}),
    (
        Rename("shop", "prod is called prod-eu now", oid(1), ledger(), (Move(slot("prod-eu"), 41, None),)),
        {
            "do": "rename", "expect": oid(1), "moves": [
                {
                    "environment": "prod-eu", "branch": "environment/prod-eu", "path": "shop", "release": "r41",
                    "base": None,
                }
            ],
        },
    ),
    (
        Propose("shop", "r41 is proposed", slot("prod-eu"), 41, Kind.PROMOTION, oid(2), content(39), None),
        {
            "do": "propose", "environment": "prod-eu", "branch": "environment/prod-eu", "path": "shop",
            "release": "r41", "kind": "promotion", "base": oid(2), "before": content(39), "expect": None,
        },
    ),
    (
        Commit("shop", "straight", slot("dev"), 41, Kind.ROLLBACK, oid(2), None),
        {
            "do": "commit", "environment": "dev", "branch": "environment/dev", "path": "shop", "release": "r41",
            "kind": "rollback", "base": oid(2), "before": None,
        },
    ),
    (
        UpsertPullRequest("shop", "open it", slot("dev"), oid(3), PullText("Promote shop", "long"), 7),
        {
            "do": "upsert_pull_request", "environment": "dev", "branch": "environment/dev", "path": "shop",
            "head": oid(3), "title": "Promote shop", "number": 7,
        },
    ),
    (
        ClosePullRequest("shop", "skipped", slot("dev"), 7),
        {"do": "close_pull_request", "environment": "dev", "branch": "environment/dev", "path": "shop", "number": 7},
    ),
    (
        SetCommitStatus("shop", "pending", slot("dev"), oid(3), "pending", "approvals"),
        {
            "do": "set_commit_status", "environment": "dev", "branch": "environment/dev", "path": "shop",
            "head": oid(3), "state": "pending", "description": "approvals",
        },
    ),
    (
        SetCommitStatus("shop", "smoke: runs", slot("dev"), oid(3), "pending", "runs", "promoter/jobs/smoke", "https://x"),
        {
            "do": "set_commit_status", "environment": "dev", "branch": "environment/dev", "path": "shop",
            "head": oid(3), "state": "pending", "description": "runs", "name": "promoter/jobs/smoke",
            "url": "https://x",
        },
    ),
    (
        LeaveQueue("shop", "held", slot("dev"), 7),
        {"do": "leave_queue", "environment": "dev", "branch": "environment/dev", "path": "shop", "number": 7},
    ),
    (
        Deploy("shop", "file it", slot("dev"), oid(3), "success", "shop r41 is verified", "https://x"),
        {
            "do": "deploy", "environment": "dev", "branch": "environment/dev", "path": "shop", "commit": oid(3),
            "state": "success", "description": "shop r41 is verified", "url": "https://x",
        },
    ),
    (
        StartJob(
            "shop", "start it", slot("dev"), Ask("jobs", "smoke", "shop", "dev", 41, "1.4.2", oid(1), oid(3), ()),
            JobNote("smoke", oid(3), at=NOW),
        ),
        {
            "do": "start_job", "environment": "dev", "branch": "environment/dev", "path": "shop", "release": "r41",
            "job": "jobs/smoke", "head": oid(3),
        },
    ),
    (
        MergePullRequest(
            "shop", "all passed", slot("dev"), 7, 41, Kind.PROMOTION, oid(3), None, "squash", True, oid(2)
        ),
        {
            "do": "merge_pull_request", "environment": "dev", "branch": "environment/dev", "path": "shop", "number": 7,
            "release": "r41", "kind": "promotion", "expect_head": oid(3), "before": None, "method": "squash",
            "fast_forward": True, "base": oid(2),
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("action", "wanted"), ACTIONS, ids=[type(action).__name__ for action, _ in ACTIONS])
def test_actions(action: Action, wanted: dict[str, object]) -> None:
    report = plan_json(config(), snapshot(), plan(actions=[action]), NOW)
    check("plan", report)
    assert report["actions"] == [{**wanted, "app": "shop", "reason": action.reason}]


def test_every_action_has_a_case() -> None:
    assert {type(action).__name__ for action, _ in ACTIONS} == {kind.__name__ for kind in Action.__subclasses__()}


def test_the_same_look_gives_the_same_bytes() -> None:
    one, two = (json.dumps(plan_json(config(), snapshot(), plan(), NOW)) for _ in range(2))
    assert one == two


def test_slots_that_the_config_no_longer_has_are_left_out() -> None:
    gone = SlotPlan("shop", "qa", State.CURRENT, None)
    plans = plan()
    report = status_json(config(), snapshot(), replace(plans, slots=(gone, *plans.slots)), NOW)
    assert len(report["slots"]) == 4  # type: ignore[arg-type]
