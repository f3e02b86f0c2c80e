"""Every layout with every renderer, at every kind of address: one release from the first environment to the last.

By the program's commands alone; only the slot's bytes change, and the report at the end is what its schema says.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.git.repository import Repository
from promoter.git.trailers import parse_trailers
from promoter.model.names import Oid
from tests.cli.fleet import MANIFEST, NOW
from tests.e2e.processes import SECONDS
from tests.git.programs import CLEAN, git
from tests.git.servers import serve
from tests.plan.report.schemas import check
from tests.repos import head, make_repo

FIXTURES = Path(__file__).parents[2] / "fixtures" / "repos"
HEAD = """\
version: 1
live: none
environments: [{name: dev, promote: auto}, {name: prod, promote: auto, gates: {approvals: 1}}]
tools: {kustomize: 5.8.1, helm: 4.2.3}
"""
BRANCHES = 'layout: {branch: "environment/{environment}", path: "{app}"}\n'
FOLDERS = 'layout: {branch: live, path: "{environment}/{app}"}\n'
IN_PLACE = ""
KUSTOMIZE = 'apps: {shop: {path: "apps/shop/overlays/{environment}", images: ["ghcr.io/acme/shop"]}}\n'
HELM = """\
apps:
  shop:
    path: apps/web
    images: {"ghcr.io/acme/web": {file: "apps/web/**/*.yaml", key: tag}}
    render: {helm: {chart: /charts/web, values: [common.yaml, "env/{environment}.yaml"], namespace: web}}
