"""`promoter pr` over a real repository: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.forge.local import LocalForge
from promoter.forge.local_store import FORGE_REF
from promoter.git.repository import Repository
from promoter.model.forge import Permission, PullState, PullText
from promoter.model.names import Branch
from tests.repos import START, commit_files, head, make_repo, tip

MAIN = Branch("main")
NEXT = Branch("main-next/shop")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    repo = make_repo(tmp_path / "fleet.git", {"shop/app.yaml": "1", "CODEOWNERS": "/shop/ @kim\n"})
    base = tip(repo, "main")
    assert base is not None
    subprocess.run(["git", "-C", repo.url, "branch", NEXT, base], check=True)
    commit_files(repo, NEXT, {"shop/app.yaml": "2"}, "Promote shop")
    forge = LocalForge(repo)
    forge.open_pull(NEXT, MAIN, PullText("Promote shop 1.4.2", "**r41**\n\n    code", ("promoter",)), START)
    return repo


@pytest.fixture
def run(repo: Repository, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["pr", *words, "--repo", repo.url], Shell(clock=lambda: START))
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_list(run: Run) -> None:
    assert run("approve", "1", "--as", "kim") == (0, "", "")
    assert run("check", "1", "ci", "success", "--as", "ci-bot") == (0, "", "")
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert out == (
        "   TITLE               FROM            INTO  BY        STATE  REVIEWS       CHECKS      LABELS\n"
        "1  Promote shop 1.4.2  main-next/shop  main  promoter  open   kim approved  ci success  promoter\n"
    )


def test_list_by_state(run: Run) -> None:
    assert run("list", "--state", "merged") == (0, "no merged pull requests\n", "")
    run("close", "1", "--as", "kim")
    assert run("list") == (0, "no open pull requests\n", "")
    assert "Promote shop 1.4.2" in run("list", "--state", "closed")[1]
    assert "Promote shop 1.4.2" in run("list", "--state", "all")[1]


def test_show(repo: Repository, run: Run) -> None:
    run("approve", "1", "--as", "kim")
    head = commit_files(repo, NEXT, {"shop/more.yaml": "2"}, "More")
    run("approve", "1", "--as", "lin", "--request-changes")
    run("check", "1", "ci", "failure", "--as", "ci-bot", "--description", "2 tests failed", "--url", "https://ci/1")
    run("comment", "1", "why?\n  indented", "--as", "ada")
    assert run("show", "1") == (
        0,
        "1  Promote shop 1.4.2\n"
        "state   open\n"
        f"merges  main-next/shop at {head} into main\n"
        "opened  by promoter, 2026-01-05T09:00:00Z\n"
        "labels  promoter\n"
        "review  kim approved an older head, 2026-01-05T09:00:00Z; counts as codeowners, read, triage, write\n"
        "review  lin changes requested, 2026-01-05T09:00:00Z; counts as read, triage, write\n"
        "check   ci failure, by ci-bot; 2 tests failed; https://ci/1\n"
        "\n**r41**\n\n    code\n"
        "\nada, 2026-01-05T09:00:00Z\nwhy?\n  indented\n",
        "",
    )


def test_merge_and_show(repo: Repository, run: Run) -> None:
    code, out, _ = run("merge", "1", "--as", "kim", "--method", "squash", "--message", "Ship it")
    merged = tip(repo, "main")
    assert (code, out) == (0, f"{merged}\n")
    assert merged is not None
    assert repo.store.commit(merged).message == "Ship it\n\nPromote shop\n"
    assert f"merged  by kim, 2026-01-05T09:00:00Z\nas      {merged}\n" in run("show", "1")[1]


def test_a_deleted_branch_is_shown_without_a_name(repo: Repository, run: Run) -> None:
    subprocess.run(["git", "-C", repo.url, "branch", "-D", NEXT], check=True, capture_output=True)
    before = repo.refs()
    assert "closed  by a push, at an unknown time\n" in run("show", "1")[1]
    assert repo.refs() == before


def test_close_and_reopen(repo: Repository, run: Run) -> None:
    assert run("close", "1", "--as", "kim") == (0, "", "")
    assert (LocalForge(repo).pull(1).state, LocalForge(repo).pull(1).closed_by) == (PullState.CLOSED, "kim")
    assert run("reopen", "1", "--as", "kim") == (0, "", "")
    assert LocalForge(repo).pull(1).state is PullState.OPEN


def test_label(repo: Repository, run: Run) -> None:
    assert run("label", "1", "--as", "kim", "--add", "promoter/hold", "--add", "x", "--remove", "promoter")[0] == 0
    assert LocalForge(repo).pull(1).labels == ("promoter/hold", "x")
    code, _, err = run("label", "1", "--as", "kim")
    assert (code, err) == (2, "promoter: which label?\n  --add LABEL or --remove LABEL\n")


def test_what_controllers_post(repo: Repository, run: Run) -> None:
    commit = head(repo)
    assert run("status", commit, "kustomization/shop", "success", "--as", "flux-bot")[0] == 0
    assert run("deploy", "prod/shop", commit, "failure", "--as", "argo-bot", "--url", "https://cd.example/1")[0] == 0
    forge = LocalForge(repo)
    assert [(one.name, one.state, one.reporter) for one in forge.checks(commit)] == [
        ("kustomization/shop", "success", "flux-bot")
    ]
    (deployed,) = forge.deployments("prod/shop")
    assert (deployed.commit, deployed.state, deployed.creator) == (commit, "failure", "argo-bot")
    before = repo.refs()
    assert run("deploy", "prod/shop", commit, "failure", "--as", "argo-bot", "--url", "https://cd.example/1")[0] == 0
    assert repo.refs() == before


def test_comment_from_standard_input(
    repo: Repository, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("/promoter hold\n")
    with (tmp_path / "text").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert run("comment", "1", "-", "--as", "kim")[0] == 0
    assert LocalForge(repo).comments(1)[0].body == "/promoter hold\n"


def test_json_of_a_list(repo: Repository, run: Run) -> None:
    run("approve", "1", "--as", "kim")
    told = json.loads(run("list", "--json")[1])
    head = tip(repo, NEXT)
    assert told["schema"] == "promoter.pull-requests/v1"
    assert [(one["number"], one["state"], one["head"], one["mergeable"]) for one in told["pull_requests"]] == [
        (1, "open", head, True)
    ]
    assert told["pull_requests"][0]["reviews"] == [
        {
            "user": "kim",
            "state": "approved",
            "head": head,
            "at": "2026-01-05T09:00:00Z",
            "groups": ["codeowners", "read", "triage", "user:kim", "write"],
        }
    ]


def test_json_of_one(run: Run) -> None:
    run("comment", "1", "ünï \udcff", "--as", "kim")
    out = run("show", "1", "--json")[1]
    told = json.loads(out)
    assert out.isascii()
    assert told["schema"] == "promoter.pull-request/v1"
    assert (told["pull_request"]["number"], told["comments"][0]["body"]) == (1, "ünï \udcff")


def test_text_of_others_does_nothing_to_the_terminal(repo: Repository, run: Run) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m[bold]red[/bold]\u202e ::error::x"
    LocalForge(repo).edit_pull(1, PullText(evil, evil, (evil,)), START)
    run("comment", "1", evil, "--as", "kim")
    for words in (["list"], ["show", "1"]):
        out = run(*words)[1]
        assert "[bold]red[/bold]" in out
        assert not set(out) & {"\x1b", "\x07", "\u202e"}
        assert "::error::" not in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "7"], 1, "there is no pull request 7"),
        (["show", "0"], 2, "0 is not in the range"),
        (["merge", "1", "--as", "ada"], 1, "ada may not merge it"),
        (["merge", "1", "--as", "kim", "--head", "1" * 40], 4, "it was not merged"),
        (["approve", "1", "--as", "kim", "--head", "1" * 40], 4, "look at it again"),
        (["approve", "1", "--as", "promoter"], 1, "cannot review it"),
        (["approve", "1", "--as", "a b"], 2, "cannot be a user's name"),
        (["check", "1", "ci", "green", "--as", "kim"], 2, "'green' is not one of"),
        (["status", "abc", "ci", "success", "--as", "kim"], 2, "is not a commit id"),
        (["deploy", "prod", "abc", "success", "--as", "kim"], 2, "is not a commit id"),
        (["deploy", "", "1" * 40, "success", "--as", "kim"], 2, "a deployment needs an environment"),
        (["deploy", "prod", "1" * 40, "green", "--as", "kim"], 2, "'green' is not one of"),
        (["merge", "1", "--as", "kim", "--method", "octopus"], 2, "'octopus' is not one of"),
    ],
)
def test_refusals(repo: Repository, run: Run, words: list[str], code: int, message: str) -> None:
    LocalForge(repo).set_people({"kim": Permission.WRITE}, {}, START)
    before = repo.refs()
    found, out, err = run(*words)
    assert (found, out) == (code, "")
    assert message in err
    assert repo.refs() == before


def test_help_names_every_command(run: Run) -> None:
    out = run("--help")[1]
    names = ("list", "show", "approve", "comment", "check", "merge", "close", "reopen", "label", "status", "deploy")
    for name in names:
        assert f"\n  {name} " in out


def test_a_folder_without_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pr", "list", "--repo", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_a_repository_that_was_never_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repo(tmp_path / "new.git", {"a": "1"})
    assert main(["pr", "list", "--repo", repo.url]) == 0
    assert capsys.readouterr().out == "no open pull requests\n"
    assert FORGE_REF not in repo.refs()
