"""Parts of the ledger as JSON: the same shape in every report."""

from __future__ import annotations

from promoter.model.ledger import Drift, Hold, Ledger, Outcome, Override, Skip
from promoter.model.names import release_name
from promoter.model.release import ImageChange, Release
from promoter.model.state import stamp
from promoter.plan.report.moment import stamp_or_none


def named_json(ledger: Ledger, release: int) -> dict[str, object]:
    """Give a release's name and version; the version is null where it has none."""
    known = ledger.releases.get(release)
    return {"release": release_name(release), "version": (known.version or None) if known is not None else None}


def outcome_json(outcome: Outcome | None) -> dict[str, object] | None:
    """Give what became of a release; None while that is not known."""
    if outcome is None:
        return None
    return {"result": outcome.result.value, "at": stamp(outcome.at), "reason": outcome.reason}


def image_json(change: ImageChange) -> dict[str, object]:
    """Give one image's change."""
    return {"name": change.name, "from": change.old, "to": change.new, "digest": change.digest or None}


def release_json(release: Release) -> dict[str, object]:
    """Give a release: what it is and what it was made from, without where it has been."""
    return {
        "release": release.name,
        "version": release.version or None,
        "at": stamp(release.at),
        "by": release.by,
        "commit": release.dry,
        "state": release.state.value,
        "adopted": release.adopted,
        "hotfix": hotfix_json(release),
        "images": [image_json(image) for image in release.images],
        "labels": list(release.labels),
        "failures": dict(release.failures),
    }


def hotfix_json(release: Release | None) -> dict[str, object] | None:
    """Give what a hotfix was made from and why; None for any other release."""
    if release is None or release.hotfix is None:
        return None
    return {"of": release_name(release.hotfix.base), "by": release.by, "reason": release.hotfix.reason}


def skip_json(skip: Skip | None) -> dict[str, object] | None:
    """Give who said no, or None."""
    return None if skip is None else {"by": skip.by, "at": stamp(skip.at), "reason": skip.reason}


def override_json(word: Override) -> dict[str, object]:
    """Give who let a gate pass."""
    return {
        "gate": word.gate,
        "release": release_name(word.release),
        "by": word.by,
        "at": stamp(word.at),
        "reason": word.reason,
    }


def hold_json(hold: Hold | None) -> dict[str, object] | None:
    """Give who holds, or None."""
    if hold is None:
        return None
    return {"by": hold.by, "at": stamp(hold.at), "reason": hold.reason, "until": stamp_or_none(hold.until)}


def drift_json(drift: Drift | None) -> list[dict[str, object]]:
    """Give the hand edit that stands in the slot, as a list of none or one."""
    return [] if drift is None else [{"commit": drift.commit, "since": stamp(drift.since)}]
