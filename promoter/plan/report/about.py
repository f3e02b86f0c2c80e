"""What one pull request is about: the facts that its sections are made from."""

from __future__ import annotations

from dataclasses import dataclass

from promoter.model.ledger import Kind, Ledger, Place, Stay
from promoter.model.names import Oid
from promoter.model.release import Release, SourceCommit
from promoter.model.verdict import Verdict
from promoter.plan.report.brings import Brings
from promoter.plan.report.moment import Times
from promoter.policy.rules import AppRules, Promote, Rules


@dataclass(frozen=True, slots=True)
class About:
    """A release on its way into an environment, and what is known there."""

    app: AppRules
    ledger: Ledger
    environment: str
    release: Release
    kind: Kind
    rules: Rules
    place: Place
    at: Times
    brings: Brings
    verdicts: tuple[Verdict, ...]
    head: Oid | None
    dry_branch: str
    edits: tuple[SourceCommit, ...] = ()
    """What people changed by hand, where that is overwritten."""

    @property
    def merges_itself(self) -> bool:
        """Tell whether promoter merges without a person, or somebody asked it to."""
        mode = self.rules.rollback if self.kind is Kind.ROLLBACK else self.rules.promote
        asked = self.place.asked
        return mode in {Promote.AUTO, Promote.COMMIT} or (asked is not None and asked.release == self.release.number)


def newest_stay(place: Place, release: int) -> Stay | None:
    """Give the newest stay of `release` in `place`, the current one included."""
    stays = (place.stay, *place.past)
    return next((stay for stay in stays if stay is not None and stay.release == release), None)