"""
PLAIN = 'apps: {shop: {path: "shop/{environment}", images: ["ghcr.io/acme/shop"], render: plain}}\n'
OVERLAYS = 'apps: {shop: {path: "{environment}", images: {"ghcr.io/acme/shop": {also: [eu.gcr.io/acme/shop]}}}}\n'
VALUES = 'apps: {shop: {path: "values-{environment}.yaml", images: ["ghcr.io/acme/shop"]}}\n'


def files_of(name: str) -> dict[str, bytes]:
    """Give the files of a fixture; `plain` is one manifest an environment."""
    if name == "plain":
        return {f"shop/{one}/a.yaml": MANIFEST.format(app="shop", environment=one).encode() for one in ("dev", "prod")}
    root = FIXTURES / name
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@dataclass
class Terminal:
    """The program at one address, as different people."""

    where: str
    capsys: pytest.CaptureFixture[str]
    now: datetime = NOW

    def __call__(self, *words: str, user: str = "kim") -> str:
        self.capsys.readouterr()
        code = main(list(words), Shell(repo=self.where, user=user, clock=lambda: self.now))
        out, err = self.capsys.readouterr()
        assert (code, err) == (0, ""), (words, out, err)
        self.now += timedelta(minutes=5)
        return out

    def everything(self, version: str) -> None:
        """Bring `version` from the first environment to the last."""
        self("release", "shop", version)
        self("run")
        (number,) = [pull["number"] for pull in json.loads(self("pr", "list", "--json"))["pull_requests"]]
        self("pr", "approve", str(number), user="lin")
        self("run")
        assert self("run") == "Nothing to do.\n"
        report = json.loads(self("status", "--json"))
        check("status", report)
        assert {(slot["environment"], slot["state"]) for slot in report["slots"]} == {
            ("dev", "current"),
            ("prod", "current"),
        }


def lines_of(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def edits(repo: Repository, old: str, new: str) -> dict[str, list[tuple[str, str]]]:
    """Give path -> lines before and after, of every file that differs; lines may change, but not come or go."""
    store = repo.store
    before, after = (dict(store.files(store.commit(Oid(one)).tree)) for one in (old, new))
    assert before.keys() == after.keys()
    found = {}
    for path in before:
        was, now = (lines_of(store.blob(tree[path].id)) for tree in (before, after))
        assert (len(was), before[path].mode) == (len(now), after[path].mode)
        lines = [(one.decode(), two.decode()) for one, two in zip(was, now, strict=True) if one != two]
        if lines:
            found[path] = lines
    return found


def brought(repo: Repository, branch: str) -> dict[str, set[str]]:
    """Give slot -> folders that its commits on `branch` changed."""
    store, found = repo.store, dict[str, set[str]]()
    for commit in store.history(head(repo, branch)):
        before = dict(store.files(store.commit(commit.parents[0]).tree)) if commit.parents else {}
        after = dict(store.files(commit.tree))
        paths = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        for word in parse_trailers(commit.message):
            found.setdefault(f"{word.app} {word.environment}", set()).update(path.rpartition("/")[0] for path in paths)
        assert parse_trailers(commit.message) or not paths
    return found


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMOTER_CACHE", str(tmp_path / "cache"))


RENDERED = {
    "kustomize": (
        "rendered-kustomize",
        KUSTOMIZE,
        "ghcr.io/acme/shop",
        {
            "apps/shop/base/deployment.yaml": ("          image: ghcr.io/acme/shop:{}\n", "1.4.0"),
            "apps/shop/overlays/dev/kustomization.yaml": ("  - {{name: ghcr.io/acme/shop, newTag: {}}}\n", "1.5.0"),
            "apps/shop/overlays/prod/kustomization.yaml": ("  - {{name: ghcr.io/acme/shop, newTag: {}}}\n", "1.4.0"),
        },
    ),
    "helm": (
        "rendered-helm",
        HELM,
        "ghcr.io/acme/web",
        {"apps/web/common.yaml": ("tag: {}\n", "1.4.0"), "apps/web/env/dev.yaml": ("tag: {}\n", "1.5.0")},
    ),
    "plain": (
        "rendered-plain",
        PLAIN.replace("shop/{", "apps/shop/{"),
        "ghcr.io/acme/shop",
        {
            "apps/shop/base/deployment.yaml": ("          image: 'ghcr.io/acme/shop:{}'\n", "1.4.0"),
            "apps/shop/dev/render.yaml": (
                "      - {{op: replace, path: /spec/template/spec/containers/0/image, "
                'value: "ghcr.io/acme/shop:{}"}}\n',
                "1.5.0",
            ),
        },
    ),
}


@pytest.mark.parametrize("layout", [BRANCHES, FOLDERS], ids=["branches", "folders"])
@pytest.mark.parametrize("renderer", RENDERED)
def test_rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str], renderer: str, layout: str) -> None:
    name, apps, image, expected = RENDERED[renderer]
    repo = make_repo(tmp_path / "fleet.git", {**files_of(name), "promoter.yaml": HEAD + layout + apps})
    before = head(repo)
    Terminal(repo.url, capsys).everything("1.6.0")
    wanted = {path: [(line.format(old), line.format("1.6.0"))] for path, (line, old) in expected.items()}
    assert edits(repo, before, head(repo)) == wanted
    for environment in ("dev", "prod"):
        branch, folder = (
            ("live", f"{environment}/shop") if layout is FOLDERS else (f"environment/{environment}", "shop")
        )
        assert brought(repo, branch)[f"shop {environment}"] == {folder}
        shown = repo.store.read(repo.store.commit(head(repo, branch)).tree, f"{folder}/deployment-shop.yaml")
        assert shown is not None
        assert f"{image}:1.6.0".encode() in shown


EDITED = {
    "kustomize": (
        "kustomize-overlays",
        OVERLAYS,
        {
            "dev/kustomization.yaml": [
                ("  newTag:   1.3.9     # moved by releases\n", "  newTag:   1.6.0     # moved by releases\n")
            ],
            "prod/kustomization.yaml": [
                ("      newTag: '1.3.8'\n", "      newTag: '1.6.0'\n"),
                (f"      digest: sha256:{'1' * 64}\n", '      digest: ""\n'),
            ],
        },
    ),
    "helm": (
        "helm-values",
        VALUES,
        {
            "values-dev.yaml": [('    tag: "1.3.9"\n', '    tag: "1.6.0"\n')],
            "values-prod.yaml": [("        tag: '1.3.8'    # not latest\n", "        tag: '1.6.0'    # not latest\n")],
        },
    ),
    "plain": (
        "plain",
        PLAIN.replace(", render: plain", ""),
        {
            f"shop/{name}/a.yaml": [
                (
                    '        - {name: main, image: "ghcr.io/acme/shop:1.0.0"}\n',
                    '        - {name: main, image: "ghcr.io/acme/shop:1.6.0"}\n',
                )
            ]
            for name in ("dev", "prod")
        },
    ),
}


@pytest.mark.parametrize("form", EDITED)
def test_edited_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    name, apps, expected = EDITED[form]
    repo = make_repo(tmp_path / "fleet.git", {**files_of(name), "promoter.yaml": HEAD + apps})
    before = head(repo)
    terminal = Terminal(repo.url, capsys)
    terminal("adopt", "shop")
    terminal.everything("1.6.0")
    assert edits(repo, before, head(repo)) == expected
    changed = [edits(repo, one.parents[0], one.id).keys() for one in repo.store.history(head(repo)) if one.parents]
    assert [list(paths) for paths in changed if paths] == [[path] for path in reversed(expected)]


def served(root: Path) -> str:
    """Make a fleet whose objects and commits may be fetched one by one, as forges allow it."""
    make_repo(root / "fleet.git", {**files_of("plain"), "promoter.yaml": HEAD + BRANCHES + PLAIN})
    for key in ("http.receivepack", "daemon.receivepack", "uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(root / "fleet.git", "config", key, "true")
    return str(root / "fleet.git")


def refs_of(repo: str) -> str:
    return git(Path(repo), "for-each-ref")


@pytest.fixture
def direct(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """All refs at the end of a story that was told at the repository's folder."""
    (tmp_path / "direct").mkdir()
    repo = served(tmp_path / "direct")
    Terminal(repo, capsys).everything("1.6.0")
    return refs_of(repo)


