"""Doing what a CI job is asked for, and showing it in the job's log: the same whichever CI system runs the job."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter.ci.request import Request
from promoter.cli.actions import attended_cells, event_cells
from promoter.cli.exits import Exit
from promoter.cli.shell import Shell
from promoter.comments.answer import KNOWN, carry_out
from promoter.comments.attend import Attended, attend
from promoter.comments.parse import Garbled, parse
from promoter.comments.scene import Scene
from promoter.errors import UsageError
from promoter.model.release import Release
from promoter.plan.report.foreign import plain
from promoter.run.act import Event
from promoter.run.foretell import foretell
from promoter.run.release import Wish, release
from promoter.run.run import Outcome, run
from promoter.run.said import VERBS
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Worked:
    """What a job did."""

    outcome: Outcome
    attended: tuple[Attended, ...]

    @property
    def troubled(self) -> tuple[Attended, ...]:
        """Comments that could not be tried."""
        return tuple(one for one in self.attended if one.answer.trouble)

    @property
    def code(self) -> Exit:
        """The job's exit code: waiting is no failure, what was refused is one."""
        return Exit.EDGE if self.outcome.refused or self.troubled else Exit.DONE


def verbs() -> list[str]:
    """Give the verbs that can be said in a comment."""
    return [entry.name for entry in KNOWN]


def work(shell: Shell, ws: Workspace, request: Request) -> Worked:
    """Make the release that is asked for, take down what is said, attend to comments, run; print each as it is done.

    Raises UsageError, NotAllowed, EditRefused, ConfigInvalid, LostRace, EdgeFailed.
    """

    def tell(event: Event) -> None:
        for line in event.text.splitlines() or [""]:
            shell.screen.cells(*event_cells(event, line))

    def heard(one: Attended) -> None:
        shell.screen.cells(*attended_cells(one))

    made = _release(shell, ws, request) if request.releases else ()
    if request.say:
        _say(shell, ws, request)
    attended = attend(ws, heard)
    if request.pull and foretell(ws, request.pull):
        shell.screen.line(f"told on {ws.forge.called} {request.pull} what merging it would reach")
    outcome = run(ws, on_event=tell)
    return Worked(replace(outcome, done=(*made, *outcome.done)), tuple(attended))


def _release(shell: Shell, ws: Workspace, request: Request) -> tuple[Event, ...]:
    """Make the release that is asked for; give it as something that was done, unless it was there before."""
    began = ws.now()
    wish = Wish(request.version, dict(request.images) or None, labels=request.labels)
    made = release(replace(ws, user=shell.who), ws.app(request.app).name, wish)
    shell.screen.line(plain(f"released {request.app} {getattr(made, 'version', '')}".rstrip()))
    if not isinstance(made, Release) or made.at < began:
        return ()
    return (Event(request.app, "", "released", f"{made.name} {made.version}".strip()),)


def _say(shell: Shell, ws: Workspace, request: Request) -> None:
    """Take down one line, with the rights of whoever started the job."""
    said = parse(f"/promoter {request.say}", VERBS)
    lines = request.say.splitlines()
    if len(said) != 1 or len(lines) != 1 or isinstance(said[0], Garbled) or request.said is None:
        known = f"One line that begins with {', '.join(VERBS)}, an app and an environment."
        raise UsageError(f"{plain(request.say)} is nothing that can be said here", known)
    carry_out(replace(ws, user=shell.who), said[0], Scene(), request.said)
    shell.screen.line(plain(f"heard {shell.who}: {request.say}", 400))
