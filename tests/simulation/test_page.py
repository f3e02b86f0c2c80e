"""docs/simulate.md shows a script that is in the fixtures, and all that it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promoter.cli.main import main
from promoter.policy.form import Form
from promoter.simulation.script import EVENTS, OnceForm, ScriptForm, StepForm

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "simulate.md").read_text("utf-8")
SHOWN = re.compile(
    r"^<!-- (fixtures/simulations/[\w-]+\.yaml) -->\n```yaml\n(.*?)^```$.*?"
    r"^```text\n\$ promoter simulate \1\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def test_the_script_is_the_one_that_is_shown_and_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    found = SHOWN.findall(PAGE)
    assert [name for name, _, _ in found] == ["fixtures/simulations/production.yaml"]
    for name, text, printed in found:
        assert (ROOT / name).read_text("utf-8") == text
        assert main(["simulate", str(ROOT / name)]) == 0
        assert capsys.readouterr().out == printed


@pytest.mark.parametrize("form", [ScriptForm, StepForm, OnceForm])
def test_every_key_has_a_row(form: type[Form]) -> None:
    assert [key for key in sorted(form.keys()) if f"`{key}`" not in PAGE] == []
    assert set(EVENTS) <= StepForm.keys()
