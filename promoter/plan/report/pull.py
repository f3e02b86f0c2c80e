"""What a promotion pull request says.

Invariants: the text is a function of its arguments (no clock), holds no relative time, and stays under `LIMIT`
characters; promoter owns only what stands between its markers, and what people write around them stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from promoter.model.forge import PullText
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import Oid
from promoter.model.release import SourceCommit
from promoter.model.verdict import Verdict
from promoter.plan.report.about import About
from promoter.plan.report.brings import brings
from promoter.plan.report.foreign import title
from promoter.plan.report.moment import times
from promoter.plan.report.pull_waiting import waiting_part
from promoter.plan.report.pull_what import manifests, what_part
from promoter.policy.rules import AppRules, Config

LIMIT = 60_000
"""Characters of a body; GitHub takes 65,536."""
_MARKERS = 300
"""Room for markers and blank lines."""
_PARTS = ("what", "waiting")


def pull_text(
    config: Config,
    app: AppRules,
    ledger: Ledger,
    environment: str,
    release: int,
    kind: Kind,
    verdicts: Sequence[Verdict] = (),
    *,
    head: Oid | None = None,
    difference: str = "",
    dry_branch: str = "",
    edits: Sequence[SourceCommit] = (),
) -> PullText:
    """Give title, body and labels of the pull request that brings `release` to `environment`.

    `verdicts` are those on exactly `head`; `difference` is the rendered diff, plain text as tools print it;
    `dry_branch` names the branch that people edit; `edits` are what a restoration overwrites. Raises
    KeyError for a release that the ledger does not hold.
    """
    place = ledger.place(environment)
    about = About(
        app=app,
        ledger=ledger,
        environment=environment,
        release=ledger.releases[release],
        kind=kind,
        rules=app.environments[environment],
        place=place,
        at=times(config.timezone, ledger.releases[release].at),
        brings=brings(ledger, place.stay.release if place.stay else None, release),
        verdicts=tuple(verdicts),
        head=head,
        dry_branch=dry_branch,
        edits=tuple(edits),
    )
    waiting = fit(waiting_part(about), LIMIT // 2)
    room = LIMIT - len(waiting) - _MARKERS
    what = fit(what_part(about), room)
    room -= len(what)
    if difference.strip() and room > _MARKERS:
        what += "\n\n" + manifests(difference, room)
    return PullText(
        title=_title(about),
        body=f"{part('what', what)}\n\n{part('waiting', waiting)}\n",
        labels=labels(about),
        reviewers=about.rules.pull_request.reviewers,
    )


def with_people(current: str, wanted: str) -> str:
    """Give the body to write: `wanted`'s parts in the place of those in `current`, what people wrote around them kept.

    A part that somebody removed comes back at the end. Line ends become `\\n`: forges return `\\r\\n` after an edit.
    """
    kept = current.replace("\r\n", "\n")
    for name in _PARTS:
        found = _find(wanted, name)
        if found is None:
            continue
        old = _find(kept, name)
        kept = kept.replace(old, found, 1) if old is not None else f"{kept.rstrip()}\n\n{found}\n".lstrip("\n")
    return kept


def _find(body: str, name: str) -> str | None:
    match = re.search(rf"<!-- promoter:{name} -->.*?<!-- /promoter:{name} -->", body, re.DOTALL)
    return match.group() if match else None


def part(name: str, text: str) -> str:
    """Give `text` between the markers of one of the parts that promoter owns."""
    return f"<!-- promoter:{name} -->\n{text}\n<!-- /promoter:{name} -->"


def fit(text: str, room: int) -> str:
    """Cut `text` to `room` characters at the end of a line, and say so."""
    if len(text) <= room:
        return text
    end = "\n\n… cut here: the rest does not fit; `promoter explain` shows it."
    return text[: room - len(end)].rpartition("\n")[0] + end


def _title(about: About) -> str:
    app, environment, release = about.app.name, about.environment, about.release
    if about.kind is Kind.ROLLBACK:
        return title(f"Roll back {app} to {release.label} in {environment}")
    if about.kind is Kind.RESTORE:
        return title(f"Put back {app} {release.label} in {environment}")
    if release.hotfix is not None:
        return title(f"Hotfix {app} {release.label} in {environment}")
    brought = f"Promote {app} {release.label} to {environment}"
    if release.version or not release.commits:
        return title(brought)
    return title(f"{brought}: {release.commits[0].subject}")


def labels(about: About) -> tuple[str, ...]:
    """Give the labels: ours, then the configured ones."""
    ours = ["promoter", f"env/{about.environment}"]
    if about.kind is Kind.ROLLBACK:
        ours.append("rollback")
    elif about.kind is Kind.RESTORE:
        ours.append("drift")
    elif about.release.hotfix is not None:
        ours.append("hotfix")
    return tuple(dict.fromkeys([*ours, *about.rules.pull_request.labels]))
