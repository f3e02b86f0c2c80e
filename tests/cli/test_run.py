from __future__ import annotations

from tests.cli.fleet import CONFIG, Fleet
from tests.plan.report.schemas import check
from tests.repos import commit_files

WAITS = "approvals: 0 of 1 from anybody with write · merge: a person merges it, or says promoter promote"
WAITING = (
    "2 wait\n"
    f"  waiting  shop  prod  1.4.2  {WAITS}  write\n"
    f"  waiting  cart  prod  1.0.0  {WAITS}  write\n"
    "Nothing to do.\n"
)  # fmt: skip


def test_a_plan_of_a_fresh_fleet(fleet: Fleet) -> None:
    assert fleet.ok("plan") == (
        "2 to do\n"
        "  make release  shop    the first release of an app with empty slots\n"
        "  make release  cart    the first release of an app with empty slots\n"
    )
    assert fleet("plan", "--exit-code").code == 10


def test_a_plan_where_all_waits(running: Fleet) -> None:
    assert running.ok("plan") == WAITING
    said = running("plan", "--json", "--exit-code")
    check("plan", said.json)
    assert (said.code, said.json["actions"]) == (11, [])


def test_a_run_tells_what_it_does_and_the_next_one_has_nothing_to_do(fleet: Fleet) -> None:
    fleet.ok("release", "shop", "1.4.2")
    out = fleet.ok("run", "shop")
    assert "opened    shop dev  #1 Promote shop 1.4.2 to dev\n" in out
    assert "merged    shop dev  #1 1.4.2: every gate of dev passed\n" in out
    assert "recorded  shop  dev: r1 (1.4.2) is healthy\nrecorded  shop  dev: r1 (1.4.2) is verified" in out
    before = fleet.repo.refs()
    assert fleet.ok("run", "shop").startswith("1 waits\n")
    assert fleet.repo.refs() == before


def test_a_run_as_json(running: Fleet) -> None:
    running.forge.approve(_pull(running, "shop"), "ada", running.now)
    running.ok("promote", "shop", "prod")
    said = running("run", "--json", "--exit-code")
    check("run", said.json)
    assert said.code == 11
    assert {(event["what"], event["environment"]) for event in said.json["done"]} >= {("merged", "prod")}
    assert (said.json["refused"], said.json["lost"]) == ([], [])


def test_what_is_refused_ends_in_one(fleet: Fleet) -> None:
    whole = CONFIG + "render: {all_or_nothing: true}\n"
    commit_files(fleet.repo, "main", {"promoter.yaml": whole, "cart/prod/app.yaml": "kind: ["}, "Break it")
    said = fleet("run")
    assert (said.code, said.err) == (1, "")
    assert "\nrefused   cart" in said.out
    assert "merged    shop dev" in said.out


def _pull(fleet: Fleet, app: str) -> int:
    slots = fleet("status", "--json", app, "prod").json["slots"]
    number: int = slots[0]["proposed"]["pull_request"]["number"]
    return number


def test_a_command_in_a_comment_is_done_by_the_run(running: Fleet) -> None:
    running.ok("pr", "comment", str(_pull(running, "shop")), "/promoter hold", user="lin")
    out = running.ok("run")
    assert out.splitlines()[0] == "heard     lin  /promoter hold"
    assert "HELD" in running.ok("status", "shop")
