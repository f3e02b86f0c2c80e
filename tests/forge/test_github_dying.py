"""A promotion on GitHub that breaks at every request, in every way: gone on with, it ends as if nothing had been."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.forge.github import GitHubForge
from promoter.git.repository import Repository
from promoter.model.forge import Receipt
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_github import FILES
from tests.github.persons import QUICK, connect
from tests.github.server import Fault, GitHub, serve
from tests.repos import make_repo, tip

MARKER = "<!-- promoter:explain -->"
WAYS = {
    "not done, 502": Fault("/api/", status=502),
    "not done, cut": Fault("/api/"),
    "done, 502": Fault("/api/", status=502, after=True),
    "done, cut": Fault("/api/", after=True),
    "done, half an answer": Fault("/api/", after=True, half=True),
    "limited": Fault("/api/", status=429, headers={"Retry-After": "0"}),
}
LIMITS = replace(QUICK, tries=1)
"""Nothing is tried again: a request that breaks ends the process."""


def promote(forge: GitHubForge, comment: int) -> None:
    """Do all that a promotion writes, as a run does it: what stands there already is not done again."""
    known = forge.pulls([HEAD])[HEAD]
    last = known[-1] if known else forge.open_pull(HEAD, BASE, TEXT, at(0))
    text = replace(TEXT, body="more", labels=(*TEXT.labels, "rollback"), reviewers=("kim",))
    forge.edit_pull(last.number, text, at(1))
    forge.set_status(last.head, "promoter", "success", "all gates passed", "", at(2))
    forge.upsert_comment(last.number, MARKER, f"{MARKER}\nit reaches prod", at(3))
    forge.acknowledge(last.number, str(comment), Receipt.SEEN, at(4))
    forge.acknowledge(last.number, str(comment), Receipt.DONE, at(5))
    forge.merge_pull(last.number, last.head, "merge", "Promote shop", at(6))


def world(folder: Path) -> tuple[Repository, Callable[[GitHub], int]]:
    """Give a repository with a proposal, and what makes the comment that is attended to."""
    repo = make_repo(folder / "acme" / "fleet.git", FILES, BASE)
    propose(repo)

    def said(server: GitHub) -> int:
        server.hub.issues.add(99)
        return server.hub.comment(99, "kim", "/promoter promote").id

    return repo, said


def requests(folder: Path) -> list[bool]:
    """Give the requests of a promotion that goes well: whether each is a write."""
    _, said = world(folder)
    with serve(folder) as server:
        comment = said(server)
        promote(connect(server), comment)
        return [one.is_write for one in server.api()]


@pytest.mark.parametrize("way", WAYS)
def test_a_promotion_that_breaks_anywhere_is_one_promotion(tmp_path: Path, way: str) -> None:
    writes = requests(tmp_path / "well")
    assert len(writes) > 15
    assert sum(writes) == 11
    # that a read breaks is the same in every way
    for position in (each for each, is_write in enumerate(writes) if is_write or way == "not done, cut"):
        folder = tmp_path / str(position)
        repo, said = world(folder)
        before = tip(repo, BASE)
        with serve(folder) as server:
            comment = said(server)
            server.faults = [replace(WAYS[way], skip=position)]
            for _ in range(3):
                try:
                    promote(connect(server, limits=LIMITS), comment)
                except EdgeFailed:
                    continue
                break
            assert server.faults[0].times == 0, position
            check(server, repo, before, comment)


def check(server: GitHub, repo: Repository, before: str | None, comment: int) -> None:
    """Look at everything that people would see."""
    hub = server.hub
    [pull] = hub.pulls.values()
    assert (pull.state, pull.title, pull.body) == ("MERGED", TEXT.title, "more")
    assert sorted(pull.labels) == sorted([*TEXT.labels, "rollback"])
    assert pull.reviewers == ["kim"]
    assert [one.context for one in hub.statuses[pull.head]] == ["promoter"]
    assert [one.body for one in hub.comments.values() if one.number == pull.number] == [f"{MARKER}\nit reaches prod"]
    assert [one.content for one in hub.comments[comment].reactions] == ["+1"]
    merged = tip(repo, BASE)
    assert merged is not None
    assert repo.store.commit(merged).parents == (before, pull.head)
    assert sum("LabeledEvent" in one.kind for one in pull.timeline) == len(pull.labels)
