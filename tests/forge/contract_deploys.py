"""What a forge must do on which promoter can say what is deployed. A forge's own test inherits it beside the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import pytest

from promoter.forge.port import Deploys, Forge
from promoter.git.repository import Repository
from promoter.model.names import Oid
from tests.forge.contract import BASE, People, at
from tests.repos import commit_files, tip

PLACE = "prod-eu/shop"
Filed = Callable[[str], Sequence[tuple[str, str]]]


class DeploysContract(ABC):
    """Beside `ForgeContract`, whose fixtures it uses."""

    @pytest.fixture
    @abstractmethod
    def filed(self, repo: Repository) -> Filed:
        """Give what people see of our deployments to an environment: (commit, state), the last one made first."""

    @pytest.fixture
    def deploys(self, forge: Forge) -> Deploys:
        assert isinstance(forge, Deploys)
        return forge

    @pytest.fixture
    def commits(self, repo: Repository) -> list[Oid]:
        first = tip(repo, BASE)
        assert first is not None
        return [first, *(commit_files(repo, BASE, {"shop/app.yaml": str(one)}, f"Go to {one}") for one in range(2))]

    @pytest.mark.parametrize("end", ["success", "failure", "inactive"])
    def test_a_deployment_of_ours_is_one_and_goes_on(
        self, deploys: Deploys, commits: list[Oid], filed: Filed, end: str
    ) -> None:
        for minute, state in enumerate(("pending", end)):
            deploys.deploy(PLACE, commits[0], state, "shop 1.4.2 (r41)", "https://forge.example/pull/7", at(minute))
            assert list(filed(PLACE)) == [(commits[0], state)]
        assert list(filed("prod-eu")) == []

    def test_saying_it_again_writes_nothing(
        self, deploys: Deploys, connect: Callable[[], Forge], commits: list[Oid], writes: Callable[[], int]
    ) -> None:
        deploys.deploy(PLACE, commits[0], "success", "shop 1.4.2 (r41)", "", at(1))
        before = writes()
        again = connect()
        assert isinstance(again, Deploys)
        again.deploy(PLACE, commits[0], "success", "shop 1.4.2 (r41)", "", at(2))
        assert writes() == before

    def test_what_was_there_before_is_there_no_more(self, deploys: Deploys, commits: list[Oid], filed: Filed) -> None:
        first, second, third = commits
        deploys.deploy(PLACE, first, "success", "", "", at(1))
        deploys.deploy(PLACE, second, "failure", "", "", at(2))
        deploys.deploy("prod-us/shop", first, "success", "", "", at(2))
        deploys.deploy(PLACE, third, "pending", "", "", at(3))
        assert list(filed(PLACE)) == [(third, "pending"), (second, "failure"), (first, "inactive")]
        assert list(filed("prod-us/shop")) == [(first, "success")]
        deploys.deploy(PLACE, third, "success", "", "", at(4))
        assert list(filed(PLACE)) == [(third, "success"), (second, "failure"), (first, "inactive")]

    def test_one_that_never_ended_ends_with_the_next(self, deploys: Deploys, commits: list[Oid], filed: Filed) -> None:
        deploys.deploy(PLACE, commits[0], "pending", "", "", at(1))
        deploys.deploy(PLACE, commits[1], "success", "", "", at(2))
        assert list(filed(PLACE)) == [(commits[1], "success"), (commits[0], "inactive")]

    def test_what_we_say_is_no_evidence_and_takes_none_away(
        self, deploys: Deploys, forge: Forge, people: People, commits: list[Oid], filed: Filed
    ) -> None:
        people.deploy(PLACE, commits[0], "success", "argo-bot", at(1))
        people.deploy(PLACE, commits[1], "success", "argo-bot", at(2))
        seen = list(forge.deployments(PLACE))
        deploys.deploy(PLACE, commits[1], "pending", "", "", at(3))
        deploys.deploy(PLACE, commits[1], "success", "", "", at(4))
        assert list(forge.deployments(PLACE)) == seen
        assert list(filed(PLACE)) == [(commits[1], "success")]
