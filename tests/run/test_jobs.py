"""Jobs of a real repository on the local forge: started once, early, and what becomes of what they say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from promoter.errors import UsageError
from promoter.forge.local_records import dump
from promoter.forge.local_store import Change, ForgeStore
from promoter.git.ref import RefUpdate
from promoter.git.store import Entry
from promoter.model.forge import PullState
from promoter.model.job import JobNote, JobRun, job_key
from promoter.model.ledger import Result
from promoter.model.plan import Action, StartJob
from promoter.run.act import act
from promoter.run.command import command
from promoter.run.run import see
from tests.repos import KIM, head
from tests.run.shops import RENDERED, Shop, make_shop

PROD = "{name: prod, promote: auto}"
CONFIG = RENDERED.replace(
    PROD, "{name: prod, promote: auto, gates: {approvals: 1, jobs: {smoke: {workflow: ci/smoke.sh, within: 20m}}}}"
)
VERIFIED = RENDERED.replace(
    PROD, "{name: prod, promote: auto, verify: {soak: 30m, jobs: {smoke: {workflow: ci/smoke.sh, within: 20m}}}}"
)
STATUS = "promoter/jobs/smoke (shop, prod)"


def shop_with(tmp_path: Path, script: str, config: str = CONFIG, mode: int = 0o100755) -> Shop:
    """Give a shop whose job counts its runs in `runs` and then does `script`, and r1 proposed for prod."""
    shop = make_shop(tmp_path, config)
    write_job(shop, f'echo "$PROMOTER_KEY" >> {tmp_path}/runs\n{script}', mode)
    shop.run()
    return shop


def write_job(shop: Shop, script: str, mode: int = 0o100755) -> None:
    shop.later()
    store, old = shop.repo.store, head(shop.repo, "main")
    blob = store.put_blob(f"#!/bin/sh\n{script}\n".encode())
    tree = store.edit_tree(store.commit(old).tree, {"ci/smoke.sh": Entry(mode, blob)})
    made = store.put_commit(tree, [old], "The job", KIM, shop.now)
    shop.repo.update([RefUpdate("refs/heads/main", old, made)])


def started(tmp_path: Path) -> list[str]:
    file = tmp_path / "runs"
    return file.read_text().split() if file.exists() else []


def verdict(shop: Shop, gate: str = "jobs/smoke") -> tuple[str, str]:
    """Give what is said of the gate now."""
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    (found,) = [each for each in slot.waiting_for if each.gate == gate]
    return found.answer.value, found.reason


def statuses(shop: Shop) -> dict[str, tuple[str, str]]:
    number = max(pull.number for pull in shop.forge.all_pulls())
    return {check.name: (check.state, check.description) for check in shop.forge.pull(number).checks}


def note(shop: Shop) -> JobNote:
    (found,) = shop.ledger.place("prod").jobs
    return found


def approve(shop: Shop) -> None:
    (waits,) = [pull for pull in shop.forge.all_pulls() if pull.state is PullState.OPEN]
    shop.forge.approve(waits.number, "lin", shop.now)


def retry(shop: Shop) -> None:
    shop.later()
    command(shop.workspace("kim"), "retry", "shop", ["prod"])


def test_it_runs_before_people_approve_and_then_merges(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "echo 12 of 12")
    assert len(started(tmp_path)) == 1
    assert verdict(shop) == ("success", "passed: 12 of 12")
    assert statuses(shop)[STATUS] == ("success", "passed: 12 of 12")
    assert verdict(shop, "approvals")[0] == "pending"
    approve(shop)
    shop.run()
    assert shop.active("prod") == 1
    assert len(started(tmp_path)) == 1


def test_an_idle_run_writes_nothing(tmp_path: Path) -> None:
    for script in ("true", "false"):
        folder = tmp_path / script
        folder.mkdir()
        shop = shop_with(folder, script)
        before = shop.repo.refs()
        assert shop.run().done == ()
        assert shop.repo.refs() == before


FACTS = """\
env | grep ^PROMOTER_ | grep -v CONTENT | sort > SAID
(cd "$PROMOTER_CONTENT" && find . -type f) >> SAID
"""


def test_what_it_sees(tmp_path: Path) -> None:
    told = tmp_path / "facts"
    shop = shop_with(tmp_path, FACTS.replace("SAID", str(told)))
    (key,) = started(tmp_path)
    assert told.read_text().splitlines() == [
        "PROMOTER_APP=shop",
        "PROMOTER_ENVIRONMENT=prod",
        f"PROMOTER_KEY={key}",
        "PROMOTER_RELEASE=r1",
        f"PROMOTER_SHA={shop.forge.pull(2).head}",
        "PROMOTER_VERSION=1.0.0",
        "./shop/deployment-shop.yaml",
    ]


def test_one_that_fails_blocks_until_it_is_tried_again(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, f"test -e {tmp_path}/mended || {{ echo no answer >&2; exit 3; }}")
    approve(shop)
    shop.run()
    assert verdict(shop) == ("failure", "failed: smoke.sh failed (exit 3): no answer")
    assert statuses(shop)[STATUS] == ("failure", "failed: smoke.sh failed (exit 3): no answer")
    (tmp_path / "mended").touch()
    shop.run()
    assert (shop.active("prod"), len(started(tmp_path))) == (None, 1), "nobody asked for another"
    retry(shop)
    shop.run()
    assert shop.active("prod") == 1
    assert len(set(started(tmp_path))) == 2, "each has a key of its own"


def test_retry_needs_something_that_failed(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "true")
    with pytest.raises(UsageError, match="nothing of shop was skipped or failed in prod"):
        retry(shop)


def test_a_new_head_is_tested_anew(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "true")
    shop.release("1.0.1")
    shop.run()
    assert len(set(started(tmp_path))) == 2
    assert verdict(shop)[0] == "success"
    assert note(shop).head == head(shop.repo, "environment/prod-next/shop")


def test_what_takes_too_long_has_failed(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "sleep 60", CONFIG.replace("20m", "1s"))
    assert verdict(shop) == ("failure", "failed: smoke.sh did not end within 1 seconds")


def test_a_job_whose_machine_died_has_failed_when_its_time_is_over(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    act(ws, seen, [action for action in plan.actions if not isinstance(action, StartJob)], lambda _: None)
    record = f"jobs/{job_key('shop', 'prod', note(shop))}.json"
    begun = dump(JobRun("pending", shop.now))
    ForgeStore(shop.repo).write("It begins", "promoter", shop.now, lambda _: Change(None, {record: begun}))
    assert verdict(shop) == ("pending", "runs")
    shop.later(19)
    assert verdict(shop) == ("pending", "runs")
    shop.later(1)
    shop.run()
    assert verdict(shop) == ("failure", "failed: did not end within 20 min")
    retry(shop)
    shop.run()
    assert verdict(shop) == ("success", "passed")


def test_what_cannot_be_run_is_unknown_until_it_is_mended(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "true", mode=0o100644)
    assert verdict(shop) == (
        "unknown",
        "cannot be started: ci/smoke.sh is not an executable file. git update-index --chmod=+x makes it one. "
        "Then say promoter retry.",
    )
    assert statuses(shop)[STATUS][0] == "failure"
    before = shop.repo.refs()
    assert (shop.run().done, shop.repo.refs()) == ((), before), "it is not tried again and again"
    write_job(shop, "true")
    retry(shop)
    shop.run()
    assert verdict(shop) == ("success", "passed")


def test_a_job_that_is_not_there_is_unknown_and_starts_by_itself_once_it_is(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, CONFIG)
    shop.run()
    assert verdict(shop) == (
        "unknown", "there is no file ci/smoke.sh on the branch that people edit Commit it, executable."
    )  # fmt: skip
    write_job(shop, "true")
    shop.run()
    assert verdict(shop) == ("success", "passed")


# --- once ---


def planned(shop: Shop) -> tuple[StartJob, list[Action]]:
    """Give the start that a run would make, and all that it would do."""
    _, plan = see(shop.workspace("promoter"))
    (start,) = [action for action in plan.actions if isinstance(action, StartJob)]
    return start, list(plan.actions)


def waiting(tmp_path: Path) -> Shop:
    """Give a shop whose r1 is proposed for prod, and whose job was never started."""
    shop = make_shop(tmp_path, CONFIG)
    shop.run()
    write_job(shop, f'echo "$PROMOTER_KEY" >> {tmp_path}/runs')
    shop.later()
    return shop


def test_two_runs_at_once_start_it_once(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    first, second = shop.workspace("promoter"), shop.workspace("promoter")
    looks = [see(ws) for ws in (first, second)]
    events: list[str] = []
    for ws, (seen, plan) in zip((first, second), looks, strict=True):
        act(ws, seen, plan.actions, lambda event: events.append(event.what))
    assert len(started(tmp_path)) == 1
    assert "lost" in events


def test_a_run_that_was_slow_starts_nothing(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    act(ws, seen, [action for action in plan.actions if not isinstance(action, StartJob)], lambda _: None)
    (start,) = [action for action in plan.actions if isinstance(action, StartJob)]
    shop.now += timedelta(minutes=3)
    told: list[tuple[str, str]] = []
    act(ws, seen, [start], lambda event: told.append((event.what, event.text)))
    assert told == [("lost", "jobs/smoke should have been started before; another run may have done it")]
    assert started(tmp_path) == []


def test_one_that_was_never_started_is_started_by_a_later_run(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    act(ws, seen, [action for action in plan.actions if not isinstance(action, StartJob)], lambda _: None)
    assert verdict(shop) == ("pending", "is being started")
    shop.later()
    assert verdict(shop) == ("pending", "is started now")
    shop.run()
    assert (verdict(shop)[0], len(started(tmp_path))) == ("success", 1)


def test_a_run_killed_just_after_the_start_finds_it_again(tmp_path: Path) -> None:
    """The ledger could not be told which run it is."""
    shop = waiting(tmp_path)
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    ledger_ref = "refs/heads/promoter-ledger/shop"
    (start,) = [action for action in plan.actions if isinstance(action, StartJob)]
    act(ws, seen, [action for action in plan.actions if not isinstance(action, StartJob)], lambda _: None)
    claimed = head(shop.repo, "promoter-ledger/shop")
    act(ws, seen, [start], lambda _: None)
    shop.repo.update([RefUpdate(ledger_ref, head(shop.repo, "promoter-ledger/shop"), claimed)])
    shop.run()
    assert (verdict(shop)[0], len(started(tmp_path))) == ("success", 1)


def test_the_ledger_forgets_and_the_forge_remembers(tmp_path: Path) -> None:
    """A head that comes back is not tested a second time."""
    shop = shop_with(tmp_path, "true")
    first = note(shop)
    shop.release("1.0.1")
    shop.run()
    command(shop.workspace("kim"), "skip", "shop", ["prod"], 2)
    shop.run()
    shop.run()
    again = note(shop)
    assert (again.head, again.run, len(started(tmp_path))) == (first.head, first.run, 2)


# --- after the merge ---


def test_after_the_merge_when_it_has_soaked(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "true", VERIFIED)
    assert (shop.active("prod"), started(tmp_path)) == (1, [])
    shop.later(31)
    shop.run()
    assert len(started(tmp_path)) == 1
    assert shop.ledger.place("prod").outcomes[1].result is Result.VERIFIED
    assert note(shop).merged


def test_after_the_merge_a_failure_is_one_until_it_is_tried_again(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, f"test -e {tmp_path}/mended", VERIFIED)
    shop.later(31)
    shop.run()
    failed = shop.ledger.place("prod").outcomes[1]
    assert (failed.result, failed.reason) == (Result.FAILED, "jobs/smoke: failed: smoke.sh failed (exit 1)")
    (tmp_path / "mended").touch()
    retry(shop)
    shop.run()
    shop.later(31)
    shop.run()
    shop.run()
    assert shop.ledger.place("prod").outcomes[1].result is Result.VERIFIED
    assert len(started(tmp_path)) == 2


def test_the_pull_request_shows_it(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "true")
    assert "| passed | jobs/smoke | passed |" in shop.forge.pull(2).body


def test_a_plan_starts_nothing(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    before = shop.repo.refs()
    start, actions = planned(shop)
    assert (start.ask.gate, start.note.attempt) == ("jobs/smoke", 1)
    assert sum(isinstance(action, StartJob) for action in actions) == 1
    assert (started(tmp_path), shop.repo.refs()) == ([], before)


def test_what_was_said_to_start_is_judged_by_the_ledger_of_now(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    ws = shop.workspace("promoter")
    seen, plan = see(ws)
    (start,) = [action for action in plan.actions if isinstance(action, StartJob)]
    told: list[str] = []
    act(ws, seen, [start], lambda event: told.append(event.text))
    assert told == ["the ledger of shop says something else now"]
