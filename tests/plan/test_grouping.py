"""Who is proposed together, who is left out, and what a group's steps are: tables over several apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from promoter.layout.group import group_branch
from promoter.model.forge import Check, Protection, PullRequest, PullState
from promoter.model.ledger import Asked, Drift, Kind, Ledger, Place, Proposal, Skip
from promoter.model.names import Branch, ContentId, Oid
from promoter.model.plan import (
    Action,
    ClosePullRequest,
    MergePullRequest,
    Plan,
    Propose,
    Record,
    SetCommitStatus,
    UpsertPullRequest,
)
from promoter.model.release import Release, SourceCommit
from promoter.model.snapshot import AppSeen, Slot, SlotSeen, Snapshot, Stray
from promoter.model.verdict import Answer
from promoter.plan.decide import decide
from promoter.plan.grouping import MANY
from promoter.policy.gates.approvals import Approvals, Rule
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.rules import AppRules, Config, Promote, PullRules, Rules
from tests.plan.worlds import (
    HEAD,
    LEDGER,
    NOW,
    TIP,
    ago,
    approved,
    back_to,
    check,
    content,
    held,
    holds,
    line,
    offer,
    pipeline,
    release,
    rules,
    says,
)

DRY = Oid("5d1f0aa" + "0" * 33)
NAME = "5d1f0aa-blog"
APPS = ("blog", "cart", "shop")
TOGETHER = PullRules(group="environment")
OTHER = Oid("d" * 40)


def made(number: int, dry: Oid = DRY, **changes: Any) -> Release:
    """Give a release that promoter made of a dry commit for every environment."""
    return release(number, ("dev", "staging", "prod"), **{"dry": dry, "by": "promoter", **changes})


def place_in(app: str, environment: str) -> Slot:
    """Give a slot in a folder of one branch for all."""
    return Slot(
        app, environment, Branch("deploy"), f"{environment}/{app}", Branch(f"promoter/{environment}/{app}"), False
    )


GROUP = group_branch(place_in("blog", "staging"), NAME)


@dataclass
class App:
    """One app: r1 everywhere, r2 verified in dev; what differs in staging."""

    name: str
    place: Place = field(default_factory=lambda: holds(1))
    seen: dict[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Rules] = field(default_factory=lambda: line(staging=rules("dev", pull_request=TOGETHER)))
    releases: Sequence[Release] = (made(1, OTHER), made(2))

    def put(self) -> tuple[AppRules, AppSeen]:
        slots = {name: place_in(self.name, name) for name in self.rules}
        places = {"dev": holds(2, 1), "staging": self.place, "prod": holds(1, hold=held())}
        places = {name: replace(place, after=self.rules[name].after.names) for name, place in places.items()}
        book = Ledger(self.name, 9, {one.number: one for one in self.releases}, places)
        seen = {name: self._seen(slots[name], places[name]) for name in slots}
        return AppRules(self.name, f"{self.name}/{{environment}}", self.rules, slots), AppSeen(
            self.name, LEDGER, book, seen
        )

    def _seen(self, slot: Slot, place: Place) -> SlotSeen:
        stay, here = place.stay, self.seen if slot.environment == "staging" else {}
        if place.proposal is not None and place.proposal.group:
            slot = replace(slot, proposal_branch=group_branch(slot, place.proposal.group))
        live = (says(Answer.SUCCESS, "healthy", slot.environment),)
        return replace(SlotSeen(slot, TIP, stay.content if stay else None, live=live), **here)


def look(*apps: App, **more: Any) -> tuple[Config, Snapshot]:
    """Give the config and what was seen."""
    pairs = [app.put() for app in apps]
    config = Config(("dev", "staging", "prod"), {rules.name: rules for rules, _ in pairs}, **more.pop("config", {}))
    return config, Snapshot(TIP, {seen.app: seen for _, seen in pairs}, **more)


def plan(*apps: App, **more: Any) -> Plan:
    """Decide."""
    return decide(*look(*apps, **more), NOW)


def ledgers(found: Plan) -> dict[str, Place]:
    """Give what each ledger will say of staging."""
    return {ledger.app: ledger.place("staging") for ledger in found.ledgers}


def groups(found: Plan) -> dict[str, str]:
    """Give with which group each app is proposed to staging; nothing proposed: left out."""
    return {app: place.proposal.group for app, place in ledgers(found).items() if place.proposal is not None}


def does(found: Plan, kind: type[Action]) -> list[Any]:
    """Give the actions of a kind."""
    return [action for action in found.actions if isinstance(action, kind)]


def bound(number: int = 2, pull: int | None = 7, **changes: Any) -> Place:
    """Give a place that the ledger says is proposed with the group."""
    return holds(1, proposal=Proposal(number, Kind.PROMOTION, ago(60), pull, NAME), **changes)


def pull(**changes: Any) -> PullRequest:
    """Give the group's open pull request 7."""
    standard = PullRequest(7, PullState.OPEN, GROUP, Branch("deploy"), HEAD, "", "", "promoter", ago(60))
    return replace(standard, **changes)


