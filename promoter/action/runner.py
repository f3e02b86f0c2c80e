"""How a step talks to the runner: outputs, the job's summary, annotations, groups, masks.

Formats: "Workflow commands for GitHub Actions" in GitHub's documentation. Outputs go to the file `$GITHUB_OUTPUT`, with
a delimiter that nobody can guess; the summary to `$GITHUB_STEP_SUMMARY`, at most 1 MiB a step.

Invariants: whatever a text holds, it issues no workflow command: newlines and percent signs of our own commands are
escaped, and between `silence` and `speak` the runner takes none; a value never ends its own output.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

SUMMARY_MOST: Final = 1024 * 1024
"""Bytes of summary that a step may leave; more is refused by the runner."""
ANNOTATIONS_MOST: Final = 10
"""So many of one level are shown for a step."""


@dataclass(slots=True)
class Runner:
    """The runner of this step; without its files (at a terminal) only the log is written."""

    log: TextIO
    output_file: Path | None = None
    summary_file: Path | None = None

    def output(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step."""
        if self.output_file is None:
            return
        lines = []
        for name, value in values.items():
            mark = f"promoter-{secrets.token_hex(16)}"
            lines.append(f"{name}<<{mark}\n{value}\n{mark}\n")
        with self.output_file.open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(lines))

    def summary(self, markdown: str) -> None:
        """Write the job's summary, cut at a line where it would be too long."""
        if self.summary_file is None:
            return
        with self.summary_file.open("a", encoding="utf-8", newline="\n") as file:
            file.write(_cut(markdown))

    def annotate(self, level: str, notes: Sequence[Note]) -> None:
        """Show `notes` as `error`, `warning` or `notice`, at their places; what is too much is counted."""
        for note in notes[:ANNOTATIONS_MOST]:
            places = {"file": note.file, "line": str(note.line) if note.line else "", "title": note.title}
            said = ",".join(f"{key}={_property(value)}" for key, value in places.items() if value)
            self._command(f"{level} {said}" if said else level, note.text)
        if len(notes) > ANNOTATIONS_MOST:
            self.log.write(f"and {len(notes) - ANNOTATIONS_MOST} more\n")

    def mask(self, secret: str) -> None:
        """Let the runner blot out `secret` wherever it would show from now on."""
        for line in secret.splitlines():
            if line.strip():
                self._command("add-mask", line)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is logged inside; inside, nothing that is logged can be a workflow command."""
        token = secrets.token_hex(16)
        self._command("group", title)
        self._command("stop-commands", token)
        try:
            yield
        finally:
            self.log.write(f"::{token}::\n")
            self.log.write("::endgroup::\n")
            self.log.flush()

    def _command(self, command: str, data: str) -> None:
        self.log.write(f"::{command}::{_data(data)}\n")
        self.log.flush()


@dataclass(frozen=True, slots=True)
class Note:
    """Something to say at a place of a file, or at none."""

    text: str
    file: str = ""
    line: int = 0
    title: str = ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _cut(markdown: str) -> str:
    whole = markdown.encode()
    if len(whole) <= SUMMARY_MOST:
        return markdown
    end = "\n\nThe rest is too long for a summary; it stands in the job's log.\n"
    kept = whole[: SUMMARY_MOST - len(end.encode())].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n") + 1] + end
