"""The action as a runner runs it: its own steps, a fresh installation from its lock, an event in a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from promoter.action.event import RELEASE
from promoter.model.forge import Permission, Receipt
from tests.action.steps import ROOT, Done, Job, alone
from tests.repos import commit_files, head
from tests.run.shops import RENDERED, Shop, make_shop

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: request}")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, CONFIG)


def act(
    shop: Shop, tools: Path, folder: Path, event: str, payload: dict[str, Any] | None = None, **inputs: str
) -> Done:
    work = folder / "job"
    work.mkdir(exist_ok=True)
    job = Job(work, tools)
    with alone(tools / "lock"):
        return job.action(event, payload or {}, **{"repository": shop.repo.url, **inputs})


def test_a_push_makes_the_release_and_moves_it(shop: Shop, tools: Path, tmp_path: Path) -> None:
    done = act(shop, tools, tmp_path, "push", {"ref": "refs/heads/main"})
    assert done.code == 0, done.log
    assert shop.active("dev") == 1
    assert json.loads(done.outputs["merged"]) == ["shop/dev"]
    assert json.loads(done.outputs["waiting"]) == ["shop/prod"]
    plan = json.loads(Path(done.outputs["plan"]).read_text("utf-8"))
    assert plan["schema"] == "promoter.run/v1"
    assert done.summary.startswith("## promoter: ")
    assert "| merged | shop | dev |" in done.summary
    assert "ghs_secret" not in done.log + done.summary
    again = act(shop, tools, tmp_path, "schedule")
    assert (again.code, json.loads(again.outputs["merged"])) == (0, [])
    assert again.summary.startswith("Nothing to do: 1 waits.\n")


@pytest.mark.parametrize(
    ("event", "payload", "inputs"),
    [
        ("repository_dispatch", {"action": RELEASE, "client_payload": {"app": "shop", "version": "1.4.2"}}, {}),
        ("workflow_dispatch", {"inputs": {"app": "shop", "version": "1.4.2"}}, {}),
        ("push", {}, {"app": "shop", "images": "ghcr.io/acme/shop=1.4.2", "labels": "hotfix"}),
    ],
)
def test_a_new_version_from_elsewhere(
    shop: Shop, tools: Path, tmp_path: Path, event: str, payload: dict[str, Any], inputs: dict[str, str]
) -> None:
    done = act(shop, tools, tmp_path, event, payload, **inputs)
    assert done.code == 0, done.log
    assert "shop:1.4.2" in shop.text("environment/dev", "shop/deployment-shop.yaml")
    assert max(shop.ledger.releases.items())[1].labels == tuple(filter(None, [inputs.get("labels")]))


def test_a_comment(shop: Shop, tools: Path, tmp_path: Path) -> None:
    shop.run()
    shop.forge.set_people({"kim": Permission.WRITE, "promoter": Permission.ADMIN}, {}, shop.now)
    pull = shop.forge.all_pulls()[0]
    now = datetime.now(UTC).replace(microsecond=0)
    shop.forge.comment(pull.number, "kim", '/promoter hold prod "INC-412"', now)
    idle = act(shop, tools, tmp_path, "issue_comment", {"action": "created", "comment": {"body": "Nice!"}})
    assert (idle.code, idle.summary) == (0, "Nothing to do: a comment without a command.\n")
    assert shop.ledger.place("prod").hold is None
    body = {"action": "created", "comment": {"body": '/promoter hold prod "INC-412"'}}
    done = act(shop, tools, tmp_path, "issue_comment", body)
    assert done.code == 0, done.log
    assert shop.ledger.place("prod").hold is not None
    assert shop.forge.comments(pull.number)[-1].receipt is Receipt.DONE
    assert "| heard | | | kim: /promoter hold prod " in done.summary.replace("\u200b", "")


def test_a_wrong_config_is_shown_where_it_is_wrong(shop: Shop, tools: Path, tmp_path: Path) -> None:
    commit_files(shop.repo, "main", {"promoter.yaml": CONFIG.replace("live: none", "live: none\nsoak: 3")}, "Break it")
    done = act(shop, tools, tmp_path, "push")
    assert done.code == 3
    assert "::error file=promoter.yaml,line=3" in done.log


def test_a_dispatch_that_means_nothing_changes_nothing(shop: Shop, tools: Path, tmp_path: Path) -> None:
    before = head(shop.repo)
    words = {"action": RELEASE, "client_payload": {"app": "shop", "version": "$(touch pwned) ::error::x"}}
    done = act(shop, tools, tmp_path, "repository_dispatch", words)
    assert done.code == 2
    assert head(shop.repo) == before
    assert not list(tmp_path.rglob("pwned"))


def test_no_text_of_others_is_a_workflow_command(shop: Shop, tools: Path, tmp_path: Path) -> None:
    evil = "::error::evil\n::set-output name=plan::evil\n##[error]evil %0A::error::evil"
    text = shop.text("main", "shop/dev/app.yaml").replace("1.0.0", "1.0.1")
    commit_files(
        shop.repo, "main", {"shop/dev/app.yaml": text, "shop/prod/app.yaml": text}, evil, ("::error::evil", "x")
    )
    shop.forge.set_check(head(shop.repo), "::error::evil", "success", "kim", shop.now, evil)
    done = act(shop, tools, tmp_path, "push")
    assert done.code == 0, done.log
    ours = ("::group::", "::stop-commands::", "::endgroup::", "::warning", "::add-mask::")
    stopped = [line for line in done.log.splitlines() if line.startswith("::") and not line.startswith(ours)]
    assert [line for line in stopped if "evil" in line] == []


def test_every_environment_variable_of_the_step_is_read() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    code = "".join(path.read_text("utf-8") for path in (ROOT / "promoter").rglob("*.py"))
    for name in ("PROMOTER_REPO", "PROMOTER_BRANCH", "GH_TOKEN", "PROMOTER_ACTION_"):
        assert name in text
        assert name in code
