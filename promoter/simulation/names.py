"""Whether a script names what there is: all faults at once, before anything is played."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from promoter.errors import ConfigInvalid, UsageError
from promoter.model.moment import zone_of
from promoter.plan.words import Words, sort_words, split_line
from promoter.policy.gates import GATES
from promoter.policy.node import Fault, Node, place
from promoter.policy.rules import Config
from promoter.policy.spelling import guess
from promoter.run.asking import ASKED
from promoter.run.said import gates_for
from promoter.simulation.moments import parse_until
from promoter.simulation.script import ON_PULLS, WORDS, AnswerForm, Claim, OnceForm, Script, StepForm, counted

_EARLY: Final = datetime(1970, 1, 1, tzinfo=UTC)


def check_names(script: Script, config: Config) -> tuple[str, ...]:
    """Give who is played. Raises ConfigInvalid for every name in the script that the config does not have."""
    form, known = script.form, tuple(config.apps)
    faults = [
        Fault(item, f"there is no app {item.text}{_near(item.text or '', known)}")
        for item in (form.spot("apps").items if form.apps is not None else ())
        if item.text not in known
    ]
    played = form.apps if form.apps is not None else known
    faults += [fault for claim in form.never for fault in _claim(config, played, claim)]
    faults += [fault for answer in form.answers for fault in _answer(config, answer)]
    for step in _every(form.steps):
        faults += _step(config, played, step)
    if faults:
        raise ConfigInvalid(place([script.root], faults))
    return played


def _every(steps: Sequence[OnceForm]) -> Iterator[OnceForm]:
    for step in steps:
        yield step
        if isinstance(step, StepForm) and step.repeat is not None:
            yield from _every(step.repeat.steps)


def _step(config: Config, played: Collection[str], step: OnceForm) -> Iterator[Fault]:
    for claim in (*step.expect, *step.waiting):
        yield from _claim(config, played, claim)
    if step.until:
        yield from _tried(step, lambda: parse_until(step.until, _EARLY, zone_of(config.timezone)))
    if step.event in (*WORDS, *ON_PULLS, "release"):
        yield from _tried(step, lambda: _words(config, step))
    if step.answer is not None:
        yield from _answer(config, step.answer)
    for form in (step.check, step.cluster, step.comment):
        if form is not None:
            yield from _place(config, form.spot("app"), form.app, form.spot("in"), form.in_)


def _words(config: Config, step: OnceForm) -> Words:
    filled = counted(step, 1)
    words = split_line(getattr(filled, filled.event))
    return sort_words(words, config.apps, config.environments, gates_for(step.event))


def _tried(step: OnceForm, read: Callable[[], object]) -> Iterator[Fault]:
    try:
        read()
    except UsageError as error:
        yield Fault(step.spot(step.event), error.message)
    except ValueError as error:
        yield Fault(step.spot(step.event), str(error))


def _answer(config: Config, form: AnswerForm) -> Iterator[Fault]:
    kind = form.gate.partition("/")[0]
    if kind not in ASKED:
        known = sorted(ASKED)
        why = "asks nobody" if kind in GATES else f"is no gate{guess(kind, known)}"
        yield Fault(form.spot("gate"), f"{kind} {why}; the world is asked by {', '.join(known)}")
    yield from _place(config, form.spot("app"), form.app, form.spot("in"), form.in_)


def _claim(config: Config, played: Collection[str], claim: Claim) -> Iterator[Fault]:
    yield from _place(config, claim.node, claim.app, claim.node, claim.environment)
    if claim.app in config.apps and claim.app not in played:
        yield Fault(claim.node, f"{claim.app} is not played; apps lists {', '.join(played)}")
    if not claim.app and len(played) > 1:
        yield Fault(claim.node, f"of which app? There are several: {{APP: {{{claim.environment}: ...}}}}")


def _place(config: Config, app_at: Node, app: str, at: Node, environment: str) -> Iterator[Fault]:
    if app and app not in config.apps:
        yield Fault(app_at, f"there is no app {app}{_near(app, config.apps)}")
    known = config.apps[app].environments if app in config.apps else config.environments
    if environment and environment not in known:
        yield Fault(at, f"there is no environment {environment}{_near(environment, known)}")


def _near(word: str, known: Collection[str]) -> str:
    return guess(word, known) or f"; there is {', '.join(list(known)[:8])}"
