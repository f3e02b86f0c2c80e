"""What an expression can speak of: plain values made of a gate's subject.

Invariant: what is not known is not there, so that to ask for it is an error and never an empty text or a 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import How, Outcome, Place, Result, Stay
from promoter.model.names import Branch, Oid
from promoter.model.release import ImageChange, Release, SourceCommit
from promoter.policy.gate import Subject


def facts(subject: Subject, now: datetime) -> dict[str, Any]:
    """Give the names that an expression may use, with their values."""
    release = subject.release
    found: dict[str, Any] = {
        "app": subject.app,
        "environment": subject.environment,
        "now": now,
        "release": _known(
            number=release.number, name=release.name, version=release.version, at=release.at, by=release.by,
            dry=release.dry,
        ),
        "images": {
            image.name: _known(tag=image.new, old=image.old, digest=image.digest) for image in release.images
        },
        "commits": [
            {"id": commit.id, "author": commit.author, "subject": commit.subject} for commit in release.commits
        ],
        "authors": sorted(subject.authors),
        "environments": {name: _place(place, subject.releases) for name, place in subject.places.items()},
    }  # fmt: skip
    if subject.pull is not None:
        found["labels"] = list(subject.pull.labels)
    return found


def _place(place: Place, releases: Mapping[int, Release]) -> dict[str, Any]:
    found: dict[str, Any] = {"held": place.hold is not None}
    stay = place.stay
    if stay is None or place.drift is not None:  # what was changed by hand is no release
        return found
    outcome, release = place.outcomes.get(stay.release), releases.get(stay.release)
    return found | _known(
        release=stay.release,
        since=stay.since,
        version=release.version if release is not None else "",
        result=outcome.result.value if outcome is not None else "",
    )


def _known(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value != ""}


_SOME_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ID: Final = Oid("0" * 40)


def sample(images: Iterable[str], environments: Iterable[str]) -> dict[str, Any]:
    """Give values with everything that can be known, to try an expression that names these images and environments."""
    release = Release(
        2,
        _SOME_DAY,
        _ID,
        "kim",
        {},
        version="1.4.2",
        images=tuple(ImageChange(name, "1.4.1", "1.4.2", "sha256:0") for name in images),
        commits=(SourceCommit(_ID, "ada", "Raise the limit"),),
    )
    branch = Branch("main")
    pull = PullRequest(1, PullState.OPEN, branch, branch, _ID, "", "", "promoter", _SOME_DAY, labels=("production",))
    stay = Stay(1, None, _ID, _SOME_DAY, How.MERGED)
    place = Place(stay=stay, outcomes={1: Outcome(Result.VERIFIED, _SOME_DAY)})
    earlier = Release(1, _SOME_DAY, _ID, "kim", {}, version="1.4.1")
    subject = Subject(
        "shop", "prod", release, _ID, pull, (), frozenset({"ada", "kim"}),
        places=dict.fromkeys(environments, place), releases={1: earlier, 2: release},
    )  # fmt: skip
    return facts(subject, _SOME_DAY)


NAMES: Final = frozenset(sample((), ()))
"""Every name."""
KEYS: Final = frozenset(
    key
    for value in sample(["a"], ["a"]).values()
    for each in (value if isinstance(value, list) else [value, *(value.values() if isinstance(value, dict) else ())])
    if isinstance(each, dict)
    for key in each
) - {"a"}
"""Every key of what has fixed keys."""
