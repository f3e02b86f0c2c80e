from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.hydrator import (
    FILE_NAME,
    NOTES_REF,
    Metadata,
    Reference,
    add_notes,
    format_metadata,
    parse_metadata,
    parse_note,
    read_note,
)
from promoter.git.ref import RefUpdate
from promoter.git.repository import Repository
from promoter.model.names import Oid
from tests.git.programs import git
from tests.repos import KIM, START, commit_files, head, make_repo

DRY = Oid("a" * 40)
NEWER = Oid("b" * 40)
FULL = Metadata(
    dry=DRY,
    repo_url="https://github.com/acme/config",
    author="Kim <kim@example.com>",
    date=datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    subject="Serve <b>ü</b> & more",
    body="Because.\n",
    commands=("kustomize build .",),
    references=(
        Reference(sha="c" * 40, repo_url="https://github.com/acme/shop", author="Ann <a@x>", subject="Feature"),
    ),
)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "r.git", {"a": "0"})


def test_the_file_as_argo_cd_writes_it() -> None:
    text = format_metadata(FULL).decode()
    assert text.startswith('{\n  "repoURL": "https://github.com/acme/config",\n  "drySha": "aaaa')
    assert "<b>ü</b> & more" in text
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "repoURL": "https://github.com/acme/config",
        "drySha": DRY,
        "commands": ["kustomize build ."],
        "author": "Kim <kim@example.com>",
        "date": "2026-01-05T09:30:00Z",
        "subject": "Serve <b>ü</b> & more",
        "body": "Because.\n",
        "references": [
            {
                "commit": {
                    "author": "Ann <a@x>",
                    "subject": "Feature",
                    "sha": "c" * 40,
                    "repoUrl": "https://github.com/acme/shop",
                }
            }
        ],
    }
    assert format_metadata(Metadata(dry=DRY)) == b'{\n  "drySha": "%s"\n}\n' % DRY.encode()


def test_what_is_written_is_read() -> None:
    assert parse_metadata(format_metadata(FULL), FILE_NAME) == FULL
    assert parse_metadata(format_metadata(Metadata(dry=DRY)), FILE_NAME) == Metadata(dry=DRY)


def test_files_of_other_hydrators_are_read() -> None:
    text = f"""{{"drySha": "{DRY}", "date": "2026-01-05T10:30:00+01:00", "hydrationFormat": 2, "commands": null,
      "references": [{{"commit": {{"repoURL": "https://h/x", "message": "Old name", "sha": 7}}}}, {{}}, "x"]}}"""
    found = parse_metadata(text.encode(), FILE_NAME)
    assert found.date == datetime(2026, 1, 5, 10, 30, tzinfo=timezone(timedelta(hours=1)))
    assert found.references == (Reference(sha="", repo_url="https://h/x", subject="Old name"),)
    strange = parse_metadata(
        b'{"drySha": "%s", "date": "soon", "commands": "x", "references": 1}' % DRY.encode(), FILE_NAME
    )
    assert strange == Metadata(dry=DRY)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a JSON object"),
        (b"[]", "is not a JSON object"),
        (b"\xff", "is not a JSON object"),
        (b"[" * 100_000, "is not a JSON object"),
        (b"{}", "names no dry commit: drySha is None"),
        (b'{"drySha": "main"}', "names no dry commit: drySha is 'main'"),
        (b'{"drySha": "-%s"}' % (b"a" * 39), "names no dry commit"),
        (b'{"drySha": 7}', "names no dry commit"),
    ],
)
def test_a_file_that_names_no_dry_commit(data: bytes, message: str) -> None:
    with pytest.raises(EdgeFailed, match=f"apps/{FILE_NAME} {message}"):
        parse_metadata(data, f"apps/{FILE_NAME}")
    assert parse_note(data) is None


def test_notes_are_what_git_shows(repo: Repository) -> None:
    first = head(repo)
    second = commit_files(repo, "main", {"a": "1"}, "Second")
    notes = add_notes(repo.store, None, {first: DRY, second: NEWER}, KIM, START)
    assert notes is not None
    repo.update([RefUpdate(NOTES_REF, None, notes)])
    assert json.loads(git(repo.store.path, "notes", f"--ref={NOTES_REF}", "show", first)) == {"drySha": DRY}
    assert read_note(repo.store, notes, first) == DRY
    assert read_note(repo.store, notes, second) == NEWER
    assert read_note(repo.store, notes, DRY) is None
    assert add_notes(repo.store, notes, {first: DRY}, KIM, START) == notes
    assert add_notes(repo.store, notes, {}, KIM, START) == notes
    assert add_notes(repo.store, None, {}, KIM, START) is None


@pytest.mark.parametrize("others", [1, 300], ids=["flat", "in folders"])
def test_notes_of_git_are_read_and_kept(repo: Repository, others: int) -> None:
    first = head(repo)
    blob = repo.store.put_blob(b'{"drySha": "%s"}\n' % DRY.encode())
    tree = repo.store.commit(first).tree
    objects = [first, *(repo.store.put_commit(tree, [], f"{number}", KIM, START) for number in range(others))]
    script = "".join(f"N {blob} {oid}\n" for oid in objects)
    stream = f"commit {NOTES_REF}\ncommitter K <k@x> 1 +0000\ndata 0\n{script}"
    git(repo.store.path, "fast-import", "--quiet", stdin=stream.encode())
    notes = repo.refs([NOTES_REF])[NOTES_REF]
    assert (repo.store.entry(repo.store.commit(notes).tree, first) is None) is (others > 1)
    assert read_note(repo.store, notes, first) == DRY
    edited = add_notes(repo.store, notes, {first: NEWER, Oid("9" * 40): NEWER}, KIM, START)
    assert edited is not None
    assert read_note(repo.store, edited, first) == NEWER
    repo.update([RefUpdate(NOTES_REF, notes, edited)])
    assert len(git(repo.store.path, "notes", f"--ref={NOTES_REF}", "list").splitlines()) == others + 2
    assert json.loads(git(repo.store.path, "notes", f"--ref={NOTES_REF}", "show", first)) == {"drySha": NEWER}