def aboard(*members: str, now: PullRequest | None = None, carries: int | None = 2, **changes: Any) -> dict[str, Any]:
    """Give what a slot of the group sees: its branch with `members` at r2, and its pull request."""
    seen = offer(2, 1, members=dict.fromkeys(members, 2), **changes)
    if carries is None:
        seen = replace(seen, release=None, kind=None)
    known = {7: carries} if carries is not None else {}
    return {"proposal": seen, "pulls": (now or pull(),), "pull_releases": known}


def crew(*members: str, apart: Mapping[str, Place] | None = None, **changes: Any) -> list[App]:
    """Give all three apps bound to a group whose head carries `members`."""
    return [
        App(
            name,
            (apart or {}).get(name, bound()),
            aboard(*members, carries=2 if name in members else None, **changes),
        )
        for name in APPS
    ]


# --- who goes together ---


def test_what_one_commit_changed_is_recorded_first_and_proposed_next() -> None:
    found = plan(*map(App, APPS))
    assert groups(found) == dict.fromkeys(APPS, NAME)
    assert [type(action) for action in found.actions] == [Record] * 3


def rules_with(**changes: Any) -> dict[str, Rules]:
    return line(staging=rules("dev", **{"pull_request": TOGETHER, **changes}))


@pytest.mark.parametrize(
    ("shop", "alone"),
    [
        (App("shop", releases=(made(1, OTHER), made(2, Oid("e" * 40)))), {"shop"}),
        (App("shop", releases=(made(1, OTHER), made(2, by="kim"))), {"shop"}),
        (App("shop", rules=rules_with(pull_request=PullRules())), {"shop"}),
        (App("shop", rules=rules_with(gates=(Checks((Wanted("ci"),)),))), {"shop"}),
        (App("shop", rules=rules_with(promote=Promote.REVIEW)), {"shop"}),
        (App("shop", holds(1, asked=Asked(2, "kim", ago(1)))), {"shop"}),
        (App("shop", seen={"pulls": (pull(number=5, head_branch=Branch("promoter/staging/shop")),)}), {"shop"}),
        (App("shop", seen={"proposal": offer(2, 1, ours=False)}), {"shop"}),
        (App("shop", holds(1, proposal=Proposal(2, Kind.PROMOTION, ago(9)))), {"shop"}),
        (App("shop"), set()),
    ],
    ids=[
        "another commit",
        "made by name",
        "its rules want it alone",
        "other gates",
        "another way in",
        "asked for by name",
        "a pull request of its own",
        "a person's commits on its own branch",
        "it is proposed alone already",
        "nothing apart",
    ],
)
def test_who_goes_alone(shop: App, alone: set[str]) -> None:
    found = groups(plan(App("blog"), App("cart"), shop))
    assert {app for app in APPS if not found.get(app)} == alone
    assert {found[app] for app in APPS if app not in alone} == {NAME}


