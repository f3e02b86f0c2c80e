"""Opening a workspace from what a person has: a folder, a URL, an environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from promoter.cluster.port import LiveSource
from promoter.cluster.posted import Posted
from promoter.cluster.sources import source_for
from promoter.errors import EdgeFailed
from promoter.forge.chosen import forge_for
from promoter.forge.local import LocalForge
from promoter.git.credential import PASSWORD
from promoter.git.repository import Repository, open_repository
from promoter.git.url import split_secret
from promoter.model.names import Branch, Oid
from promoter.policy.rules import Live
from promoter.run.local_runner import runner
from promoter.run.seal import KEY
from promoter.run.workspace import Workspace

BOT = "promoter"


def utc_now() -> datetime:
    """The time, to the second: what is written down has no more."""
    return datetime.now(UTC).replace(microsecond=0)


def cache_folder(env: Mapping[str, str]) -> Path:
    """Where fetched objects are kept: PROMOTER_CACHE, else the user's cache folder."""
    if env.get("PROMOTER_CACHE"):
        return Path(env["PROMOTER_CACHE"])
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "promoter"


def open_workspace(
    repo: str | Path = ".",
    *,
    user: str = BOT,
    branch: str | None = None,
    now: Callable[[], datetime] = utc_now,
    env: Mapping[str, str] | None = None,
    writes: bool = True,
) -> Workspace:
    """Open the repository at `repo` (folder or URL) as `user`; `writes` False: not even the forge's notices.

    Folders in `live: {files: ...}` are relative to `repo` when it is a working copy, else to the current folder.
    Raises EdgeFailed.
    """
    env = os.environ if env is None else env
    repository = open_repository(repo, cache_folder(env), env)
    base = Path(repo) if Path(repo).is_dir() and (Path(repo) / ".git").exists() else Path()

    chosen = forge_for(repository.url, env)
    if (
        chosen is not None
        and split_secret(repository.url).origin
        and not env.get(PASSWORD)
        and (token := chosen.password())
    ):
        repository = open_repository(repo, cache_folder(env), {**env, PASSWORD: token})
    runs = runner(repository, env.get("PATH"))
    forge = chosen.forge if chosen is not None else LocalForge(repository, BOT, notices=writes, runner=runs)
    posted = Posted(lambda tip: _history(repository, tip), forge.checks, forge.deployments)
    sources: dict[tuple[object, ...], LiveSource] = {}

    def live(rule: Live) -> LiveSource:
        key = (rule.kind, *sorted(rule.settings.items()))
        if key not in sources:  # connections, and what cannot be reached, are remembered from look to look
            sources[key] = source_for(rule, lambda folder: _files(base / folder), repository.url, env, posted)
        return sources[key]

    dry = Branch(branch) if branch else repository.default_branch()
    key = Path(env[KEY]).expanduser() if env.get(KEY) else None
    memory = cache_folder(env) / "ledgers"
    return Workspace(repository, forge, dry, now, live, user, env.get("PATH"), signing_key=key, memory=memory)


def _history(repository: Repository, tip: Oid) -> Iterator[Oid]:
    """Give `tip` and what the branch's tip was before it: first parents only, for a merge brings others along."""
    if not repository.store.has(tip):
        repository.fetch([tip])
    return (commit.id for commit in repository.store.history(tip, first_parent=True))


def _files(folder: Path) -> Iterable[tuple[str, bytes]]:
    """Give every file under `folder`. Raises EdgeFailed when one cannot be read."""
    if not folder.is_dir():
        return ()
    return _walk(folder)


def _walk(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                yield str(path.relative_to(folder)), path.read_bytes()
            except OSError as error:
                raise EdgeFailed(f"cannot read {path}: {error.strerror}") from error
