"""Groups on real repositories: one commit of the dry branch, many apps, one pull request an environment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from promoter.git.ref import RefUpdate
from promoter.git.store import Entry
from promoter.git.trailers import parse_trailers
from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import How, Ledger, Place
from promoter.model.names import Oid
from promoter.plan.grouping import MANY
from promoter.plan.report.status import plan_json, status_json
from promoter.run.adopt import adopt
from promoter.run.command import command
from promoter.run.grouped import Part, make_group
from promoter.run.ledgers import read_ledger
from promoter.run.run import run, see
from tests.repos import KIM, commit_files, head, make_repo, tip
from tests.run.shops import Shop, manifest

APPS = ("blog", "cart", "shop")
TOGETHER = "pull_request: {group: environment}"
BASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: base}}\ndata: {{memory: '{memory}'}}\n"
OVERLAY = "base: ../../lib/common\n"


def config(apps: Sequence[str], rules: str, layout: str) -> str:
    """Give the config of `apps`, dev merged at once and prod by `rules`."""
    entries = "".join(f"  {app}: {{path: '{app}/{{environment}}', render: plain}}\n" for app in apps)
    environments = f"  - {{name: dev, promote: commit}}\n  - {{name: prod, {rules}}}\n"
    return f"version: 1\nlive: none\nenvironments:\n{environments}{layout}apps:\n{entries}"


FOLDERS = 'layout: {branch: deploy, path: "{environment}/{app}"}\n'
BRANCHES = 'layout: {branch: "environment/{environment}", path: "{app}"}\n'


def files(apps: Sequence[str], memory: str) -> dict[str, str]:
    """Give apps that differ in nothing but their names, over one base."""
    found = {"lib/common/base.yaml": BASE.format(memory=memory)}
    for app in apps:
        for environment in ("dev", "prod"):
            found[f"{app}/{environment}/render.yaml"] = OVERLAY
            found[f"{app}/{environment}/own.yaml"] = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {app}}}\n"
    return found


def fleet(
    root: Path, apps: Sequence[str] = APPS, rules: str = f"promote: review, {TOGETHER}", layout: str = FOLDERS
) -> Shop:
    """Make a repository where r1 of all apps is everywhere already."""
    shop = Shop(
        make_repo(root / "fleet.git", {"promoter.yaml": config(apps, "promote: commit", layout), **files(apps, "1Gi")})
    )
    shop.run()
    shop.commit({"promoter.yaml": config(apps, rules, layout)})
    shop.run()
    return shop


def raised(shop: Shop, memory: str = "2Gi") -> Oid:
    """Change the base, and run."""
    made = shop.commit({"lib/common/base.yaml": BASE.format(memory=memory)}, "Raise the memory limit")
    shop.run()
    return made


def ledger(shop: Shop, app: str) -> Ledger:
    """Give what the app's ledger says."""
    return read_ledger(shop.repo, head(shop.repo, f"promoter-ledger/{app}"), app)


def place(shop: Shop, app: str) -> Place:
    """Give what is remembered of the app in prod."""
    return ledger(shop, app).place("prod")


def active(shop: Shop) -> dict[str, int]:
    """Give what is active in prod."""
    stays = {app: place(shop, app).stay for app in APPS}
    return {app: stay.release for app, stay in stays.items() if stay is not None}


def opened(shop: Shop) -> list[PullRequest]:
    """Give the open pull requests."""
    return [pull for pull in shop.forge.all_pulls() if pull.state is PullState.OPEN]


def only(shop: Shop) -> PullRequest:
    """Give the one open pull request."""
    (found,) = opened(shop)
    return found


def carried(shop: Shop, pull: PullRequest) -> list[str]:
    """Give the apps that a pull request carries."""
    return [word.app for word in parse_trailers(shop.repo.store.commit(pull.head).message)]


@pytest.mark.parametrize(
    ("layout", "branch"),
    [(FOLDERS, "promoter/prod/_group/{dry}-blog"), (BRANCHES, "environment/prod-next/_group/{dry}-blog")],
    ids=["folders", "branches"],
)
def test_one_pull_request_for_what_one_commit_changed(tmp_path: Path, layout: str, branch: str) -> None:
    shop = fleet(tmp_path, layout=layout)
    dry = raised(shop)[:7]
    pull = only(shop)
    assert pull.title == f"Promote 3 apps to prod (lib/common {dry})"
    assert pull.head_branch == branch.format(dry=dry)
    assert carried(shop, pull) == list(APPS)
    assert "Raise the memory limit" in pull.body
    assert [line for line in pull.body.splitlines() if line.startswith("| cart")] == ["| cart | r1 | r2 |  | waits |"]
    assert pull.body.count("<details>") == 3
    merged_by_a_person(shop, pull)


