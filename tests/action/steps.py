"""A composite action's steps, carried out as a runner does: bash, the environment files, an event in a file.

See "Metadata syntax for GitHub Actions" and "Workflow commands": every `run` step is a file for
`bash --noprofile --norc -e -o pipefail`, `${{ }}` is filled in beforehand, outputs are read from `GITHUB_OUTPUT`.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Done:
    """What a job sees of the action."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job: where it runs, and what the runner sets in it."""

    folder: Path
    tools: Path
    """RUNNER_TEMP, where a self-hosted runner may have an earlier installation."""
    server: str = "https://github.example"
    token: str = "ghs_secret"

    def action(self, event: str, payload: Mapping[str, Any], **inputs: str) -> Done:
        """Carry out the action for `event`."""
        metadata = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        given = {name: str(spec.get("default", "")) for name, spec in metadata["inputs"].items()}
        context = {f"inputs.{name}": value for name, value in {**given, **inputs}.items()}
        context |= {"github.server_url": self.server, "github.repository": "acme/fleet", "github.token": self.token}
        context |= {name: filled(value, context) for name, value in context.items()}
        env, files = self._env(event, payload)
        log, code, outputs = "", 0, {}
        for step in metadata["runs"]["steps"]:
            assert set(step) <= {"name", "id", "shell", "run", "env"}, step
            assert step["shell"] == "bash"
            assert "${{" not in step["run"], "text of others must not become a script"
            files["GITHUB_OUTPUT"].write_text("")
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            own = {name: filled(str(value), context) for name, value in step.get("env", {}).items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                env={**env, **own}, cwd=self.folder, capture_output=True, text=True, check=False,
            )  # fmt: skip
            log += done.stdout + done.stderr
            for name, value in read_outputs(files["GITHUB_OUTPUT"].read_text("utf-8")).items():
                context[f"steps.{step.get('id')}.outputs.{name}"] = value
            code = done.returncode
            if code:
                break
        for name, spec in metadata["outputs"].items():
            outputs[name] = filled(spec["value"], context)
        return Done(code, log, outputs, files["GITHUB_STEP_SUMMARY"].read_text("utf-8"))

    def _env(self, event: str, payload: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Path]]:
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH")
        files = {name: self.folder / name.lower() for name in names}
        for file in files.values():
            file.write_text("")
        files["GITHUB_EVENT_PATH"].write_text(json.dumps(payload))
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        kept |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
        set_by_runner = {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_ACTOR": "kim",
            "GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(self.tools), "GITHUB_SERVER_URL": self.server,
            "GITHUB_REPOSITORY": "acme/fleet", "LANG": "C.UTF-8", "XDG_CACHE_HOME": str(self.folder / "cache"),
        }  # fmt: skip
        return {**kept, **set_by_runner, **{name: str(file) for name, file in files.items()}}, files


def filled(text: str, context: Mapping[str, str]) -> str:
    """Fill in the expressions of `text`; what is not known is empty, as on a runner."""
    return EXPRESSION.sub(lambda match: context.get(match[1], ""), text)


def read_outputs(text: str) -> dict[str, str]:
    """Read `name=value` and `name<<DELIMITER` entries."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, here, mark = line.partition("<<")
        if here:
            inner = []
            for below in lines:
                if below == mark:
                    break
                inner.append(below)
            found[name] = "\n".join(inner)
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = value
    return found


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Be the only process of the test run in here."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
