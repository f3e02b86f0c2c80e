"""GitHub passes the contract of forges over the wire, whichever way its branches are protected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promoter.forge.port import Forge
from promoter.git.repository import Repository
from tests.forge.contract import BASE, ForgeContract
from tests.forge.contract_deploys import DeploysContract, Filed
from tests.github.persons import Persons, connect
from tests.github.server import GitHub, serve
from tests.repos import make_repo

FILES = {
    "shop/app.yaml": "1",
    "other/app.yaml": "1",
    ".github/CODEOWNERS": "* @root\n/shop/ @kim @acme/sre\n",
}


class TestContract(ForgeContract, DeploysContract):
    """GitHub."""

    @pytest.fixture
    def repo(self, tmp_path: Path) -> Repository:
        return make_repo(tmp_path / "acme" / "fleet.git", FILES, BASE)

    @pytest.fixture
    def server(self, repo: Repository, tmp_path: Path) -> Iterator[GitHub]:
        with serve(tmp_path) as server:
            yield server

    @pytest.fixture
    def connect(self, server: GitHub) -> Callable[[], Forge]:
        return lambda: connect(server)

    @pytest.fixture
    def people(self, server: GitHub) -> Persons:
        return Persons(server.hub)

    @pytest.fixture
    def writes(self, server: GitHub) -> Callable[[], int]:
        return lambda: sum(one.is_write for one in server.api())

    @pytest.fixture
    def filed(self, server: GitHub) -> Filed:
        def see(environment: str) -> list[tuple[str, str]]:
            words = {"in_progress": "pending"}
            ours = [one for one in reversed(server.hub.deployments) if one.creator == server.hub.people.bot]
            return [(one.commit, words.get(one.state, one.state)) for one in ours if one.environment == environment]

        return see


PROTECTED = frozenset(name for name in dir(ForgeContract) if "protection" in name or "up_to_date" in name)


class TestClassic(TestContract):
    """GitHub with classic branch protection: only what that makes a difference to."""

    locals().update(dict.fromkeys(name for name in dir(TestContract) if name[:5] == "test_" and name not in PROTECTED))

    @pytest.fixture
    def people(self, server: GitHub) -> Persons:
        return Persons(server.hub, classic=True)
