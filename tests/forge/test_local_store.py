"""The forge's ref: several writers at once, damage, and what every write leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EdgeFailed, LostRace
from promoter.forge import local_records as records
from promoter.forge.local import LocalForge
from promoter.forge.local_records import Opinion, People, PullRecord, dump, load
from promoter.forge.local_store import ATTEMPTS, FORGE_REF, Change, ForgeStore
from promoter.git.repository import Repository, open_repository
from promoter.model.forge import Check, Comment, Permission, Protection, PullState
from promoter.model.names import Branch, Oid
from tests.forge.contract import BASE, HEAD, TEXT, at, propose, push
from tests.repos import commit_files, make_repo, tip


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "fleet.git", {"shop/app.yaml": "1", "other/app.yaml": "1"}, BASE)


@pytest.fixture
def number(repo: Repository) -> int:
    propose(repo)
    return LocalForge(repo).open_pull(HEAD, BASE, TEXT, at(0)).number


# Several processes

SCRIPT = """
import sys
from pathlib import Path
from promoter.errors import PromoterError
from promoter.forge.local import LocalForge
from promoter.git.repository import open_repository
from tests.forge.contract import BASE, TEXT, at
where, name, deed = sys.argv[1:]
forge = LocalForge(open_repository(where, Path(where + ".cache")), name)
print("ready", flush=True)
sys.stdin.readline()
if deed == "comment":
    for one in range(20):
        forge.comment(1, name, f"{name} {one}", at(one))
elif deed == "open":
    for one in range(5):
        print(forge.open_pull(f"next/{name}-{one}", BASE, TEXT, at(one)).number, flush=True)
elif deed == "open same":
    print(forge.open_pull("next/same", BASE, TEXT, at(0)).number, flush=True)
else:
    number = int(deed)
    print(forge.merge_pull(number, forge.pull(number).head, "merge", "", at(1)), flush=True)
