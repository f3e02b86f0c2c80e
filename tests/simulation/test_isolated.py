"""A simulation reads a repository and touches nothing: no ref, no object, no file, no forge, no cluster, no network."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.forge.local import LocalForge
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.model.forge import PullText
from promoter.model.names import Branch
from tests.repos import START, commit_files, head, make_repo
from tests.run.shops import manifest

CONFIG = """\
version: 1
live: {kubernetes: {context: nowhere}}
hosts: [qa.acme.example]
ledger: {signers: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKy1vG0XvQ2mXk5Zc0mGmL0m4d0h6v3F0u3Yy1xQd9aZ kim"]}
layout: {branch: "environment/{environment}", path: "{app}"}
deployments: true
environments:
  - {name: dev, promote: auto}
  - name: prod
    promote: auto
    gates: {http: {qa: "https://qa.acme.example/ready"}, commands: {smoke: {run: [smoke.sh]}}, jobs: {e2e: e2e.sh}}
apps: {shop: {path: "shop/{environment}", render: plain, images: ["ghcr.io/acme/shop"]}}
"""
SCRIPT = """\
answers: [{gate: http, says: success}, {gate: commands, says: success}]
steps:
  - release: shop 1.4.2
  - later: 1h
    expect: {shop: {dev: [1.4.2, current], prod: r0}}
    waiting: {shop: {prod: jobs/e2e}}
  - answer: {gate: jobs, says: success}
  - later: 1h
    expect: {shop: {prod: [1.4.2, current]}}
  - rollback: shop prod "INC-412"
    expect: {shop: {prod: [r0, held]}}
"""
WATCHED = """\
import sys
seen = []
def watch(event, given):
    if event.startswith("socket.") and event != "socket.gethostname":
        seen.append((event, repr(given)))
    if event == "subprocess.Popen":
        words = [str(word) for word in given[1]]
        far = any("://" in word and not word.startswith("file://") for word in words)
        near = words[0] == "git" and "promoter-simulate-" in words[1] and not far
        seen.extend([] if near else [(event, words)])
    if event == "open" and not isinstance(given[0], int) and isinstance(given[1], str) and set(given[1]) & set("wax+"):
        path = str(given[0])
        seen.extend([] if "promoter-simulate-" in path or path == "/dev/null" else [(event, path, given[1])])
sys.dont_write_bytecode = True
from promoter.cli.main import main
sys.addaudithook(watch)
code = main(sys.argv[1:])
print(*seen, sep="\\n", file=sys.stderr)
sys.exit(code or (99 if seen else 0))
"""


@pytest.fixture
def real(tmp_path: Path) -> Repository:
    files = {f"shop/{name}/app.yaml": manifest(name, "ghcr.io/acme/shop:1.0.0") for name in ("dev", "prod")}
    programs = dict.fromkeys(("smoke.sh", "e2e.sh"), "#!/bin/sh\nexit 1\n")
    repo = make_repo(tmp_path / "fleet.git", {"promoter.yaml": CONFIG, **files, **programs})
    repo.update([RefUpdate("refs/heads/topic", None, head(repo))])
    commit_files(repo, "topic", {"x": "y"}, "Something")
    forge = LocalForge(repo, "kim")
    forge.open_as("kim", Branch("topic"), Branch("main"), PullText("A person's", ""), START)
    return repo


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Give every file below a folder: when it was written, and what it holds."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_repository_and_its_forge_stay_as_they_are(
    real: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.yaml").write_text(SCRIPT)
    folder = real.store.path
    before = state(folder)
    assert len(before) > 20
    assert main(["simulate", str(tmp_path / "x.yaml")], Shell(repo=str(folder))) == 0, capsys.readouterr().out
    assert state(folder) == before
    commit_files(real, "topic", {"x": "z"}, "More")
    assert state(folder) != before


def test_nothing_is_asked_of_anybody(real: Repository, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SCRIPT)
    arguments = ["--repo", str(real.store.path), "simulate", str(tmp_path / "x.yaml")]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", WATCHED, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_watch_sees_what_is_asked() -> None:
    ask = WATCHED.replace("code = main(sys.argv[1:])", "code = 0; import socket; socket.socket().close()")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 99
    assert "socket" in done.stderr
