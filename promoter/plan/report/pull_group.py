"""What the pull request of a group says: what ships by app, every app's changes folded, and what it waits for.

Invariants: those of `pull`; a verdict that all share is told once, any other with the app that it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promoter.model.forge import PullText
from promoter.model.ledger import Kind, Ledger
from promoter.model.names import Oid
from promoter.model.release import SourceCommit
from promoter.model.verdict import Answer, Verdict, worst
from promoter.plan.report.about import About
from promoter.plan.report.brings import brings, named
from promoter.plan.report.foreign import code, prose, title
from promoter.plan.report.moment import length, times
from promoter.plan.report.pull import LIMIT, fit, labels, part
from promoter.plan.report.pull_waiting import gates, heading
from promoter.plan.report.pull_what import manifests
from promoter.policy.rules import AppRules, Config

_NAMED = 5
"""So many apps are named in a sentence."""
_MOST_COMMITS = 20
_MOST_APPS = 200
_LEAST = 400
"""Characters below which a folded difference is left out."""


@dataclass(frozen=True, slots=True)
class Part:
    """One app of the group."""

    app: AppRules
    ledger: Ledger
    release: int
    verdicts: tuple[Verdict, ...]
    difference: str


def group_text(
    config: Config, environment: str, parts: Sequence[Part], *, head: Oid | None = None, changes: str = ""
) -> PullText:
    """Give title, body and labels of the pull request that brings all of `parts` (one at least) to `environment`.

    `changes` is the folder that their dry commit changed, if it is one. Raises KeyError for an unknown release.
    """
    abouts = [_about(config, environment, one, head) for one in parts]
    said = replace(abouts[0], verdicts=shared([(one.app.name, one.verdicts) for one in parts]))
    waiting = fit("\n\n".join(filter(None, (heading(said), gates(said), _afterwards(said)))), LIMIT // 2)
    room = LIMIT - len(waiting) - 600
    what = fit("\n\n".join(filter(None, (_opening(abouts), _table(abouts), _commits(abouts)))), room)
    for about, one in zip(abouts, parts, strict=True):
        left = room - len(what)
        if one.difference.strip() and left > _LEAST:
            named_ = f"<b>{prose(about.app.name)}</b>, "
            folded = manifests(one.difference, left - len(named_) - 2)
            what += "\n\n" + folded.replace("<b>Manifests</b>", named_ + "manifests", 1)
    return PullText(
        title=_title(environment, parts, abouts[0], changes),
        body=f"{part('what', what)}\n\n{part('waiting', waiting)}\n",
        labels=tuple(dict.fromkeys(label for about in abouts for label in labels(about))),
        reviewers=abouts[0].rules.pull_request.reviewers,
    )


def some(names: Sequence[str]) -> str:
    """Give names for a sentence: all, or the first few and how many more."""
    shown = list(names[:_NAMED]) if len(names) > _NAMED + 1 else list(names)
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    told = [*shown, *more]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def shared(said: Sequence[tuple[str, Sequence[Verdict]]]) -> tuple[Verdict, ...]:
    """Give the verdicts of all apps as one list, gate by gate: what is open with the apps that it is about."""
    every = list(dict.fromkeys(verdict.gate for _, verdicts in said for verdict in verdicts))
    found: list[Verdict] = []
    for gate in every:
        mine = [(app, verdict) for app, verdicts in said for verdict in verdicts if verdict.gate == gate]
        alike: dict[tuple[Answer, str], tuple[Verdict, list[str]]] = {}
        for app, verdict in mine:
            alike.setdefault((verdict.answer, verdict.reason), (verdict, []))[1].append(app)
        passed = [verdict for verdict, _ in alike.values() if verdict.passed]
        opened = [(verdict, apps) for verdict, apps in alike.values() if not verdict.passed]
        if passed and not opened:
            found.append(passed[0] if len(passed) == 1 else replace(passed[0], reason="passed for each app"))
        for verdict, apps in opened:
            whose = "" if len(set(apps)) == len(said) else f"{some(sorted(set(apps)))}: "
            found.append(replace(verdict, reason=whose + verdict.reason))
    return tuple(found)


def _about(config: Config, environment: str, one: Part, head: Oid | None) -> About:
    place, release = one.ledger.place(environment), one.ledger.releases[one.release]
    active = place.stay.release if place.stay else None
    return About(
        app=one.app,
        ledger=one.ledger,
        environment=environment,
        release=release,
        kind=Kind.PROMOTION,
        rules=one.app.environments[environment],
        place=place,
        at=times(config.timezone, release.at),
        brings=brings(one.ledger, active, one.release),
        verdicts=one.verdicts,
        head=head,
        dry_branch="",
    )


def _title(environment: str, parts: Sequence[Part], first: About, changes: str) -> str:
    dry = first.release.dry[:7]
    from_ = f"{changes} {dry}" if changes and all(_reaches(one, environment, changes) for one in parts) else dry
    apps = f"{len(parts)} apps" if len(parts) > 1 else first.app.name
    return title(f"Promote {apps} to {environment} ({from_})")


def _reaches(one: Part, environment: str, folder: str) -> bool:
    """Tell whether the app is made from something in `folder`, as far as its ledger still says."""
    paths = one.ledger.releases[one.release].inputs.get(environment, {})
    return any(path == folder or path.startswith(f"{folder}/") or folder.startswith(f"{path}/") for path in paths)


def _opening(abouts: Sequence[About]) -> str:
    first = abouts[0]
    apps = f"**{len(abouts)} apps** go" if len(abouts) > 1 else f"**{prose(first.app.name)}** goes"
    return (
        f"{apps} to **{prose(first.environment)}** in one pull request: what `{first.release.dry[:7]}` changed. "
        "Who is held, or skipped, is left out."
    )


def _table(abouts: Sequence[About]) -> str:
    rows = [_row(about) for about in abouts[:_MOST_APPS]]
    if len(abouts) > _MOST_APPS:
        rows.append(f"| {len(abouts) - _MOST_APPS} more | | | | |")
    return "\n".join(["| app | runs now | this brings | images | |", "|---|---|---|---|---|", *rows])


def _row(about: About) -> str:
    stay = about.place.stay
    runs = prose(named(about.ledger, stay.release)) if stay else ""
    images = ", ".join(f"{code(image.name)} {code(image.old)} → {code(image.new)}" for image in about.brings.images[:3])
    answer = worst(about.verdicts)
    state = {Answer.SUCCESS: "passed", Answer.FAILURE: "**fails**", Answer.UNKNOWN: "**unknown**"}.get(answer, "waits")
    brought = prose(named(about.ledger, about.release.number))
    return f"| {prose(about.app.name)} | {runs} | {brought} | {images} | {state} |"


def _commits(abouts: Sequence[About]) -> str:
    commits: dict[str, SourceCommit] = {commit.id: commit for about in abouts for commit in about.brings.commits}
    if not commits:
        return ""
    lines = [
        f"- `{commit.id[:7]}` {prose(commit.subject)} ({prose(commit.author, 60)})"
        for commit in list(commits.values())[:_MOST_COMMITS]
    ]
    if len(commits) > _MOST_COMMITS:
        lines.append(f"- … {len(commits) - _MOST_COMMITS} more")
    return f"**What is in it**: {len(commits)} commit{'s' if len(commits) > 1 else ''}\n\n" + "\n".join(lines)


def _afterwards(about: About) -> str:
    lines = [
        "When all pass for every app, " + ("promoter merges this." if about.merges_itself else "a person merges it.")
    ]
    verify = about.rules.verify
    if verify.health and about.rules.live.kind != "none":
        lines.append(f"Then each app must be live and healthy within {length(verify.within)}, and is judged by itself.")
    if about.head is not None:
        lines.append(f"Judged at `{about.head[:7]}`.")
    lines.append("An app that is held or skipped leaves; closing this skips all of them.")
    explain = f"promoter explain {about.app.name} {about.environment}"
    return " ".join(lines) + f"\n\nAt a terminal: `{explain}`, or another of the apps"
