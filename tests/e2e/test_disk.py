"""A disk that is full in the middle, or takes nothing: exit 1 with a reason, no branch half-written, and on it goes.

Root may write everywhere and a test cannot mount everywhere, so "full" is a limit on the size of files.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.git.repository import open_repository
from tests.cli.fleet import CONFIG, MANIFEST, NOW, PLACES, Fleet, make_fleet
from tests.e2e.dying import FULL, NEVER, Starter, starter
from tests.e2e.processes import environment, ran
from tests.git.programs import git
from tests.repos import make_repo

NOISE = "".join(f"{number * number * 7919 % 99991:05d}" for number in range(4000))
"""Text that compression makes little of."""
RELEASE = ("release", "shop", "1.4.2")
HINT = "  Is the disk full, or the folder not yours to write? No branch was changed.\n"


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    with starter(tmp_path_factory.mktemp("home")) as found:
        yield found


def fleet_with_much(root: Path) -> Path:
    """Give a fleet whose manifests differ widely in size, so that each limit stops at another write."""
    files = {
        f"{app}/{name}/app.yaml": MANIFEST.format(app=app, environment=name) + f"# {NOISE[: 800 * number]}\n"
        for number, (app, name) in enumerate(PLACES)
    }
    make_repo(root / "fleet.git", {"promoter.yaml": CONFIG, **files})
    return root / "fleet.git"


def check_whole(repo: Path) -> None:
    """Everything that a ref leads to is there and is what its name says."""
    git(repo, "fsck", "--strict", "--no-dangling")
    assert list(repo.rglob("*.lock")) == []


def tips(repo: Path) -> dict[str, str]:
    return dict(open_repository(repo, repo / "cache").refs())


def test_full_at_some_write_or_other(begin: Starter, tmp_path: Path) -> None:
    fresh = fleet_with_much(tmp_path)
    whole = tmp_path / "whole.git"
    shutil.copytree(fresh, whole)
    for words in (RELEASE, ("run", "shop")):
        assert begin(str(whole), NOW, NEVER, *words)[0] == 0
    end = tips(whole)
    stopped = {}
    for limit in (0, 60, 120, 160, 180, 200, 240, 300, 400, 800, 1600, 6400):
        repo = tmp_path / f"{limit}.git"
        shutil.copytree(fresh, repo)
        codes = [begin(str(repo), NOW, (FULL, limit), *words)[0] for words in (RELEASE, ("run", "shop"))]
        assert set(codes) <= {0, 1}
        stopped[limit] = frozenset(tips(repo))
        check_whole(repo)
        for words in (RELEASE, ("run", "shop")):
            if codes.pop(0) != 0:
                assert begin(str(repo), NOW, NEVER, *words)[0] == 0
        assert begin(str(repo), NOW, NEVER, "run", "shop")[0] == 0
        trees = {ref: git(repo, "rev-parse", f"{ref}^{{tree}}") for ref in tips(repo) if "/environment/" in ref}
        assert trees == {ref: git(whole, "rev-parse", f"{ref}^{{tree}}") for ref in end if "/environment/" in ref}
        check_whole(repo)
    assert stopped[0] == {"refs/heads/main"}
    assert len(set(stopped.values())) > 2


@pytest.mark.parametrize("words", [RELEASE, ("run",)], ids=" ".join)
def test_full_from_the_start(tmp_path: Path, words: tuple[str, ...]) -> None:
    repo = fleet_with_much(tmp_path)
    before = tips(repo)
    limited = ["sh", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$0" "$@"', sys.executable, "-m", "promoter"]
    done = subprocess.run(
        [*limited, "--repo", str(repo), *words], env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    said = {
        "release": f"cannot write to the Git repository {repo}: failed to write out file: File too large\n{HINT}",
        "run": "could not be rendered: [Errno 2] No usable temporary directory found in ",
    }
    assert done.returncode == 1
    assert said[words[0]] in done.stdout + done.stderr
    assert "Is the disk full" in done.stdout + done.stderr
    assert tips(repo) == before
    check_whole(repo)
    assert ran(str(repo), tmp_path, *words)[0] == 0
    assert tips(repo) != before


def test_an_object_folder_that_takes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As of somebody else's: files stand where folders would be made, which stops root, too."""
    fleet = make_fleet(tmp_path, capsys)
    objects = Path(fleet.repo.url) / "objects"
    taken = [objects / f"{number:02x}" for number in range(256) if not (objects / f"{number:02x}").exists()]
    for path in taken:
        path.write_text("")
    before = fleet.repo.refs()
    said = fleet(*RELEASE)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("promoter: cannot write to the Git repository FLEET: ")
    assert said.err.endswith(HINT)
    assert fleet.repo.refs() == before
    for path in taken:
        path.unlink()
    fleet.ok(*RELEASE)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return make_fleet(tmp_path)


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("config",), ("--help",), ("run",)], ids=" ".join)
def test_output_that_has_no_room(fleet: Fleet, tmp_path: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "promoter", "--repo", fleet.repo.url, *words],
            env=environment(tmp_path), stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "promoter: cannot write the output: No space left on device\n"
        "  Make room, and run again: what was done is found.\n",
    )


@pytest.mark.parametrize(("words", "code"), [(("explain",), 2), (("status", "--branch", "absent"), 1)], ids=["2", "1"])
def test_a_complaint_that_has_no_room_keeps_its_exit_code(
    fleet: Fleet, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "promoter", "--repo", fleet.repo.url, *words]
        done = subprocess.run(command, env=environment(tmp_path), stdout=full, stderr=full, check=False)
    assert done.returncode == code
