"""Two contents of an app side by side: in two environments, or of two releases in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promoter.cli.screen import Screen
from promoter.errors import EdgeFailed, UsageError
from promoter.model.ledger import Ledger
from promoter.model.names import ContentId, Oid, parse_release, release_name
from promoter.plan.report.brings import named
from promoter.plan.report.foreign import plain, source
from promoter.plan.words import sort_words
from promoter.run.difference import content_difference
from promoter.run.said import ledger_of
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Side:
    """One of two contents."""

    app: str
    environment: str
    release: int | None
    label: str
    content: ContentId | None
    """None: nothing stands there yet."""
    stored: Oid | None
    """The ledger commit that keeps it."""

    def json(self) -> dict[str, object]:
        """Give the side for JSON."""
        return {
            "app": self.app,
            "environment": self.environment,
            "release": release_name(self.release) if self.release is not None else None,
        }

    def __str__(self) -> str:
        return f"{self.app} {self.label} in {self.environment}" if self.label else f"nothing in {self.environment}"


def compared(ws: Workspace, words: Sequence[str]) -> tuple[Side, Side]:
    """Find out which two contents are meant; here the order of the words counts. Raises UsageError, EdgeFailed."""
    numbers = [number for number in map(parse_release, words) if number is not None]
    rest = [word for word in words if parse_release(word) is None]
    found = sort_words(rest, ws.config.apps, ws.config.environments)
    app = found.one_app(ws.config.apps)
    ledger, places = ledger_of(ws, app), found.environments
    for number in numbers:
        if number not in ledger.releases:
            raise UsageError(f"{app} has no release {release_name(number)}", f"promoter history {app}")
    match (len(places), len(numbers)):
        case (2, 0):
            return _active(ledger, places[0]), _active(ledger, places[1])
        case (1, 0):
            proposal = ledger.place(places[0]).proposal
            if proposal is None:
                raise UsageError(
                    f"nothing is proposed for {app} in {places[0]}", "name a second environment, or a release"
                )
            return _active(ledger, places[0]), _of(ledger, places[0], proposal.release)
        case (1, 1):
            return _active(ledger, places[0]), _of(ledger, places[0], numbers[0])
        case (1, 2):
            return _of(ledger, places[0], numbers[0]), _of(ledger, places[0], numbers[1])
    raise UsageError("what with what?", "two environments, or one environment and one or two releases")


def difference_text(ws: Workspace, old: Side, new: Side) -> str:
    """Give the difference as lines with `+` and `-`; empty when the contents are equal. Raises EdgeFailed."""
    if old.content == new.content:
        return ""
    store = ws.repository.store
    absent = [side.stored for side in (old, new) if side.stored is not None and not store.has(side.stored)]
    if absent:
        ws.repository.fetch(absent)
    for side in (old, new):
        if side.content is not None and not store.has(Oid(side.content)):
            raise EdgeFailed(
                f"the content of {side} is not in the ledger any more", "only the last 30 releases are kept"
            )
    return content_difference(store, old.content, new.content, in_place=ws.config.layout is None)


def show_difference(screen: Screen, old: Side, new: Side, text: str) -> None:
    """Print both names and the difference."""
    screen.line(f"--- {plain(str(old))}", "fail")
    screen.line(f"+++ {plain(str(new))}", "ok")
    if not text:
        screen.line("no difference")
    for line in text.splitlines():
        screen.line(source(line), {"+": "ok", "-": "fail", "#": "head"}.get(line[:1], ""))


def _active(ledger: Ledger, environment: str) -> Side:
    stay = ledger.place(environment).stay
    if stay is None or stay.content is None:
        return Side(ledger.app, environment, None, "", None, None)
    return _side(ledger, environment, stay.release, stay.content)


def _of(ledger: Ledger, environment: str, number: int) -> Side:
    content = ledger.releases[number].content.get(environment)
    if content is None:
        raise UsageError(f"{release_name(number)} was not made for {environment}")
    return _side(ledger, environment, number, content)


def _side(ledger: Ledger, environment: str, number: int, content: ContentId) -> Side:
    release = ledger.releases.get(number)
    stored = release.stored if release is not None else None
    return Side(ledger.app, environment, number, named(ledger, number), content, stored)
