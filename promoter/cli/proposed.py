"""What `promoter init` found and proposes, on a terminal and as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from promoter.cli.screen import Screen
from promoter.cli.shell import Shell
from promoter.plan.report.foreign import plain, source
from promoter.policy.load import FILE
from promoter.run.init import Place, Proposal
from promoter.run.init_write import Committed
from promoter.run.survey_found import Note, Tone

_STYLES = {Tone.FOUND: "", Tone.ASSUMED: "", Tone.UNKNOWN: "unknown", Tone.WARNING: "wait"}
_LONG = 400


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a proposal; nothing: it was only shown."""

    folder: str = ""
    files: tuple[str, ...] = ()
    made: Committed | None = None


def show(shell: Shell, place: Place, proposal: Proposal, written: Written) -> None:
    """Print a proposal, and what became of it."""
    if shell.json:
        shell.screen.json(_json(proposal, written))
        return
    screen = shell.screen
    for tone in Tone:
        notes = [note for note in proposal.notes if note.tone is tone]
        if notes:
            screen.line(tone.value.capitalize(), "head")
            for note in notes:
                screen.cells((_STYLES[tone], f"  {plain(note.text, _LONG)}"), ("dim", _where(note)))
    for path, data in proposal.files.items():
        if path != FILE:
            screen.line()
            for line in file_diff(path, place.store.read(place.tree, path) or b"", data):
                screen.line(source(line), {"+": "ok", "-": "fail", "@": "dim"}.get(line[:1], ""))
    if proposal.config:
        screen.line()
        screen.text(proposal.config)
    screen.line()
    _show_written(screen, proposal, written)


def _show_written(screen: Screen, proposal: Proposal, written: Written) -> None:
    if written.made is not None:
        pull = f", pull request {written.made.pull}: promoter pr show {written.made.pull}" if written.made.pull else ""
        screen.line(f"Committed {written.made.commit[:7]} to {written.made.branch}{pull}", "head")
    elif written.files:
        screen.line(f"Wrote {', '.join(written.files)} in {written.folder}", "head")
    else:
        screen.line("Nothing was written.", "head")
    screen.line("Next" if written.made is None else "Next, once it is merged" if written.made.pull else "Next")
    if written.files:
        screen.line(f"  git add {' '.join(written.files)} && git commit, and push it")
    elif written.made is None and not written.folder:
        screen.line("  promoter init --commit, with the same options")
    for line in proposal.commands:
        screen.line(f"  {line}")


def _where(note: Note) -> str:
    return f"  {', '.join(note.where)}" if note.where else ""


def file_diff(path: str, old: bytes, new: bytes) -> Iterator[str]:
    """Give a unified diff of one file, without line ends."""
    before, after = (data.decode("utf-8", "replace").splitlines() for data in (old, new))
    name = path if old else "/dev/null"
    yield from difflib.unified_diff(before, after, name, path, lineterm="")


def _json(proposal: Proposal, written: Written) -> dict[str, object]:
    """Give `promoter.init/v1`."""
    made = written.made
    return {
        "schema": "promoter.init/v1",
        "environments": list(proposal.survey.environments),
        "apps": [
            {
                "name": app.name,
                "path": app.path,
                "environments": list(app.environments),
                "renderer": app.renderer or None,
            }
            for app in proposal.survey.apps
        ],
        "notes": [{"kind": note.tone.value, "text": note.text, "where": list(note.where)} for note in proposal.notes],
        "files": {path: data.decode("utf-8", "replace") for path, data in proposal.files.items()},
        "pinned": [
            {
                "app": one.app,
                "environment": one.environment,
                "kind": one.kind.value,
                "name": one.name,
                "from": one.old,
                "to": one.new,
                "file": one.file,
            }
            for one in proposal.pins.pinned
        ],
        "not_pinned": [
            {"app": one.app, "environment": one.environment, "name": one.name, "reason": one.reason}
            for one in proposal.pins.left
        ],
        "written": list(written.files),
        "commit": {"branch": made.branch, "id": made.commit, "pull_request": made.pull} if made is not None else None,
        "next": list(proposal.commands),
    }
