"""Small worlds for tables: one app `shop`, releases whose content is told by their number, and what a look saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from promoter.model.forge import Check, PullRequest, PullState, Review
from promoter.model.ledger import Hold, How, Kind, Ledger, Outcome, Place, Proposal, Result, Skip, Stay, Target
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import Action, Plan
from promoter.model.release import Release, ReleaseState
from promoter.model.snapshot import AppSeen, ClusterLive, ProposalSeen, Slot, SlotSeen, Snapshot
from promoter.model.verdict import Answer
from promoter.plan.decide import decide
from promoter.plan.facts import close_facts
from promoter.plan.sight import Sight
from promoter.policy.rules import After, AppRules, Config, Live, Promote, Rules, Verify

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday, noon."""
LEDGER = Oid("1edec" + "0" * 35)
TIP = Oid("a" * 40)
"""Every active branch's tip."""
HEAD = Oid("b" * 40)
"""The head of a proposal branch."""
OTHER = ContentId("somebody's own content")


def ago(minutes: int) -> datetime:
    """Give the moment so many minutes before now."""
    return NOW - timedelta(minutes=minutes)


def content(number: int) -> ContentId:
    """Give the content of a release."""
    return ContentId(f"content of r{number}")


Releases = Sequence[int | Release]
"""Releases of a world, by number where they are like any other."""


# --- the config ---


def rules(after: str | Sequence[str] = (), *, either: bool = False, **changes: Any) -> Rules:
    """Give an environment's rules: merged by promoter, one cluster, no soak."""
    names = tuple(after.split()) if isinstance(after, str) else tuple(after)
    standard = Rules(After(names, either), promote=Promote.AUTO, verify=Verify(), live=Live("files"))
    return replace(standard, **changes)


def pipeline(**environments: Rules) -> dict[str, Rules]:
    """Give environments in order; each has one cluster of its name unless it says otherwise."""
    return {name: replace(it, clusters=it.clusters or (name,)) for name, it in environments.items()}


def line(**changes: Rules) -> dict[str, Rules]:
    """Give dev, staging and prod, one after the other; `changes` replace some."""
    standard = {"dev": rules(), "staging": rules("dev"), "prod": rules("staging")}
    return pipeline(**{**standard, **changes})


def diamond(**changes: Rules) -> dict[str, Rules]:
    """Give dev, then east and west beside each other, then prod after both."""
    standard = {"dev": rules(), "east": rules("dev"), "west": rules("dev"), "prod": rules("east west")}
    return pipeline(**{**standard, **changes})


def slot(environment: str, in_place: bool = False) -> Slot:
    """Give the slot of `shop` in an environment: its own branch."""
    branch = f"environment/{environment}"
    return Slot("shop", environment, Branch(branch), "shop", Branch(f"{branch}-next/shop"), in_place)


# --- the ledger ---


def release(number: int, environments: Sequence[str] = (), **changes: Any) -> Release:
    """Give a release that was made for `environments` (none: whatever the world has)."""
    standard = Release(
        number, ago(1000), Oid(f"{number:040x}"), "kim", {name: content(number) for name in environments}
    )
    return replace(standard, **changes)


def same(number: int, environments: Sequence[str], **others: int) -> Release:
    """Give a release whose content is its own, and in `others` that of an earlier release."""
    return release(number, content={name: content(others.get(name, number)) for name in environments})


def stay(number: int, since: int = 500, how: How = How.MERGED, healthy: int | None = None, **changes: Any) -> Stay:
    """Give a stay that began `since` minutes ago and is healthy since `healthy` minutes ago."""
    standard = Stay(number, content(number), TIP, ago(since), how, ago(healthy) if healthy is not None else None)
    return replace(standard, **changes)


def outcome(result: Result, minutes: int = 400, reason: str = "") -> Outcome:
    """Give an outcome that was written `minutes` ago."""
    return Outcome(result, ago(minutes), reason)


def holds(number: int, *before: int, **changes: Any) -> Place:
    """Give a place where `number` is active and verified, and `before` were earlier, newest first, verified too."""
    past = tuple(stay(earlier, 600 + 100 * index, healthy=600 + 100 * index) for index, earlier in enumerate(before))
    standard = Place(
        mark=max(number, *before) if before else number,
        stay=stay(number, healthy=490),
        past=past,
        outcomes={which: outcome(Result.VERIFIED) for which in (number, *before)},
    )
    return replace(standard, **changes)


def fresh(number: int, *before: int, since: int = 5, healthy: int | None = None, **changes: Any) -> Place:
    """Give a place where `number` became active `since` minutes ago and has no outcome yet."""
    here = holds(number, *before)
    outcomes = {which: word for which, word in here.outcomes.items() if which != number}
    return replace(here, **{"stay": stay(number, since, healthy=healthy), "outcomes": outcomes, **changes})


def proposed(number: int, pull: int | None = 7, kind: Kind = Kind.PROMOTION, since: int = 60) -> Proposal:
    """Give the ledger's word on a proposal."""
    return Proposal(number, kind, ago(since), pull)


def back_to(number: int, by: str = "kim") -> Target:
    """Give the word of a rollback."""
    return Target(number, Kind.ROLLBACK, by, ago(1))


def skipped(by: str = "kim", reason: str = "not this one") -> Skip:
    """Give a skip."""
    return Skip(by, ago(30), reason)


def held(by: str = "kim", reason: str = "INC-1", until: datetime | None = None) -> Hold:
    """Give a hold."""
    return Hold(by, ago(30), reason, until)


# --- what was seen ---


