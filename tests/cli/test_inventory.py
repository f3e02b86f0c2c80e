from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.git.repository import open_repository
from tests.cli.fleet import Fleet
from tests.cluster.objects_made import application, deployment, git_repository, kustomization
from tests.plan.report.schemas import check
from tests.repos import commit_files
from tests.run.stocked import stocked

AT = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stocked")
    stocked(root)
    return root


@pytest.fixture
def stock(world: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(open_repository(world / "fleet.git", world / "cache"), capsys, AT)


def cut(out: str) -> list[str]:
    """Give lines without what is a commit."""
    return [line.split("environment/prod@")[0].rstrip() for line in out.splitlines()]


def test_the_whole(stock: Fleet, world: Path) -> None:
    lines = cut(stock.ok("inventory").replace(str(world), "W"))
    head = "APP ENVIRONMENT CLUSTER VERSION AGE STATE LIVE REVISION IMAGES BEHIND"
    assert " ".join(lines[0].split()) == head
    assert [line.split()[:5] for line in lines[1:5]] == [
        ["shop", "dev", "dev", "1.3.0", "2"], ["shop", "prod", "eu-1", "1.2.0", "2"],
        ["shop", "prod", "eu-2", "1.2.0", "2"], ["shop", "lab", "lab", "1.3.0", "3"],
    ]  # fmt: skip
    assert lines[2].endswith("ghcr.io/acme/shop:1.2.0  1 behind dev (1.3.0)")
    assert "ghcr.io" not in lines[3]
    assert lines[5:] == [
        "",
        "Git and the cluster differ",
        "  shop  prod  eu-2  Git has 1.2.0, the cluster 1.1.0  its source GitRepository/flux-system/shop-prod has",
        "",
        "belong to no app",
        "  CLUSTER  OBJECT                           HEALTH   VERSION  REVISION                       FROM"
        "                                      WHY",
        "  eu-1     Application/argocd/old           Pending  1.4.2"
        "                                   https://git.example/acme/other.git shop   has not been compared yet",
        "  eu-1     Kustomization/flux-system/infra  Healthy           environment/dev@sha1:22222222"
        "  https://git.example/acme/other.git infra  applied, and found healthy",
        "",
        "could not be read",
        "  lab  W/status/lab/broken.yaml cannot be read: while parsing a flow node did not find expected node content"
        ' in "<byte string>", line 2, column 1',
    ]


def test_json_is_what_its_schema_says(stock: Fleet) -> None:
    report = stock("inventory", "--json").json
    check("inventory", report)
    assert (report["now"], report["repository"]) == ("2026-03-04T16:00:00Z", "FLEET")
    slots = {slot["environment"]: slot for slot in report["slots"]}
    assert list(slots) == ["dev", "prod", "lab"]
    assert slots["prod"]["behind_of"] == [
        {
            "release": "r2", "version": "1.2.0", "ahead": "dev", "ahead_release": "r3", "ahead_version": "1.3.0",
            "releases": 1,
        }
    ]  # fmt: skip
    assert slots["dev"]["behind_of"] == slots["lab"]["behind_of"] == []
    assert [(each["cluster"], each["verdict"], each["agrees"]) for each in slots["prod"]["clusters"]] == [
        ("eu-1", "success", True), ("eu-2", "pending", False),
    ]  # fmt: skip
    assert [each["reported_version"] for each in slots["prod"]["clusters"]] == ["1.2.0", "1.1.0"]
    assert [each["agrees"] for each in slots["lab"]["clusters"]] == [None]
    owned = [(each["cluster"], each["app"], each["environment"]) for each in report["objects"] if each["app"]]
    assert owned == [("dev", "shop", "dev"), ("eu-1", "shop", "prod"), ("eu-2", "shop", "prod")]
    assert [(each["cluster"], each["trouble"] is None) for each in report["reads"]] == [
        ("dev", True), ("eu-1", True), ("eu-2", True), ("lab", False),
    ]  # fmt: skip


def test_the_same_world_gives_the_same_bytes(stock: Fleet) -> None:
    for argv in (["inventory", "--json"], ["inventory", "--csv", "--workloads"], ["inventory"]):
        assert stock.ok(*argv) == stock.ok(*argv)


def test_nothing_is_written(stock: Fleet, world: Path) -> None:
    before = stock.repo.refs()
    saved = sorted(path.name for path in world.rglob("*"))
    stock.ok("inventory")
    assert stock.repo.refs() == before
    assert sorted(path.name for path in world.rglob("*")) == saved


def test_csv(stock: Fleet) -> None:
    lines = stock.ok("inventory", "--csv").splitlines()
    assert lines[0] == (
        "app,environment,position,cluster,version,release,since,state,health,agrees,drift,revision,reported,images,"
        "object,reason"
    )
    assert [line.split(",")[:6] for line in lines[1:]] == [
        ["shop", "dev", "0", "dev", "1.3.0", "r3"],
        ["shop", "prod", "1", "eu-1", "1.2.0", "r2"],
        ["shop", "prod", "1", "eu-2", "1.2.0", "r2"],
        ["shop", "lab", "2", "lab", "1.3.0", "r3"],
        ["", "", "", "eu-1", "1.4.2", ""],
        ["", "", "", "eu-1", "", ""],
    ]


def test_words_choose_and_what_is_not_asked_is_not_read(stock: Fleet) -> None:
    report = stock("inventory", "prod", "shop", "--json", "--workloads").json
    assert [slot["environment"] for slot in report["slots"]] == ["prod"]
    assert {each["cluster"] for each in report["reads"]} == {"eu-1", "eu-2"}
    assert {(each["kind"], each["app"]) for each in report["objects"]} == {
        ("Deployment", "shop"), ("Kustomization", "shop"),
    }  # fmt: skip


def test_workloads_tell_what_runs_where(stock: Fleet) -> None:
    question = "select cluster, tag from images where side = 'cluster' and object is not null and app = 'shop'"
    assert stock("query", question, "--workloads", "--json").json["rows"] == [
        ["dev", "1.3.0"], ["dev", "1.3.0"], ["eu-1", "1.2.0"], ["eu-1", "1.2.0"], ["eu-2", "1.1.0"], ["eu-2", "1.1.0"],
    ]  # fmt: skip
    assert stock("query", question, "--json").json["rows"] == []


def test_files_alone_need_no_repository(stock: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    objects = [kustomization(), git_repository(), deployment(), application()]
    file.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": objects}))
    nowhere = ("--repo", str(tmp_path / "gone"), "inventory", "-f")
    assert [line.split()[:2] for line in stock.ok(*nowhere, str(file)).splitlines()[1:]] == [
        ["Application/argocd/shop", "Healthy"], ["Kustomization/flux-system/shop", "Healthy"],
    ]  # fmt: skip
    report = stock(*nowhere, str(file), "--json").json
    check("inventory", report)
    assert (report["slots"], report["repository"], len(report["objects"])) == ([], None, 4)
    (tmp_path / "none.json").write_text('{"kind": "List", "items": []}')
    assert stock.ok(*nowhere, str(tmp_path / "none.json")) == "nothing is there\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["shop", "--context", "eu-1"], "without a config repository there are no apps to name"),
        (["--context", "eu-1", "-f", "x"], "--context and -f are two places to look"),
        (["--context", " ,"], "--context names no cluster"),
        (["nope"], "nope is not an app, an environment"),
        (["r1"], "only apps and environments can be named here"),
    ],
)
def test_words_that_make_no_sense(stock: Fleet, argv: list[str], message: str) -> None:
    said = stock("inventory", *argv)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


