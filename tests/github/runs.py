"""What the test server remembers of runs of workflows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FOLDER = ".github/workflows"


@dataclass
class Run:
    """One run of a workflow, its newest attempt."""

    id: int
    file: str
    branch: str
    title: str
    actor: str
    inputs: Mapping[str, str]
    created: datetime
    started: datetime
    updated: datetime
    status: str = "queued"
    conclusion: str | None = None
    attempts: int = 1
    event: str = "workflow_dispatch"

    @property
    def path(self) -> str:
        """The workflow's file."""
        return f"{FOLDER}/{self.file}"

    def end(self, conclusion: str, after: timedelta = timedelta(seconds=30)) -> None:
        """Let it end."""
        self.status, self.conclusion, self.updated = "completed", conclusion, self.started + after

    def again(self, now: datetime) -> None:
        """What a person does who runs it again."""
        self.status, self.conclusion, self.attempts = "in_progress", None, self.attempts + 1
        self.started = self.updated = now


@dataclass
class Actions:
    """The runs of a repository."""

    runs: list[Run] = field(default_factory=list)
    old: bool = False
    """A server that does not know `return_run_details`."""
    hidden: bool = False
    """The token has no right to start anything."""
