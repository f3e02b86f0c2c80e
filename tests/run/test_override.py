"""An override on a real repository: who may, what it merges, what is written down, and when it is void."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.comments.attend import attend
from promoter.model.forge import Permission
from promoter.plan.words import Words
from promoter.run.command import NotAllowed
from promoter.run.said import take_down
from tests.repos import head
from tests.run.shops import LEDGER, RENDERED, Shop, make_shop

CLOSED = RENDERED.replace(
    "{name: prod, promote: auto}",
    "{name: prod, promote: auto, gates: {window: cron 0 0 1 1 * for 1h, expression: 'environments.dev.held'}}",
)
NUMBER = 2
"""The pull request into prod."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """r1 waits for a window in January, and for something that is not true."""
    shop = make_shop(tmp_path, CLOSED)
    shop.run()
    rights = {"kim": Permission.MAINTAIN, "lin": Permission.WRITE}
    shop.forge.set_people(rights, {}, shop.now)
    assert shop.active("prod") is None
    return shop


def override(shop: Shop, gate: str, user: str = "kim") -> None:
    shop.later()
    take_down(shop.workspace(user), "override", Words(("shop",), ("prod",), reason="the fix for it", gate=gate))


def test_every_gate_needs_its_word_and_then_it_is_merged(shop: Shop) -> None:
    override(shop, "window")
    shop.run()
    assert shop.active("prod") is None
    body = shop.forge.pull(NUMBER).body
    assert "| passed | window | overridden by kim, 4 Mar 12:20: the fix for it |" in body
    override(shop, "expression")
    shop.run()
    assert shop.active("prod") == 1
    log = [commit.message for commit in shop.repo.store.history(head(shop.repo, LEDGER))]
    assert any('kim: override window for r1 in prod "the fix for it"' in message for message in log)


def test_the_evidence_of_the_merge_names_the_word(shop: Shop) -> None:
    override(shop, "window")
    override(shop, "expression")
    shop.run()
    states = [
        shop.repo.store.read(commit.tree, "state.yaml") or b""
        for commit in shop.repo.store.history(head(shop.repo, LEDGER))
    ]
    assert any(b"window: overridden by kim, 4 Mar 12:20: the fix for it'" in state for state in states)


def test_an_unchanged_world_stays_quiet(shop: Shop) -> None:
    override(shop, "window")
    shop.run()
    before = shop.repo.refs()
    shop.run()
    assert shop.repo.refs() == before


def test_a_newer_release_needs_its_own_word(shop: Shop) -> None:
    override(shop, "window")
    shop.run()
    assert "overridden" in shop.forge.pull(NUMBER).body
    shop.tag("1.1.0")
    shop.run()
    place = shop.ledger.place("prod")
    assert place.proposal is not None
    assert (place.proposal.release, shop.active("prod")) == (2, None)
    assert "overridden" not in shop.forge.pull(NUMBER).body
    assert "| **waits** | window |" in shop.forge.pull(NUMBER).body


def test_who_may(shop: Shop) -> None:
    before = head(shop.repo, LEDGER)
    with pytest.raises(NotAllowed, match="override in prod needs maintain; lin has write"):
        override(shop, "window", "lin")
    assert head(shop.repo, LEDGER) == before


def test_in_a_comment_on_the_pull_request(shop: Shop) -> None:
    for user in ("lin", "kim"):
        shop.later()
        shop.forge.comment(NUMBER, user, '/promoter override window "the fix for it"', shop.now)
        attend(shop.workspace("promoter"))
        words = shop.ledger.place("prod").overrides
        assert [(word.gate, word.by, word.release) for word in words] == (
            [] if user == "lin" else [("window", "kim", 1)]
        )


def test_a_comment_that_names_no_gate(shop: Shop) -> None:
    shop.later()
    shop.forge.comment(NUMBER, "kim", '/promoter override "the fix for it"', shop.now)
    (one,) = attend(shop.workspace("promoter"))
    assert not one.answer.done
    assert "override which gate?" in one.answer.text
