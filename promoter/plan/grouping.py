"""Which apps are proposed together: a group is one pull request into one environment.

The law of groups:

- A group is (environment, branch, dry commit, way in): promotions of releases that promoter made of one dry commit, by
  apps whose slots share a branch and whose rules for the way in are equal, so that nobody waits for another's rule. It
  is formed where `pull_request: {group: environment}` says so, or where the dry commit made releases of more than
  `MANY` apps, once at least two apps can be in it. Rollbacks, releases that somebody made by name, apps that somebody
  asked for by name, and environments with `promote: commit` or `request` are always alone.
- Its name is the dry commit and its first app, so that every run gives it the same; where a release is proposed is
  decided once, and the ledger says it (`Proposal.group`): it stays there until it is active or overtaken. What has an
  open pull request of its own stays in that. A look follows the ledger, so joining and leaving are records of their
  own, written before anything else is done.
- Its proposal is one commit that changes the slots of its members and nothing else, with the trailers of each. The
  members are all that belong to the group now and are free. Who is held, or whose slot was changed by hand, is left
  behind, for that can last; when nobody is free nobody is left behind. What ends by itself (verification, a freeze) is
  waited for together, and so is what is said of the head: one failing check stops all, until somebody skips or holds
  the app that it is about. Once a person has approved the head, newcomers wait for the next pull request of the group,
  unless the head fails anyway: nobody starves and no approval is worn out by latecomers.
- Verdicts stay per app: each member's gates are judged for its own release, authors and slot, at the one head. It is
  merged when all members' verdicts are success; each ledger records the decision before, and its own stay afterwards.
- A person who closes the pull request skips what it carried, in each app. Nothing of ours is closed while a ledger
  names the group: leaving is the announcement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from promoter.layout.group import beside, group_branch
from promoter.model.ledger import Kind, Proposal
from promoter.model.names import Branch, Oid
from promoter.model.plan import Action
from promoter.model.release import Release, ReleaseState
from promoter.plan.arrival import dealt_with
from promoter.plan.judge import open_pull
from promoter.plan.sight import BOT, Sight
from promoter.policy.rules import AppRules, Config, Promote

MANY = 20
"""A dry commit that makes releases of more apps is proposed in groups by itself."""
SHARED = (Promote.AUTO, Promote.REVIEW)
"""Ways in that a group can go."""
TOGETHER = "environment"
"""`pull_request: {group: environment}`."""


def may_share(config: Config) -> bool:
    """Tell whether any two apps of the config could ever be in one group."""
    if len(config.apps) < 2:
        return False
    if len(config.apps) > MANY:
        return True
    return any(
        rules.pull_request.group == TOGETHER for app in config.apps.values() for rules in app.environments.values()
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What should come next to one slot."""

    sight: Sight
    environment: str
    release: int
    kind: Kind


def stands(sight: Sight, environment: str) -> str:
    """Give the group through which the look saw the slot; empty: it saw its own proposal branch."""
    proposal = sight.seen.ledger.place(environment).proposal
    return proposal.group if proposal is not None else ""


