"""The files that a job leaves: reports that GitLab reads, and how things stand for people and programs.

Invariant: a file is written whole over nothing (what stood there under its name is removed, a link included), and below
the folder of the job alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed

FOLDER: Final = "promoter-report"
JUNIT: Final = f"{FOLDER}/junit.xml"
DOTENV: Final = f"{FOLDER}/promoter.env"
PLAN: Final = f"{FOLDER}/plan.json"
STATUS: Final = f"{FOLDER}/status.md"
PAGE: Final = "public/index.html"
"""Where GitLab Pages looks."""


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The job's folder (`CI_PROJECT_DIR`); None: at a terminal, where nothing is left."""

    folder: Path | None

    def write(self, files: Mapping[str, str]) -> None:
        """Write `files`, path -> text. Raises EdgeFailed."""
        if self.folder is None:
            return
        try:
            for path, text in files.items():
                file = self.folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.unlink(missing_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise EdgeFailed(f"cannot write below {self.folder}: {error.strerror}") from error
