"""A small shop whose repository is on GitHub, for the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promoter.git.repository import Repository
from promoter.run.open import open_workspace
from promoter.run.workspace import Workspace
from tests.github.persons import environment
from tests.github.server import TOKEN, GitHub, serve
from tests.repos import make_repo
from tests.run.shops import APP, HEAD, IMAGE, LAYOUT, NOW, RENDERED, manifest

GATED = f"{HEAD}  - {{name: last, gates: {{checks: [kubeconform]}}}}\n{LAYOUT}apps: {{shop: {{{APP}}}}}\n"
"""The last environment waits for a check."""


@dataclass
class Hosted:
    """The server, its repository, and how a job would see them."""

    server: GitHub
    repo: Repository
    home: Path

    def workspace(self, token: str = TOKEN) -> Workspace:
        """Give what a new process would have."""
        env = {**environment(self.server, token), "PROMOTER_CACHE": str(self.home / "cache")}
        return open_workspace(self.server.url, user="kim", now=lambda: NOW, env=env)


@contextmanager
def hosted(folder: Path, config: str = RENDERED, files: Mapping[str, str] | None = None) -> Iterator[Hosted]:
    """Serve a shop for the time of the block. Fails when anything was written."""
    standard = {f"shop/{name}/app.yaml": manifest(name, f"{IMAGE}:1.0.0") for name in ("dev", "prod", "last")}
    repo = make_repo(folder / "acme" / "fleet.git", {"promoter.yaml": config, **standard, **(files or {})})
    with serve(folder) as server:
        yield Hosted(server, repo, folder)
        assert not [one for one in server.api() if one.is_write]
