"""A run that starts a job and dies between any two of its writes: none starts that job again, and all ends well."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promoter.forge.local import LocalForge
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.run.local_runner import runner
from promoter.run.run import run
from promoter.run.workspace import Workspace
from tests.run.shops import Interrupted, Shop
from tests.run.test_jobs import retry, started, verdict, waiting

WRITES = 9
"""So often the run below writes."""


class Died(BaseException):
    """The process was killed."""


class Dying(Interrupted):
    """A remote whose `last` update is the last thing that the process sees: done, or not."""

    def __init__(self, shop: Shop, last: int, done: bool) -> None:
        super().__init__(shop.repo.remote, 0, "", lambda: None)
        self.last, self.done = last, done

    def update(self, updates: Sequence[RefUpdate]) -> None:
        self.last -= 1
        if self.last >= 0:
            self.inner.update(updates)
            return
        if self.done:
            self.inner.update(updates)
        raise Died


def dying(shop: Shop, last: int, done: bool) -> tuple[Workspace, Dying]:
    """Give a workspace that dies, in the repository or in the forge that it holds."""
    ws, remote = shop.workspace("promoter"), Dying(shop, last, done)
    ws.repository = Repository(shop.repo.store, remote, shop.repo.url)
    ws.forge = LocalForge(ws.repository, runner=runner(ws.repository, ws.path))
    return ws, remote


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("last", range(WRITES))
def test_a_run_that_dies(tmp_path: Path, last: int, done: bool) -> None:
    shop = waiting(tmp_path)
    ws, _ = dying(shop, last, done)
    with pytest.raises(Died):
        run(ws)
    shop.run()
    shop.run()
    assert len(started(tmp_path)) <= 1
    if verdict(shop)[0] != "success":  # it died with the job, of which nobody can tell any more
        shop.later(20)
        shop.run()
        assert verdict(shop) == ("failure", "failed: did not end within 20 min")
        retry(shop)
        shop.run()
    assert (verdict(shop)[0], len(set(started(tmp_path)))) == ("success", len(started(tmp_path)))
    before = shop.repo.refs()
    assert (shop.run().done, shop.repo.refs()) == ((), before)


def test_so_many_writes_there_are(tmp_path: Path) -> None:
    shop = waiting(tmp_path)
    ws, remote = dying(shop, 100, False)
    run(ws)
    assert 100 - remote.last == WRITES
    assert len(started(tmp_path)) == 1
