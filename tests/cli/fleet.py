"""A small real fleet for the terminal's tests: a bare repository, the local forge, rendered plain manifests."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.forge.local import LocalForge
from promoter.git.repository import Repository, open_repository
from tests.repos import make_repo

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {app}, namespace: {environment}}}
spec:
  template:
    spec:
      containers:
        - {{name: main, image: "ghcr.io/acme/{app}:1.0.0"}}
"""
CONFIG = """\
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
timezone: Europe/Berlin
live: none
environments:
  - {name: dev, promote: auto}
  - {name: staging, promote: auto}
  - {name: prod, gates: {approvals: 1}}
apps:
  shop: {path: "shop/{environment}", images: ["ghcr.io/acme/shop"]}
  cart: {path: "cart/{environment}", environments: [dev, prod], images: ["ghcr.io/acme/cart"]}
"""
PLACES = (("shop", "dev"), ("shop", "staging"), ("shop", "prod"), ("cart", "dev"), ("cart", "prod"))


@dataclass
class Said:
    """What one command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Fleet:
    """A repository and a terminal at it; the clock stands until `later`."""

    repo: Repository
    capsys: pytest.CaptureFixture[str] | None = None
    now: datetime = NOW
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def later(self, **span: int) -> None:
        self.now += timedelta(**span)

    def __call__(self, *argv: str, user: str = "kim") -> Said:
        if self.capsys is not None:
            self.capsys.readouterr()
        shell = Shell(repo=self.repo.url, user=user, clock=lambda: self.now, sleep=self._sleep)
        code = main(list(argv), shell)
        out, err = self.capsys.readouterr() if self.capsys is not None else ("", "")
        return Said(code, self._named(out), self._named(err))

    def ok(self, *argv: str, user: str = "kim") -> str:
        """Run a command that must end well, and give what it printed."""
        said = self(*argv, user=user)
        assert (said.code, said.err) == (0, ""), said
        return said.out

    def _named(self, text: str) -> str:
        return text.replace(self.repo.url, "FLEET").replace(self.repo.url.removesuffix(".git"), "FLEET")

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.later(seconds=int(seconds))
        self.on_sleep()

    @property
    def forge(self) -> LocalForge:
        return LocalForge(self.repo)


def make_fleet(root: Path, capsys: pytest.CaptureFixture[str] | None = None, config: str = CONFIG) -> Fleet:
    """Give a fleet that nothing has been released in."""
    files = {
        f"{app}/{environment}/app.yaml": MANIFEST.format(app=app, environment=environment)
        for app, environment in PLACES
    }
    return Fleet(make_repo(root / "fleet.git", {"promoter.yaml": config, **files}), capsys)


def copy_fleet(fleet: Fleet, root: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    """Give a fleet of its own that stands where `fleet` does."""
    shutil.copytree(fleet.repo.url, root / "fleet.git")
    return Fleet(open_repository(root / "fleet.git", root / "cache"), capsys, fleet.now)
