"""Where a script is played: the scratch copy, the clock, the clusters, and what the world answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from promoter.errors import UsageError
from promoter.forge.local import LocalForge
from promoter.model.ask import Ask, Reply
from promoter.model.forge import PullRequest, PullState
from promoter.model.job import JobRun
from promoter.model.ledger import Ledger
from promoter.model.names import ContentId, Oid, parse_release
from promoter.model.snapshot import SlotSeen
from promoter.model.verdict import Answer
from promoter.plan.words import Words, sort_words, split_line
from promoter.run.ledgers import ledger_ref, read_ledger
from promoter.run.run import Outcome
from promoter.run.workspace import Workspace
from promoter.simulation.clusters import PlayedClusters
from promoter.simulation.script import AnswerForm, CheckForm


@dataclass(frozen=True, slots=True)
class Happening:
    """A line of the timeline."""

    at: datetime
    app: str
    environment: str
    what: str
    """What happened: an event of the script, what a run did, `waits` when a slot waits for something else than before,
    or `unmet`."""
    text: str
    by: str = ""
    """Of an event: who did it."""


@dataclass(slots=True)
class Stage:
    """The world of one simulation. Invariant: nothing outside its folder is written."""

    ws: Workspace
    people: LocalForge
    clusters: PlayedClusters
    apps: tuple[str, ...]
    """Who is played."""
    now: datetime
    answers: list[tuple[datetime, AnswerForm]] = field(default_factory=list)
    """Oldest first; the newest that fits holds."""
    always: list[CheckForm] = field(default_factory=list)
    """Checks that are posted on every commit."""
    outcome: Outcome | None = None
    """Of the newest run."""

    def as_user(self, user: str) -> Workspace:
        """Give the workspace as `user`."""
        return replace(self.ws, user=user)

    def answer(self, ask: Ask) -> Reply:
        """Give what the script lets the world answer."""
        for since, form in reversed(self.answers):
            fits = form.in_ in ("", ask.environment) and form.app in ("", ask.app)
            if fits and form.gate in (ask.gate, ask.kind):
                return _reply(ask, form.says, since, self.now)
        return Reply(Answer.UNKNOWN, "the script gives no answer")

    def words(self, text: str, gates: Sequence[str] | frozenset[str] = ()) -> Words:
        """Give what the words of an event mean. Raises UsageError."""
        config = self.ws.config
        return sort_words(split_line(text), config.apps, config.environments, gates)

    def app(self, named: str) -> str:
        """Give the app that is meant: the one named, else the only one there is. Raises UsageError."""
        return Words(apps=(named,) if named else ()).one_app(self.apps)

    def slot(self, app: str, environment: str) -> SlotSeen:
        """Give a slot as the newest run saw it. Raises UsageError."""
        known = self.ws.app(app).environments
        if environment not in known:
            raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(known)}")
        if app not in self.apps:
            raise UsageError(f"{app} is not played", f"apps: [{', '.join(self.apps)}]")
        assert self.outcome is not None  # noqa: S101 (a run goes before the first event)
        return self.outcome.snapshot.apps[app].slots[environment]

    def pull(self, app: str, environment: str, state: PullState = PullState.OPEN) -> PullRequest:
        """Give the newest pull request of an app into an environment that is in `state`. Raises UsageError."""
        branch = self.slot(app, environment).slot.proposal_branch
        pulls = [pull for pull in self.people.pulls([branch])[branch] if pull.state is state]
        if not pulls:
            raise UsageError(f"no pull request of {app} into {environment} is {state.value}")
        return pulls[-1]

    def ledger(self, app: str) -> Ledger:
        """Give what is remembered of an app."""
        ref = ledger_ref(self.ws.config, app)
        tip: Oid = self.ws.repository.refs([ref])[ref]
        return read_ledger(self.ws.repository, tip, app)

    def carries(self, app: str, environment: str, content: ContentId, word: str) -> bool:
        """Tell whether `content` is what the release or version `word` brings."""
        number = parse_release(word)
        return any(
            release.content.get(environment) == content
            for release in self.ledger(app).releases.values()
            if release.number == number or release.version == word
        )


def _reply(ask: Ask, says: Answer, since: datetime, now: datetime) -> Reply:
    said = f"the script says {says.value}"
    if ask.kind != "jobs" or says is Answer.UNKNOWN:
        return Reply(says, said)
    ended = now if says is not Answer.PENDING else None
    return Reply(Answer.PENDING, "runs", job=JobRun(says.value, min(since, now), ended=ended))
