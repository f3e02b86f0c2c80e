"""Playing a script: something happens, the real run runs until nothing is left but to wait, and time goes on.

Runs come after every event, and when time passes at each moment that the plan says is worth a look, or at which a
cluster gets well. So what is played is what happens when somebody runs promoter whenever it is worth it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from promoter.comments.attend import Attended, attend
from promoter.errors import ConfigInvalid, EdgeFailed, Problem, PromoterError
from promoter.model.moment import times, zone_of
from promoter.model.plan import State
from promoter.plan.report.fleet import waits
from promoter.plan.report.view import View, views
from promoter.run.act import Event
from promoter.run.run import run
from promoter.simulation.deeds import do, post_always, who
from promoter.simulation.expect import Expectation, broken, judge, kept
from promoter.simulation.moments import parse_until
from promoter.simulation.script import Claim, OnceForm, Script, StepForm, counted
from promoter.simulation.stage import Happening, Stage

MOST_RUNS: Final = 20_000
"""So often a script may run at most."""
_QUIET: Final = frozenset({"status", "edited", "proposed", "noted", "filed"})
"""What a run does that is no news on a timeline."""
_BESIDE: Final = re.compile(
    r"r\d+.* is proposed( \(\w+\)| in pull request \d+)|merge pull request \d+ at \w+|"
    r".* is active: (merged by|its proposal is on) .*"
)
"""What the ledger takes down of things that a run does anyway, each of them news by itself."""
_BECAME: Final = re.compile(r"(r\d+(?: \([^)]*\))?) is (healthy|verified|unverified|unhealthy|failed)(?:: (.*))?")


def _news(what: str, text: str) -> tuple[str, str]:
    """Give what happened and what there is to say of it: `verified`, `r1 (1.4.2): soaked 1h`."""
    became = _BECAME.fullmatch(text) if what == "recorded" else None
    if became is not None:
        return became[2], ": ".join(filter(None, (became[1], became[3])))
    if what == "recorded" and text.startswith("held: "):
        return "held", text.removeprefix("held: ")
    return what, text


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a script."""

    happenings: tuple[Happening, ...]
    expectations: tuple[Expectation, ...]
    views: tuple[View, ...]
    """How things stand at the end."""
    began: datetime
    ended: datetime
    runs: int
    timezone: str

    @property
    def met(self) -> bool:
        """Tell whether all is as the script expects."""
        return all(one.met for one in self.expectations)


@dataclass(slots=True)
class Play:
    """One script on its way."""

    stage: Stage
    script: Script
    tell: Callable[[Happening], None] = lambda _happening: None
    happenings: list[Happening] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    _waits: dict[tuple[str, str], str] = field(default_factory=dict)
    _broken: list[Claim] = field(default_factory=list)
    _runs: int = 0

    def play(self) -> Played:
        """Play the script to its end. Raises ConfigInvalid for what makes no sense, EdgeFailed."""
        began = self.stage.now
        self._run()
        for step in self.script.form.steps:
            self._step(step)
        never = self.script.form.never
        with self._located(None):
            self.expectations += [kept(self.stage, claim) for claim in never if claim not in self._broken]
        return Played(
            tuple(self.happenings), tuple(self.expectations), tuple(self._views()), began, self.stage.now, self._runs,
            self.stage.ws.config.timezone,
        )  # fmt: skip

    def _step(self, step: OnceForm) -> None:
        repeat = step.repeat if isinstance(step, StepForm) else None
        if repeat is not None:
            for round_ in range(1, repeat.times + 1):
                end = self.stage.now + repeat.every
                for below in repeat.steps:
                    self._step(counted(below, round_))
                if self.stage.now < end:
                    self._pass(end)
        elif step.later is not None:
            self._pass(self.stage.now + step.later)
        elif step.until:
            with self._located(step):
                end = parse_until(step.until, self.stage.now, zone_of(self.stage.ws.config.timezone))
            self._pass(end)
        elif step.event:
            self._do(step)
        with self._located(step):
            for found in judge(self.stage, step.expect, step.waiting):
                self._expected(found)

    def _do(self, step: OnceForm) -> None:
        stage = self.stage
        try:
            for happening in do(stage, step):
                self._told(happening)
        except ConfigInvalid:
            raise
        except PromoterError as error:
            text = f"{step.event}: {error.message}"
            self._told(Happening(stage.now, "", "", "refused", text, who(step)))
            if not step.refused:
                said = f"{step.event} is done"
                self._expected(Expectation(step.node.line, said, False, stage.now, f"refused: {error.message}"))
        else:
            if step.refused:
                said = f"{step.event} is refused"
                self._expected(Expectation(step.node.line, said, False, stage.now, "done"))
        self._run()

    def _pass(self, end: datetime) -> None:
        """Let time pass until `end`, with a run at every moment that is worth one."""
        stage = self.stage
        while stage.now < end:
            assert stage.outcome is not None  # noqa: S101 (a run goes before)
            moments = (stage.outcome.plan.next_look, stage.clusters.next_change(stage.now))
            stage.now = min([at for at in moments if at is not None and stage.now < at < end], default=end)
            self._run()

    def _run(self) -> None:
        stage = self.stage
        again = True
        while again:
            self._runs += 1
            if self._runs > MOST_RUNS:
                raise EdgeFailed(f"the script needs more than {MOST_RUNS:,} runs", "Let less time pass in it.")
            attend(stage.ws, self._attended)
            stage.outcome = run(stage.ws, stage.apps, self._event)
            again = post_always(stage)
        for view in self._views():
            said = waits(view, times(stage.ws.config.timezone, stage.now)) if view.plan.state != State.CURRENT else ""
            key = (view.app, view.environment)
            if said and self._waits.get(key) != said:
                self._told(Happening(stage.now, *key, "waits", said))
            self._waits[key] = said
        with self._located(None):
            for claim, found in broken(stage, [one for one in self.script.form.never if one not in self._broken]):
                self._broken.append(claim)
                self._expected(found)

    def _views(self) -> Iterator[View]:
        stage = self.stage
        assert stage.outcome is not None  # noqa: S101 (a run goes before)
        return views(stage.ws.config, stage.outcome.snapshot, stage.outcome.plan)

    def _event(self, event: Event) -> None:
        if event.what in _QUIET:
            return
        for line in event.text.splitlines():
            environment, text = event.environment, line
            head, colon, rest = line.partition(": ")
            if not environment and colon and head in self.stage.ws.config.environments:
                environment, text = head, rest
            if not _BESIDE.fullmatch(text):
                self._told(Happening(self.stage.now, event.app, environment, *_news(event.what, text)))

    def _attended(self, one: Attended) -> None:
        what = "heard" if one.answer.done else "refused"
        self._told(Happening(self.stage.now, "", "", what, one.line, one.comment.user))

    def _expected(self, found: Expectation) -> None:
        self.expectations.append(found)
        if not found.met:
            text = f"line {found.line} expects {found.text}; it is {found.found}"
            self._told(Happening(self.stage.now, "", "", "unmet", text))

    def _told(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self.tell(happening)

    def _located(self, step: OnceForm | None) -> _Located:
        return _Located(self.script, step)


@dataclass(frozen=True, slots=True)
class _Located:
    """Says where in the script something makes no sense."""

    script: Script
    step: OnceForm | None

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ConfigInvalid) or not isinstance(error, ValueError | PromoterError):
            return
        node = self.step.node if self.step is not None else self.script.form.spot("never")
        raise ConfigInvalid([Problem(self.script.file, node.line, "", str(error))]) from error
