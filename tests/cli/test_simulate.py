"""`promoter simulate`: exit codes, what is printed, the JSON, and a config that is not committed yet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jsonschema
import pytest

from promoter.cli.main import main
from promoter.cli.schemas import report_schema
from tests.cli.fleet import Fleet, make_fleet

SCRIPT = """\
start: 2026-11-20 15:00
apps: [shop]
steps:
  - release: shop 1.5.0
    by: ada
    expect: {shop: {staging: 1.5.0, prod: r0}}
  - approve: shop prod
  - merge: shop prod
    expect: {shop: {prod: %s}}
"""


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return make_fleet(tmp_path, capsys)


def script(folder: Path, there: str = "1.5.0", text: str = SCRIPT) -> str:
    file = folder / "x.yaml"
    file.write_text(text % there if "%s" in text else text)
    return str(file)


def test_all_as_expected(fleet: Fleet, tmp_path: Path) -> None:
    said = fleet("simulate", script(tmp_path))
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].split() == ["Fri", "20", "Nov", "15:00", "shop", "release", "r1", "1.5.0", "(ada)"]
    assert lines[-1].startswith("3 of 3 expectations met; Fri 20 Nov 15:00 to Fri 20 Nov 15:00 Europe/Berlin, ")
    assert fleet("simulate", script(tmp_path)).out == said.out


def test_not_as_expected(fleet: Fleet, tmp_path: Path) -> None:
    said = fleet("simulate", script(tmp_path, "1.6.0"), "--quiet")
    assert said.code == 12
    unmet, _, end = said.out.splitlines()
    assert unmet.endswith("line 9 expects shop prod: 1.6.0; it is r1 (1.5.0), current")
    assert end.startswith("2 of 3 expectations met")


@pytest.mark.parametrize("there", ["1.5.0", "r7"])
def test_the_json_is_what_its_schema_says(fleet: Fleet, tmp_path: Path, there: str) -> None:
    said = fleet("simulate", script(tmp_path, there), "--json")
    jsonschema.validate(said.json, report_schema("simulate"))
    assert said.json["met"] == (there == "1.5.0") == (said.code == 0)
    assert {one["what"] for one in said.json["events"]} >= {"release", "opened", "merged", "verified", "approve"}
    assert [(it["environment"], it["version"]) for it in said.json["slots"]] == [
        (name, "1.5.0") for name in ("dev", "staging", "prod")
    ]


def test_a_script_that_is_not_there_or_makes_no_sense(fleet: Fleet, tmp_path: Path) -> None:
    assert fleet("simulate", str(tmp_path / "y.yaml")).code == 1
    said = fleet("simulate", script(tmp_path, text="steps: [{relase: shop 1}]\n"))
    assert (said.code, said.out) == (3, "")
    assert said.err.endswith("x.yaml:1:steps[0].relase: unknown key relase; did you mean release?\n")


def test_a_config_that_is_not_committed_yet(fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", fleet.repo.url, str(work)], check=True)
    subprocess.run(["git", "-C", str(work), "checkout", "-q", "--detach"], check=True)
    subprocess.run(["git", "-C", str(work), "remote", "set-url", "origin", "https://fleet.acme.example/x"], check=True)
    config = work / "promoter.yaml"
    config.write_text(config.read_text().replace("gates: {approvals: 1}", "policy: continuous"))
    (work / "policies").mkdir()
    (work / "policies" / "continuous.yaml").write_text("promote: auto\n")
    arguments = ["--repo", str(work), "simulate", "--here"]
    text = "apps: [shop]\nsteps: [{release: shop 1.5.0, expect: {shop: {prod: %s}}}]\n"
    assert main([*arguments, script(tmp_path, "1.5.0", text)]) == 0, capsys.readouterr().err
    assert main([*arguments, script(tmp_path, "r0", text)]) == 12


def test_the_schema_of_a_script(fleet: Fleet) -> None:
    schema = fleet("schema", "script").json
    jsonschema.Draft202012Validator.check_schema(schema)
    steps = [{"release": "shop 1.4.2"}, {"later": "1h", "expect": {"shop": {"prod": ["r1", "held"]}}}]
    jsonschema.validate({"steps": steps}, schema)
    nonsense: list[dict[str, object]] = [{"steps": [{"relase": "x"}]}, {"stepz": []}]
    for wrong in nonsense:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
