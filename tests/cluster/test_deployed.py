"""What deployments on the forge prove, and what they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.cluster.deployed import DeploymentsSource
from promoter.model.names import ContentId
from promoter.model.verdict import Answer
from tests.cluster.objects_made import CAME
from tests.cluster.posted_made import A, B, History, answered, commit, minute

F, P, U, S = Answer.FAILURE, Answer.PENDING, Answer.UNKNOWN, Answer.SUCCESS
HERE = "dev/shop"
NEVER = "not yet and never cannot be told apart from here"
NOTHING = f"no deployment to dev/shop or dev by flux-bot: {NEVER}"
LAST = "the last deployment to dev/shop is of"


def source(history: History, *by: str) -> DeploymentsSource:
    return DeploymentsSource(by or ("flux-bot",), history.posted())


def three() -> History:
    return History([B, A, A])


CASES: dict[str, tuple[Callable[[], History], Answer, str]] = {
    "of the tip": (lambda: three().deploy(3, HERE, "success"), S, "dev/shop: success"),
    "of the whole environment": (lambda: three().deploy(3, "dev", "success"), S, "dev: success"),
    "the app's own counts first": (
        lambda: three().deploy(3, "dev", "success").deploy(3, HERE, "failure"),
        F,
        "dev/shop: failure",
    ),
    "of a commit with the same": (lambda: three().deploy(2, HERE, "success"), S, "dev/shop: success; same content"),
    "failed": (lambda: three().deploy(3, HERE, "failure"), F, "dev/shop: failure"),
    "failed with the same": (lambda: three().deploy(2, HERE, "failure"), F, "dev/shop: failure; same content"),
    "nothing": (three, P, NOTHING),
    "by somebody else": (
        lambda: three().deploy(3, HERE, "success", by="mallory"),
        P,
        NOTHING.replace(": not", "; one by mallory does not count: not"),
    ),
    "to another environment": (lambda: three().deploy(3, "dev-2/shop", "success"), P, NOTHING),
    "to another app's": (lambda: three().deploy(3, "dev/cart", "success"), P, NOTHING),
    "of other content": (
        lambda: three().deploy(1, HERE, "success"),
        P,
        f"{LAST} 00000001, which holds something else: {NEVER}",
    ),
    "other content after it": (
        lambda: three().deploy(3, HERE, "success").deploy(1, HERE, "success", after=9),
        P,
        f"{LAST} 00000001, which holds something else: {NEVER}",
    ),
    "other content failed after it": (
        lambda: three().deploy(3, HERE, "success").deploy(1, HERE, "failure", after=9),
        P,
        f"{LAST} 00000001, which holds something else: {NEVER}",
    ),
    "at work": (lambda: three().deploy(3, HERE, "pending"), P, "dev/shop: pending"),
    "at work again": (
        lambda: three().deploy(2, HERE, "success").deploy(3, HERE, "pending"),
        U,
        f"{LAST} 00000003, and is being made again: it was a success",
    ),
    "at work after a failure": (
        lambda: three().deploy(2, HERE, "failure").deploy(3, HERE, "pending"),
        P,
        "dev/shop: pending",
    ),
    "at work after other content": (
        lambda: three().deploy(1, HERE, "success").deploy(3, HERE, "pending"),
        P,
        "dev/shop: pending",
    ),
    "taken away": (lambda: three().deploy(3, HERE, "inactive"), U, "dev/shop: inactive"),
    "of a commit that nobody knows": (
        lambda: three().deploy(99, HERE, "success"),
        U,
        f"{LAST} 00000063, a commit that is not known here",
    ),
    "content that came back": (
        lambda: History([A, B, A]).deploy(1, HERE, "success", after=-1),
        P,
        f"{LAST} 00000001, and was made before the content came; same content: {NEVER}",
    ),
    "content that came back, deployed since": (
        lambda: History([A, B, A]).deploy(1, HERE, "success", after=1),
        S,
        "dev/shop: success; same content",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_was_deployed(case: str) -> None:
    make, answer, reason = CASES[case]
    history = make()
    assert answered(history.ask(source(history))["dev-1"]) == (answer, reason)


def test_who_said_it_when_and_of_what() -> None:
    history = three().deploy(2, HERE, "success")
    live = history.ask(source(history))["dev-1"]
    assert (live.revision, live.object, live.seen) == (commit(2), HERE, minute(2))


def test_several_clusters_cannot_be_told_apart() -> None:
    history = three().deploy(3, HERE, "success")
    for live in history.ask(source(history), "eu-1", "eu-2").values():
        assert live.answer is U
        assert "deployments to dev cannot tell eu-1, eu-2 apart: make each cluster an environment" in live.reason


def test_each_environment_is_read_once_a_look() -> None:
    history = three().deploy(3, "dev", "success")
    asked = [history.question()] * 5
    source(history).look(asked, history.content_at, CAME)
    assert history.reads == {HERE: 1, "dev": 1}


@given(
    contents=st.lists(st.sampled_from([A, B]), max_size=8),
    made=st.lists(
        st.tuples(
            st.integers(1, 9),
            st.sampled_from([HERE, "dev", "dev/cart"]),
            st.sampled_from(["success", "failure", "pending", "inactive"]),
            st.sampled_from(["flux-bot", "mallory"]),
            st.integers(-5, 20),
        ),
        max_size=8,
    ),
)
def test_nothing_but_an_allowed_success_of_the_content_is_one(
    contents: list[ContentId], made: list[tuple[int, str, str, str, int]]
) -> None:
    history = History([*contents, A])
    for number, environment, state, by, after in made:
        history.deploy(number, environment, state, by, after)
    live = history.ask(source(history))["dev-1"]
    if live.answer is S:
        mine = [one for one in made if one[1] == live.object and one[3] == "flux-bot"]
        number, environment, state, _, after = mine[-1]
        assert (environment in (HERE, "dev"), state, history.contents[number - 1]) == (True, "success", A)
        assert after >= 0 or all(content == A for content in history.contents[number - 1 :])
    assert history.ask(source(history))["dev-1"] == live
