from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.process import Git, TimedOut
from promoter.git.store import Store
from tests.git.programs import CLEAN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store.create(tmp_path / "r.git").path


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A server that takes every connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_output_exit_code_and_input(folder: Path) -> None:
    git = Git(folder, CLEAN, [("user.name", "Kim")])
    assert git.run(["config", "user.name"]).out == "Kim\n"
    assert git.run(["config", "user.name"], options={"user.name": "Ann"}).out == "Ann\n"
    assert git.run(["hash-object", "--stdin"], "x").out.strip() == Store(folder).put_blob(b"x")
    assert git.run(["cat-file", "-e", "1" * 40]).code != 0


def test_passwords_in_messages_are_masked(folder: Path) -> None:
    alias = "!echo see http://kim:hunter2@127.0.0.1:1/x >&2; exit 3; #"
    done = Git(folder, CLEAN).run(["say"], options={"alias.say": alias})
    assert (done.code, done.err) == (3, "see http://***@127.0.0.1:1/x")


def test_what_hangs_is_stopped_with_all_that_it_started(folder: Path, silent_server: int) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut, match="git ls-remote was stopped after"):
        Git(folder, CLEAN).run(["ls-remote", f"http://127.0.0.1:{silent_server}/x"], seconds=0.3)
    assert time.monotonic() - began < 5
    address = f":{silent_server}/x".encode()
    running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if address in read(path)]
    assert running == []


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_another_repository_in_the_environment_is_forgotten(folder: Path) -> None:
    env = {**CLEAN, "GIT_DIR": "/nowhere", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_NAMESPACE": "x", "GIT_CONFIG": "/x"}
    done = Git(folder, env).run(["rev-parse", "--absolute-git-dir"])
    assert done.out == f"{folder}\n"
    assert "/nowhere" not in Git(folder, env).run(["var", "-l"]).out


def test_config_of_a_job_that_comes_by_the_environment_is_kept(folder: Path) -> None:
    env = {**CLEAN, "GIT_CONFIG_COUNT": "2"}
    env |= {
        "GIT_CONFIG_KEY_0": "http.proxy",
        "GIT_CONFIG_VALUE_0": "http://proxy",
        "GIT_CONFIG_KEY_1": "core.hooksPath",
    }
    env["GIT_CONFIG_VALUE_1"] = "/theirs"
    git = Git(folder, env)
    assert git.run(["config", "http.proxy"]).out == "http://proxy\n"
    assert git.run(["config", "core.hooksPath"]).out == f"{os.devnull}\n"


def test_without_git_the_error_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EdgeFailed, match="cannot run git") as failed:
        Git(folder, {**CLEAN, "PATH": str(tmp_path)}).run(["version"])
    assert "Install git" in str(failed.value.hint)
