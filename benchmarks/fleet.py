"""Fleets to measure with: ledgers of apps with a history, and bare repositories served as a Git server would."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path

from promoter.cluster.port import ContentAt, Wanted
from promoter.git.direct import Direct
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.git.store import Store
from promoter.model.ledger import How, Ledger, Outcome, Place, Result, Stay
from promoter.model.names import ContentId, Oid
from promoter.model.release import ImageChange, Release
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=60)
ENVIRONMENTS = ("dev", "test", "staging", "prod-eu", "prod-us")
RELEASES = 30
"""How many releases an app has behind it: as many as a ledger's tip keeps."""
KIM = ("Kim", "kim@example.com")
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Kim",
    "GIT_AUTHOR_EMAIL": "kim@example.com",
    "GIT_COMMITTER_NAME": "Kim",
    "GIT_COMMITTER_EMAIL": "kim@example.com",
    "LC_ALL": "C",
}
"""An environment without anybody's config."""


def oid(*words: object) -> Oid:
    """Give an object id that nothing has, the same for the same words."""
    return Oid(sha1(":".join(map(str, words)).encode(), usedforsecurity=False).hexdigest())


def settled(
    app: str,
    newest: Mapping[str, ContentId],
    commits: Mapping[str, Oid],
    dry: Oid,
    inputs: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Sequence[str]],
) -> Ledger:
    """Give the ledger of an app that has brought RELEASES releases through every environment, one a day."""
    releases = {}
    for number in range(1, RELEASES + 1):
        last = number == RELEASES
        content = newest if last else {name: ContentId(oid(app, name, number)) for name in newest}
        image = ImageChange(f"ghcr.io/acme/{app}", f"1.{number - 1}.0", f"1.{number}.0")
        releases[number] = Release(
            number, START + timedelta(days=number), dry if last else oid(app, "dry", number), "kim", content,
            version=f"1.{number}.0", images=(image,), inputs=inputs if last else {}, stored=oid(app, "kept", number),
        )  # fmt: skip
    places = {}
    for name in newest:
        stays = [
            Stay(n, r.content[name], commits[name], r.at, How.MERGED, r.at + timedelta(minutes=5))
            for n, r in sorted(releases.items(), reverse=True)
        ]
        words = {n: Outcome(Result.VERIFIED, r.at + timedelta(hours=1), "soaked 30m") for n, r in releases.items()}
        places[name] = Place(tuple(after[name]), RELEASES, stays[0], tuple(stays[1:21]), words, pulls_done=RELEASES)
    return Ledger(app, RELEASES + 1, releases, places)


class AllHealthy:
    """Clusters in which everything is live and healthy; asking them costs nothing."""

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Say yes to everything."""
        return {
            (want.slot.app, want.slot.environment, want.cluster): ClusterLive(want.cluster, Answer.SUCCESS, "healthy")
            for want in wanted
        }


def bare(path: Path, files: Mapping[str, bytes]) -> Repository:
    """Make a bare repository whose main branch holds `files`; it serves partial fetches, as forges do."""
    store = Store.create(path)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        store.repo.config[key] = "true"
    repository = Repository(store, Direct(store), str(path))
    tree = store.put_files(files)
    first = store.put_commit(tree, [], "Start", KIM, START)
    repository.update([RefUpdate("refs/heads/main", None, first)])
    return repository


def packed(path: Path) -> str:
    """Pack the repository as a server keeps it, and give the URL at which git reaches it through a server process."""
    git("--git-dir", str(path), "repack", "-adq")
    git("--git-dir", str(path), "pack-refs", "--all")
    return f"file://{path}"


def git(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run git and give what it printed. Raises CalledProcessError."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, env={**CLEAN, **(env or {})})
    return done.stdout.strip()


def sessions(trace: Path) -> int:
    """Count the server processes in a trace of git (`GIT_TRACE2_EVENT`): each is one connection to the server."""
    lines = trace.read_text().splitlines() if trace.exists() else []
    events = (json.loads(line) for line in lines)
    return sum(event["event"] == "cmd_name" and event["name"] in ("upload-pack", "receive-pack") for event in events)
