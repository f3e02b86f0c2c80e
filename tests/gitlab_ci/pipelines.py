"""A pipeline with our job in it, carried out as GitLab and its runner do: rules, variables, script, artifacts.

See "Define a job: rules", "Predefined CI/CD variables", "Where variables can be used" and "Job artifacts". The job's
script is one script for bash with `set -eo pipefail`, started in the project's folder, which `GIT_STRATEGY: none`
leaves empty.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.gitlab_ci.component import expand
from tests.gitlab_ci.conditions import chosen

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "promoter" / "template.yml"
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
SECTION = re.compile(r"\x1b\[0Ksection_(start|end):(\d+):([\w.-]+)(\[collapsed=true\])?\r\x1b\[0K")
"""What GitLab takes for the beginning or the end of a section: "Custom collapsible sections"."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What GitLab has after the job."""

    code: int
    log: str
    files: Mapping[str, str]

    @property
    def dotenv(self) -> dict[str, str]:
        """The variables that later jobs get."""
        return read_dotenv(self.files["promoter-report/promoter.env"])

    @property
    def cases(self) -> dict[str, str]:
        """Test case -> what became of it."""
        return read_junit(self.files["promoter-report/junit.xml"])

    @property
    def text(self) -> str:
        """The log without what folds it."""
        return SECTION.sub("", self.log)

    @property
    def said(self) -> str:
        """All that anybody can read."""
        return "\n".join([self.log, *self.files.values()])


@dataclass
class Project:
    """A project on GitLab with our job in its `.gitlab-ci.yml`."""

    folder: Path
    """The runner's."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the project: masked and protected."""
    url: str = "https://gitlab.example.com/acme/fleet"
    inputs: Mapping[str, object] = field(default_factory=dict)
    file: Path = TEMPLATE
    number: int = 100

    def pipeline(self, source: str, given: Mapping[str, str] | None = None, branch: str = "main") -> Ended | None:
        """Start a pipeline with the variables `given`; None when the job is not in it."""
        self.number += 1
        [(_, job)] = [entry for entry in expand(self.file, self.inputs).items() if "script" in entry[1]]
        known = {**self._predefined(source, branch), **self.variables}
        known |= {**_job_variables(job, {**known, **(given or {})}), **(given or {})}
        if not chosen(job["rules"], known):
            return None
        return self._run(job, known)

    def _run(self, job: Mapping[str, Any], variables: Mapping[str, str]) -> Ended:
        work = Path(variables["CI_PROJECT_DIR"])
        work.mkdir(parents=True, exist_ok=True)
        before = {path for path in work.rglob("*") if path.is_file()}
        for path in before:
            path.unlink()
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        system = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8"}
        script = "set -eo pipefail\n" + "\n".join(job["script"]) + "\n"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc"], input=script.encode(), env={**system, **variables}, cwd=work,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout.decode(), _collected(job["artifacts"], work))

    def _predefined(self, source: str, branch: str) -> dict[str, str]:
        server, _, path = self.url.rpartition("/acme/")
        of_branch = {"CI_COMMIT_BRANCH": branch} if source != "merge_request_event" else {}
        return of_branch | {
            "CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main",
            "CI_PROJECT_DIR": str(self.folder / "builds" / "acme" / "fleet"), "CI_PROJECT_URL": self.url,
            "CI_PROJECT_PATH": f"acme/{path}", "CI_SERVER_URL": server, "CI_API_V4_URL": f"{server}/api/v4",
            "CI_SERVER_HOST": server.partition("://")[2].partition(":")[0], "CI_PIPELINE_ID": str(self.number),
            "CI_JOB_TOKEN": "glcbt-64_jobsecret", "GITLAB_USER_LOGIN": "kim", "CI_REGISTRY": "registry.example.com",
        }  # fmt: skip


def _job_variables(job: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, spec in job["variables"].items():
        value = str(spec["value"] if isinstance(spec, dict) else spec)
        raw = isinstance(spec, dict) and spec.get("expand") is False
        found[name] = value if raw else VARIABLE.sub(lambda match: known.get(match[1] or match[2], ""), value)
    return found


def _collected(artifacts: Mapping[str, Any], work: Path) -> dict[str, str]:
    assert artifacts["when"] == "always"
    paths = [work / path for path in (*artifacts["paths"], *artifacts["reports"].values())]
    files = {file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()}
    return {file.relative_to(work).as_posix(): file.read_text("utf-8") for file in sorted(files)}


def read_dotenv(text: str) -> dict[str, str]:
    """Read the report as strictly as GitLab: see "dotenv" of "artifacts reports types"."""
    assert len(text.encode()) <= 5 * 1024
    lines = text.removesuffix("\n").split("\n")
    assert len(lines) <= 20
    found = [re.fullmatch(r"([A-Za-z0-9_]{1,255})=([^\s'\"#\\$`]*)", line) for line in lines]
    assert None not in found, lines
    return {match[1]: match[2] for match in found if match is not None}


def read_junit(text: str) -> dict[str, str]:
    """Read what GitLab reads of a JUnit report."""
    assert len(text.encode()) < 30 * 1024 * 1024
    root = ET.fromstring(text)
    assert [child.tag for child in root] == ["testsuite"]
    found = {}
    for case in root[0]:
        assert case.tag == "testcase"
        assert len(case) <= 1
        name = f"{case.attrib['classname']} {case.attrib['name']}"
        found[name] = f"{case[0].tag}: {case[0].attrib['message']}" if len(case) else "passed"
    for tag, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        assert root.attrib[total] == str(len(root.findall(f"./testsuite/testcase/{tag}")))
    return found