@pytest.mark.parametrize(
    ("number", "name"), [(MANY, ""), (MANY + 1, "5d1f0aa-app01")], ids=["twenty", "more than twenty"]
)
def test_many_apps_of_one_commit_go_together_by_themselves(number: int, name: str) -> None:
    apps = [App(f"app{index:02}", rules=line()) for index in range(1, number + 1)]
    assert set(groups(plan(*apps)).values()) == {name}


def test_an_app_that_comes_later_finds_the_group_although_the_others_are_through() -> None:
    here = holds(2, 1)
    found = plan(App("blog", here), App("cart", here), App("shop"))
    assert groups(found) == {"shop": NAME}


def test_one_app_alone_is_no_group() -> None:
    assert groups(plan(App("shop"))) == {"shop": ""}


def test_a_rollback_leaves_the_group() -> None:
    back = replace(bound(), past=holds(1, 0).past, target=back_to(0), hold=held())
    apps = crew(*APPS, apart={"shop": back})
    apps[2].releases = (made(0, OTHER), *apps[2].releases)
    assert groups(plan(*apps)) == {"blog": NAME, "cart": NAME, "shop": ""}


def test_a_newer_release_leaves_the_group_at_once() -> None:
    apps = crew(*APPS)
    newer = made(3, Oid("e" * 40))
    apps[2].releases = (*apps[2].releases, newer)
    config, seen = look(*apps)
    book = seen.apps["shop"].ledger
    book = replace(book, places={**book.places, "dev": replace(holds(3, 2, 1), after=())})
    seen = replace(seen, apps={**seen.apps, "shop": replace(seen.apps["shop"], ledger=book)})
    dev = replace(seen.apps["shop"].slots["dev"], content=content(3))
    seen = replace(
        seen, apps={**seen.apps, "shop": replace(seen.apps["shop"], slots={**seen.apps["shop"].slots, "dev": dev})}
    )
    found = decide(config, seen, NOW)
    place = ledgers(found)["shop"]
    assert place.proposal is not None
    assert (place.proposal.release, place.proposal.group, place.proposal.pull) == (3, "", None)
    assert place.pulls_done == 7, "what becomes of the group's pull request is not its concern any more"
    assert [(it.slot.app, [other.slot.app for other in it.others]) for it in does(found, Propose)] == [
        ("blog", ["cart"])
    ]


# --- who is in the proposal ---


def proposed(found: Plan) -> list[list[str]]:
    """Give who is in each proposal that is made."""
    return [[it.slot.app, *(other.slot.app for other in it.others)] for it in does(found, Propose)]


def test_the_first_proposal_carries_all() -> None:
    nothing = {"proposal": None, "pulls": ()}
    found = plan(*(App(name, bound(pull=None), nothing) for name in APPS))
    assert proposed(found) == [list(APPS)]
    made_ = does(found, Propose)[0]
    assert (made_.slot.proposal_branch, made_.base, made_.expect) == (GROUP, TIP, None)


HELD = bound(hold=held())
DRIFTED = bound(drift=Drift(ContentId("mine"), TIP, ago(5)))
SKIPPED = bound(skips={2: Skip("kim", ago(1), "no")})


@pytest.mark.parametrize(
    ("apart", "seen", "carried"),
    [
        ({}, aboard(*APPS), []),
        ({}, aboard("blog", "cart"), [["blog", "cart", "shop"]]),
        ({"shop": HELD}, aboard(*APPS), [["blog", "cart"]]),
        ({"shop": HELD}, aboard("blog", "cart"), []),
        ({"shop": SKIPPED}, aboard(*APPS), [["blog", "cart"]]),
        ({"blog": HELD, "cart": HELD, "shop": HELD}, aboard(*APPS), []),
        ({}, aboard("blog", "cart", now=pull(reviews=(approved(),))), []),
        ({}, aboard("blog", "cart", now=pull(reviews=(approved(head=OTHER),))), [["blog", "cart", "shop"]]),
        ({"cart": HELD}, aboard("blog", "cart", now=pull(reviews=(approved(),))), [["blog", "shop"]]),
        ({}, aboard(*APPS, ours=False), []),
        ({}, aboard(*APPS, merged=True), [["blog", "cart", "shop"]]),
        ({}, aboard(*APPS, parent=OTHER, now=pull(mergeable=False)), [["blog", "cart", "shop"]]),
    ],
    ids=[
        "as it is",
        "a newcomer",
        "one is held",
        "one is held and not in it",
        "one is skipped",
        "all are held: nobody is left behind",
        "approved without the newcomer",
        "approved before",
        "approved, and one of it is held since",
        "a person's commits",
        "merged, and something is left",
        "the forge wants it made again",
    ],
)
def test_who_is_carried(apart: Mapping[str, Place], seen: dict[str, Any], carried: list[list[str]]) -> None:
    members = seen["proposal"].members
    apps = [App(name, apart.get(name, bound()), dict(seen)) for name in APPS]
    for app in apps:
        if app.name not in members:
            app.seen["proposal"] = replace(app.seen["proposal"], release=None, kind=None)
            app.seen["pull_releases"] = {}
    assert proposed(plan(*apps)) == carried


