"""The first part of a pull request: what moves, from what, where it has been, and what is in it."""

from __future__ import annotations

from functools import partial

from promoter.model.ledger import How, Kind, Result
from promoter.model.names import release_name
from promoter.plan.back import of_policy
from promoter.plan.report.about import About, newest_stay
from promoter.plan.report.brings import named
from promoter.plan.report.foreign import block, code, prose

_MOST_COMMITS = 20
_MOST_IMAGES = 50
_MOST_ENVIRONMENTS = 50


def what_part(about: About) -> str:
    """Give the part as Markdown, without the rendered difference."""
    return "\n\n".join(filter(None, (_opening(about), _moves(about), _journey(about), _contents(about))))


def manifests(difference: str, room: int) -> str:
    """Give the rendered difference as a folded block of at most `room` characters."""
    lines = block(difference).splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    head = f"<details><summary><b>Manifests</b>: lines +{added} -{removed}</summary>\n\n```diff\n"
    tail = "\n```\n\n</details>"
    cut = "\n… cut here: the whole of it is in this pull request's changes"
    text = "\n".join(lines)
    room -= len(head) + len(tail) + len(cut)
    if len(text) > room:
        text = text[: max(0, room)].rpartition("\n")[0] + cut
    return head + text + tail


def _opening(about: About) -> str:
    environment, stay = prose(about.environment), about.place.stay
    subject = f"**{prose(about.app.name)} {prose(about.release.label)}**"
    if about.release.version:
        subject += f" ({about.release.name})"
    if about.kind is Kind.ROLLBACK:
        text = f"**{environment}** goes back to {subject}"
        text += f", from {prose(named(about.ledger, stay.release))}." if stay else "."
        return text + _asked_for(about)
    if about.kind is Kind.RESTORE:
        return _restores(about, subject)
    if stay is None:
        return f"{subject} goes to **{environment}**, where nothing runs yet."
    runs = f"{prose(named(about.ledger, stay.release))} since {about.at.day(stay.since)}"
    if about.release.hotfix is not None:
        return f"{subject} is a hotfix for **{environment}**, which runs {runs}.{_hotfix(about)}"
    return f"{subject} goes to **{environment}**, which runs {runs}."


def _restores(about: About, subject: str) -> str:
    environment = prose(about.environment)
    text = f"**{environment}** was changed by hand. This puts back {subject}, as it was left here (`drift: overwrite`)."
    edits = [f"- `{one.id[:7]}` {prose(one.subject)} ({prose(one.author, 60)})" for one in about.edits[:_MOST_COMMITS]]
    text += "\n\n**What it overwrites**:\n\n" + "\n".join(edits) if edits else ""
    keep = f"close this, or say `promoter adopt {about.app.name}`, which makes a release of it"
    return f"{text}\n\nThe edit stays in the history of the branch. To keep it in force: {keep}."


def _hotfix(about: About) -> str:
    hotfix = about.release.hotfix
    assert hotfix is not None  # noqa: S101 (callers have one)
    asked = f' Asked for by {prose(about.release.by)}, {about.at.moment(about.release.at)}: "{prose(hotfix.reason)}".'
    made = f"It was made from what runs here, r{hotfix.base}, with these versions and nothing else that is new."
    fate = "A release that does not contain it does not come here by itself."
    return f"{asked}\n\n{made} **It waits for no environment before.** {fate}"


def _asked_for(about: About) -> str:
    target = about.place.target
    if target is None or target.release != about.release.number:
        return ""
    if of_policy(target):
        held = f"{prose(about.environment)} is held until somebody resumes it."
        done = f"promoter takes this back by itself, once: {prose(target.reason)}"
        return f"\n\n> [!CAUTION]\n> {done}. `on_failure: rollback`. {held}"
    reason = f': "{prose(target.reason)}"' if target.reason else ""
    stays = (
        f"What it leaves does not come back by itself, and {prose(about.environment)} is held until somebody resumes."
    )
    return f" Asked for by {prose(target.by)}, {about.at.moment(target.at)}{reason}.\n\n{stays}"