class Groups:
    """Tells for each wish with whom it goes; made from all apps of one snapshot."""

    def __init__(self, sights: Sequence[Sight]) -> None:
        self._sights = sights
        self._made: dict[Oid, list[tuple[AppRules, Release]]] | None = None
        self._named: dict[tuple[str, Oid], dict[str, str]] = {}

    def name(self, wish: Wish) -> str:
        """Give the name of the group that the wish's proposal belongs to; empty: it is proposed alone."""
        sight, environment = wish.sight, wish.environment
        place, rules = sight.places[environment], sight.rules(environment)
        if wish.kind is not Kind.PROMOTION or rules.promote not in SHARED:
            return ""
        asked = place.asked
        if asked is not None and asked.release == wish.release and asked.head is None:
            return ""
        proposal = place.proposal
        if proposal is not None and (proposal.release, proposal.kind) == (wish.release, wish.kind):
            return proposal.group
        seen = sight.slot(environment).proposal
        if not stands(sight, environment) and (
            open_pull(sight, environment) is not None or (seen is not None and not seen.ours and not seen.merged)
        ):
            return ""
        release = sight.release(wish.release)
        if release.by != BOT or release.adopted or release.hotfix is not None:
            return ""
        return self._names(environment, release.dry).get(sight.app.name, "")

    def _names(self, environment: str, dry: Oid) -> dict[str, str]:
        """Give app -> group for the releases of one dry commit in one environment."""
        found = self._named.get((environment, dry))
        if found is not None:
            return found
        if self._made is None:
            self._made = _made(self._sights)
        made = self._made.get(dry, [])
        alike: list[tuple[object, list[AppRules]]] = []  # gates need not be hashable
        for app, release in made:
            if environment in app.environments and environment in release.content:
                way = _way(app, environment)
                apps = next((apps for known, apps in alike if known == way), None)
                if apps is None:
                    alike.append((way, [app]))
                else:
                    apps.append(app)
        found = {}
        for _, apps in alike:
            together = apps[0].environments[environment].pull_request.group == TOGETHER or len(made) > MANY
            if together and len(apps) > 1:
                name = f"{dry[:7]}-{min(app.name for app in apps)}"
                found |= {app.name: name for app in apps}
        self._named[environment, dry] = found
        return found


def _made(sights: Iterable[Sight]) -> dict[Oid, list[tuple[AppRules, Release]]]:
    """Give dry commit -> apps with a release that promoter made of it, and the newest such release of each."""
    found: defaultdict[Oid, dict[str, tuple[AppRules, Release]]] = defaultdict(dict)
    for sight in sights:
        for release in sight.seen.ledger.releases.values():
            made = release.by == BOT and not release.adopted and release.hotfix is None
            if made and release.state is not ReleaseState.FAILED:
                known = found[release.dry].get(sight.app.name)
                if known is None or known[1].number < release.number:
                    found[release.dry][sight.app.name] = (sight.app, release)
    return {dry: list(apps.values()) for dry, apps in found.items()}


def _way(app: AppRules, environment: str) -> object:
    """What must be equal for two apps to go the same way: where the proposal stands, and the rules of the merge."""
    slot, rules = app.slots[environment], app.environments[environment]
    return slot.branch, beside(slot), rules.promote, rules.gates, rules.pull_request


def moves(sight: Sight, wish: Wish, group: str) -> bool:
    """Take note of where the wish is proposed from now on; tell whether the look was somewhere else.

    Nothing else is done for the slot in this plan then: what stands on the other branch is not known.
    """
    environment = wish.environment
    here, proposal = stands(sight, environment), sight.places[environment].proposal
    same = proposal is not None and (proposal.release, proposal.kind) == (wish.release, wish.kind)
    if group == here and (not group or (same and proposal is not None and proposal.group == group)):
        return False
    since = proposal.since if proposal is not None and same else sight.now
    label = sight.label(wish.release)
    why = f"{label} is proposed with group {group}" if group else f"{label} is proposed alone"
    changes = _parted(sight, environment) if here and here != group else {}
    new = Proposal(wish.release, wish.kind, since, None, group)
    sight.change(environment, why, proposal=new, merging=None, **changes)
    return True


def leave(sight: Sight, environment: str) -> list[Action]:
    """Take note that nothing of the slot is proposed with its group any more; nothing else is to be done."""
    proposal = sight.places[environment].proposal
    if proposal is not None and proposal.group:
        why = f"r{proposal.release} leaves group {proposal.group}"
        sight.change(environment, why, proposal=None, merging=None, **_parted(sight, environment))
    return []


def _parted(sight: Sight, environment: str) -> dict[str, Any]:
    """Give the changes that say that the pull requests of a group are no longer this slot's."""
    return dealt_with(sight.places[environment], [pull.number for pull in sight.slot(environment).pulls])


def branch_of(sight: Sight, environment: str, group: str) -> Branch:
    """Give the branch of a group of the slot's."""
    return group_branch(sight.app.slots[environment], group)
