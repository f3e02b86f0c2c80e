"""A bad day on every forge: the same words at a terminal and in comments, the same deeds of people, the same ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.grounds import FORGES, Ground, stand
from tests.repos import commit_files
from tests.run.shops import IMAGE

WAYS = ("terminal", "comment")


@pytest.fixture(params=FORGES)
def ground(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Ground]:
    with stand(request.param, tmp_path, capsys, monkeypatch) as found:
        yield found


def say(ground: Ground, way: str, number: int, *words: str) -> None:
    """Say it at a terminal, or in a comment on a pull request, and let promoter run."""
    quoted = [f'"{word}"' if " " in word else word for word in words]
    if way == "comment":
        ground.later()
        ground.people.comment(number, "kim", f"Look at this.\n\n/promoter {' '.join(quoted)}")
        out = ground("run")
        assert "refused" not in out, out
        assert "heard" in out
    else:
        ground(*words)
        ground("run")


@pytest.mark.parametrize("way", WAYS)
def test_a_rollback_and_nothing_brings_it_back(ground: Ground, way: str) -> None:
    ground.everywhere("1.4.2")
    number = ground.everywhere("1.5.0")
    say(ground, way, number, "rollback", "shop", "prod", "INC-412 5xx")
    assert ground.runs("1.4.2")
    assert "Nothing to do." in ground("run")
    assert 'rolled back from 1.5.0: "INC-412 5xx" (kim)' in ground("status")
    say(ground, way, number, "resume", "shop", "prod")
    assert ground.runs("1.4.2")
    assert ground.pulls == []
    ground.everywhere("1.5.1")


@pytest.mark.parametrize("way", WAYS)
def test_back_to_a_commit_of_the_branch(ground: Ground, way: str) -> None:
    ground.everywhere("1.4.2")
    commit = ground.repo.refs(["refs/heads/environment/prod"])["refs/heads/environment/prod"]
    number = ground.everywhere("1.5.0")
    say(ground, way, number, "rollback", "shop", "prod", "--to", commit[:10])
    assert ground.runs("1.4.2")


@pytest.mark.parametrize("way", [*WAYS, "label"])
def test_a_hold_stops_what_everything_else_lets_pass(ground: Ground, way: str) -> None:
    ground.everywhere("1.4.2")
    ground("release", "shop", "1.5.0")
    ground("run")
    (pull,) = ground.pulls
    if way == "label":
        ground.people.label(pull.number, "kim", [*pull.labels, "promoter/hold"])
    else:
        say(ground, way, pull.number, "hold", "shop", "prod", "INC-412 wait")
    ground.people.approve(pull.number, "lin")
    ground("run")
    assert ground.runs("1.4.2")
    (pull,) = ground.pulls
    assert "hold" in pull.body.partition("promoter:waiting")[2]
    assert "hold" in ground("explain", "shop", "prod")
    if way == "label":
        ground.people.unlabel(pull.number, "kim", "promoter/hold")
        ground("run")
    else:
        say(ground, way, pull.number, "resume", "shop", "prod")
    assert ground.runs("1.5.0")


@pytest.mark.parametrize("way", [*WAYS, "close"])
def test_a_skip_stays_until_somebody_tries_again(ground: Ground, way: str) -> None:
    ground("release", "shop", "1.4.2")
    ground("run")
    (pull,) = ground.pulls
    if way == "close":
        ground.people.close(pull.number, "kim")
        ground("run")
    else:
        say(ground, way, pull.number, "skip", "shop", "prod")
    for _ in range(2):
        ground("run")
    assert ground.pulls == []
    assert "skipped by kim" in ground("history", "shop")
    if way == "close":
        ground.people.reopen(pull.number, "kim")
        ground("run")
    else:
        say(ground, way, pull.number, "retry", "shop", "prod")
    ground.approved()
    assert ground.runs("1.4.2")


def test_a_hotfix_after_a_rollback(ground: Ground) -> None:
    ground.everywhere("1.4.2")
    number = ground.everywhere("1.5.0")
    say(ground, "comment", number, "rollback", "INC-412 5xx")
    ground("release", "shop", "1.4.3", "--hotfix", "prod", "INC-412 the leak")
    ground("resume", "shop", "prod")
    ground("run")
    (pull,) = ground.pulls
    assert pull.title == "Hotfix shop 1.4.3 in prod"
    assert "hotfix" in pull.labels
    ground.approved()
    assert ground.runs("1.4.3")
    ground.everywhere("1.5.1")


@pytest.mark.parametrize("end", ["approve", "close"])
@pytest.mark.parametrize("name", FORGES)
def test_a_hand_edit_is_overwritten_in_the_open_or_kept(
    name: str, end: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with stand(name, tmp_path, capsys, monkeypatch, "overwrite") as ground:
        ground.everywhere("1.4.2")
        before = ground.prod
        path = "shop/deployment-shop.yaml"
        edit = commit_files(ground.repo, "environment/prod", {path: before.replace("1.4.2", "1.4.2-debug")}, "Debug it")
        assert edit[:7] in ground("drift")
        ground("run")
        (pull,) = ground.pulls
        assert pull.title == "Put back shop 1.4.2 in prod"
        assert f"- `{edit[:7]}` Debug it" in pull.body
        if end == "approve":
            ground.approved()
            assert ground.prod == before
        else:
            ground.people.close(pull.number, "kim")
            for _ in range(2):
                ground("run")
            assert ground.pulls == []
            assert f"{IMAGE}:1.4.2-debug" in ground.prod
        assert "Nothing to do." in ground("run")
