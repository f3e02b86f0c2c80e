"""On GitHub: does a workflow run promoter, does what should start it do so, and do its token's deeds start others?"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from promoter.forge.port import Access, Pipelines
from promoter.model.names import Branch, Oid
from promoter.run.finding import Finding, Ground, Probe, Severity
from promoter.run.rights import awaited, reads
from promoter.run.workflows import FOLDER, Workflow, read_workflows

_MEANT: Final = {
    "schedule": (Severity.WARNING, "soaks, windows, reviews and what is live are seen only when something else starts"),
    "issue_comment": (Severity.NOTE, "commands in comments are answered only by the next run"),
}
"""Event -> what it means that it starts nothing."""
_NEEDS: Final = ("contents", "pull-requests", "issues", "statuses")
_DOCUMENTED: Final = "see docs/github.md"


def probe(ground: Ground) -> Iterator[Finding]:
    """Read the workflows on the default branch, where schedules and comments look for them."""
    ws = ground.ws
    if not isinstance(ws.forge, Access) or isinstance(ws.forge, Pipelines):
        return
    default = ws.repository.default_branch()
    found = _read(ground, ground.refs.get(f"refs/heads/{default}"))
    if not found:
        yield _missing(ground, default)
        return
    disabled = ws.forge.disabled_jobs()
    for one in found:
        if one.path in disabled:
            yield Finding(
                Severity.PROBLEM, one.path, disabled[one.path], "nothing starts it", "enable it: gh workflow enable"
            )
    found = [one for one in found if one.path not in disabled]
    if found:
        yield from _deaf(found, ws.branch)
        yield from _powerless(found, reads(ground))
        yield from _silent(ground, found)


def _read(ground: Ground, tip: Oid | None) -> list[Workflow]:
    if tip is None:
        return []
    repository = ground.ws.repository
    if not repository.store.has(tip):
        repository.fetch([tip])
    tree = repository.store.commit(tip).tree
    repository.fetch([], [(tree, FOLDER)])
    return read_workflows(repository.store, tree)


def _missing(ground: Ground, default: Branch) -> Finding:
    ws = ground.ws
    elsewhere = _read(ground, ground.refs.get(ws.ref)) if ws.branch != default else []
    if elsewhere:
        return Finding(
            Severity.WARNING,
            elsewhere[0].path,
            f"it stands on {ws.branch}, but not on the default branch {default}",
            "a schedule, a comment or a dispatch starts only what stands on the default branch",
            f"put it on {default} too, or make {ws.branch} the default branch",
        )
    return Finding(
        Severity.WARNING,
        FOLDER,
        f"no workflow on {default} runs promoter",
        "unless something else does, nothing is promoted by itself and no command in a comment is answered",
        "promoter init writes one in a working copy, to commit",
    )


def _deaf(found: list[Workflow], dry: Branch) -> Iterator[Finding]:
    """Find events that should start it and start nothing."""
    path = found[0].path
    for event, (severity, why) in _MEANT.items():
        if not any(event in one.triggers for one in found):
            yield Finding(severity, path, f"{event} does not start it", why, f"add {event} to its on: {_DOCUMENTED}")
    if not any(one.hears_push(dry) for one in found):
        yield Finding(
            Severity.WARNING,
            path,
            f"a push to {dry} does not start it",
            "what people merge there becomes a release only by the next run",
            f"let push take in {dry}: {_DOCUMENTED}",
        )


def _powerless(found: list[Workflow], more: Collection[str]) -> Iterator[Finding]:
    """Find jobs whose own token may not do what promoter does with it."""
    for one in found:
        for rights in one.permissions:
            written = {*_NEEDS, *(one.removesuffix(": write") for one in more if one.endswith(": write"))}
            written |= {"actions"} & set(more)
            lacks = [f"{name}: write" for name in sorted(written) if rights.get(name) != "write"]
            rest = sorted({one for one in more if ": " not in one} - {"members"} - written)
            lacks += [f"{name}: read" for name in rest if rights.get(name) not in ("read", "write")]
            if lacks:
                yield Finding(
                    Severity.PROBLEM,
                    one.path,
                    f"the permissions of its job lack {', '.join(lacks)}",
                    "what needs that is refused",
                    f"add them under permissions: {_DOCUMENTED}",
                )


def _silent(ground: Ground, found: list[Workflow]) -> Iterator[Finding]:
    """Find gates that wait for checks which GITHUB_TOKEN's pushes never start."""
    waits = awaited(ground)
    if not waits or not any(one.by_job_token for one in found):
        return
    seat, checks = waits[0]
    more = f", and {len(waits) - 1} more gates like it" if len(waits) > 1 else ""
    yield Finding(
        Severity.WARNING,
        str(seat),
        f"it waits for {checks}{more}, and GITHUB_TOKEN opens its pull requests",
        "what GITHUB_TOKEN pushes starts no workflow, and the pull requests that it opens start one only after a "
        "person's approval",
        "give promoter the token of a GitHub App: docs/github.md",
    )


PROBE: Final[Probe] = probe
