"""A promotion on GitLab that breaks at every request, in every way: gone on with, it ends as if nothing had been."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.forge.gitlab import GitLabForge
from promoter.git.repository import Repository
from promoter.model.forge import Receipt
from tests.forge.contract import BASE, HEAD, TEXT, at, propose
from tests.forge.test_gitlab import FILES
from tests.forge.wire import Fault
from tests.gitlab.hub import PATH
from tests.gitlab.persons import QUICK, connect
from tests.gitlab.server import GitLab, serve
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


def promote(forge: GitLabForge, said: int) -> None:
    """Do all that a promotion writes, as a run does it: what stands there already is not done again."""
    known = forge.pulls([HEAD])[HEAD]
    last = known[-1] if known else forge.open_pull(HEAD, BASE, TEXT, at(0))
    text = replace(TEXT, body="more", labels=(*TEXT.labels, "rollback"), reviewers=("kim",))
    forge.edit_pull(last.number, text, at(1))
    forge.set_status(last.head, "promoter", "pending", "waits", "", at(2))
    forge.set_status(last.head, "promoter", "success", "all gates passed", "", at(2))
    forge.upsert_comment(last.number, MARKER, f"{MARKER}\nit reaches prod", at(3))
    forge.acknowledge(1, str(said), Receipt.SEEN, at(4))
    forge.acknowledge(1, str(said), Receipt.DONE, at(5))
    forge.merge_pull(last.number, last.head, "merge", "Promote shop", at(6))


def world(folder: Path) -> Repository:
    """Give a repository with a proposal."""
    repo = make_repo(folder / f"{PATH}.git", FILES, BASE)
    propose(repo)
    return repo


def said(server: GitLab) -> int:
    """Let somebody comment on another merge request."""
    server.hub.content.move("person/branch", server.hub.content.tip(HEAD) or "")
    other = server.hub.open("person/branch", BASE, "Mine", "", "kim")
    server.hub.merges[other.iid].state = "closed"
    return server.hub.note(other.iid, "kim", "/promoter promote").id


def requests(folder: Path) -> list[bool]:
    """Give the requests of a promotion that goes well: whether each is a write."""
    world(folder)
    with serve(folder) as server:
        comment = said(server)
        promote(connect(server), comment)
        return [one.is_write for one in server.api()]


@pytest.mark.parametrize("way", WAYS)
def test_a_promotion_that_breaks_anywhere_is_one_promotion(tmp_path: Path, way: str) -> None:
    writes = requests(tmp_path / "well")
    assert len(writes) > 15
    assert sum(writes) == 9
    # that a read breaks is the same in every way
    for position in (each for each, is_write in enumerate(writes) if is_write or way == "not done, cut"):
        folder = tmp_path / str(position)
        repo = world(folder)
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


def check(server: GitLab, repo: Repository, before: str | None, comment: int) -> None:
    """Look at everything that people would see."""
    hub = server.hub
    [merge] = [one for one in hub.merges.values() if one.source == HEAD]
    assert (merge.state, merge.title, merge.description) == ("merged", TEXT.title, "more")
    assert sorted(merge.labels) == sorted([*TEXT.labels, "rollback"])
    assert list(merge.reviewers) == ["kim"]
    shown = [one for one in hub.pipelines.of(merge.head)[0].jobs if not one.retried]
    assert [(one.name, one.status, one.description) for one in shown] == [("promoter", "success", "all gates passed")]
    notes = [one.body for one in hub.notes.values() if one.iid == merge.iid and not one.system]
    assert notes == [f"{MARKER}\nit reaches prod"]
    assert [one.name for one in hub.notes[comment].emoji] == ["thumbsup"]
    merged = tip(repo, BASE)
    assert merged is not None
    assert repo.store.commit(merged).parents == (before, merge.head)
    assert len(merge.label_events) == len(merge.labels)
