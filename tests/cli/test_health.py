from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.fleet import Fleet
from tests.cluster.objects_made import deployment, flux, git_repository, kustomization
from tests.plan.report.schemas import check
from tests.repos import commit_files, head

OBJECTS = [kustomization(), git_repository(), deployment()]
SILENT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop"}}
NASTY = "\x1b[31mred\x1b[0m \u202e"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "status"
    folder.mkdir()
    (folder / "1.yaml").write_text(yaml.safe_dump_all([*OBJECTS[:2], SILENT]))
    (folder / "2.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": OBJECTS[2:]}))
    (folder / "notes.txt").write_text("{{{")
    return folder


def test_a_table_and_a_sentence_each(fleet: Fleet, saved: Path) -> None:
    assert fleet.ok("health", "-f", str(saved)) == (
        "VERDICT  OBJECT                            REVISION                       IMAGES\n"
        "Healthy  Deployment/shop/shop                                             ghcr.io/acme/shop:1.4.2\n"
        "Healthy  Kustomization/flux-system/shop    environment/dev@sha1:22222222  ghcr.io/acme/shop:1.4.2\n"
        "Healthy  GitRepository/flux-system/config  environment/dev@sha1:22222222\n"
        "\n"
        "Deployment/shop/shop is available\n"
        "Kustomization/flux-system/shop applied, and found healthy\n"
        "GitRepository/flux-system/config has environment/dev@sha1:22222222\n"
        "1 without a health of its own: ConfigMap\n"
    )


def test_json_is_what_its_schema_says(fleet: Fleet, saved: Path) -> None:
    report = fleet("health", "--json", "-f", str(saved / "1.yaml"), "-f", str(saved / "2.json")).json
    check("health", report)
    assert [(each["kind"], each["verdict"]) for each in report["objects"]] == [
        ("Deployment", "Healthy"), ("Kustomization", "Healthy"), ("GitRepository", "Healthy"),
    ]  # fmt: skip
    assert [each["kind"] for each in report["without_health"]] == ["ConfigMap"]


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"kind": "List", "items": OBJECTS}),
        yaml.safe_dump_all(OBJECTS),
        "{kind: Deployment, apiVersion: apps/v1, metadata: {name: shop}}",
        json.dumps({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {"name": "shop"}}]}),
    ],
)
def test_standard_input(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    said = []
    for argv in (["health"], ["health", "-f", "-"]):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(written.encode())))
        said.append(fleet.ok(*argv))
    assert said[0] == said[1]
    assert "Deployment" in said[0]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"spec__suspend": True}, 12),
        ({"metadata__generation": 4}, 11),
        ({"status__lastAppliedRevision": flux("1" * 40)}, 11),
        ({"metadata__deletionTimestamp": "2026-03-02T10:00:00Z"}, 11),
    ],
)
def test_exit_codes(fleet: Fleet, tmp_path: Path, changes: dict[str, Any], code: int) -> None:
    file = tmp_path / "o.yaml"
    file.write_text(yaml.safe_dump_all([kustomization(**changes), *OBJECTS[1:]]))
    assert fleet("health", "-f", str(file), "--exit-code").code == code
    assert fleet("health", "-f", str(file)).code == 0


def test_nothing_is_not_healthy(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text('{"kind": "List", "items": []}')
    said = fleet("health", "-f", str(tmp_path / "none.json"), "--exit-code")
    assert (said.code, said.out) == (11, "nothing here has a health\n")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.yaml", None, "there is no file gone.yaml"),
        ("odd.yaml", "a: [", "odd.yaml cannot be read: "),
        ("odd.json", "{", "odd.json cannot be read: "),
        ("flow.yaml", "{a: [", "flow.yaml cannot be read: "),
        ("odd.yaml", "hello", "odd.yaml holds something that is not a Kubernetes object"),
        ("odd.txt", '{"kind": "A"}', "odd.txt holds an object without kind or name"),
        ("empty/x.txt", "", "empty holds no YAML or JSON"),
    ],
)
def test_files_that_cannot_be_read(fleet: Fleet, tmp_path: Path, name: str, content: str | None, message: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_text(content)
    said = fleet("health", "-f", str(path.parent if "/" in name else path))
    assert (said.code, said.out) == (1, "")
    first, second = said.err.replace(f"{tmp_path}/", "").splitlines()
    assert first.startswith(f"promoter: {message}")
    assert second.startswith(("  Save it again", "  Save the objects", "  Name files"))


def test_by_the_content_of_a_commit(fleet: Fleet, tmp_path: Path) -> None:
    commit_files(fleet.repo, "environment/dev", {"shop/a.yaml": "a: 1"}, "Start shop")
    first = head(fleet.repo, "environment/dev")
    second = commit_files(fleet.repo, "environment/dev", {"cart/a.yaml": "b: 1"}, "Leave shop alone")
    third = commit_files(fleet.repo, "environment/dev", {"shop/a.yaml": "a: 2"}, "Change shop")
    status = {"lastAppliedRevision": flux(first), "lastAttemptedRevision": flux(first)}
    shown = [
        kustomization(status={**kustomization()["status"], **status}),
        git_repository(status__artifact={"revision": flux(first)}),
        deployment(),
    ]
    file = tmp_path / "o.yaml"
    file.write_text(yaml.safe_dump_all(shown))

    def verdict(*argv: str) -> str:
        report = fleet("health", "--json", "-f", str(file), *argv).json
        return next(str(each["verdict"]) for each in report["objects"] if each["kind"] == "Kustomization")

    assert [verdict("--commit", commit) for commit in (first, second, third)] == ["Healthy", "Healthy", "Pending"]
    assert verdict("--commit", "environment/dev", "--path", "./shop/") == "Pending"
    assert verdict("--commit", second, "--path", "shop") == "Healthy"
    assert verdict("--commit", second, "--path", "cart") == "Unknown"
    assert verdict("--commit", "main") == "Pending"  # holds another shop
    for argv, message in (
        (("--commit", "nope"), "promoter: FLEET has no commit nope\n"),
        (("--commit", third, "--path", "gone"), f"promoter: {third[:7]} has nothing at gone\n"),
    ):
        said = fleet("health", "-f", str(file), *argv)
        assert said.code == 2
        assert said.err.startswith(message)


def test_names_of_others_steer_no_terminal(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    failed = kustomization(metadata__name=NASTY, status__conditions=[
        {"type": "Ready", "status": "False", "reason": "X", "message": NASTY, "observedGeneration": 3}])  # fmt: skip
    file.write_text(json.dumps(failed))
    out = fleet.ok("health", "-f", str(file))
    assert "Failed" in out
    assert not {"\x1b", "\u202e"} & set(out)
