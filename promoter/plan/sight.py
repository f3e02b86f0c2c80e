"""One app under consideration: what was seen of it, and its ledger as the facts change it.

A `Sight` is the only mutable thing in `plan`; it lives for one call of `decide`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from promoter.model.ledger import Hold, How, Kind, Ledger, Place, Result
from promoter.model.release import Hotfix, Release, ReleaseState
from promoter.model.snapshot import AppSeen, SlotSeen
from promoter.plan.draft import drafts, lacks
from promoter.plan.fixes import undoes
from promoter.plan.rejected import brings_back
from promoter.plan.report.moment import times
from promoter.policy.accept import accepts
from promoter.policy.rules import AppRules, Config, Rules

_NOWHERE = Place()
BOT = "promoter"
"""Who acted when no person did."""


@dataclass(slots=True)
class Sight:
    """One app: rules, what was seen, and the working places."""

    config: Config
    app: AppRules
    seen: AppSeen
    now: datetime
    places: dict[str, Place] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    """What became known, a sentence each: the message of the ledger's commit."""
    _hotfixes: tuple[int, ...] = ()
    _passed: dict[tuple[int, str], bool] = field(default_factory=dict)
    _refused: dict[tuple[int, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {name: self.seen.ledger.place(name) for name in self.app.environments}
        self._hotfixes = tuple(number for number, it in self.seen.ledger.releases.items() if it.hotfix is not None)

    @property
    def releases(self) -> dict[int, Release]:
        """Releases by number."""
        return dict(self.seen.ledger.releases)

    def release(self, number: int) -> Release:
        """Give release `number`, which the ledger must know."""
        return self.seen.ledger.releases[number]

    def label(self, number: int) -> str:
        """What people call release `number`: `r41 (1.4.2)`."""
        release = self.seen.ledger.releases.get(number)
        return f"r{number} ({release.version})" if release and release.version else f"r{number}"

    def rules(self, environment: str) -> Rules:
        """Give what holds in `environment`."""
        return self.app.environments[environment]

    def slot(self, environment: str) -> SlotSeen:
        """Give what was seen of the slot."""
        return self.seen.slots[environment]

    def show(self, at: datetime) -> str:
        """Give `at` for people."""
        return times(self.config.timezone, at).moment(at)

    def change(self, environment: str, why: str, **changes: Any) -> None:
        """Change the working place, noting why in the ledger's next commit message ("" notes nothing)."""
        self.places[environment] = replace(self.places[environment], **changes)
        if why:
            self.changes.append(f"{environment}: {why}")
        self._passed.clear()
        self._refused.clear()

    def ledger(self) -> Ledger:
        """Give the ledger as it should be now; places of environments that the config left out are kept."""
        kept = {**self.seen.ledger.places, **{n: p for n, p in self.places.items() if p != _NOWHERE}}
        return replace(self.seen.ledger, places=kept)

    def hold(self, environment: str) -> Hold | None:
        """Give the hold on `environment` that is in force."""
        hold = self.places[environment].hold
        return hold if hold is not None and (hold.until is None or hold.until > self.now) else None

    def settled(self, environment: str) -> bool:
        """Tell whether what is active here may be left: its outcome is known, or it can never have one (mixed)."""
        place = self.places[environment]
        return place.stay is None or place.stay.how is How.MIXED or place.stay.release in place.outcomes

    # --- order ---

    def passed(self, number: int, environment: str) -> bool:
        """Tell whether release `number` is verified in `environment`, and passed in what that comes after."""
        key = (number, environment)
        if key not in self._passed:
            outcome = self.places[environment].outcomes.get(number)
            verified = outcome is not None and outcome.result is Result.VERIFIED
            self._passed[key] = verified and self.cleared(number, environment)
        return self._passed[key]

    def cleared(self, number: int, environment: str) -> bool:
        """Tell whether release `number` has passed what `environment` comes after; a hotfix waits for none of it."""
        after = self.rules(environment).after
        if not after.names or self.is_hotfix(number, environment):
            return True
        judge = any if after.any else all
        return judge(name in self.places and self.passed(number, name) for name in after.names)

    def is_hotfix(self, number: int, environment: str) -> bool:
        """Tell whether release `number` is a hotfix that was made for `environment`."""
        if number not in self._hotfixes:
            return False
        return environment in self.seen.ledger.releases[number].content

    def refused(self, number: int, environment: str) -> str:
        """Say why release `number` can never come here by itself; empty when it can."""
        key = (number, environment)
        if key not in self._refused:
            self._refused[key] = self._why_refused(number, environment)
        return self._refused[key]

    def _why_refused(self, number: int, environment: str) -> str:
        release = self.release(number)
        alone = release.hotfix is not None or self.rules(environment).after.any
        needed = (environment, *(() if alone else self.rules(environment).after.names))
        if release.state is not ReleaseState.READY:
            return self._not_ready(number)
        if release.adopted:
            return "adopted where it stands only"
        missing = [name for name in needed if name not in release.content]
        if missing:
            return f"not rendered for {', '.join(missing)}"
        place = self.places[environment]
        if number in place.skips:
            return f"skipped by {place.skips[number].by}"
        outcome = place.outcomes.get(number)
        if outcome is not None and outcome.result is not Result.VERIFIED and outcome.result is not Result.UNVERIFIED:
            return f"{outcome.result} here"
        if release.hotfix is not None and not self._stands_on(release.hotfix, place):
            return f"made from r{release.hotfix.base}, which is not active here"
        refused = accepts(self.rules(environment).accept, release) or self._not_active(number, environment)
        refused = refused or brings_back(self.seen.ledger, place, environment, number)
        return refused or undoes(self.seen.ledger, place, self.slot(environment).versions, number)

    def _not_ready(self, number: int) -> str:
        release = self.release(number)
        if release.state is not ReleaseState.DRAFT:
            return f"the release is {release.state}"
        if number not in drafts(self.app, self.seen.ledger):
            return "a newer release took its place"
        missing = lacks(self.app, release)
        return f"waits for a complete set: {missing}" if missing else "the release is draft"

    def _not_active(self, number: int, environment: str) -> str:
        """Say what the environment that `active_in` names runs instead; empty while the release is still on its way."""
        name = self.rules(environment).accept.active_in
        if not name or self.is_hotfix(number, environment) or not self.cleared(number, environment):
            return ""
        place = self.places[name]
        if place.stay is None or place.drift is not None or place.stay.how is How.MIXED:
            return f"{name} runs no release now"
        release = self.release(number)
        if place.stay.release == number or place.stay.content == release.content.get(name):
            return ""
        return f"{name} runs {self.label(place.stay.release)} now"

    def _stands_on(self, hotfix: Hotfix, place: Place) -> bool:
        """Tell whether what a hotfix was made from is active: in the same stay, or there again."""
        return place.stay is not None and (place.stay.release == hotfix.base or place.stay.commit in hotfix.over)

    def comes_back(self, environment: str) -> bool:
        """Tell whether the release that a command named for `environment` can be brought there."""
        target = self.places[environment].target
        release = self.seen.ledger.releases.get(target.release) if target is not None else None
        if target is None or release is None or environment not in release.content:
            return False
        if target.kind is Kind.ROLLBACK:
            return True
        return not self.refused(target.release, environment) and self.cleared(target.release, environment)

    def newer(self, environment: str) -> list[int]:
        """Give the releases beyond the environment's mark and the hotfixes of what is active, in order."""
        ledger, place = self.seen.ledger, self.places[environment]
        if not self._hotfixes:
            if ledger.next <= place.mark + 1:
                return []
            return sorted(number for number in ledger.releases if number > place.mark)
        return sorted((n for n in ledger.releases if self._is_newer(n, environment)), key=ledger.order)

    def _is_newer(self, number: int, environment: str) -> bool:
        place, release = self.places[environment], self.release(number)
        if release.hotfix is None:
            return not self.seen.ledger.gone_by(place, number)
        here = place.stay is not None and place.stay.commit in release.hotfix.over
        return here and environment in release.content

    def eligible(self, environment: str) -> list[int]:
        """Give the releases that may come here now, oldest first (holds and freezes aside)."""
        return [
            number
            for number in self.newer(environment)
            if not self.refused(number, environment) and self.cleared(number, environment)
        ]
