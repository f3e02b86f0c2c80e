"""A small invented fleet: one app, four environments, in the middle of a promotion. Cases change parts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promoter.model.forge import PullRequest, PullState
from promoter.model.ledger import How, Kind, Ledger, Outcome, Place, Proposal, Result, Stay
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import Action, Plan, SlotPlan, State
from promoter.model.release import ImageChange, Release, SourceCommit
from promoter.model.snapshot import AppSeen, ClusterLive, ProposalSeen, Slot, SlotSeen, Snapshot
from promoter.model.verdict import Answer, Verdict
from promoter.policy.rules import After, AppRules, Config, Live, Promote, Rules, Verify

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
IMAGE = "ghcr.io/acme/shop"
LIVE = Live("files", {"path": "status/{cluster}"})
ENVIRONMENTS = ("dev", "staging", "prod-eu", "prod-us")


def oid(seed: int) -> Oid:
    """Give an object id that is easy to tell from others."""
    return Oid(f"{seed:07x}".ljust(40, "0"))


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Give a moment in November 2026, UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def content(release: int) -> ContentId:
    """Give the content id of a release; the same in every environment."""
    return ContentId(oid(0xC000 + release))


def release(number: int, version: str, old: str, when: datetime, commits: Sequence[SourceCommit] = ()) -> Release:
    """Give a release that moves the one image from `old` to `version`."""
    return Release(
        number=number,
        at=when,
        dry=oid(0xD00 + number),
        by="kim",
        content=dict.fromkeys(ENVIRONMENTS, content(number)),
        version=version,
        images=(ImageChange(IMAGE, old, version, "sha256:" + "5b0e" * 16),),
        commits=tuple(commits),
    )


def stay(number: int, since: datetime, how: How = How.MERGED, healthy: datetime | None = None) -> Stay:
    """Give a stay of a release."""
    return Stay(number, content(number), oid(0xA00 + number), since, how, healthy_since=healthy)


def ledger() -> Ledger:
    """Give the ledger: r41 verified in dev and staging, proposed for prod-eu, which runs r39 as prod-us does."""
    commits = (
        SourceCommit(oid(0x3F9C2E1), "Kim", "Raise memory limit to 512Mi"),
        SourceCommit(oid(0x88AB01C), "Ada", "Retry payment on 503, fixes #12"),
    )
    releases = {
        39: release(39, "1.3.9", "1.3.8", at(14, 9)),
        40: release(40, "1.4.1", "1.3.9", at(18, 9), (SourceCommit(oid(0x1111111), "Lin", "Count @carts"),)),
        41: release(41, "1.4.2", "1.4.1", at(19, 14), commits),
    }
    old = stay(39, at(14, 10, 20), healthy=at(14, 10, 24))
    verified = {39: Outcome(Result.VERIFIED, at(14, 10, 24))}
    return Ledger(
        app="shop",
        next=42,
        releases=releases,
        places={
            "dev": Place(
                mark=41,
                stay=stay(41, at(19, 14, 2), healthy=at(19, 14, 4)),
                past=(stay(40, at(18, 9, 5), healthy=at(18, 9, 7)),),
                outcomes={41: Outcome(Result.VERIFIED, at(19, 14, 4)), 40: Outcome(Result.VERIFIED, at(18, 9, 7))},
            ),
            "staging": Place(
                after=("dev",),
                mark=41,
                stay=stay(41, at(19, 14, 10), healthy=at(19, 14, 13)),
                outcomes={41: Outcome(Result.VERIFIED, at(19, 18, 13), "soaked 4 h, e2e passed")},
            ),
            "prod-eu": Place(
                after=("staging",),
                mark=39,
                stay=old,
                outcomes=verified,
                proposal=Proposal(41, Kind.PROMOTION, at(19, 18, 20), pull=128),
            ),
            "prod-us": Place(after=("prod-eu",), mark=39, stay=old, outcomes=verified),
        },
    )


VERDICTS = (
    Verdict("order", Answer.SUCCESS, "verified in staging, 19 Nov 19:13"),
    Verdict("checks/smoke", Answer.SUCCESS, "12 checks by github-actions"),
    Verdict("approvals", Answer.PENDING, "1 of 2 from team:sre", since=at(20, 9, 2), who=("team:sre",)),
    Verdict(
        "window",
        Answer.PENDING,
        "Mon-Thu 09:00-16:00 Europe/Berlin, opens Mon 23 Nov 09:00",
        since=at(19, 15),
        until=at(23, 8),
    ),
)


def slot(environment: str) -> Slot:
    """Give the app's slot in `environment`."""
    branch = f"environment/{environment}"
    return Slot("shop", environment, Branch(branch), "shop", Branch(f"{branch}-next/shop"), in_place=False)