def test_a_file_that_is_something_else_is_not_written_over(stock: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("mine")
    said = stock("inventory", "--db", str(path))
    assert (said.code, said.out, path.read_text()) == (1, "", "mine")


def test_without_live_nothing_is_claimed(running: Fleet) -> None:
    report = running("inventory", "--json").json
    check("inventory", report)
    assert {each["agrees"] for slot in report["slots"] for each in slot["clusters"]} == {None}
    assert (report["objects"], report["reads"]) == ([], [])
    assert running.ok("inventory", "shop", "prod").splitlines()[1].split() == [
        "shop", "prod", "prod", "-", "waiting", "-", "1", "behind", "dev", "(1.4.2)",
    ]  # fmt: skip


def test_a_hand_edit_is_shown(running: Fleet) -> None:
    commit_files(running.repo, "environment/dev", {"shop/app.yaml": "kind: X"}, "Fix it by hand")
    running.ok("run")
    assert "Git and the cluster differ\n  shop  dev    holds a hand edit\n" in running.ok("inventory")
    assert running("query", "select environment from slots where drift", "--json").json["rows"] == [["dev"]]


NASTY = "\x1b]0;x\x07\u202e::set-output"


def test_text_of_others_steers_nothing(stock: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    nasty = kustomization(metadata__name=NASTY, metadata__namespace="=cmd", spec__path=NASTY)
    file.write_text(json.dumps(nasty))
    for argv in ([], ["--csv"]):
        out = stock.ok("inventory", "-f", str(file), *argv)
        assert "set-output" in out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
