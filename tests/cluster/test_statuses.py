"""What commit statuses prove, and what they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.context import Pattern
from promoter.cluster.place import Place
from promoter.cluster.posted import LONGEST, WINDOW
from promoter.cluster.statuses import CommitStatusSource
from promoter.model.names import ContentId
from promoter.model.verdict import Answer
from tests.cluster.posted_made import A, B, History, answered, commit

F, P, U, S = Answer.FAILURE, Answer.PENDING, Answer.UNKNOWN, Answer.SUCCESS
NAME = "kustomization/shop/0c9c2e41"
OTHER = "kustomization/shop/7777aaaa"
NEVER = "not yet and never cannot be told apart from here"
NOTHING = "no kustomization/shop from flux-bot on 00000003 or what came before it with the same content: " + NEVER


def source(history: History, template: str = "kustomization/{app}", *by: str) -> CommitStatusSource:
    return CommitStatusSource(template, by or ("flux-bot",), history.posted())


def three() -> History:
    """Another content, then two commits with the one that is asked about."""
    return History([B, A, A])


CASES: dict[str, tuple[Callable[[], History], Answer, str]] = {
    "on the tip": (lambda: three().post(3, NAME, "success"), S, f"{NAME}: success"),
    "with words": (
        lambda: three().post(3, NAME, "success", words="reconciliation succeeded"),
        S,
        f"{NAME}: success, reconciliation succeeded",
    ),
    "before another commit": (lambda: three().post(2, NAME, "success"), S, f"{NAME}: success; same content"),
    "failed on the tip": (lambda: three().post(3, NAME, "failure"), F, f"{NAME}: failure"),
    "failed before": (lambda: three().post(2, NAME, "failure"), F, f"{NAME}: failure; same content"),
    "failed after a success": (
        lambda: three().post(2, NAME, "success").post(3, NAME, "failure"),
        F,
        f"{NAME}: failure",
    ),
    "well again": (lambda: three().post(2, NAME, "failure").post(3, NAME, "success"), S, f"{NAME}: success"),
    "nothing": (three, P, NOTHING),
    "on other content": (lambda: three().post(1, NAME, "success"), P, NOTHING),
    "failed on other content": (lambda: three().post(1, NAME, "failure"), P, NOTHING),
    "by somebody else": (
        lambda: three().post(3, NAME, "success", by="mallory"),
        P,
        NOTHING.replace(": not", "; one by mallory does not count: not"),
    ),
    "another name": (lambda: three().post(3, "kustomization/cart", "success"), P, NOTHING),
    "at work": (lambda: three().post(3, NAME, "pending"), P, f"{NAME}: pending"),
    "at work again": (
        lambda: three().post(2, NAME, "success").post(3, NAME, "pending"),
        U,
        f"{NAME}: was a success, and is looked at again",
    ),
    "at work after a failure": (
        lambda: three().post(2, NAME, "failure").post(3, NAME, "pending"),
        P,
        f"{NAME}: pending",
    ),
    "at work, failed in between": (
        lambda: History([A, A, A]).post(1, NAME, "success").post(2, NAME, "failure").post(3, NAME, "pending"),
        P,
        f"{NAME}: pending",
    ),
    "no state": (lambda: three().post(3, NAME, "neutral"), U, f"{NAME}: no state that is known"),
    "two that agree": (
        lambda: three().post(3, NAME, "success").post(3, OTHER, "success"),
        S,
        f"{NAME}, {OTHER}: success",
    ),
    "two that disagree": (
        lambda: three().post(3, NAME, "success").post(3, OTHER, "failure"),
        F,
        f"{OTHER}: failure",
    ),
    "two that disagree on two commits": (
        lambda: three().post(3, NAME, "success").post(2, OTHER, "failure"),
        F,
        f"{OTHER}: failure; same content",
    ),
    "one of two that were there": (
        lambda: three().post(1, NAME, "success").post(1, OTHER, "success").post(3, NAME, "success"),
        P,
        f"{OTHER} was posted on 00000001, and not on this content: {NEVER}. If it is gone for good, let commit_status "
        "name what is left",
    ),
    "one of two failed": (
        lambda: three().post(1, OTHER, "success").post(3, NAME, "failure"),
        F,
        f"{NAME}: failure",
    ),
    "content that came back": (
        lambda: History([A, B, A]).post(1, NAME, "success"),
        P,
        f"no kustomization/shop from flux-bot on 00000003: {NEVER}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_was_posted(case: str) -> None:
    make, answer, reason = CASES[case]
    history = make()
    assert answered(history.ask(source(history))["dev-1"]) == (answer, reason)


def test_who_said_it_when_and_of_what() -> None:
    history = three().post(2, NAME, "success")
    live = history.ask(source(history))["dev-1"]
    assert (live.revision, live.object, live.seen) == (commit(2), NAME, history.statuses[commit(2)][0].at)


def test_reporters_are_allowed_one_by_one() -> None:
    history = three().post(3, NAME, "failure", by="ci").post(3, NAME, "success", by="argo-bot")
    assert history.ask(source(history, "kustomization/{app}", "argo-bot"))["dev-1"].answer is S
    assert history.ask(source(history, "kustomization/{app}", "argo-bot", "ci"))["dev-1"].answer is F


def test_what_promoter_posts_is_no_evidence() -> None:
    history = three().post(3, "promoter", "success")
    assert history.ask(source(history, "*"))["dev-1"].answer is P


def test_several_clusters_need_names_of_their_own() -> None:
    history = three().post(3, NAME, "success")
    for live in history.ask(source(history), "eu-1", "eu-2").values():
        assert live.answer is U
        assert "cannot tell eu-1, eu-2 apart: write {cluster} into commit_status" in live.reason
        assert "commitStatusExpr" in live.reason


def test_several_clusters_each_by_its_name() -> None:
    history = three().post(3, "eu-1/shop", "success").post(3, "eu-2/shop", "failure")
    found = history.ask(source(history, "{cluster}/{app}"), "eu-1", "eu-2", "eu-3")
    assert {name: live.answer for name, live in found.items()} == {"eu-1": S, "eu-2": F, "eu-3": P}


def test_a_name_that_fits_two_clusters_is_of_neither() -> None:
    history = three().post(3, "shop-eu-1", "success").post(3, "shop-eu-12", "success")
    found = history.ask(source(history, "*{cluster}*"), "eu-1", "eu-12")
    assert answered(found["eu-1"]) == (U, "shop-eu-12 may be of eu-1 or of eu-12: make commit_status say which")
    assert {live.answer for live in found.values()} == {U}


def test_an_environment_is_no_other() -> None:
    history = three().post(3, "prod-eu/shop", "success")
    assert history.ask(source(history, "{environment}/*"))["dev-1"].answer is P
    history.post(3, "dev/shop", "success")
    assert history.ask(source(history, "{environment}/*"))["dev-1"].answer is S


# What is read


def test_statuses_are_read_once_a_look_and_not_of_all_commits() -> None:
    history = History([B, *[A] * 40]).post(41, NAME, "success")
    assert {live.answer for live in history.ask(source(history, "*"), "dev-1").values()} == {S}
    assert history.reads == {commit(number): 1 for number in range(41, 41 - WINDOW, -1)}
    asked = [history.question(slot=history.question().slot, commit=history.tip, cluster="x") for _ in range(5)]
    history.reads.clear()
    source(history).look(asked, history.content_at, asked[0].since)
    assert set(history.reads.values()) == {1}


def test_the_commit_that_brought_the_content_is_read_however_long_ago() -> None:
    history = History([B, *[A] * 40]).post(2, NAME, "success")
    live = history.ask(source(history))["dev-1"]
    assert answered(live) == (S, f"{NAME}: success; same content")
    assert live.revision == commit(2)
    assert len(history.reads) == WINDOW + 1


def test_a_stretch_without_an_end_is_unknown() -> None:
    history = History([A] * (LONGEST + 5)).post(1, NAME, "success")
    live = history.ask(source(history))["dev-1"]
    assert live.answer is U
    assert live.reason.endswith(f"no more than {LONGEST} commits are looked at")


def test_a_forge_that_does_not_answer() -> None:
    history = three().post(3, NAME, "success")
    history.broken = True
    assert answered(history.ask(source(history))["dev-1"]) == (U, "the forge does not answer. Try again.")


def test_a_commit_that_holds_something_else_is_not_believed() -> None:
    history = History([A, B]).post(2, NAME, "success").post(1, NAME, "success")
    assert history.ask(source(history))["dev-1"].answer is U


# The law: only a success by an allowed reporter on the wanted content

NAMES = st.sampled_from([NAME, OTHER, "kustomization/cart", "promoter"])
STATES = st.sampled_from(["success", "failure", "pending", "neutral"])
REPORTERS = st.sampled_from(["flux-bot", "mallory", ""])


@given(
    contents=st.lists(st.sampled_from([A, B]), min_size=1, max_size=14),
    posts=st.lists(st.tuples(st.integers(1, 14), NAMES, STATES, REPORTERS), max_size=12),
    template=st.sampled_from(["kustomization/{app}", "*", "*{app}*", "kustomization/{app}/0c9c2e41"]),
)
def test_nothing_but_an_allowed_success_on_the_content_is_one(
    contents: list[ContentId], posts: list[tuple[int, str, str, str]], template: str
) -> None:
    history = History([*contents, A])
    for number, name, state, by in posts:
        history.post(number, name, state, by)
    live = history.ask(source(history, template))["dev-1"]
    tip = len(history.contents)
    began = next((n + 1 for n in range(tip, 0, -1) if history.contents[n - 1] != A), 1)
    wanted = Pattern(template, Place("dev-1", "dev", "shop"))
    counted = [one for one in posts if one[3] == "flux-bot" and one[1] != "promoter" and wanted.fits(one[1])]
    read = [one for one in counted if tip - WINDOW < one[0] <= tip]
    words = [one for one in read if one[0] >= began] or [one for one in counted if one[0] == began]
    newest = {name: max(n for n, other, _, _ in words if other == name) for _, name, _, _ in words}
    states = {state for number, name, state, _ in words if number == newest[name]}
    waited_for = {name for number, name, _, _ in read if number < began} - newest.keys()
    assert (live.answer is S) == (states == {"success"} and not waited_for)
    assert (live.answer is F) == ("failure" in states)
    assert history.ask(source(history, template))["dev-1"] == live
