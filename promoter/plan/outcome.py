"""What becomes of a release where it is active: verified, failed, unverified, later unhealthy.

A soak goes from a recorded healthy look to a healthy look at least the soak later, with none unhealthy or drifted
between; `unknown` neither counts nor resets. A failure needs a look that is not healthy after the deadline, so a run
that comes late fails nothing that is healthy by then. A dip between two looks that what runs remembers starts the soak
again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from promoter.model.ledger import Hold, How, Kind, Ledger, Outcome, Place, Result, Stay, Target
from promoter.model.verdict import Answer, Verdict, gravest, worst
from promoter.plan.sight import BOT, Sight
from promoter.policy.gate import Subject
from promoter.policy.rules import OnFailure, Verify


def health(sight: Sight, environment: str) -> tuple[Answer, str]:
    """Give what all clusters together say of the active content, and the sentence of the worst of them."""
    rules, seen = sight.rules(environment), sight.slot(environment)
    if not rules.verify.health:
        return Answer.SUCCESS, "verify: {health: false}"
    looks = {look.cluster: look for look in seen.live}
    missing = [name for name in rules.clusters if name not in looks]
    if missing or not looks:
        return Answer.UNKNOWN, f"nothing is known of {', '.join(missing) or environment}"
    answer = gravest({look.answer for look in looks.values()})
    first = next((look for look in looks.values() if look.answer is answer), None)
    if first is None:
        return answer, ""
    return answer, first.reason if rules.clusters == (environment,) else f"{first.cluster}: {first.reason}"


def due(sight: Sight, environment: str) -> bool:
    """Tell whether what else must hold after the merge decides now: it is healthy, has soaked, and is not verified."""
    place, rules = sight.places[environment], sight.rules(environment)
    stay = place.stay
    if stay is None or stay.healthy_since is None or place.drift is not None or stay.how is How.MIXED:
        return False
    known = place.outcomes.get(stay.release)
    if known is not None and known.result in (Result.FAILED, Result.LEFT, Result.VERIFIED):
        return False
    soaked = sight.now >= stay.healthy_since + rules.verify.soak
    return soaked and sight.slot(environment).holds(stay.content) and health(sight, environment)[0] is Answer.SUCCESS


def active_subject(sight: Sight, environment: str) -> Subject | None:
    """Give what is verified: the active release at its commit; None when nothing is active."""
    place = sight.places[environment]
    if place.stay is None:
        return None
    release = sight.release(place.stay.release)
    return Subject(
        sight.app.name, environment, release, place.stay.commit, None, sight.slot(environment).checks,
        frozenset(commit.author for commit in release.commits),
        sight.config.timezone, sight.places, sight.seen.ledger.releases, sight.seen.replies, merged=True,
    )  # fmt: skip


def checks(sight: Sight, environment: str) -> tuple[Verdict, ...]:
    """Give the verdicts of what else must hold after the merge."""
    gates = sight.rules(environment).verify.gates
    subject = active_subject(sight, environment) if gates else None
    if subject is None:
        return ()
    return tuple(verdict for gate in gates for verdict in gate.evaluate(subject, sight.now))


def verify_deadline(stay: Stay, verify: Verify) -> datetime:
    """When a stay that is not healthy has failed: `within` after it began, or after it stopped being healthy.

    However often health comes and goes, twice `within` and the soak is the end of it.
    """
    last = stay.since + verify.within * 2 + verify.soak
    return min((stay.unhealthy_since or stay.since) + verify.within, last)


def knowable_until(stay: Stay, verify: Verify) -> datetime:
    """When a stay whose outcome is still not known is unverified: `within` after its soak could have been over."""
    return max(stay.since, (stay.healthy_since or stay.since) + verify.soak) + verify.within


def outcome(sight: Sight, environment: str) -> None:
    """Write the transitions that this look shows."""
    place = sight.places[environment]
    stay = place.stay
    if (
        stay is None
        or place.drift is not None
        or stay.how is How.MIXED
        or not sight.slot(environment).holds(stay.content)
    ):
        return
    known = place.outcomes.get(stay.release)
    if known is not None and known.result in (Result.FAILED, Result.LEFT):
        return  # only a person's retry undoes these; what was left stays active only until its rollback is merged
    answer, reason = health(sight, environment)
    if known is not None and known.result is Result.VERIFIED:
        if answer is Answer.FAILURE:
            worse = replace(stay, healthy_since=None, unhealthy_since=sight.now)
            _settle(sight, environment, Result.UNHEALTHY, reason, stay=worse)
        return
    if answer is Answer.SUCCESS:
        _healthy(sight, environment, stay, known)
    elif answer is Answer.UNKNOWN:
        _unknown(sight, environment, stay, reason, known)
    else:
        _not_healthy(sight, environment, stay, reason, known)


def _healthy(sight: Sight, environment: str, stay: Stay, known: Outcome | None) -> None:
    verify = sight.rules(environment).verify
    since = stay.healthy_since
    if since is None:
        since = sight.now
        stay = replace(stay, healthy_since=since, unhealthy_since=None)
        sight.change(environment, f"{sight.label(stay.release)} is healthy", stay=stay)
    elif (dip := _unseen_dip(sight, environment, since)) is not None:
        since = sight.now
        stay = replace(stay, healthy_since=since)
        why = f"{sight.label(stay.release)} was not healthy until {sight.show(dip)}, which no run saw"
        sight.change(environment, why, stay=stay)
    if sight.now < since + verify.soak:
        return
    rules = checks(sight, environment)
    answer = worst(rules)
    said = "; ".join(f"{verdict.gate}: {verdict.reason}" for verdict in rules if not verdict.passed)
    if answer is Answer.SUCCESS:
        unseen = sight.rules(environment).live.kind == "none" or not verify.health
        soaked = f"soaked {_span(verify)}" if verify.soak else "merged; nothing looks" if unseen else "live and healthy"
        _settle(sight, environment, Result.VERIFIED, soaked)
    elif known is None and answer is Answer.FAILURE:
        _fail(sight, environment, said)
    elif known is None and sight.now >= knowable_until(stay, verify):
        _settle(sight, environment, Result.UNVERIFIED, said)


def _unseen_dip(sight: Sight, environment: str, since: datetime) -> datetime | None:
    """Give when what runs became healthy again after it was found healthy at `since`; None: it always was.

    Runs may be rare, but workloads remember. What they say of the future is another clock's, and counts for nothing.
    """
    told = [look.well_since for look in sight.slot(environment).live if look.well_since is not None]
    return max((well for well in told if since < well <= sight.now), default=None)


def _unknown(sight: Sight, environment: str, stay: Stay, reason: str, known: Outcome | None) -> None:
    verify = sight.rules(environment).verify
    if known is None and sight.now >= knowable_until(stay, verify):
        _settle(sight, environment, Result.UNVERIFIED, f"not knowable: {reason}")


def _not_healthy(sight: Sight, environment: str, stay: Stay, reason: str, known: Outcome | None) -> None:
    if stay.healthy_since is not None:  # a dip restarts the soak
        stay = replace(stay, healthy_since=None, unhealthy_since=sight.now)
        sight.change(environment, f"{sight.label(stay.release)} is not healthy any more: {reason}", stay=stay)
    if known is None and sight.now >= verify_deadline(stay, sight.rules(environment).verify):
        _fail(sight, environment, reason)


def _fail(sight: Sight, environment: str, reason: str) -> None:
    place = sight.places[environment]
    failed = place.stay
    assert failed is not None  # noqa: S101 (only a stay can fail)
    _settle(sight, environment, Result.FAILED, reason)
    what = sight.rules(environment).verify.on_failure
    if what is OnFailure.CONTINUE:
        return
    label = sight.label(failed.release)
    hold = place.hold or Hold(BOT, sight.now, f"{label} failed: {reason}")
    target, back = place.target, last_verified(sight.seen.ledger, place, failed.release)
    free = target is None and (place.hold is None or place.hold.by == BOT)  # a person's word goes first
    if what is OnFailure.ROLLBACK and back is not None and free and failed.how is not How.ROLLED_BACK:
        target = Target(back, Kind.ROLLBACK, BOT, sight.now, f"{label} failed: {reason}")
    sight.change(environment, f"held: {hold.reason}", hold=hold, target=target)


def last_verified(ledger: Ledger, place: Place, below: int) -> int | None:
    """Give the last release in order of this place that is verified here, was not skipped, and comes before `below`."""
    return max(
        (
            stay.release
            for stay in place.past
            if ledger.order(stay.release) < ledger.order(below)
            and stay.release not in place.skips
            and (word := place.outcomes.get(stay.release)) is not None
            and word.result is Result.VERIFIED
        ),
        default=None,
        key=ledger.order,
    )


def _settle(sight: Sight, environment: str, result: Result, reason: str, stay: Stay | None = None) -> None:
    place = sight.places[environment]
    current = stay or place.stay
    assert current is not None  # noqa: S101 (only a stay has an outcome)
    outcomes = {**place.outcomes, current.release: Outcome(result, sight.now, reason)}
    why = f"{sight.label(current.release)} is {result}: {reason}"
    sight.change(environment, why, stay=current, outcomes=outcomes)


def _span(verify: Verify) -> str:
    seconds = int(verify.soak.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
