"""A run ends previews that are over, and is quiet while none is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from promoter.run.preview.change import archive
from promoter.run.run import Outcome, run
from tests.repos import commit_files, head
from tests.run.preview.shows import BRANCH, CONFIG, Show, make_show
from tests.run.shops import IMAGE


@pytest.fixture
def show(tmp_path: Path) -> Show:
    return make_show(tmp_path, CONFIG.replace("previews: {}", "previews: {keep: 2d}"))


def after(show: Show, hours: float) -> Outcome:
    """Run some hours later."""
    show.now += timedelta(hours=hours)
    return run(show.workspace("promoter"))


def told(outcome: Outcome) -> list[tuple[str, str]]:
    """Give what a run says about previews."""
    events = (*outcome.done, *outcome.refused, *outcome.lost)
    return [(event.what, event.text) for event in events if "preview" in event.text or event.what == "cleaned"]


def test_what_was_not_updated_for_long_is_ended(show: Show) -> None:
    show.make("old")
    show.make("young")
    after(show, 1)
    show.now += timedelta(hours=40)
    show.change("young", images={IMAGE: "1.5.0"})
    assert told(after(show, 0)) == []
    assert told(after(show, 8)) == [("cleaned", "preview old: not updated for 2d")]
    assert list(show.previews) == ["young"]
    message = show.repo.store.commit(head(show.repo, BRANCH)).message
    assert message == "Delete preview old of shop: not updated for 2d\n"


def test_a_run_with_nothing_due_writes_nothing(show: Show) -> None:
    show.make()
    after(show, 1)
    before = show.repo.refs()
    assert (told(after(show, 1)), show.repo.refs()) == ([], before)


def test_an_archived_preview_stays_and_one_with_a_day_goes_then(show: Show) -> None:
    show.make("away")
    archive(show.workspace(), "away", "shop")
    show.make("long", until=show.now + timedelta(days=9))
    show.make("short", until=show.now + timedelta(hours=1))
    assert told(after(show, 2)) == [("cleaned", "preview short: its time is over")]
    assert told(after(show, 24 * 7)) == []
    assert told(after(show, 24 * 3)) == [("cleaned", "preview long: its time is over")]
    assert told(after(show, 24 * 90)) == []
    assert list(show.previews) == ["away"]


def test_a_preview_goes_with_its_pull_request(show: Show) -> None:
    pull = show.offer({"x": "y"})
    show.make(f"pr-{pull.number}", pull=pull.number, head=pull.head)
    assert told(after(show, 1)) == []
    show.forge.close_as(pull.number, "kim", show.now)
    assert told(after(show, 1)) == [("cleaned", f"preview pr-{pull.number}: its pull request {pull.number} is closed")]
    assert show.previews == {}


def test_a_run_for_one_app_leaves_the_others_alone(show: Show) -> None:
    show.make()
    show.now += timedelta(days=3)
    assert told(run(show.workspace("promoter"), ["shop"])) != []
    assert show.previews == {}


def test_a_branch_that_cannot_be_read_is_said_and_stops_nothing(show: Show) -> None:
    show.make()
    commit_files(show.repo, BRANCH, {"login/shop.preview": "schema: promoter.preview/v9\n"}, "By hand", at=show.now)
    show.release("1.1.0")
    outcome = after(show, 1)
    assert [text for _, text in told(outcome)] == [
        f"login/shop.preview on {BRANCH}: it is not promoter.preview/v1\n  Restore it from the branch."
    ]
    assert show.active("prod") == 1