def merged_by_a_person(shop: Shop, pull: PullRequest) -> None:
    shop.later()
    shop.forge.merge_as(pull.number, "lin", "squash", shop.now)
    shop.run()
    assert active(shop) == dict.fromkeys(APPS, 2)
    assert {stay.how for app in APPS if (stay := place(shop, app).stay) is not None} == {How.MERGED}
    assert opened(shop) == []
    again = shop.run()
    assert again.done == ()


@pytest.mark.parametrize(("number", "together"), [(MANY, False), (MANY + 1, True)])
def test_more_than_twenty_apps_go_together_by_themselves(tmp_path: Path, number: int, together: bool) -> None:
    many = [f"app{index:02}" for index in range(number)]
    shop = fleet(tmp_path, many, "promote: review")
    raised(shop)
    assert sorted(map(len, (carried(shop, pull) for pull in opened(shop)))) == ([number] if together else [1] * number)


def test_two_machines_make_the_same_commit(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    pull, other = only(shop), shop.workspace()
    made = shop.repo.store.commit(pull.head)
    assert made.message.startswith("Promote 3 apps to prod\n\nPromoter-App: blog\n")
    parts = [Part(other.app(app).slots["prod"], ledger(shop, app).releases[2]) for app in reversed(APPS)]
    assert make_group(other, parts, made.parents[0]) == pull.head


def test_who_is_held_is_left_behind_and_comes_later(tmp_path: Path) -> None:
    shop = fleet(tmp_path, rules=f"promote: auto, gates: {{checks: [ci]}}, {TOGETHER}")
    raised(shop)
    first = only(shop)
    command(shop.workspace(), "hold", "cart", ["prod"], reason="INC-1")
    shop.run()
    assert carried(shop, only(shop)) == ["blog", "shop"]
    shop.forge.set_check(only(shop).head, "ci", "success", "ci", shop.now)
    shop.run()
    assert active(shop) == {"blog": 2, "cart": 1, "shop": 2}
    command(shop.workspace(), "resume", "cart", ["prod"])
    shop.run()
    later = only(shop)
    assert (later.number > first.number, later.head_branch, carried(shop, later)) == (True, first.head_branch, ["cart"])
    shop.forge.set_check(later.head, "ci", "success", "ci", shop.now)
    shop.run()
    assert active(shop) == dict.fromkeys(APPS, 2)
    assert shop.run().done == ()


def test_what_is_asked_for_by_name_goes_alone(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    group = only(shop)
    command(shop.workspace(), "promote", "cart", ["prod"])
    shop.run()
    assert active(shop) == {"blog": 1, "cart": 2, "shop": 1}
    assert carried(shop, only(shop)) == ["blog", "shop"]
    assert only(shop).number == group.number


def test_a_person_who_closes_it_skips_every_app_in_it(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    pull = only(shop)
    shop.later()
    shop.forge.close_as(pull.number, "lin", shop.now)
    shop.run()
    assert {app: place(shop, app).skips[2].by for app in APPS} == dict.fromkeys(APPS, "lin")
    assert opened(shop) == []
    command(shop.workspace(), "retry", "cart", ["prod"])
    shop.run()
    assert carried(shop, only(shop)) == ["cart"]


def test_a_branch_that_is_deleted_is_a_no(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    shop.later()
    pull = only(shop)
    shop.repo.update([RefUpdate(f"refs/heads/{pull.head_branch}", pull.head, None)])
    shop.run()
    assert all(2 in place(shop, app).skips for app in APPS)


def test_a_newer_change_of_all_closes_the_older_pull_request_and_skips_nothing(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    first = only(shop)
    newer = raised(shop, "3Gi")[:7]
    assert only(shop).title == f"Promote 3 apps to prod (lib/common {newer})"
    assert shop.forge.pull(first.number).state is PullState.CLOSED
    assert [place(shop, app).skips for app in APPS] == [{}, {}, {}]
    assert shop.run().done == ()


def test_a_pull_request_that_a_person_wrote_on_stays_and_stops_the_group(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    pull = only(shop)
    mine = commit_files(shop.repo, pull.head_branch, {"prod/cart/mine.yaml": "# mine\n"}, "Mine", at=shop.now)
    shop.run()
    assert tip(shop.repo, pull.head_branch) == mine
    _, plan = see(shop.workspace())
    said = [slot.waiting_for for slot in plan.slots if slot.environment == "prod"]
    assert all(any(verdict.gate == "head" for verdict in verdicts) for verdicts in said)


def test_a_rollback_of_one_goes_alone_and_at_once(tmp_path: Path) -> None:
    shop = fleet(tmp_path)
    raised(shop)
    shop.forge.merge_as(only(shop).number, "lin", "merge", shop.now)
    shop.run()
    raised(shop, "3Gi")
    command(shop.workspace(), "rollback", "cart", ["prod"])
    shop.run()
    assert active(shop) == {"blog": 2, "cart": 1, "shop": 2}
    assert carried(shop, only(shop)) == ["blog", "shop"]


def test_looking_at_one_app_shows_that_app_and_moves_its_group(tmp_path: Path) -> None:
    shop = fleet(tmp_path, rules=f"promote: auto, gates: {{checks: [ci]}}, {TOGETHER}")
    raised(shop)
    ws = shop.workspace()
    seen, plan = see(ws, ["cart"])
    assert {slot.app for slot in plan.slots} == {"cart"}
    shown = json.loads(json.dumps(status_json(ws.config, seen, plan, shop.now)))
    assert shown["slots"][1]["proposed"]["group"]["apps"] == list(APPS)
    assert shown["slots"][1]["proposed"]["pull_request"]["number"] == only(shop).number
    shop.forge.set_check(only(shop).head, "ci", "success", "ci", shop.now)
    seen, plan = see(ws, ["cart"])
    actions = json.loads(json.dumps(plan_json(ws.config, seen, plan, shop.now)))["actions"]
    assert [other["app"] for action in actions for other in action.get("others", ())] == ["cart", "shop"]
    run(ws, ["cart"])
    assert active(shop) == dict.fromkeys(APPS, 2)


def test_values_that_stand_in_place_go_together(tmp_path: Path) -> None:
    entries = "".join(f"  {app}: {{path: '{app}/{{environment}}', images: [ghcr.io/acme/{app}]}}\n" for app in APPS)
    lines = f"  - {{name: dev, promote: auto}}\n  - {{name: prod, promote: auto, {TOGETHER}}}\n"
    text = f"version: 1\nlive: none\nenvironments:\n{lines}apps:\n{entries}"

    def images(version: str, *names: str) -> dict[str, str]:
        return {
            f"{app}/{name}/app.yaml": manifest(name, f"ghcr.io/acme/{app}:{version}") for app in APPS for name in names
        }

    shop = Shop(make_repo(tmp_path / "fleet.git", {"promoter.yaml": text, **images("1.0.0", "dev", "prod")}))
    for app in APPS:
        adopt(shop.workspace(), app)
    shop.commit(images("1.1.0", "dev"), "Renovate: everything")
    shop.run()
    (pull,) = [pull for pull in shop.forge.all_pulls() if "_group" in pull.head_branch]
    assert (pull.state, carried(shop, pull)) == (PullState.MERGED, list(APPS))
    for app in APPS:
        text_ = shop.repo.store.read(shop.repo.store.commit(head(shop.repo, "main")).tree, f"{app}/prod/app.yaml")
        assert f"ghcr.io/acme/{app}:1.1.0".encode() in (text_ or b"")
    assert shop.run().done == ()


def test_each_app_of_a_group_is_tested_by_a_job_of_its_own(tmp_path: Path) -> None:
    gates = "gates: {approvals: 1, jobs: {smoke: ci/smoke.sh}}"
    shop = fleet(tmp_path, rules=f"promote: auto, {gates}, {TOGETHER}")
    store, old = shop.repo.store, head(shop.repo, "main")
    script = store.put_blob(f'#!/bin/sh\necho "$PROMOTER_APP $PROMOTER_SHA" >> {tmp_path}/runs\n'.encode())
    tree = store.edit_tree(store.commit(old).tree, {"ci/smoke.sh": Entry(0o100755, script)})
    made = store.put_commit(tree, [old], "The job", KIM, shop.now)
    shop.repo.update([RefUpdate("refs/heads/main", old, made)])
    raised(shop)
    (pull,) = [pull for pull in shop.forge.all_pulls() if pull.state is PullState.OPEN]
    runs = sorted((tmp_path / "runs").read_text().splitlines())
    assert runs == [f"{app} {pull.head}" for app in APPS]
    names = {check.name: check.state for check in shop.forge.pull(pull.number).checks}
    assert names == {"promoter": "pending"} | {f"promoter/jobs/smoke ({app}, prod)": "success" for app in APPS}
    assert shop.run().done == ()
    shop.forge.approve(pull.number, "lin", shop.now)
    shop.run()
    assert shop.forge.pull(pull.number).state is PullState.MERGED
    assert len((tmp_path / "runs").read_text().splitlines()) == len(APPS)
