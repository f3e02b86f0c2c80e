"""One server for all processes of a run, and nothing of it is left when they are gone, however they went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kube.api import Api
from tests.kube.keeper import ROOT, joined
from tests.kube.pair import NotReady

JOIN = """
import json, sys, time
from pathlib import Path
from tests.kube.keeper import joined
with joined(Path(sys.argv[1]), 'buckets.source.toolkit.fluxcd.io') as found:
    print(json.dumps(found), flush=True)
    time.sleep(600)
"""
START = """
import json, sys, time
from pathlib import Path
from tests.kube.pair import Pair
from tests.kube.programs import find
pair = Pair(find(), Path(sys.argv[1]))
pair.start()
print(json.dumps(pair.pids()), flush=True)
time.sleep(600)
"""


@contextmanager
def process(script: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `script`, and kill it in the end."""
    command = [sys.executable, "-c", script, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as found:
        try:
            yield found
        finally:
            found.kill()


def said(by: subprocess.Popen[str]) -> Any:
    assert by.stdout is not None
    return json.loads(by.stdout.readline())


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and was not fetched yet does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return state.strip()[:1] not in ("", "Z")


def until(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    return done()


def test_it_lives_as_long_as_somebody_uses_it(tmp_path: Path) -> None:
    with process(JOIN, tmp_path) as first, process(JOIN, tmp_path) as second:
        found = said(first)
        assert said(second) == found
        first.kill()
        first.wait()
        time.sleep(0.5)
        api = Api(found["url"], Path(found["folder"]) / "ca.crt", found["tokens"]["admin"])
        assert api("GET", "/version")["major"] == "1"
        api.close()
    pids = [found["keeper"], *found["processes"]]
    assert len(pids) == 3
    assert until(lambda: not any(map(alive, pids)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keeper.log", "starting", "users"]


def test_programs_end_with_their_starter(tmp_path: Path) -> None:
    with process(START, tmp_path / "server") as starter:
        pids = said(starter)
        assert [alive(pid) for pid in pids] == [True, True]
    assert until(lambda: not any(map(alive, pids)))


def test_a_keeper_that_is_asked_to_end_ends_its_server(tmp_path: Path) -> None:
    with process(JOIN, tmp_path) as user:
        found = said(user)
        os.kill(found["keeper"], signal.SIGTERM)
        assert until(lambda: not any(map(alive, [found["keeper"], *found["processes"]])))
        assert not (tmp_path / "server.json").exists()


def test_a_program_that_fails_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).write_text("#!/bin/sh\necho the disk is wet >&2\nexit 3\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with pytest.raises(NotReady, match=r"did not come up:(?s:.*)ended with 3:\s+the disk is wet"):
        joined(tmp_path / "run").__enter__()
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["keeper.log", "starting", "users"]
