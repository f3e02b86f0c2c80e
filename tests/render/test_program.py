from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.program import Limits, Programs, Room

SEARCH = "/usr/local/bin:/usr/bin:/bin"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    (tmp_path / "source" / "app").mkdir(parents=True)
    (tmp_path / "scratch").mkdir()
    return Room(tmp_path / "source", tmp_path / "scratch")


def run(room: Room, script: str, limits: Limits | None = None, *, offline: bool = True) -> str:
    return Programs(SEARCH, limits).run(["/bin/sh", "-c", script], room, "app", offline=offline).decode()


def test_it_sees_a_clean_environment(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "a secret")
    monkeypatch.setenv("HELM_NAMESPACE", "other")
    names = {line.partition("=")[0] for line in run(room, "env", offline=False).splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "TMPDIR", "LANG"}
    said = run(room, 'echo "$HOME" "$TMPDIR"; ls -A "$HOME"; pwd').split()
    assert said == [str(room.scratch / "home"), str(room.scratch / "tmp"), str(room.source / "app")]


def test_without_network_every_proxy_is_a_dead_end(room: Room) -> None:
    said = run(room, "echo $HTTPS_PROXY $HTTP_PROXY $GIT_ALLOW_PROTOCOL")
    assert said == "http://127.0.0.1:9 http://127.0.0.1:9 none\n"


def test_both_streams_may_be_long(room: Room) -> None:
    script = "i=0; while [ $i -lt 20000 ]; do echo out; echo err >&2; i=$((i+1)); done"
    assert run(room, script) == "out\n" * 20000


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo first >&2; echo why >&2; exit 3", r"sh failed \(exit 3\):\nfirst\nwhy"),
        ("exit 1", r"sh failed \(exit 1\)$"),
        ("kill -9 $$", r"sh failed \(exit -9\)$"),
    ],
)
def test_a_failure_says_what_the_program_said(room: Room, script: str, why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        run(room, script)


def test_only_the_last_lines_are_kept_and_no_temporary_path(room: Room) -> None:
    with pytest.raises(RenderFailed) as failed:
        run(room, 'i=0; while [ $i -lt 50 ]; do echo "line $i" >&2; i=$((i+1)); done; echo "$PWD/x $HOME" >&2; exit 1')
    lines = failed.value.message.splitlines()
    assert lines[1:] == [f"line {at}" for at in range(39, 50)] + ["app/x home"]


def test_a_program_that_is_not_there_says_so(room: Room) -> None:
    with pytest.raises(RenderFailed, match="nothing could not be started: No such file"):
        Programs(SEARCH).run([str(room.source / "nothing")], room)
    assert Programs(str(room.source)).which("sh") is None


@pytest.mark.parametrize(
    "script",
    ["sleep 60", "sleep 60 & exec sleep 60", "exec >&- 2>&-; sleep 60", "sleep 60 & exit 0"],
    ids=["itself", "with children", "streams closed", "child keeps the streams"],
)
def test_it_ends_with_all_it_started_when_its_time_is_over(room: Room, script: str) -> None:
    start = time.monotonic()
    with pytest.raises(RenderFailed, match=r"did not end within 0\.5 seconds"):
        run(room, script, Limits(seconds=0.5))
    assert time.monotonic() - start < 30


def test_children_do_not_outlive_it(room: Room) -> None:
    script = "(sleep 2; touch late) & sleep 60"
    with pytest.raises(RenderFailed, match="did not end"):
        run(room, script, Limits(seconds=0.3))
    time.sleep(2.5)
    assert not (room.source / "app" / "late").exists()


@pytest.mark.parametrize("to", ["", " >&2"])
def test_endless_output_is_cut_off(room: Room, to: str) -> None:
    with pytest.raises(RenderFailed, match="printed more than 100000 bytes"):
        run(room, f"yes{to}", Limits(output=100_000))


def test_stopping_ends_what_runs(room: Room) -> None:
    programs = Programs(SEARCH)
    timer = threading.Timer(0.3, programs.stop)
    timer.start()
    with pytest.raises(RenderFailed, match="was stopped"):
        programs.run(["/bin/sh", "-c", "sleep 60"], room)
    timer.join()