def test_a_hand_edit_leaves_the_others_their_way() -> None:
    apps = crew(*APPS, apart={"shop": DRIFTED})
    apps[2].seen["content"] = ContentId("mine")
    assert proposed(plan(*apps)) == [["blog", "cart"]]


def test_a_failing_head_takes_newcomers_although_it_is_approved() -> None:
    gated = rules_with(gates=(Checks((Wanted("ci"),)),))
    failing = pull(reviews=(approved(),), checks=(check("ci", "failure"),))
    apps = [App(name, bound(), aboard("blog", "cart", now=failing), gated) for name in APPS]
    apps[2].seen["proposal"] = replace(apps[2].seen["proposal"], release=None, kind=None)
    assert proposed(plan(*apps)) == [list(APPS)]


def test_a_slot_that_changed_has_the_whole_made_again() -> None:
    apps = crew(*APPS)
    apps[1].seen["proposal"] = replace(apps[1].seen["proposal"], before=content(9))
    assert proposed(plan(*apps)) == [list(APPS)]


# --- what is done with it ---


def names(found: Plan) -> list[str]:
    """Give the kinds of what is done, in order."""
    return [type(action).__name__ for action in found.actions]


def test_one_pull_request_one_status_and_one_merge_that_every_ledger_announces() -> None:
    found = plan(*crew(*APPS))
    assert names(found) == ["Record"] * 3 + ["UpsertPullRequest", "SetCommitStatus", "MergePullRequest"]
    merge = does(found, MergePullRequest)[0]
    assert (merge.number, merge.expect_head, merge.slot.app) == (7, HEAD, "blog")
    assert [(other.slot.app, other.release, other.before) for other in merge.others] == [
        ("cart", 2, content(1)),
        ("shop", 2, content(1)),
    ]
    assert {place.merging.head for place in ledgers(found).values() if place.merging is not None} == {HEAD}


def test_nothing_is_merged_while_one_member_waits() -> None:
    apps = crew(*APPS)
    authored = made(2, commits=(written_by("lin"),))
    for app in apps:
        app.rules = rules_with(gates=(Approvals((Rule(1),)),))
        app.seen["pulls"] = (pull(reviews=(approved("lin"),)),)
    apps[2].releases = (made(1, OTHER), authored)
    found = plan(*apps)
    assert not does(found, MergePullRequest)
    said = {slot.app: slot.waiting_for[-1] for slot in found.slots if slot.environment == "staging"}
    assert said["blog"].answer is Answer.PENDING
    assert "shop waits for approvals" in said["blog"].reason
    assert does(found, SetCommitStatus)[0].description.startswith("approvals: shop: 0 of 1 from anybody with write")


def written_by(author: str) -> SourceCommit:
    return SourceCommit(OTHER, author, "Something")


def test_a_person_merges_where_the_rules_say_so() -> None:
    apps = crew(*APPS)
    for app in apps:
        app.rules = rules_with(promote=Promote.REVIEW)
    assert not does(plan(*apps), MergePullRequest)