@pytest.mark.parametrize("how", ["url", "clone", "shallow", "blobless", "detached"])
def test_over_http(tmp_path: Path, capsys: pytest.CaptureFixture[str], direct: str, how: str) -> None:
    """The same commits, to the byte, as at the folder; the clone that names the server is not touched."""
    (tmp_path / "far").mkdir()
    repo = served(tmp_path / "far")
    with serve(tmp_path / "far") as server:
        where = f"{server.url}/fleet.git"
        options = {"shallow": ["--depth=1"], "blobless": ["--filter=blob:none"]}.get(how, [])
        if how != "url":
            git(tmp_path, "clone", "-q", *options, where, "mine")
            where = str(tmp_path / "mine")
        if how == "detached":
            git(tmp_path / "mine", "checkout", "-q", "--detach")
        before = refs_of(where) if how != "url" else ""
        Terminal(where, capsys).everything("1.6.0")
        assert refs_of(repo) == direct
        if how != "url":
            assert (refs_of(where), git(tmp_path / "mine", "status", "--porcelain")) == (before, "")


def test_over_the_git_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str], direct: str) -> None:
    (tmp_path / "far").mkdir()
    repo = served(tmp_path / "far")
    with daemon(tmp_path / "far") as url:
        Terminal(f"{url}/fleet.git", capsys).everything("1.6.0")
    assert refs_of(repo) == direct


@contextmanager
def daemon(root: Path) -> Iterator[str]:
    """Serve the repositories below `root` with `git daemon` for the time of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["git", "daemon", "--export-all", f"--base-path={root}", "--listen=127.0.0.1", f"--port={port}"]
    with subprocess.Popen([*command, "--reuseaddr"], env=CLEAN, start_new_session=True) as process:
        try:
            end = time.monotonic() + SECONDS
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    assert (process.poll(), time.monotonic() < end) == (None, True)
                    time.sleep(0.02)
            yield f"git://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