def config(**rules: Rules) -> Config:
    """Give the config: every environment after the one before it; `rules` by name with `_` for `-` replace some."""
    given = {name.replace("_", "-"): value for name, value in rules.items()}
    environments = {}
    for before, name in zip((None, *ENVIRONMENTS), ENVIRONMENTS, strict=False):
        after = After((before,)) if before else After()
        verify = Verify(soak=timedelta(hours=4))
        standard = Rules(after, promote=Promote.AUTO, verify=verify, clusters=(name,), live=LIVE)
        environments[name] = given.get(name, standard)
    shop = AppRules(
        name="shop",
        path="apps/shop/overlays/{environment}",
        environments=environments,
        slots={name: slot(name) for name in ENVIRONMENTS},
    )
    return Config(ENVIRONMENTS, {"shop": shop}, timezone="Europe/Berlin")


def pull(number: int = 128, state: PullState = PullState.OPEN) -> PullRequest:
    """Give the pull request of the proposal for prod-eu."""
    return PullRequest(
        number=number,
        state=state,
        head_branch=slot("prod-eu").proposal_branch,
        base_branch=slot("prod-eu").branch,
        head=oid(0x77AA01C),
        title="Promote shop 1.4.2 to prod-eu",
        body="",
        author="promoter",
        opened_at=at(19, 18, 20),
        url=f"https://github.com/acme/fleet/pull/{number}",
    )


def snapshot(book: Ledger | None = None, **changes: SlotSeen) -> Snapshot:
    """Give one look: every slot holds its stay and is live; prod-eu has an open pull request."""
    book = book or ledger()
    slots = {}
    for name in ENVIRONMENTS:
        here = book.place(name).stay
        live = ClusterLive(
            name,
            Answer.SUCCESS,
            "Applied revision",
            revision=here.commit if here else "",
            object=f"Kustomization/flux-system/shop-{name}",
            seen=at(20, 14, 4),
        )
        seen = SlotSeen(slot(name), oid(0xA99), here.content if here else None, live=(live,) if here else ())
        if name == "prod-eu":
            head = ProposalSeen(oid(0x77AA01C), oid(0xA99), 41, Kind.PROMOTION, ours=True, before=content(39))
            seen = replace(seen, proposal=head, pulls=(pull(),), pull_releases={128: 41})
        slots[name] = changes.get(name.replace("-", "_"), seen)
    return Snapshot(
        commit=oid(0x3F9C2E1),
        apps={"shop": AppSeen("shop", oid(0x1ED), book, slots)},
        repository="github.com/acme/fleet",
    )


def plan(book: Ledger | None = None, actions: Sequence[Action] = (), **changes: SlotPlan) -> Plan:
    """Give the plan of that look: prod-eu waits for people and the window, prod-us for prod-eu."""
    standard: Mapping[str, SlotPlan] = {
        "dev": SlotPlan("shop", "dev", State.CURRENT, at(19, 14, 4), live=Answer.SUCCESS),
        "staging": SlotPlan("shop", "staging", State.CURRENT, at(19, 18, 13), live=Answer.SUCCESS),
        "prod-eu": SlotPlan(
            "shop",
            "prod-eu",
            State.WAITING,
            at(20, 9, 2),
            target=41,
            waiting_for=VERDICTS,
            live=Answer.SUCCESS,
            passed_over=((40, "replaced by r41 in staging"),),
            next_look=at(23, 8),
            behind=1,
        ),
        "prod-us": SlotPlan("shop", "prod-us", State.WAITING, at(19, 18, 13), live=Answer.SUCCESS, behind=1),
    }
    slots = tuple(changes.get(name.replace("-", "_"), standard[name]) for name in ENVIRONMENTS)
    return Plan(tuple(actions), slots, (book or ledger(),), next_look=at(23, 8))
