"""Whatever people and promoter do in whatever order, the local forge keeps its word."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from promoter.errors import LostRace, Rejected
from promoter.forge.local import LocalForge
from promoter.git.ref import RefUpdate
from promoter.model.forge import PullRequest, PullState, PullText
from promoter.model.names import Branch, Oid
from tests.repos import commit_files, make_repo, tip

BASE = Branch("base")
HEADS = (Branch("base-next/a"), Branch("base-next/b"))
METHODS = ("merge", "squash", "rebase")

heads = st.sampled_from(HEADS)
files = st.sampled_from(["a", "b", "d/a"])
texts = st.sampled_from(["1", "2", "3"])


class Histories(RuleBasedStateMachine):
    """One base, two heads, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.repo = make_repo(self.folder / "r.git", {"a": "0", "b": "0", "d/a": "0"}, BASE)
        self.forge = LocalForge(self.repo)
        self.seen: dict[int, PullRequest] = {}
        self.minute = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @property
    def now(self) -> datetime:
        self.minute += 1
        return datetime.fromisoformat("2026-01-05T09:00:00+00:00").replace(second=self.minute % 60)

    def move(self, branch: Branch, new: Oid | None) -> None:
        old = tip(self.repo, branch)
        if old != new:
            self.repo.update([RefUpdate(f"refs/heads/{branch}", old, new)])

    def newest(self, head: Branch) -> PullRequest | None:
        pulls = self.forge.pulls([head])[head]
        return pulls[-1] if pulls else None

    def may_refuse(self, act: Callable[[], object]) -> None:
        """Do it; refused, it must leave everything as it was."""
        before = self.repo.refs()
        try:
            act()
        except Rejected:
            assert self.repo.refs() == before

    # Pushes

    @rule(head=heads, file=files, text=texts)
    def propose(self, head: Branch, file: str, text: str) -> None:
        self.move(head, tip(self.repo, BASE))
        commit_files(self.repo, head, {file: text}, f"{file} {text}", at=self.now)

    @rule(head=heads, file=files, text=texts)
    def add(self, head: Branch, file: str, text: str) -> None:
        if tip(self.repo, head) is not None:
            commit_files(self.repo, head, {file: text}, f"More {file} {text}", at=self.now)

    @rule(file=files, text=texts)
    def edit_base(self, file: str, text: str) -> None:
        commit_files(self.repo, BASE, {file: text}, f"By hand {file} {text}", at=self.now)

    @rule(head=heads)
    def delete(self, head: Branch) -> None:
        self.move(head, None)

    @rule(head=heads)
    def empty(self, head: Branch) -> None:
        pull = self.newest(head)
        self.move(head, tip(self.repo, BASE))
        if pull is not None and pull.state is PullState.OPEN:
            assert self.forge.pull(pull.number).state is PullState.CLOSED

    @rule(head=heads)
    def push_to_base(self, head: Branch) -> None:
        found, base = tip(self.repo, head), tip(self.repo, BASE)
        if found is not None and base is not None and self.repo.store.is_ancestor(base, found):
            pull = self.newest(head)
            self.move(BASE, found)
            if pull is not None and pull.state is PullState.OPEN:
                seen = self.forge.pull(pull.number)
                assert (seen.state, seen.head) == (PullState.MERGED, found)

    # The forge

    @rule(head=heads)
    def open(self, head: Branch) -> None:
        self.may_refuse(lambda: self.forge.open_pull(head, BASE, PullText("t", "b"), self.now))

    @rule(head=heads)
    def close(self, head: Branch) -> None:
        pull = self.newest(head)
        if pull is not None:
            self.forge.close_as(pull.number, "kim", self.now)

    @rule(head=heads)
    def reopen(self, head: Branch) -> None:
        pull = self.newest(head)
        if pull is not None:
            self.seen.pop(pull.number, None)
            self.may_refuse(lambda: self.forge.reopen_as(pull.number, "kim", self.now))

    @rule(head=heads, method=st.sampled_from(METHODS))
    def merge(self, head: Branch, method: str) -> None:
        pull, base = self.newest(head), tip(self.repo, BASE)
        if pull is None:
            return
        before = self.repo.refs()
        try:
            merged = self.forge.merge_pull(pull.number, pull.head, method, "m", self.now)
        except Rejected:
            assert self.repo.refs() == before
            assert pull.state is PullState.CLOSED or pull.mergeable is False or method == "rebase"
        else:
            assert pull.state is not PullState.CLOSED
            assert pull.mergeable is not False
            assert tip(self.repo, BASE) == (merged if pull.state is PullState.OPEN else base)

    @rule(head=heads)
    def merge_a_stale_head(self, head: Branch) -> None:
        pull, base = self.newest(head), tip(self.repo, BASE)
        if pull is None:
            return
        try:
            self.forge.merge_pull(pull.number, Oid("1" * 40), "merge", "m", self.now)
        except LostRace:
            assert tip(self.repo, BASE) == base
        else:
            raise AssertionError("a head that nobody judged was merged")

    @rule()
    def restart(self) -> None:
        self.forge = LocalForge(self.repo)

    # What always holds

    @invariant()
    def everyone_sees_the_same(self) -> None:
        told = LocalForge(self.repo, notices=False).pulls(HEADS)
        refs = self.repo.refs()
        assert self.forge.pulls(HEADS) == told
        noticed = self.repo.refs()
        # What was noticed is noticed once, and changes nothing else.
        assert self.forge.pulls(HEADS) == told
        assert self.repo.refs() == noticed
        assert {**noticed, "refs/promoter/forge": ""} == {**refs, "refs/promoter/forge": ""}

    @invariant()
    def what_ended_stays_ended(self) -> None:
        now = {pull.number: pull for pulls in self.forge.pulls(HEADS).values() for pull in pulls}
        for number, before in self.seen.items():
            if before.state is not PullState.OPEN:
                assert now[number] == before
        self.seen = now
        assert sorted(now) == list(range(1, len(now) + 1))

    @invariant()
    def states_are_what_branches_say(self) -> None:
        base = tip(self.repo, BASE)
        assert base is not None
        for head, pulls in self.forge.pulls(HEADS).items():
            is_open = [pull for pull in pulls if pull.state is PullState.OPEN]
            assert len(is_open) <= 1
            for pull in is_open:
                assert pull.head == tip(self.repo, head)
                assert not self.repo.store.is_ancestor(pull.head, base)
            for pull in pulls:
                if pull.state is PullState.MERGED:
                    assert pull.merged_commit is not None
                    assert self.repo.store.is_ancestor(pull.merged_commit, base)
                else:
                    assert pull.merged_commit is None


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
