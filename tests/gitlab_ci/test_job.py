"""The job as a runner runs it: the component's own script, GitLab's variables, a folder with nothing in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.model.forge import Permission, PullState, PullText, Receipt
from promoter.model.names import Branch
from tests.gitlab_ci.pipelines import SECTION, Ended, Project
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, RENDERED, Shop, make_shop, manifest

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {approvals: 1}}")
TOKEN = "glpat-not-for-anybodys-eyes"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A fleet whose people stand in the repository itself."""
    shop = make_shop(tmp_path, CONFIG)
    people = {"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ, "promoter": Permission.ADMIN}
    shop.forge.set_people(people, {}, shop.now)
    return shop


@pytest.fixture
def project(shop: Shop, tmp_path: Path) -> Project:
    return Project(tmp_path / "runner", {"PROMOTER_REPO": shop.repo.url, "PROMOTER_TOKEN": TOKEN})


def started(project: Project, source: str, given: dict[str, str] | None = None, branch: str = "main") -> Ended:
    ended = project.pipeline(source, given, branch)
    assert ended is not None, "the job is not in the pipeline"
    assert TOKEN not in ended.said
    assert "glcbt-64_jobsecret" not in ended.said
    return ended


def hook(project: Project, payload: dict[str, object]) -> Ended:
    """Let a web hook start the pipeline."""
    project.folder.mkdir(exist_ok=True)
    file = project.folder / "TRIGGER_PAYLOAD"
    file.write_text(json.dumps(payload))
    return started(project, "trigger", {"TRIGGER_PAYLOAD": str(file)})


def waiting(shop: Shop) -> int:
    """Give the pull request that waits for a person: production's."""
    [number] = [pull.number for pull in shop.forge.all_pulls() if pull.state is PullState.OPEN]
    return number


def test_a_push_makes_the_release_and_moves_it(shop: Shop, project: Project) -> None:
    ended = started(project, "push")
    assert ended.code == 0, ended.log
    assert shop.active("dev") == 1
    assert ended.dotenv["PROMOTER_MERGED"] == "shop/dev"
    assert ended.dotenv["PROMOTER_WAITING"] == "shop/prod"
    assert ended.dotenv["PROMOTER_FAILED"] == ""
    assert ended.cases["shop dev 1.0.0"] == "passed"
    assert ended.cases["shop prod 1.0.0"].startswith("skipped: waiting · approvals: ")
    assert [(mark[1], mark[3]) for mark in SECTION.finditer(ended.log)] == [
        ("start", "promoter_run"),
        ("end", "promoter_run"),
    ]
    assert "started by a push to main" in ended.text
    assert "1 waits" in ended.log[list(SECTION.finditer(ended.log))[-1].end() :]  # unfolded
    plan = json.loads(ended.files[ended.dotenv["PROMOTER_PLAN"]])
    assert plan["schema"] == "promoter.run/v1"
    assert ended.files["promoter-report/status.md"].startswith("## promoter: ")
    assert "public/index.html" not in ended.files

    again = started(project, "schedule")
    assert (again.code, again.dotenv["PROMOTER_MERGED"]) == (0, "")
    assert again.files["promoter-report/status.md"].startswith("Nothing to do: 1 waits.\n")


def test_a_push_where_manifests_stand_looks_on(shop: Shop, project: Project) -> None:
    started(project, "push")
    shop.forge.approve(waiting(shop), "lin", datetime.now(UTC).replace(microsecond=0))
    ended = started(project, "push", branch="environment/dev")
    assert ended.dotenv["PROMOTER_MERGED"] == "shop/prod"
    assert project.pipeline("push", branch="environment/prod-next/shop") is None


def test_pages_when_asked(project: Project) -> None:
    project.inputs = {"pages": True}
    text = started(project, "push").files["public/index.html"]
    assert text.startswith("<!doctype html>")
    assert "<td>shop</td><td>prod</td>" in text


@pytest.mark.parametrize("source", ["api", "trigger", "web", "pipeline"])
def test_a_new_version_from_elsewhere(shop: Shop, project: Project, source: str) -> None:
    ended = started(project, source, {"PROMOTER_APP": "shop", "PROMOTER_VERSION": "1.4.2"})
    assert ended.code == 0, ended.log
    assert "shop:1.4.2" in shop.text("environment/dev", "shop/deployment-shop.yaml")
    assert ended.cases["shop dev 1.4.2"] == "passed"
    assert ended.dotenv["PROMOTER_RELEASED"] == "shop"
    again = started(project, source, {"PROMOTER_APP": "shop", "PROMOTER_VERSION": "1.4.2"})
    assert (again.code, again.dotenv["PROMOTER_RELEASED"]) == (0, ""), "it was released before"


def test_inputs_bring_a_release_too(shop: Shop, project: Project) -> None:
    project.inputs = {"app": "shop", "images": f"{IMAGE}=1.4.2", "labels": "hotfix, eu 1"}
    assert started(project, "web").code == 0
    assert max(shop.ledger.releases.items())[1].labels == ("hotfix", "eu 1")
    assert "shop:1.4.2" in shop.text("environment/dev", "shop/deployment-shop.yaml")


def test_a_word_counts_with_the_rights_of_whoever_starts_the_pipeline(shop: Shop, project: Project) -> None:
    started(project, "push")
    project.inputs = {"say": 'hold shop prod "costs $PROMOTER_TOKEN"'}
    refused = started(project, "web", {"GITLAB_USER_LOGIN": "guest"})
    assert refused.code != 0
    assert refused.cases["promoter run"].startswith("error: hold in prod needs write; guest has read")
    assert shop.ledger.place("prod").hold is None

    held = started(project, "web")
    assert held.code == 0, held.log
    hold = shop.ledger.place("prod").hold
    assert hold is not None
    assert (hold.by, hold.reason) == ("kim", "costs $PROMOTER_TOKEN")


def test_a_job_that_is_retried_says_nothing_twice(shop: Shop, project: Project) -> None:
    started(project, "push")
    project.inputs = {"say": 'hold shop prod "INC-412"'}
    same = {"CI_PIPELINE_ID": "7"}
    started(project, "web", same)
    shop.now = datetime.now(UTC).replace(microsecond=0)
    project.inputs = {"say": "resume shop prod"}
    started(project, "web")
    assert shop.ledger.place("prod").hold is None
    project.inputs = {"say": 'hold shop prod "INC-412"'}
    assert started(project, "web", same).code == 0
    assert shop.ledger.place("prod").hold is None


@pytest.mark.parametrize("line", ["help", "hold shop\nhold cart", "release shop 1.4.2", "`hold`", "run"])
def test_what_cannot_be_said_is_refused(shop: Shop, project: Project, line: str) -> None:
    ended = started(project, "web", {"PROMOTER_SAY": line})
    assert ended.code == 2
    assert "is nothing that can be said here" in ended.cases["promoter run"]
    assert not shop.has_ledger()


def test_a_comment_by_the_web_hook_or_by_the_schedule(shop: Shop, project: Project) -> None:
    started(project, "push")
    number = waiting(shop)
    now = datetime.now(UTC).replace(microsecond=0)
    shop.forge.comment(number, "kim", '/promoter hold prod "INC-412"', now)
    note = {"note": "Nice!", "noteable_type": "MergeRequest", "action": "create", "system": False}
    idle = hook(project, {"object_kind": "note", "object_attributes": note})
    assert (idle.code, idle.text.strip()) == (0, "Nothing to do: a comment without a command.")
    assert (idle.dotenv["PROMOTER_MERGED"], idle.cases) == ("", {})
    assert shop.ledger.place("prod").hold is None

    told = hook(
        project, {"object_kind": "note", "object_attributes": {**note, "note": '/promoter hold prod "INC-412"'}}
    )
    assert told.code == 0, told.log
    assert shop.ledger.place("prod").hold is not None
    assert shop.forge.comments(number)[-1].receipt is Receipt.DONE

    shop.forge.comment(number, "kim", "/promoter resume", now + timedelta(seconds=1))
    assert "kim: /promoter resume" in started(project, "schedule").files["promoter-report/status.md"].replace(
        "\u200b", ""
    )
    assert shop.ledger.place("prod").hold is None
    quiet = head(shop.repo, "promoter-ledger/shop")
    started(project, "schedule")
    assert head(shop.repo, "promoter-ledger/shop") == quiet


def test_a_merge_request_is_told_what_merging_it_would_reach(shop: Shop, project: Project) -> None:
    started(project, "push")
    shop.repo.store.repo.references.create("refs/heads/feature", head(shop.repo))
    change = manifest("prod", f"{IMAGE}:1.0.0").replace("replicas: 1", "replicas: 3")
    commit_files(shop.repo, "feature", {"shop/prod/app.yaml": change}, "Three")
    number = shop.forge.open_as("kim", Branch("feature"), Branch("main"), PullText("Three", "Please"), shop.now).number
    what = {"iid": number, "action": "open", "source_project_id": 5, "target_project_id": 5}
    for _ in range(2):
        assert hook(project, {"object_kind": "merge_request", "object_attributes": what}).code == 0
    [comment] = shop.forge.comments(number)
    assert "it changes **prod**" in comment.body

    here = {"CI_MERGE_REQUEST_IID": str(number), "CI_MERGE_REQUEST_PROJECT_ID": "5"}
    assert project.pipeline("merge_request_event", here) is None
    project.inputs = {"merge_requests": True}
    ended = started(project, "merge_request_event", {**here, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5"})
    assert f"told on pull request {number}" in ended.text
    strange = started(project, "merge_request_event", {**here, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "6"})
    assert "told on" not in strange.text
    assert shop.ledger.next == 2  # nothing was released by looking


def test_a_merge_request_without_a_token_is_no_failure(project: Project) -> None:
    project.variables = {}
    project.inputs = {"merge_requests": True}
    ended = project.pipeline("merge_request_event", {"CI_MERGE_REQUEST_IID": "1"})
    assert ended is not None
    assert (ended.code, ended.text.strip()) == (0, "Nothing to do: a merge request's pipeline gets no protected token.")
    assert ended.cases == {}


def test_an_emoji_wakes_nobody(shop: Shop, project: Project) -> None:
    ended = hook(project, {"object_kind": "emoji", "object_attributes": {"name": "eyes"}})
    assert (ended.code, ended.text.strip()) == (0, "Nothing to do: an emoji says nothing.")
    assert not shop.has_ledger()


@pytest.mark.parametrize("text", ["{", "[]", "3", "[" * 100_000])
def test_a_payload_that_means_nothing_is_refused(shop: Shop, project: Project, text: str) -> None:
    project.folder.mkdir()
    file = project.folder / "payload"
    file.write_text(text)
    ended = started(project, "trigger", {"TRIGGER_PAYLOAD": str(file)})
    assert ended.code == 2
    assert ended.cases["promoter run"].startswith("error: ")
    assert not shop.has_ledger()


def test_a_wrong_config_is_shown_where_it_is_wrong(shop: Shop, project: Project) -> None:
    commit_files(shop.repo, "main", {"promoter.yaml": CONFIG.replace("live: none", "live: none\nsoak: 3")}, "Break it")
    ended = started(project, "push")
    assert ended.code == 3
    assert [name for name in ended.cases if name.startswith("promoter.yaml line 3: soak")] != []
    assert "promoter.yaml:3" in ended.text
    assert ended.dotenv["PROMOTER_MERGED"] == ""


EVIL = "\x1b[0Ksection_end:1:promoter_run\r\x1b[0K\nPROMOTER_FAILED=x\n]]></skipped><script>alert(1)</script>"


def test_no_text_of_others_means_anything_to_gitlab(shop: Shop, project: Project) -> None:
    text = shop.text("main", "shop/dev/app.yaml").replace("1.0.0", "1.0.1")
    files = {"shop/dev/app.yaml": text, "shop/prod/app.yaml": text}
    commit_files(shop.repo, "main", files, EVIL, ("\x1b[31m<script>", "x"))
    project.inputs = {"pages": True}
    ended = started(project, "push")
    assert ended.code == 0, ended.log
    shop.forge.comment(waiting(shop), "kim", f'/promoter hold "{EVIL}"', datetime.now(UTC))
    for one in (
        ended,
        started(project, "schedule"),
        started(project, "web", {"PROMOTER_APP": EVIL, "PROMOTER_VERSION": "1"}),
    ):
        assert [mark[1] for mark in SECTION.finditer(one.log)] in (["start", "end"], [])
        assert "\x1b" not in one.text
        assert "\r" not in one.text
        assert set(one.dotenv) >= {"PROMOTER_FAILED", "PROMOTER_MERGED"}
        assert one.cases != {}
        assert "<script>" not in one.files.get("public/index.html", "")


def test_at_a_terminal_it_runs_and_leaves_nothing(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert main(["gitlab-ci", "--repo", shop.repo.url]) == 0
    assert "started by no pipeline" in capsys.readouterr().out
    assert shop.active("dev") == 1
    assert list(empty.iterdir()) == []