def pull(
    number: int = 7, state: PullState = PullState.OPEN, environment: str = "staging", **changes: Any
) -> PullRequest:
    """Give a pull request from the proposal branch, at `HEAD`."""
    here = slot(environment)
    ended = ago(2) if state is not PullState.OPEN else None
    standard = PullRequest(
        number, state, here.proposal_branch, here.branch, HEAD, "", "", "promoter", ago(60), closed_at=ended
    )
    return replace(standard, **changes)


def offer(number: int, before: int, kind: Kind = Kind.PROMOTION, **changes: Any) -> ProposalSeen:
    """Give a proposal branch that brings `number` on top of an active tip that held `before`."""
    return replace(ProposalSeen(HEAD, TIP, number, kind, ours=True, before=content(before)), **changes)


def approved(by: str = "lin", head: Oid = HEAD) -> Review:
    """Give an approval."""
    return Review(by, "approved", head, ago(10), frozenset({f"user:{by}", "write"}))


def check(name: str, state: str = "success") -> Check:
    """Give a check by the pipeline."""
    return Check(name, state, "ci", ago(10))


def says(answer: Answer, reason: str = "as it is", cluster: str = "") -> ClusterLive:
    """Give a cluster's report; without `cluster` it is that of the environment."""
    return ClusterLive(cluster, answer, reason)


def look(now_holds: int | ContentId | None, *live: ClusterLive, **changes: Any) -> dict[str, Any]:
    """Give what is different in a slot: what it holds (release number or content), reports, proposal, pulls."""
    seen = content(now_holds) if isinstance(now_holds, int) else now_holds
    return {"content": seen, **({"live": live} if live else {}), **changes}


def offered(number: int, before: int, **changes: Any) -> dict[str, Any]:
    """Give a slot with an open pull request 7 that brings `number`."""
    parts = {name: changes.pop(name) for name in ("kind", "parent", "ours", "merged") if name in changes}
    standard = {
        "content": content(before),
        "proposal": offer(number, before, **parts),
        "pulls": (pull(),),
        "pull_releases": {7: number},
    }
    return {**standard, **changes}


@dataclass(frozen=True)
class World:
    """Everything that `decide` gets."""

    config: Config
    snapshot: Snapshot
    now: datetime = NOW

    @property
    def sight(self) -> Sight:
        """The app, before the facts are closed."""
        return Sight(self.config, self.config.apps["shop"], self.snapshot.apps["shop"], self.now)

    def closed(self) -> Sight:
        """Close the facts, check that closing them again changes nothing, and give the result."""
        sight = self.sight
        close_facts(sight)
        again = Sight(self.config, sight.app, replace(sight.seen, ledger=sight.ledger()), self.now)
        close_facts(again)
        assert again.places == sight.places, "a second look at the same world changes the facts"
        return sight

    def plan(self) -> Plan:
        """Decide."""
        return decide(self.config, self.snapshot, self.now)

    def does(self, kind: type[Action], environment: str = "") -> list[Any]:
        """Give the plan's actions of a kind, of one environment when it is named."""
        return [
            action
            for action in self.plan().actions
            if isinstance(action, kind)
            and (not environment or getattr(action, "slot", slot(environment)).environment == environment)
        ]


@dataclass(frozen=True)
class Look:
    """Parts of a world that are rarely different."""

    now: datetime = NOW
    tip: Oid | None = LEDGER
    dry_changed: bool = False
    in_place: bool = False
    agreed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Environment -> what it came after when the ledger was written, where that is not what the config says."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the config."""


def world(
    environments: Mapping[str, Rules],
    releases: Releases,
    places: Mapping[str, Place],
    slots: Mapping[str, Mapping[str, Any]] | None = None,
    rest: Look | None = None,
) -> World:
    """Make a world: what `slots` does not say is as the ledger says, and every cluster is well."""
    rest, slots = rest or Look(), slots or {}
    app = AppRules(
        "shop", "shop/{environment}", environments, {name: slot(name, rest.in_place) for name in environments}
    )
    config = replace(Config(tuple(environments), {"shop": app}), **rest.settings)
    made = [release(it, tuple(environments)) if isinstance(it, int) else it for it in releases]
    agreed = {name: rest.agreed.get(name, it.after.names) for name, it in environments.items()}
    known = {name: replace(place, after=agreed.get(name, place.after)) for name, place in places.items()}
    book = Ledger("shop", max((it.number for it in made), default=0) + 1, {it.number: it for it in made}, known)
    seen = {name: _seen(app, book, name, dict(slots.get(name, {}))) for name in environments}
    return World(config, Snapshot(TIP, {"shop": AppSeen("shop", rest.tip, book, seen, rest.dry_changed)}), rest.now)


def _seen(app: AppRules, book: Ledger, environment: str, changes: dict[str, Any]) -> SlotSeen:
    here = book.place(environment).stay
    clusters = app.environments[environment].clusters
    live = tuple(says(Answer.SUCCESS, "healthy", name) for name in clusters) if here is not None else ()
    if "live" in changes:
        changes["live"] = tuple(replace(it, cluster=it.cluster or environment) for it in changes["live"])
    if "pulls" in changes:
        branch = app.slots[environment].proposal_branch
        changes["pulls"] = tuple(replace(it, head_branch=branch) for it in changes["pulls"])
    standard = SlotSeen(app.slots[environment], TIP, here.content if here is not None else None, live=live)
    return replace(standard, **changes)


def failed_release(number: int, environments: Sequence[str], why: str) -> Release:
    """Give a release that did not render."""
    return release(number, environments, state=ReleaseState.FAILED, failures={environments[0]: why})
