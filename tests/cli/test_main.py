from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.cli.shell import Shell
from promoter.plan.verbs import VERBS
from tests.cli.fleet import Fleet

HELP = """\
Usage: promoter [OPTIONS] [COMMAND] [ARGS]...

  Promote changes through environments with Git commits and pull requests.
"""


def test_help_shows_every_verb_by_group(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in ([], ["--help"], ["-h"]):
        assert main(argv) == 0
        out = capsys.readouterr().out
        assert out.startswith(HELP)
        assert re.findall(r"^(\w+):$", out, re.MULTILINE) == ["Options", "Start", "Look", "Move", "Say"]
    shown = re.findall(r"^  ([a-z]+) {2,}\S", out, re.MULTILINE)
    assert {"status", "explain", "run", "promote", "rollback"} <= set(shown) <= {entry.name for entry in VERBS}


def test_help_of_a_verb_comes_from_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollback", "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith('Usage: promoter rollback APP... ENVIRONMENT... [RELEASE] ["REASON"] [OPTIONS]\n')
    assert "  promoter rollback shop prod-eu r39\n" in out


def test_help_is_a_verb_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert capsys.readouterr().out.startswith(HELP)
    assert main(["help", "rollback"]) == 0
    assert 'promoter rollback APP... ENVIRONMENT... [RELEASE] ["REASON"]' in capsys.readouterr().out
    assert main(["help", "dance"]) == 2


@pytest.mark.parametrize("entry", VERBS, ids=[entry.name for entry in VERBS])
def test_examples_are_of_their_verb_and_short(entry: object) -> None:
    for line in entry.examples:  # type: ignore[attr-defined]
        assert line.split()[0] == entry.name  # type: ignore[attr-defined]
    assert entry.summary.endswith(".")  # type: ignore[attr-defined]
    assert len(entry.summary) <= 110  # type: ignore[attr-defined]


def test_help_imports_nothing_heavy() -> None:
    heavy = "'pygit2', 'pydantic', 'rich', 'ruamel', 'yaml', 'jinja2'"
    code = (
        "import sys\nfrom promoter.cli.main import main\n"
        f"assert main(['--help']) == 0\nprint([name for name in ({heavy}) if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "promoter", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"promoter (\d+\.\d+\.\d+|\(not installed\))\n", done.stdout)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["stauts"], "promoter: there is no verb stauts; did you mean status?\n  promoter --help shows them\n"),
        (["frobnicate"], "promoter: there is no verb frobnicate\n  promoter --help shows them\n"),
    ],
)
def test_an_unknown_verb(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert capsys.readouterr().err == message


@pytest.mark.parametrize(
    "argv", [["status", "--nope"], ["schema"], ["release", "shop", "--image", "x"], ["status", "--now", "soon"]]
)
def test_wrong_options(argv: list[str], fleet: Fleet) -> None:
    said = fleet(*argv)
    assert (said.code, said.out) == (2, "")
    assert "Error: " in said.err


def test_a_folder_that_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--repo", str(tmp_path)]) == 1
    assert "is not in a Git repository\n  " in capsys.readouterr().err


def test_an_invalid_config(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "promoter.yaml").write_text("version: 1\n")
    said = fleet("config", "--here", "--repo", str(tmp_path))
    assert said.code == 3
    assert said.err.startswith("promoter: promoter.yaml:1:")


class Surprise(Exception):
    """Something that nobody thought of."""


def test_a_bug_leaves_a_file_with_the_details(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    def clock() -> datetime:
        raise Surprise("13th of the month")

    assert main(["status", "shop"], Shell(repo=fleet.repo.url, clock=clock)) == 70
    err = capsys.readouterr().err
    found = re.fullmatch(
        r"promoter: this is a bug: Surprise: 13th of the month\n  The details are in (\S+\.log)\n", err
    )
    assert found is not None, err
    details = Path(found[1])
    text = details.read_text()
    details.unlink()
    assert text.startswith("promoter status\n")
    assert "Traceback (most recent call last):" in text
    assert "in clock" in text


def test_an_interrupt(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    def clock() -> datetime:
        raise KeyboardInterrupt

    assert main(["status"], Shell(repo=fleet.repo.url, clock=clock)) == 130
    assert capsys.readouterr().err.strip() == "promoter: interrupted"


def test_a_reader_that_went_away_is_no_bug(running: Fleet) -> None:
    program = [sys.executable, "-m", "promoter", "--repo", running.repo.url, "status", "--json"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "bug" not in process.stderr.read()


def test_options_may_stand_before_and_after_the_verb(running: Fleet) -> None:
    moment = "2026-11-21T08:00:00+01:00"
    for argv in (["--now", moment, "--no-color", "status"], ["status", "--no-color", "--now", moment]):
        assert "  Sat 21 Nov 08:00 Europe/Berlin  " in running.ok(*argv)


def test_another_dry_branch(running: Fleet) -> None:
    said = running("status", "--branch", "trunk")
    assert said.code == 1
    assert "has no branch trunk" in said.err


def test_an_option_wins_over_the_variable(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMOTER_REPO", str(tmp_path / "nowhere"))
    for argv in (["--repo", fleet.repo.url, "config"], ["config", "--repo", fleet.repo.url]):
        assert main(argv) == 0
    assert main(["config"]) == 1
    monkeypatch.setenv("PROMOTER_REPO", fleet.repo.url)
    assert main(["config"]) == 0


def test_here_is_this_folder_whatever_the_environment_names(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "app.yaml").write_text("kind: A\n")
    (tmp_path / "promoter.yaml").write_text("version: 1\nenvironments: [dev]\napps: {shop: dev}\nlive: none\n")
    program = [sys.executable, "-m", "promoter", "config", "--here"]
    paths = {"PROMOTER_REPO": str(tmp_path / "fleet.git"), "PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.run(program, cwd=tmp_path, env={**os.environ, **paths}, capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "valid: 1 app, 1 environment\n"), said.stderr
