"""The action's metadata and the workflows that the documentation offers, by their schemas and by zizmor, pedantic."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.action.steps import ROOT

BIN = Path(sys.executable).parent
EXAMPLES = sorted((ROOT / "docs" / "github").glob("*.yaml"))


def checked(*argv: str) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_schema_of_actions() -> None:
    code, said = checked(
        f"{BIN}/check-jsonschema", "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")
    )
    assert code == 0, said


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_the_schema_of_workflows(file: Path) -> None:
    code, said = checked(f"{BIN}/check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(file))
    assert code == 0, said


@pytest.mark.parametrize("file", [ROOT / "action.yml", *EXAMPLES], ids=lambda file: file.name)
def test_zizmor_finds_nothing(file: Path) -> None:
    code, said = checked(f"{BIN}/zizmor", "--offline", "--strict-collection", "--persona", "pedantic", str(file))
    assert code == 0, said


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "action.yml"
    text = (ROOT / "action.yml").read_text("utf-8")
    bad.write_text(text.replace("promoter\" action'", "promoter\" action ${{ inputs.app }}'"))
    code, said = checked(f"{BIN}/zizmor", "--offline", "--persona", "pedantic", str(bad))
    assert code != 0
    assert "template-injection" in said


def test_the_documentation_names_every_input_and_output() -> None:
    text = (ROOT / "docs" / "github.md").read_text("utf-8")
    action = (ROOT / "action.yml").read_text("utf-8")
    names = re.findall(r"^  ([a-z-]+):$", action, re.MULTILINE)
    assert len(names) > 10
    assert [name for name in names if name != "steps" and f"`{name}`" not in text] == []


def test_the_lock_of_the_action_holds_no_tool_of_the_tests() -> None:
    lock = (ROOT / "action" / "requirements.lock").read_text("utf-8")
    assert "pygithub==" in lock
    assert "--hash=sha256:" in lock
    assert not re.search(r"^(pytest|mypy|ruff|hypothesis)==", lock, re.MULTILINE)
    whole = (ROOT / "requirements.lock").read_text("utf-8")
    pins = re.findall(r"^[a-z0-9.-]+==[^ ]+", lock, re.MULTILINE)
    assert [pin for pin in pins if pin not in whole] == []
