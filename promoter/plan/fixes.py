"""What a hotfix is among releases, and when an ordinary release may take its place.

- A hotfix stands in order right after the release that it was made from (`Release.order`), whatever its number: what
  was newer than that release is newer than the hotfix, on its way or not. So a mark is never moved back by one.
- It goes over the stay that it was made from and over no other: when something else became active there it is over.
- Nothing waits for a hotfix, and it waits for nothing: not for other environments, and not for the outcome of what it
  mends. Every gate of the environment, holds and freezes stop it as they stop any release.
- An ordinary release takes its place by itself when it *contains* the fix: every image and chart that the hotfix moved
  here has, in that release's content for this environment, the same version, or one that is not older by SemVer.
  Versions that SemVer cannot compare are newer when the release was made after the hotfix and does not bring back what
  the hotfix replaced. What does not contain it, or is not known to, is passed over and says so; a person who says
  `promoter promote` for that release while the hotfix is active vouches for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from promoter.layout.values import split
from promoter.model.ledger import Ledger, Place
from promoter.model.names import release_name
from promoter.model.release import Release
from promoter.policy.accept import parse_version

Versions = Mapping[int, Mapping[str, str]]
"""Release -> item -> version, in one environment."""


def hotfix_words(release: Release) -> str:
    """Say why a hotfix may come."""
    assert release.hotfix is not None  # noqa: S101 (callers have one)
    made = f"hotfix of {release_name(release.hotfix.base)} by {release.by}"
    return f'{made}, waits for no environment before: "{release.hotfix.reason}"'


def undoes(ledger: Ledger, place: Place, versions: Versions, number: int) -> str:
    """Say which hotfix that is active in `place` release `number` would undo; empty when it undoes none.

    Somebody who has asked for the release since that hotfix is active vouches for it.
    """
    stay = place.stay
    active = ledger.releases.get(stay.release) if stay is not None else None
    if active is None or active.hotfix is None or ledger.releases[number].hotfix is not None:
        return ""
    asked = place.asked
    if asked is not None and stay is not None and asked.release == number and asked.at >= stay.since:
        return ""
    called = f"hotfix {active.name} ({active.version})" if active.version else f"hotfix {active.name}"
    if active.number not in versions or number not in versions:
        return f"not known to contain {called}"
    before = versions.get(active.hotfix.after[0], {})
    for item, fixed in versions[active.number].items():
        old, new = before.get(item, ""), versions[number].get(item, "")
        if fixed != old and not _contains(fixed, old, new, later=number > active.number):
            return f"does not contain {called}: {item.partition(':')[2]} is {new or 'not in it'}, not {fixed}"
    return ""


def _contains(fixed: str, old: str, new: str, *, later: bool) -> bool:
    """Tell whether version `new` contains the fix that moved `old` to `fixed`; several versions must all do."""
    return all(_has(fixed, old, one, later=later) for one in split(new))


def _has(fixed: str, old: str, new: str, *, later: bool) -> bool:
    if new == fixed:
        return True
    want, have = (parse_version(text.partition("@")[0]) for text in (fixed, new))
    if want is not None and have is not None:
        return have >= want
    return later and new not in split(old)
