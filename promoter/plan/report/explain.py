"""Why a release is where it is: what holds, what it waits for, who can act, and when to look again.

Invariant: the value holds moments, never lengths from now; only a terminal adds "in 18 h" (`explain_text`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from promoter.errors import UsageError
from promoter.model.ledger import Kind, Result
from promoter.model.names import release_name
from promoter.model.plan import Plan, State
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer, Verdict
from promoter.plan.report.advice import Sentence, advice
from promoter.plan.report.moment import Times, length, stamp_or_none, times
from promoter.plan.report.record import named_json
from promoter.plan.report.status import verdict_json
from promoter.plan.report.upstream import coming, way
from promoter.plan.report.view import View, views
from promoter.policy.rules import Config, OnFailure, Promote


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why" for one app in one environment."""

    view: View
    release: int | None
    """The release that it is about: what should come here next, else what is active."""
    headline: str
    """One sentence: what it waits for, or that all is well."""
    since: datetime | None
    lines: tuple[Verdict, ...]
    """Everything that holds or does not: holds, what clusters say, every gate."""
    steps: tuple[Sentence, ...]
    """What has to happen before it can come here, in order; empty when it stands here already."""
    act: tuple[Sentence, ...]
    """Who can do what now, a sentence each."""
    at: Times
    next_look: datetime | None
    """When time alone can change something here or on the way here."""

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Releases that cannot come here and why, a phrase each."""
        return tuple(f"{_name(self.view, number)}: {reason}" for number, reason in self.view.plan.passed_over)


def explain(config: Config, snapshot: Snapshot, plan: Plan, app: str, environment: str, now: datetime) -> Explanation:
    """Explain `app` in `environment`. Raises UsageError when the app does not go there."""
    siblings = {view.environment: view for view in views(config, snapshot, plan) if view.app == app}
    if environment not in siblings:
        raise UsageError(f"{app} does not go to {environment}", f"it goes to {', '.join(siblings) or 'no environment'}")
    view = siblings[environment]
    at = times(config.timezone, now)
    release = view.plan.target
    steps: tuple[Sentence, ...] = ()
    path: list[View] = []
    awaited = coming(view, siblings) if release is None and view.plan.state is State.WAITING else None
    before = None
    if awaited is not None:
        release = awaited[0]
        if any(verdict.gate == "order" for verdict in view.open_verdicts):
            path = way(view, siblings, release)
            before = path[0].environment if path else awaited[1]
            steps = tuple(_steps(view, path, release, at))
    stay = view.place.stay
    if release is None and stay is not None:
        release = stay.release
    return Explanation(
        view=view,
        release=release,
        headline=_headline(view, release, before),
        since=view.plan.since,
        lines=tuple(_lines(view)),
        steps=steps,
        act=tuple(dict.fromkeys(advice(view))),
        at=at,
        next_look=min((each.plan.next_look for each in (*path, view) if each.plan.next_look is not None), default=None),
    )


def explain_json(explanation: Explanation) -> dict[str, object]:
    """Give `promoter.explain/v1`."""
    view, release = explanation.view, explanation.release
    pull = view.pull
    return {
        "schema": "promoter.explain/v1",
        "app": view.app,
        "environment": view.environment,
        "state": view.plan.state.value,
        "state_since": stamp_or_none(explanation.since),
        "about": named_json(view.ledger, release) if release is not None else None,
        "headline": explanation.headline,
        "lines": [verdict_json(verdict) for verdict in explanation.lines],
        "steps": [str(step) for step in explanation.steps],
        "who_can_act": [str(sentence) for sentence in explanation.act],
        "passed_over": [
            {**named_json(view.ledger, number), "reason": reason} for number, reason in view.plan.passed_over
        ],
        "pull_request": {"number": pull.number, "url": pull.url} if pull is not None else None,
        "next_look": stamp_or_none(explanation.next_look),
    }


def _name(view: View, release: int | None) -> str:
    if release is None:
        return view.app
    known = view.ledger.releases.get(release)
    version = f" ({known.version})" if known is not None and known.version else ""
    return f"{release_name(release)}{version}"


def _headline(view: View, release: int | None, before: str | None) -> str:
    environment = view.environment
    subject = f"{view.app} {_name(view, release)}" if release is not None else view.app
    if before is not None:
        return f"{subject} is not in {environment}, because {before} comes first"
    stay = view.place.stay
    here = f"{view.app} {_name(view, stay.release)}" if stay is not None else view.app
    return {
        State.CURRENT: f"{here} is what {environment} should run"
        if stay
        else f"{view.app} has nothing in {environment}",
        State.WAITING: f"{subject} is to be put back in {environment}, which was changed by hand"
        if view.plan.kind is Kind.RESTORE
        else f"{subject} waits in {environment}",
        State.BLOCKED: f"{subject} is blocked in {environment}",
        State.SOAKING: f"{here} soaks in {environment}",
        State.DEPLOYING: f"{here} is on its way into {environment}: merged, not yet live and healthy",
        State.FAILED: f"{here} failed in {environment}",
        State.UNKNOWN: f"what {environment} runs of {view.app} cannot be told",
        State.HELD: _held(view, subject),
    }[view.plan.state]


def _held(view: View, subject: str) -> str:
    held = f"{view.app} is held in {view.environment}"
    if view.plan.target is None:
        return held
    return f"{held}: it goes back to {subject}" if view.plan.kind is Kind.ROLLBACK else f"{held}: {subject} stays out"


def _lines(view: View) -> Iterator[Verdict]:
    place, given = view.place, {verdict.gate for verdict in view.plan.waiting_for}
    if place.hold is not None and "hold" not in given:
        reason = f"held by {place.hold.by}" + (f": {place.hold.reason}" if place.hold.reason else "")
        yield Verdict("hold", Answer.PENDING, reason, place.hold.at, place.hold.until)
    if place.drift is not None and "drift" not in given:
        yield Verdict("drift", Answer.FAILURE, "the slot was changed by hand", place.drift.since)
    # What runs well is no news while something else is what it waits for.
    quiet = view.plan.state in {State.WAITING, State.BLOCKED}
    for live in view.seen.live if view.seen is not None else ():
        if not (quiet and live.answer is Answer.SUCCESS):
            yield Verdict(f"live/{live.cluster}", live.answer, live.reason)
    yield from (verdict for verdict in _outcome(view) if not (quiet and verdict.passed))
    yield from view.plan.waiting_for


def _outcome(view: View) -> Iterator[Verdict]:
    stay = view.place.stay
    if stay is None:
        return
    outcome = view.place.outcomes.get(stay.release)
    if outcome is not None:
        answer = {Result.VERIFIED: Answer.SUCCESS, Result.UNVERIFIED: Answer.UNKNOWN}.get(
            outcome.result, Answer.FAILURE
        )
        said = f"{_name(view, stay.release)} {outcome.result}" + (f": {outcome.reason}" if outcome.reason else "")
        yield Verdict("verify", answer, said, outcome.at)
    elif view.plan.state is State.SOAKING and stay.healthy_since is not None:
        soak = view.rules.verify.soak
        yield Verdict(
            "soak", Answer.PENDING, f"healthy for {length(soak)}", stay.healthy_since, stay.healthy_since + soak
        )


def _steps(view: View, path: list[View], release: int, at: Times) -> Iterator[Sentence]:
    for index, before in enumerate(path):
        waits = _wait(before, release, at)
        yield Sentence(f"then {waits.text}", waits.url) if index else waits
        verify = before.rules.verify
        if verify.health and before.rules.live.kind != "none" and before.plan.state is not State.SOAKING:
            where = " and ".join(before.rules.clusters) or before.environment
            soak = f" for {length(verify.soak)}" if verify.soak else ""
            otherwise = "" if verify.on_failure is OnFailure.CONTINUE else f" (within {length(verify.within)})"
            yield Sentence(f"then it must be live and healthy in {where}{soak}{otherwise}")
    merge = {
        Promote.COMMIT: "then promoter commits it to {}",
        Promote.AUTO: "then it is proposed for {}, and promoter merges it when its gates pass",
        Promote.REVIEW: "then it is proposed for {}, and a person merges it",
        Promote.REQUEST: "then somebody has to ask for it in {}",
    }[view.rules.promote]
    yield Sentence(merge.format(view.environment))


def _wait(view: View, release: int, at: Times) -> Sentence:
    stay = view.place.stay
    if stay is not None and stay.release == release:
        until = ""
        if view.plan.state is State.SOAKING and stay.healthy_since is not None:
            until = f" until {at.weekday(stay.healthy_since + view.rules.verify.soak)}"
        return Sentence(f"{view.environment} runs it, {view.plan.state}{until}")
    wants = [
        f"{verdict.gate} (until {at.weekday(verdict.until)})" if verdict.until else f"{verdict.gate} ({verdict.reason})"
        for verdict in view.open_verdicts
        if verdict.gate != "order"  # the steps before this one say it
    ]
    if not wants:
        return Sentence(f"{view.environment} takes it")
    url = view.pull.url if view.pull is not None else ""
    return Sentence(f"{view.environment} waits for {', '.join(wants)}", url)