def test_the_group_counts_once_and_waits_for_room() -> None:
    nothing = {"proposal": None, "pulls": ()}
    fresh = [App(name, bound(pull=None), nothing) for name in APPS]
    assert proposed(plan(*fresh, config={"open_pull_requests": 1})) == [list(APPS)]
    assert proposed(plan(*fresh, config={"open_pull_requests": 0})) == []
    apart = [App("blog"), *crew("cart", "shop")[1:]]
    apart[0].rules = rules_with(pull_request=PullRules())
    assert proposed(plan(*apart, config={"open_pull_requests": 2})) == [["blog"]]
    assert proposed(plan(*apart, config={"open_pull_requests": 1})) == []


def test_a_second_look_at_what_was_said_changes_nothing() -> None:
    first = plan(*crew(*APPS))
    text, status = does(first, UpsertPullRequest)[0].text, does(first, SetCommitStatus)[0]
    told = pull(
        title=text.title, body=text.body, labels=text.labels,
        checks=(Check("promoter", status.state, "promoter", NOW, "", status.description),),
    )  # fmt: skip
    places = ledgers(first)
    again = plan(*(replace(app, place=places[app.name], seen={**app.seen, "pulls": (told,)}) for app in crew(*APPS)))
    assert names(again) == ["MergePullRequest"]


# --- how it ends ---


def test_a_person_who_closes_it_skips_all_that_it_carried() -> None:
    closed = pull(state=PullState.CLOSED, closed_by="kim", closed_at=ago(1))
    found = ledgers(plan(*crew("blog", "cart", now=closed)))
    assert {app: place.skips[2].pull for app, place in found.items() if 2 in place.skips} == {"blog": 7, "cart": 7}
    assert all(place.pulls_done == 7 for place in found.values())


def test_what_promoter_closed_is_no_skip() -> None:
    closed = pull(state=PullState.CLOSED, closed_by="promoter", closed_at=ago(1))
    found = ledgers(plan(*crew(*APPS, now=closed)))
    assert [place.skips for place in found.values()] == [{}, {}, {}]


def test_each_ledger_takes_note_of_its_own_arrival() -> None:
    over = pull(state=PullState.MERGED, closed_by="promoter", closed_at=ago(1))
    apps = crew(*APPS, now=over, merged=True)
    for app in apps:
        app.seen["content"] = content(2)
    found = plan(*apps)
    assert names(found) == ["Record"] * 3
    for place in ledgers(found).values():
        assert place.stay is not None
        assert (place.stay.release, place.proposal, place.pulls_done) == (2, None, 7)


def test_a_group_that_nobody_is_in_is_closed() -> None:
    slot = replace(place_in("blog", "staging"), proposal_branch=GROUP)
    stray = Stray(slot, 7, ("blog", "cart"))
    found = plan(*(App(name, holds(2, 1)) for name in APPS), strays=(stray,))
    assert [(it.number, it.left) for it in does(found, ClosePullRequest)] == [(7, ("blog", "cart"))]


# --- looking at some of the apps ---


def test_who_asks_for_one_app_moves_its_group_and_nothing_else() -> None:
    apps = [*crew(*APPS), App("mail", holds(1), rules=pipeline(**rules_with(pull_request=PullRules())))]
    found = plan(*apps, only=frozenset({"cart"}))
    assert {slot.app for slot in found.slots} == {"cart"}
    assert [ledger.app for ledger in found.ledgers] == ["cart"]
    assert [action.app for action in found.actions if isinstance(action, Record)] == list(APPS)
    assert len(does(found, MergePullRequest)) == 1
    other = plan(*apps, only=frozenset({"mail"}))
    assert {action.app for action in other.actions} == {"mail"}


def test_who_may_push_merges_it_forward() -> None:
    apps = crew(*APPS)
    assert does(plan(*apps), MergePullRequest)[0].fast_forward
    for app in apps:
        app.seen["protection"] = Protection(may_push=False, methods=("squash",))
    merge = does(plan(*apps), MergePullRequest)[0]
    assert (merge.fast_forward, merge.method) == (False, "squash")
