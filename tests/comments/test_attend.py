"""Commands in comments on pull requests of the local forge, on real repositories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promoter.comments.attend import RECENT, Attended, attend
from promoter.model.forge import Comment, Permission, PullState, Receipt
from promoter.plan.words import Words
from promoter.run.command import NotAllowed
from promoter.run.said import take_down
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, LEDGER, RENDERED, Shop, make_shop, manifest

CONFIG = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: request}")
NUMBER = 2


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """r1 is in dev, and its pull request into prod waits for somebody to ask."""
    shop = make_shop(tmp_path, CONFIG.replace("promote: request", "promote: review"))
    shop.run()
    people(shop)
    return shop


def people(shop: Shop, **rights: Permission) -> None:
    names = {"kim": Permission.WRITE, "guest": Permission.READ, "stranger": Permission.NONE, **rights}
    shop.forge.set_people(names, {}, shop.now)


def say(shop: Shop, body: str, user: str = "kim") -> list[Attended]:
    shop.later()
    shop.forge.comment(NUMBER, user, body, shop.now)
    return hear(shop)


def hear(shop: Shop) -> list[Attended]:
    return attend(shop.workspace("promoter"))


def comments(shop: Shop) -> list[Comment]:
    return list(shop.forge.comments(NUMBER))


def test_the_pull_request_says_what_is_meant(shop: Shop) -> None:
    [one] = say(shop, '/hold "INC-412"')
    hold = shop.ledger.place("prod").hold
    assert hold is not None
    assert (hold.by, hold.reason) == ("kim", "INC-412")
    assert one.answer.done
    assert [(said.user, said.receipt) for said in comments(shop)] == [("kim", Receipt.DONE)]


def test_asking_for_it_merges_it(shop: Shop) -> None:
    say(shop, "Looks good.\n\n/promoter promote")
    shop.run()
    assert shop.active("prod") == 1


def test_words_name_another_place(shop: Shop) -> None:
    say(shop, "/hold dev")
    assert shop.ledger.place("dev").hold is not None
    assert shop.ledger.place("prod").hold is None


def test_several_commands_in_order(shop: Shop) -> None:
    found = say(shop, "/hold\n/resume\n/skip")
    assert [one.answer.done for one in found] == [True, True, True]
    place = shop.ledger.place("prod")
    assert (place.hold, list(place.skips)) == (None, [1])


def test_an_end_of_a_hold(shop: Shop) -> None:
    say(shop, "/hold --until 4h")
    hold = shop.ledger.place("prod").hold
    assert hold is not None
    assert hold.until is not None
    assert not say(shop, "/resume --until 4h")[0].answer.done


@pytest.mark.parametrize(
    ("user", "body", "text"),
    [
        ("guest", "/hold", "> /hold\n\nhold in prod needs write; guest has read."),
        ("kim", "/promoter hodl", "> /promoter hodl\n\nhodl is no verb. Did you mean hold?"),
        ("kim", "/hold prodd", "> /hold prodd\n\nprodd is not an app or environment here; did you mean prod?"),
        ("kim", "/promote r9", "> /promote r9\n\nshop has no release r9. Its newest releases: r1."),
        ("stranger", "/status", "> /status\n\nstatus needs read on this repository; stranger has none."),
    ],
)
def test_a_refusal_is_one_reply_and_changes_nothing(shop: Shop, user: str, body: str, text: str) -> None:
    before = head(shop.repo, LEDGER)
    say(shop, body, user)
    assert head(shop.repo, LEDGER) == before
    [theirs, ours] = comments(shop)
    assert theirs.receipt is Receipt.REFUSED
    assert ours.user == shop.forge.identity
    assert text in ours.body.replace("\u200b", "")
    assert hear(shop) == []
    assert len(comments(shop)) == 2


def test_what_was_attended_to_is_not_heard_again(shop: Shop) -> None:
    say(shop, "/hold")
    say(shop, "/resume")
    before = head(shop.repo, LEDGER)
    assert hear(shop) == []
    assert head(shop.repo, LEDGER) == before


def test_a_run_that_died_before_its_receipt_does_not_repeat_the_deed(shop: Shop) -> None:
    say(shop, "/hold\n/resume")
    say(shop, "/hold")
    shop.forge.acknowledge(NUMBER, comments(shop)[0].id, Receipt.SEEN, shop.now)
    before = head(shop.repo, LEDGER)
    again = hear(shop)
    assert [(one.line, one.answer.done) for one in again] == [("/hold", True), ("/resume", True)]
    assert head(shop.repo, LEDGER) == before
    assert shop.ledger.place("prod").hold is not None


def test_what_came_after_the_word_is_not_what_was_meant(shop: Shop) -> None:
    shop.later()
    shop.forge.comment(NUMBER, "kim", "/promoter promote", shop.now)
    shop.tag("1.1.0")
    shop.run()
    proposal = shop.ledger.place("prod").proposal
    assert proposal is not None
    assert proposal.release == 2
    [one] = hear(shop)
    assert not one.answer.done
    assert "r2 took the place of what stood there when you said so" in one.answer.text
    assert shop.ledger.place("prod").asked is None


def test_explain_is_one_sticky_comment(shop: Shop) -> None:
    say(shop, "/explain")
    say(shop, "/explain", "guest")
    ours = [one.body for one in comments(shop) if one.user == shop.forge.identity]
    assert len(ours) == 1
    assert "shop r1" in ours[0]


def test_status_and_help_are_replies(shop: Shop) -> None:
    say(shop, "/status")
    say(shop, "/help", "guest")
    status, help_ = [one.body for one in comments(shop) if one.user == shop.forge.identity]
    assert "| app | dev | prod |" in status
    assert '| `/promoter hold [APP] [ENVIRONMENT...] ["REASON"]` |' in help_
    assert "| no |" in help_
    assert "Here `shop` and `prod` are meant" in help_


def test_old_comments_and_our_own_say_nothing(shop: Shop) -> None:
    shop.forge.comment(NUMBER, "kim", "/hold", shop.now)
    shop.forge.comment(NUMBER, shop.forge.identity, "/hold", shop.now)
    shop.now += RECENT + RECENT
    assert hear(shop) == []
    assert shop.ledger.place("prod").hold is None


def test_a_rollback_by_comment(shop: Shop) -> None:
    say(shop, "/promoter promote")
    shop.run()
    shop.tag("1.1.0")
    shop.run()
    shop.later()
    [number] = [pull.number for pull in shop.look().apps["shop"].slots["prod"].pulls if pull.state is PullState.OPEN]
    shop.forge.comment(number, "kim", "/promoter promote", shop.now)
    hear(shop)
    shop.run()
    assert shop.active("prod") == 2
    shop.tag("1.2.0")
    shop.run()
    shop.forge.comment(number, "kim", '/rollback "INC-412 5xx"', shop.now)  # it was merged long ago
    hear(shop)
    shop.run()
    place = shop.ledger.place("prod")
    assert (shop.active("prod"), place.skips[2].reason) == (1, "INC-412 5xx")
    assert place.hold is not None


class Told:
    """The local forge, which says of every comment what another forge would."""

    def __init__(self, shop: Shop, **words: bool) -> None:
        self.inner, self.words = shop.forge, words

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def comments_since(self, since: object) -> list[Comment]:
        return [replace(one, **self.words) for one in self.inner.comments_since(since)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("words", "heard"), [({"edited": True}, False), ({"bot": True}, False), ({}, True)])
def test_edited_comments_and_programs_say_nothing(shop: Shop, words: dict[str, bool], heard: bool) -> None:
    shop.later()
    shop.forge.comment(NUMBER, "kim", "/hold", shop.now)
    ws = replace(shop.workspace("promoter"), forge=Told(shop, **words))  # type: ignore[arg-type]
    assert bool(attend(ws)) is heard


def test_a_program_that_is_allowed_by_name_speaks(shop: Shop) -> None:
    text = shop.text("main", "promoter.yaml").replace("{name: prod,", '{name: prod, allow: {hold: ["user:kim"]},')
    shop.commit({"promoter.yaml": text})
    shop.forge.comment(NUMBER, "kim", "/hold", shop.now)
    ws = replace(shop.workspace("promoter"), forge=Told(shop, bot=True))  # type: ignore[arg-type]
    assert [one.answer.done for one in attend(ws)] == [True]


TWO = CONFIG.replace("apps: {shop: {", 'apps: {cart: {path: "cart/{environment}", render: plain}, shop: {')


def two(tmp_path: Path, config: str = TWO) -> Shop:
    """The shop, and a cart beside it; both wait in prod."""
    files = {f"cart/{name}/app.yaml": manifest(name, "cart:1") for name in ("dev", "prod")}
    shop = make_shop(tmp_path, config.replace("promote: request", "promote: review"), files)
    shop.run()
    people(shop)
    return shop


def test_one_comments_trouble_stops_nobody_else(tmp_path: Path) -> None:
    shop = two(tmp_path)
    commit_files(shop.repo, "promoter-ledger/cart", {"state.yaml": "{"}, "Break it")
    shop.later()
    shop.forge.comment(NUMBER, "kim", "/hold cart prod", shop.now)
    shop.forge.comment(NUMBER, "kim", "/hold shop prod", shop.now)
    first, second = hear(shop)
    assert (first.answer.done, second.answer.done) == (False, True)
    assert "the ledger of " in first.answer.trouble
    assert ": state.yaml is not YAML" in first.answer.trouble
    assert shop.ledger.place("prod").hold is not None
    assert len(hear(shop)) == 1  # it is tried again, the other is done


def test_who_may_not_say_it_everywhere_says_it_nowhere(tmp_path: Path) -> None:
    rules = f'images: ["{IMAGE}"], environments: {{dev: {{}}, prod: {{allow: {{hold: [admin]}}}}}}'
    shop = two(tmp_path, TWO.replace(f'images: ["{IMAGE}"]', rules))
    before = shop.repo.refs(["refs/heads/promoter-ledger/"])
    with pytest.raises(NotAllowed):
        take_down(shop.workspace("kim"), "hold", Words(environments=("prod",)))
    assert shop.repo.refs(["refs/heads/promoter-ledger/"]) == before


def test_a_named_place_on_its_own_pull_request_is_what_was_seen_there(shop: Shop) -> None:
    shop.later()
    shop.forge.comment(NUMBER, "kim", "/promoter promote prod", shop.now)
    shop.tag("1.1.0")
    shop.run()
    [one] = hear(shop)
    assert "r2 took the place of what stood there" in one.answer.text
