"""Subjects for gates to judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promoter.model.forge import Check, PullRequest, PullState, Review
from promoter.model.names import Branch, Oid
from promoter.model.release import Release
from promoter.policy.gate import Subject

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = Oid("a" * 40)
OLD = Oid("b" * 40)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def review(user: str, state: str = "approved", *groups: str, head: Oid = HEAD, minutes: int = 0) -> Review:
    return Review(user, state, head, at(minutes), frozenset({f"user:{user}", *(groups or ("read", "triage", "write"))}))


def check(name: str, state: str, reporter: str = "ci", description: str = "", minutes: int = 0) -> Check:
    return Check(name, state, reporter, at(minutes), description=description)


def subject(
    *reviews: Review,
    checks: tuple[Check, ...] = (),
    authors: tuple[str, ...] = (),
    head: Oid | None = HEAD,
    pull: bool = True,
) -> Subject:
    release = Release(41, NOON, OLD, "kim", {})
    request = PullRequest(
        7,
        PullState.OPEN,
        Branch("x-next"),
        Branch("x"),
        head or OLD,
        "",
        "",
        "bot",
        NOON,
        reviews=reviews,
        checks=checks,
    )
    return Subject("shop", "prod", release, head, request if pull else None, checks, frozenset(authors))