"""


def together(repo: Repository, *deeds: tuple[str, str]) -> list[list[str]]:
    """Run (name, deed) in a process each, started at the same moment; give what each said."""
    root = Path(__file__).parents[2]
    with ExitStack() as stack:
        running = []
        for deed in deeds:
            command = [sys.executable, "-c", SCRIPT, repo.url, *deed]
            one = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, cwd=root)
            running.append(stack.enter_context(one))
            stack.callback(one.kill)
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n", one.communicate()
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        told = [one.communicate(timeout=60) for one in running]
        assert [one.returncode for one in running] == [0] * len(running), told
    return [out.split() for out, _ in told]


def test_processes_that_comment_lose_nothing(repo: Repository, number: int) -> None:
    together(repo, ("ada", "comment"), ("kim", "comment"))
    told = [one.body for one in LocalForge(repo).comments(number)]
    assert sorted(told) == sorted(f"{name} {one}" for name in ("ada", "kim") for one in range(20))
    for name in ("ada", "kim"):
        assert [body for body in told if body.startswith(name)] == [f"{name} {one}" for one in range(20)]
    # Every word is one commit on top of the one before.
    assert len(list(repo.store.history(repo.refs()[FORGE_REF]))) == 41


def test_processes_that_open_take_different_numbers(repo: Repository) -> None:
    for name in ("ada", "kim"):
        for one in range(5):
            propose(repo, f"{name} {one}", Branch(f"next/{name}-{one}"))
    numbers = together(repo, ("ada", "open"), ("kim", "open"))
    assert sorted(int(one) for said in numbers for one in said) == list(range(1, 11))


def test_processes_that_open_the_same_get_the_same(repo: Repository) -> None:
    propose(repo, "2", Branch("next/same"))
    assert together(repo, ("ada", "open same"), ("kim", "open same")) == [["1"], ["1"]]


def test_processes_that_merge_into_one_branch_both_do(repo: Repository, number: int) -> None:
    start = tip(repo, BASE)
    push(repo, Branch("other-next"), start)
    commit_files(repo, "other-next", {"other/app.yaml": "2"}, "Other")
    second = LocalForge(repo).open_pull(Branch("other-next"), BASE, TEXT, at(0)).number
    said = together(repo, ("ada", str(number)), ("kim", str(second)))
    merged = tip(repo, BASE)
    assert merged is not None
    assert {commit.id for commit in repo.store.history(merged, first_parent=True)} == {
        *(Oid(one) for (one,) in said),
        start,
    }
    tree = repo.store.commit(merged).tree
    assert [repo.store.read(tree, f"{app}/app.yaml") for app in ("shop", "other")] == [b"2", b"2"]


def test_processes_that_merge_the_same_merge_once(repo: Repository, number: int) -> None:
    one, other = together(repo, ("ada", str(number)), ("kim", str(number)))
    assert one == other == [tip(repo, BASE)]
    assert len(list(repo.store.history(Oid(one[0]), first_parent=True))) == 2


# Races, made to happen


@dataclass
class Contended:
    """A repository where somebody else writes between our look and our write, `times` times."""

    behind: Repository
    times: int
    other: Callable[[], object]

    @property
    def store(self) -> Any:
        return self.behind.store

    def refs(self, prefixes: Any) -> Any:
        return self.behind.refs(prefixes)

    def fetch(self, wants: Any, folders: Any = ()) -> None:
        self.behind.fetch(wants, folders)

    def update(self, updates: Any) -> None:
        if self.times > 0:
            self.times -= 1
            self.other()
        self.behind.update(updates)


def test_a_lost_race_is_written_on_top_of_the_winner(repo: Repository, number: int) -> None:
    other = LocalForge(repo)
    contended = Contended(repo, 3, lambda: other.comment(number, "kim", "first", at(1)))
    LocalForge(contended).comment(number, "ada", "second", at(2))
    assert [one.body for one in other.comments(number)] == ["first", "first", "first", "second"]


def test_a_race_lost_too_often_is_an_error_and_nothing_of_others_is_lost(repo: Repository, number: int) -> None:
    other = LocalForge(repo)
    contended = Contended(repo, ATTEMPTS, lambda: other.comment(number, "kim", "first", at(1)))
    with pytest.raises(LostRace, match=f"Comment on pull request {number}: others kept writing"):
        LocalForge(contended).comment(number, "ada", "second", at(2))
    assert {one.user for one in other.comments(number)} == {"kim"}


def test_a_base_that_moves_during_a_merge_is_not_overwritten(repo: Repository, number: int) -> None:
    contended = Contended(repo, 1, lambda: commit_files(repo, BASE, {"other/app.yaml": "9"}, "Elsewhere"))
    forge = LocalForge(contended)
    merged = forge.merge_pull(number, forge.pull(number).head, "squash", "", at(1))
    tree = repo.store.commit(merged).tree
    assert [repo.store.read(tree, f"{app}/app.yaml") for app in ("shop", "other")] == [b"2", b"9"]


def test_a_head_that_moves_during_a_lost_merge_is_not_merged(repo: Repository, number: int) -> None:
    def interfere() -> None:
        commit_files(repo, BASE, {"other/app.yaml": "9"}, "Elsewhere")
        propose(repo, "not judged")

    forge = LocalForge(Contended(repo, 1, interfere))
    with pytest.raises(LostRace, match="it was not merged"):
        forge.merge_pull(number, forge.pull(number).head, "squash", "", at(1))
    assert forge.pull(number).state is PullState.OPEN


def test_a_close_during_a_merge_wins(repo: Repository, number: int) -> None:
    before = tip(repo, BASE)
    forge = LocalForge(Contended(repo, 1, lambda: LocalForge(repo).close_as(number, "kim", at(1))))
    with pytest.raises(EdgeFailed, match="is closed"):
        forge.merge_pull(number, forge.pull(number).head, "squash", "", at(2))
    assert tip(repo, BASE) == before


# A repository that is elsewhere


def test_a_forge_that_is_elsewhere(repo: Repository, number: int, tmp_path: Path) -> None:
    far = LocalForge(open_repository(f"file://{repo.url}", tmp_path / "cache"))
    near = LocalForge(repo)
    near.comment(number, "kim", "hello", at(1))
    assert far.pulls([HEAD]) == near.pulls([HEAD])
    assert far.comments(number) == near.comments(number)
    far.set_status(far.pull(number).head, "promoter", "success", "", "", at(2))
    base = commit_files(repo, BASE, {"shop/more.yaml": "1"}, "In the same folder")
    head = commit_files(repo, HEAD, {"shop/lines.yaml": "1"}, "More")
    assert far.pull(number).mergeable is True
    merged = far.merge_pull(number, head, "merge", "", at(3))
    assert tip(repo, BASE) == merged
    assert repo.store.commit(merged).parents == (base, head)
    assert near.pull(number) == far.pull(number)


def test_a_conflict_in_a_file_is_found_from_far(repo: Repository, number: int, tmp_path: Path) -> None:
    commit_files(repo, BASE, {"shop/app.yaml": "by hand"}, "By hand")
    far = LocalForge(open_repository(f"file://{repo.url}", tmp_path / "cache"))
    assert far.pull(number).mergeable is False


# Damage


@pytest.mark.parametrize(
    ("path", "data", "read"),
    [
        ("pulls/1.json", b"{", lambda forge, _: forge.pull(1)),
        ("pulls/1.json", b"[]", lambda forge, _: forge.pulls([HEAD])),
        ("pulls/1.json", b"{}", lambda forge, _: forge.all_pulls()),
        ("pulls/1.json", b"\xff\xfe", lambda forge, _: forge.approve(1, "kim", at(2))),
        ("pulls/1.json", b"[" * 100_000, lambda forge, _: forge.open_pull(HEAD, BASE, TEXT, at(2))),
        ("comments/1.json", b'[{"id": 1}]', lambda forge, _: forge.comments(1)),
        ("comments/1.json", b"null", lambda forge, _: forge.comment(1, "kim", "x", at(2))),
        ("people.json", b'{"permissions": {"kim": "owner"}, "teams": {}}', lambda forge, _: forge.permission("kim")),
        ("people.json", b'{"permissions": {}, "teams": {"sre": "kim"}}', lambda forge, _: forge.teams("kim")),
        ("protection.json", b'{"environment/prod": {}}', lambda forge, _: forge.protection(BASE)),
        ("statuses/{0:.2}/{0}.json", b'[{"name": "ci"}]', lambda forge, head: forge.checks(head)),
    ],
)
def test_a_document_that_cannot_be_read_is_named(
    repo: Repository, number: int, path: str, data: bytes, read: Callable[[LocalForge, Oid], object]
) -> None:
    head = tip(repo, HEAD)
    assert head is not None
    path = path.format(head)
    ForgeStore(repo).write("Damage", "kim", at(1), lambda _: Change(None, {path: data}))
    before = repo.refs()
    with pytest.raises(EdgeFailed, match=f"{path} of the local forge cannot be read"):
        read(LocalForge(repo), head)
    assert repo.refs() == before


def test_a_time_without_a_zone_is_damage() -> None:
    raw = [{"id": "1", "user": "kim", "body": "", "at": "2026-01-05T09:00:00"}]
    with pytest.raises(EdgeFailed, match="no time zone"):
        load("comments/1.json", json.dumps(raw).encode(), records.comments)


# Records

texts = st.text(alphabet=st.characters(), max_size=20)
oids = st.text(alphabet="0123456789abcdef", min_size=40, max_size=40).map(Oid)
times = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
many = st.lists(texts, max_size=3).map(tuple)
pulls = st.builds(
    PullRecord,
    number=st.integers(min_value=1),
    state=st.sampled_from(PullState),
    head_branch=texts.map(Branch),
    base_branch=texts.map(Branch),
    head=oids,
    base=oids,
    title=texts,
    body=texts,
    author=texts,
    opened_at=times,
    labels=many,
    added=many,
    reviewers=many,
    assignees=many,
    draft=st.booleans(),
    opinions=st.lists(st.builds(Opinion, texts, texts, oids, times), max_size=2).map(tuple),
    closed_at=st.none() | times,
    closed_by=st.none() | texts,
    merged_commit=st.none() | oids,
)


@settings(deadline=None)
@given(pulls)
def test_a_pull_is_read_as_it_was_written(pull: PullRecord) -> None:
    assert load(pull.path, dump(pull), records.pull_record) == pull


@settings(deadline=None)
@given(st.lists(st.builds(Check, texts, texts, texts, times, texts, texts)).map(tuple))
def test_checks_are_read_as_they_were_written(checks: tuple[Check, ...]) -> None:
    assert load("statuses", dump(checks), records.checks) == checks


@settings(deadline=None)
@given(st.lists(st.builds(Comment, texts, texts, texts, times)).map(tuple))
def test_comments_are_read_as_they_were_written(comments: tuple[Comment, ...]) -> None:
    assert load("comments", dump(comments), records.comments) == comments


@settings(deadline=None)
@given(
    st.builds(People, st.dictionaries(texts, st.sampled_from(Permission)), st.dictionaries(texts, many)),
    st.dictionaries(
        texts, st.builds(Protection, st.booleans(), many, many, st.integers(min_value=0), st.booleans()), max_size=3
    ),
)
def test_rights_are_read_as_they_were_written(people: People, protections: dict[str, Protection]) -> None:
    assert load("people.json", dump(people), records.people) == people
    assert load("protection.json", dump(protections), records.protections) == protections


def test_nothing_is_remembered_of_an_older_look(repo: Repository, number: int) -> None:
    first, second = LocalForge(repo), LocalForge(repo)
    seen = first.pull(number)
    second.edit_pull(number, replace(TEXT, title="Another"), at(1))
    assert first.pull(number) == replace(seen, title="Another")
    assert first.pulls([HEAD])[HEAD] == (first.pull(number),)