def _moves(about: About) -> str:
    rows = [
        f"| {code(image.name)} | {code(image.old)} | {code(image.new)}"
        + (f" · {code(_short_digest(image.digest))}" if image.digest else "")
        + " |"
        for image in about.brings.images[:_MOST_IMAGES]
    ]
    if len(about.brings.images) > _MOST_IMAGES:
        rows.append(f"| {len(about.brings.images) - _MOST_IMAGES} more | | |")
    before = about.ledger.releases.get(about.place.stay.release) if about.place.stay else None
    if before is None or before.dry != about.release.dry:
        branch = f"{code(about.dry_branch)} at " if about.dry_branch else ""
        old = f"{branch}`{before.dry[:7]}`" if before else ""
        rows.append(f"| configuration | {old} | {branch}`{about.release.dry[:7]}` |")
    return "\n".join(["| | runs now | this brings |", "|---|---|---|", *rows]) if rows else ""


def _journey(about: About) -> str:
    rows = [_journey_row(about, name) for name in about.app.environments]
    return "\n".join(["**Where it has been**", "", "| | merged | live | verified |", "|---|---|---|---|", *rows])


def _journey_row(about: About, name: str) -> str:
    if name == about.environment:
        return f"| **{prose(name)}** | this pull request | | |"
    place, number = about.ledger.place(name), about.release.number
    stay = newest_stay(place, number)
    outcome = place.outcomes.get(number)
    if stay is None:
        if number in place.skips:
            skip = place.skips[number]
            reason = f': "{prose(skip.reason)}"' if skip.reason else ""
            return f"| {prose(name)} | skipped by {prose(skip.by)}{reason} | | |"
        after = about.app.environments[name].after
        ways = (" or " if after.any else " and ").join(prose(before) for before in after.names)
        return f"| {prose(name)} | {f'after {ways}' if ways and name not in about.rules.after.names else ''} | | |"
    # What changes nothing takes over the clock of the stay that it joins: that is not when it came.
    merged = stay.how.value if stay.how is How.UNCHANGED else about.at.moment(stay.since)
    if stay.how not in {How.MERGED, How.UNCHANGED}:
        merged += f", {stay.how}"
    short = about.at.moment if stay.how is How.UNCHANGED else partial(about.at.near, other=stay.since)
    live = short(stay.healthy_since) if stay.healthy_since else ""
    result = ""
    if outcome is not None:
        when = short(outcome.at)
        result = when if outcome.result is Result.VERIFIED else f"{_result(outcome.result)} {when}"
        result += f" · {prose(outcome.reason)}" if outcome.reason else ""
    return f"| {prose(name)} | {merged} | {live} | {result} |"


def _result(result: Result) -> str:
    return "taken back" if result is Result.LEFT else result.value


def _contents(about: About) -> str:
    commits, between = about.brings.commits, about.brings.between
    if not commits:
        return ""
    authors = list(dict.fromkeys(commit.author for commit in commits))
    shown = [prose(author, 60) for author in authors[:3]]
    if len(authors) > 3:
        shown.append(f"{len(authors) - 3} more")
    people = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    lead = "What it takes away" if about.kind is Kind.ROLLBACK else "What is in it"
    count = f"{len(commits)} commit{'s' if len(commits) > 1 else ''} by {people}"
    over = f", with {', '.join(map(release_name, between[-5:]))}" if between and about.kind is not Kind.ROLLBACK else ""
    lines = [
        f"- `{commit.id[:7]}` {prose(commit.subject)} ({prose(commit.author, 60)})"
        for commit in commits[:_MOST_COMMITS]
    ]
    if len(commits) > _MOST_COMMITS:
        lines.append(f"- … {len(commits) - _MOST_COMMITS} more")
    return f"**{lead}**: {count}{over}\n\n" + "\n".join(lines)


def _short_digest(digest: str) -> str:
    return f"{digest[:11]}…{digest[-4:]}" if len(digest) > 24 else digest
