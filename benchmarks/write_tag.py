"""One new tag in a repository of 20,000 files, pushed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.fleet import CLEAN, KIM, NOW, bare, git, packed, sessions
from benchmarks.measure import Figure, Row, Times, peak, ratio, rounds, seconds
from promoter.git.store import FILE as STORED
from promoter.git.store import Entry, Store
from promoter.model.names import Oid
from promoter.run.open import open_workspace
from promoter.run.release import Wish, release
from promoter.run.run import run

WORK = "write one tag in a repository of 20,000 files and push"
CONFIG = """version: 1
environments: [{name: dev, promote: commit}]
live: none
apps:
  shop: {path: "apps/shop/{environment}", images: [ghcr.io/acme/shop]}
"""
"""In place: the release is recorded by `release`, its tag is written by the run that follows."""
OVERLAY = """apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../base]
images:
  - name: ghcr.io/acme/shop
    newTag: 0.0.0
"""
FILE = "apps/shop/dev/kustomization.yaml"
SCRIPT = """set -e
git clone --quiet --depth 1 "$1" "$2"
cd "$2"
sed -i "s/newTag: .*/newTag: $3/" "$4"
git commit --quiet --all --message "Release $3"
git push --quiet
"""


@dataclass(slots=True)
class Ways:
    """The ways to write the tag; every call writes another one."""

    folder: Path
    url: str
    count: int = 0
    released: float = 0.0
    """Seconds that the newest release took, without the run."""

    def version(self) -> str:
        """Give a version that is newer than all before."""
        self.count += 1
        return f"1.{self.count}.0"

    def script(self, number: int) -> None:
        """What a pipeline's script does."""
        copy = self.folder / f"copy-{number}"
        subprocess.run(["sh", "-c", SCRIPT, "sh", self.url, str(copy), self.version(), FILE], check=True, env=CLEAN)

    def need(self, number: int) -> None:
        """Fetch and push, and nothing else: the least that git must do with a warm store."""
        store = ["--git-dir", str(self.folder / "need.git")]
        git(*store, "fetch", "--quiet", "origin", "main")
        git(*store, "push", "--quiet", "origin", f"refs/made/{number}:refs/heads/other")

    def promoter(self, cache: Path, trace: Path | None = None) -> None:
        """Release a version and bring it into the first environment, as one process does."""
        ws = open_workspace(
            self.url, branch="main", env={**CLEAN, "PROMOTER_CACHE": str(cache), "GIT_TRACE2_EVENT": str(trace or 0)},
            now=lambda: NOW + timedelta(minutes=self.count),
        )  # fmt: skip
        version = self.version()
        self.released = seconds(lambda: release(ws, "shop", Wish(version)))
        run(ws)

    def program(self, *words: str) -> None:
        """Run promoter as a person does."""
        env = {**CLEAN, "PROMOTER_CACHE": str(self.folder / "warm")}
        subprocess.run([sys.executable, "-m", "promoter", *words], check=True, env=env, capture_output=True)

    def tag(self) -> str:
        """Give the tag that stands in the repository now."""
        text = git("--git-dir", self.url.removeprefix("file://"), "show", f"main:{FILE}")
        return text.rpartition("newTag: ")[2].strip()


def measure(folder: Path, quick: bool) -> Row:
    """Measure; `quick`: with few files and rounds, to see that it works."""
    count = 1 if quick else 5
    ways = Ways(folder, _repository(folder, 20 if quick else 20_000))
    _prepare(ways, count)
    ways.program("--repo", ways.url, "release", "shop", ways.version())
    ways.promoter(folder / "warm")
    ways.promoter(folder / "warm", folder / "trace.json")
    trips = sessions(folder / "trace.json")
    with peak() as memory:
        ways.promoter(folder / "warm")
    if ways.tag() != f"1.{ways.count}.0":
        raise AssertionError(f"the tag is {ways.tag()}, not 1.{ways.count}.0: nothing was written")
    alone = Times()

    def warm(number: int) -> None:
        del number
        ways.promoter(folder / "warm")
        alone.seconds.append(ways.released)

    times = rounds(
        {
            "script": ways.script,
            "need": ways.need,
            "warm": warm,
            "cold": lambda number: ways.promoter(folder / f"cold-{number}"),
            "process": lambda _: ways.program("--repo", ways.url, "release", "shop", ways.version()),
            "start": lambda _: ways.program("--version"),
        },
        count,
    )
    return Row(
        "write_tag",
        WORK,
        (
            times["script"].figure("script: shallow clone, sed, commit, push"),
            times["need"].figure("fetch and push alone"),
            times["warm"].figure("release and run, warm store"),
            times["cold"].figure("release and run, cold store"),
            alone.figure("of which the release, warm store"),
            Figure("server sessions of a release and run, warm store", trips, ""),
            times["process"].figure("promoter release, whole process"),
            times["start"].figure("promoter --version, whole process"),
            ratio("script / fetch and push alone: the most that can be won", times["script"], times["need"]),
            ratio("script / release, warm", times["script"], alone),
            ratio("script / release and run, warm", times["script"], times["warm"], 30),
            ratio("script / release and run, cold", times["script"], times["cold"]),
            ratio("release, warm / fetch and push", alone, times["need"]),
            ratio("release and run, warm / fetch and push", times["warm"], times["need"], 2, at_least=False),
            memory.figure("release and run"),
        ),
    )


def _repository(folder: Path, count: int) -> str:
    files = {
        "promoter.yaml": CONFIG.encode(),
        **{f"apps/shop/{name}/kustomization.yaml": OVERLAY.encode() for name in ("dev",)},
    }
    for number in range(count):
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{value: '{number}'}}\n"
        files[f"apps/a{number // 500}/f{number // 10}/c{number}.yaml"] = text.encode()
    bare(folder / "fleet.git", files)
    return packed(folder / "fleet.git")


def _prepare(ways: Ways, times: int) -> None:
    """Take what stands there as the start, and make the commits that `need` pushes."""
    ways.program("--repo", ways.url, "adopt", "shop")
    git("clone", "--quiet", "--bare", "--filter=blob:none", ways.url, str(ways.folder / "need.git"))
    store = Store(ways.folder / "need.git")
    tip = Oid(git("--git-dir", str(store.path), "rev-parse", "main"))
    for number in range(times + 1):
        blob = store.put_blob(OVERLAY.replace("0.0.0", f"0.{number}.0").encode())
        tree = store.edit_tree(store.commit(tip).tree, {FILE: Entry(STORED, blob)})
        tip = store.put_commit(tree, [tip], f"Release {number}\n", KIM, NOW)
        git("--git-dir", str(store.path), "update-ref", f"refs/made/{number}", tip)
