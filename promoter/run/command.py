"""Carrying out what people say: rights first, then the ledger, with compare-and-swap and a fresh look when it lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from promoter.errors import LostRace, PromoterError, UsageError
from promoter.layout.group import group_branch
from promoter.model.forge import RANKS
from promoter.model.ledger import Proposal
from promoter.model.names import Oid
from promoter.model.snapshot import Slot
from promoter.plan.command import Word, say
from promoter.policy.rules import AppRules
from promoter.run.heard import Said, was_heard, with_key
from promoter.run.ledgers import ledger_ref, read_ledger, write_ledger
from promoter.run.owning import owns
from promoter.run.workspace import Workspace

TRIES = 5
ABOUT_PROPOSAL = frozenset({"promote", "skip", "override"})
"""Verbs that mean what is proposed when no release is named."""


class NotAllowed(PromoterError):
    """The person has not the right to this verb in this environment (exit 1)."""


def groups(ws: Workspace, user: str) -> frozenset[str]:
    """Give what `user` counts as: `user:kim`, `team:sre`, and every permission up to theirs."""
    rank = RANKS[ws.forge.permission(user).value]
    rights = {name for name, value in RANKS.items() if 0 < value <= rank}
    return frozenset({f"user:{user}", *(f"team:{team}" for team in ws.forge.teams(user)), *rights})


def may(ws: Workspace, app: AppRules, verb: str, environment: str) -> None:
    """Refuse when the workspace's user may not say `verb` of `app` in `environment`. Raises NotAllowed."""
    rules = app.environments[environment]
    allowed = rules.allow.get(verb, ("write",))
    mine = groups(ws, ws.user)
    if mine.isdisjoint(allowed) and not ("codeowners" in allowed and _owns(ws, app, environment, mine)):
        has = max((name for name in RANKS if name in mine), key=RANKS.__getitem__, default="none")
        raise NotAllowed(
            f"{verb} in {environment} needs {' or '.join(allowed)}; {ws.user} has {has}",
            f"Ask somebody who has it, or change allow.{verb} on {environment}."
            if verb in rules.allow
            else f"Ask somebody who has it: who may {verb} cannot be configured.",
        )


def _owns(ws: Workspace, app: AppRules, environment: str, mine: frozenset[str]) -> bool:
    """Tell whether the workspace's user owns the code; an owner who may not write is none, as on forges."""
    teams = {name.removeprefix("team:") for name in mine if name.startswith("team:")}
    return "write" in mine and owns(ws, app, environment, ws.user, teams)


def command(
    ws: Workspace,
    verb: str,
    app: str,
    environments: Sequence[str],
    release: int | Mapping[str, int] | None = None,
    reason: str = "",
    until: datetime | None = None,
    said_at: Said | None = None,
    gate: str = "",
) -> list[str]:
    """Write down what the workspace's user says, all environments or none; give a sentence for each.

    With `said_at` a word that was taken down before gives nothing, and one about a pull request that has moved on since
    is refused. `release` may differ by environment. `gate`: what `override` is about. Raises UsageError, NotAllowed,
    LostRace, EdgeFailed.
    """
    rules = ws.app(app)
    for environment in environments:
        if environment not in rules.environments:
            raise UsageError(f"{app} has no environment {environment}", f"It has {', '.join(rules.environments)}.")
        may(ws, rules, verb, environment)
    ref = ledger_ref(ws.config, app)
    for attempt in range(TRIES):
        refs = ws.repository.refs(["refs/heads/"])
        tip = refs.get(ref)
        if tip is None:
            raise UsageError(f"{app} has no release yet", f"Make one: promoter release {app} VERSION")
        if not ws.repository.store.has(tip):
            ws.repository.fetch([ref])
        ledger = read_ledger(ws.repository, tip, app)
        if said_at is not None and was_heard(ws.repository.store, tip, said_at):
            return []
        said: list[str] = []
        for environment in environments:
            proposed = ledger.place(environment).proposal
            number = release[environment] if isinstance(release, Mapping) else release
            if said_at is not None and number is None:
                _still_there(proposed, said_at, verb)
            head = _head(refs, rules.slots[environment], proposed, said_at)
            same = proposed is not None and number in (None, proposed.release)
            word = Word(verb, environment, ws.user, ws.now(), number, reason, until, head if same else None, gate)
            ledger, sentence = say(rules, ledger, word)
            said.append(sentence)
        try:
            write_ledger(ws.repository, ref, tip, ledger, with_key("\n".join(said), said_at), ws.now(), seal=ws.seal)
        except LostRace:
            if attempt == TRIES - 1:
                raise
            continue
        return said
    raise AssertionError("unreachable")


def _head(refs: Mapping[str, Oid], slot: Slot, proposed: Proposal | None, said_at: Said | None) -> Oid | None:
    """Give the head that a word is for.

    What is asked for by name leaves its group: then it is the first head that brings it alone, which is not made yet.
    """
    branch = slot.proposal_branch
    if proposed is not None and proposed.group:
        if said_at is None or not said_at.together:
            return None
        branch = group_branch(slot, proposed.group)
    return refs.get(f"refs/heads/{branch}")


def _still_there(proposed: Proposal | None, said: Said, verb: str) -> None:
    """Refuse a word about what is proposed when that came after the word."""
    if verb in ABOUT_PROPOSAL and said.wants_head and proposed is not None and proposed.since > said.at:
        raise UsageError(
            f"r{proposed.release} took the place of what stood there when you said so",
            f"Say it again, with the release: {verb} r{proposed.release}",
        )
