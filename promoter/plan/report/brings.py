"""What a release changes in an environment, compared with what runs there now.

Releases between the two count as well: what r40 moved comes along when r41 replaces r39, and goes away when r39 comes
back. An image's state at release n is what the newest release up to n moved it to. A hotfix has what it was made from
before it, and nothing that is newer than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promoter.model.ledger import Ledger
from promoter.model.release import ImageChange, Release, SourceCommit


@dataclass(frozen=True, slots=True)
class Brings:
    """The difference between two releases of one app."""

    images: tuple[ImageChange, ...]
    """From what runs to what comes; those that stay the same are left out."""
    commits: tuple[SourceCommit, ...]
    """Newest first; those that a rollback takes away, when the release is the older one."""
    between: tuple[int, ...]
    """The releases strictly between the two, oldest first."""


def brings(ledger: Ledger, active: int | None, release: int) -> Brings:
    """Compare `release` with `active` (None: nothing is active, all that `release` itself moved counts)."""
    releases = ledger.releases
    after = line(ledger, release)
    before = line(ledger, active) if active is not None else [number for number in after if number != release]
    span = sorted(set(after) ^ set(before))
    names = dict.fromkeys(image.name for number in span for image in releases[number].images)
    changes = [_change(releases, name, before, after) for name in names]
    gone = active is not None and ledger.order(release) < ledger.order(active)
    new = set(before) - set(after) if gone else set(after) - set(before)
    commits = {commit.id: commit for number in sorted(new, reverse=True) for commit in releases[number].commits}
    return Brings(
        tuple(change for change in changes if change.old != change.new),
        tuple(commits.values()),
        tuple(number for number in span if number not in {active, release}),
    )


def line(ledger: Ledger, release: int) -> list[int]:
    """Give `release` and those that came before it on its way, oldest first, as far as the ledger keeps them."""
    first, *hotfixes = ledger.order(release)
    plain = [number for number, known in sorted(ledger.releases.items()) if known.hotfix is None and number <= first]
    return [*plain, *(number for number in hotfixes if number in ledger.releases)]


def label(ledger: Ledger, release: int) -> str:
    """Give what people call `release`: its version, else its name, also when the ledger no longer lists it."""
    known = ledger.releases.get(release)
    return known.label if known else f"r{release}"


def named(ledger: Ledger, release: int) -> str:
    """Give version and name, `1.4.2 (r41)`, or the name alone."""
    shown = label(ledger, release)
    return shown if shown == f"r{release}" else f"{shown} (r{release})"


def _change(releases: Mapping[int, Release], name: str, before: Sequence[int], after: Sequence[int]) -> ImageChange:
    old, new = _at(releases, before, name), _at(releases, after, name)
    return ImageChange(name, old.new, new.new, new.digest)


def _at(releases: Mapping[int, Release], way: Sequence[int], name: str) -> ImageChange:
    for number in reversed(way):
        for image in releases[number].images:
            if image.name == name:
                return image
    # Nothing up to then moved it: it was what the first release after that found.
    for number in sorted(set(releases) - set(way)):
        for image in releases[number].images:
            if image.name == name:
                return ImageChange(name, "", image.old)
    return ImageChange(name, "", "")
