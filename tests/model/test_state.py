"""`state.yaml`: what a realistic ledger looks like, that it comes back whole, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.model.ledger import (
    Asked,
    Drift,
    Hold,
    How,
    Kind,
    Ledger,
    Merging,
    Outcome,
    Override,
    Place,
    Proposal,
    Result,
    Skip,
    Stay,
    Target,
)
from promoter.model.names import ContentId, Oid
from promoter.model.release import ImageChange, Release, ReleaseState, SourceCommit
from promoter.model.state import LedgerUnreadable, dump, load, plain, stamp

AT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DRY, TIP, TREE = Oid("d" * 40), Oid("a" * 40), ContentId("c" * 40)

BOOK = Ledger(
    app="shop",
    next=42,
    releases={
        41: Release(
            number=41,
            at=AT,
            dry=DRY,
            by="kim",
            content={"dev": TREE, "prod": TREE},
            version="1.4.2",
            images=(ImageChange("ghcr.io/acme/shop", "1.4.1", "1.4.2", "sha256:5b0e"),),
            commits=(SourceCommit(DRY, "Ada", 'Retry payment on 503: it\'s "flaky"'),),
            tools={"kustomize": "5.8.1"},
            inputs={"dev": {"apps/shop/dev": "1" * 40}},
            stored=Oid("5" * 40),
        )
    },
    places={
        "dev": Place(
            mark=41,
            stay=Stay(41, TREE, TIP, AT, How.MERGED, healthy_since=AT + timedelta(minutes=4)),
            past=(Stay(40, TREE, TIP, AT - timedelta(days=1), How.UNCHANGED),),
            outcomes={41: Outcome(Result.VERIFIED, AT + timedelta(minutes=4), "live and healthy")},
            pulls_done=127,
        ),
        "prod": Place(
            after=("dev",),
            proposal=Proposal(41, Kind.PROMOTION, AT, 128),
            skips={40: Skip("kim", AT, "closed pull request 126", 126)},
            hold=Hold("lin", AT, "INC-412", AT + timedelta(hours=6)),
            overrides=(Override(41, "checks/e2e", "kim", AT, "INC-412", TREE),),
        ),
    },
)

TEXT = """\
schema: promoter.ledger/v1
app: shop
next: 42
releases:
  41:
    number: 41
    at: '2026-03-04T12:00:00Z'
    dry: dddddddddddddddddddddddddddddddddddddddd
    by: kim
    content:
      dev: cccccccccccccccccccccccccccccccccccccccc
      prod: cccccccccccccccccccccccccccccccccccccccc
    version: 1.4.2
    images:
    - name: ghcr.io/acme/shop
      old: 1.4.1
      new: 1.4.2
      digest: sha256:5b0e
    commits:
    - id: dddddddddddddddddddddddddddddddddddddddd
      author: Ada
      subject: 'Retry payment on 503: it''s "flaky"'
    tools:
      kustomize: 5.8.1
    inputs:
      dev:
        apps/shop/dev: '1111111111111111111111111111111111111111'
    stored: '5555555555555555555555555555555555555555'
places:
  dev:
    mark: 41
    stay:
      release: 41
      content: cccccccccccccccccccccccccccccccccccccccc
      commit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      since: '2026-03-04T12:00:00Z'
      how: merged
      healthy_since: '2026-03-04T12:04:00Z'
    past:
    - release: 40
      content: cccccccccccccccccccccccccccccccccccccccc
      commit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      since: '2026-03-03T12:00:00Z'
      how: unchanged
    outcomes:
      41:
        result: verified
        at: '2026-03-04T12:04:00Z'
        reason: live and healthy
    pulls_done: 127
  prod:
    after:
    - dev
    skips:
      40:
        by: kim
        at: '2026-03-04T12:00:00Z'
        reason: closed pull request 126
        pull: 126
    proposal:
      release: 41
      kind: promotion
      since: '2026-03-04T12:00:00Z'
      pull: 128
    hold:
      by: lin
      at: '2026-03-04T12:00:00Z'
      reason: INC-412
      until: '2026-03-04T18:00:00Z'
    overrides:
    - release: 41
      gate: checks/e2e
      by: kim
      at: '2026-03-04T12:00:00Z'
      reason: INC-412
      before: cccccccccccccccccccccccccccccccccccccccc
"""


def test_a_ledger_is_text_that_people_can_read() -> None:
    assert dump(BOOK).decode() == TEXT


def test_that_text_is_that_ledger() -> None:
    assert load(TEXT.encode()) == BOOK


def test_an_empty_ledger() -> None:
    assert dump(Ledger("shop")).decode() == "schema: promoter.ledger/v1\napp: shop\n"
    assert load(dump(Ledger("shop"))) == Ledger("shop")


def test_text_by_hand_may_be_any_yaml() -> None:
    assert load(b'{"schema": "promoter.ledger/v1", "app": "shop", next: 3}') == Ledger("shop", 3)
    plainly = (
        b"schema: promoter.ledger/v1\napp: shop\nplaces: {dev: {hold: {by: kim, at: 2026-03-04T13:00:00+01:00}}}\n"
    )
    assert load(plainly).place("dev").hold == Hold("kim", AT)


# --- any ledger ---

# Foreign words: anything that Git or a forge can hand over as text.
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.one_of(
    st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,8}", fullmatch=True), st.sampled_from(["no", "1e3", "0x1f", "1.0"])
)
NUMBERS = st.integers(0, 10**6)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda it: it.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001
OIDS = st.text("0123456789abcdef", min_size=40, max_size=40).map(Oid)
CONTENTS = OIDS.map(ContentId)
KINDS = st.sampled_from(Kind)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give None or what `strategy` gives."""
    return st.none() | strategy


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give a short tuple."""
    return st.lists(strategy, max_size=3).map(tuple)


def table(keys: st.SearchStrategy[Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Give a small mapping."""
    return st.dictionaries(keys, values, max_size=3)


STAYS = st.builds(Stay, NUMBERS, maybe(CONTENTS), OIDS, MOMENTS, st.sampled_from(How), maybe(MOMENTS), maybe(MOMENTS))
PLACES = st.builds(
    Place,
    after=few(NAMES),
    mark=st.integers(-1, 99),
    stay=maybe(STAYS),
    past=few(STAYS),
    outcomes=table(NUMBERS, st.builds(Outcome, st.sampled_from(Result), MOMENTS, WORDS)),
    skips=table(NUMBERS, st.builds(Skip, WORDS, MOMENTS, WORDS, maybe(NUMBERS))),
    proposal=maybe(st.builds(Proposal, NUMBERS, KINDS, MOMENTS, maybe(NUMBERS))),
    target=maybe(st.builds(Target, NUMBERS, KINDS, WORDS, MOMENTS, WORDS)),
    asked=maybe(st.builds(Asked, NUMBERS, WORDS, MOMENTS, maybe(OIDS))),
    merging=maybe(st.builds(Merging, NUMBERS, OIDS, MOMENTS, few(WORDS))),
    hold=maybe(st.builds(Hold, WORDS, MOMENTS, WORDS, maybe(MOMENTS))),
    overrides=few(st.builds(Override, NUMBERS, WORDS, WORDS, MOMENTS, WORDS, maybe(CONTENTS))),
    drift=maybe(st.builds(Drift, maybe(CONTENTS), OIDS, MOMENTS)),
    pulls_done=NUMBERS,
    announced=few(NUMBERS),
)
RELEASES = st.builds(
    Release,
    number=NUMBERS,
    at=MOMENTS,
    dry=OIDS,
    by=WORDS,
    content=table(NAMES, CONTENTS),
    state=st.sampled_from(ReleaseState),
    version=WORDS,
    images=few(st.builds(ImageChange, WORDS, WORDS, WORDS, WORDS)),
    commits=few(st.builds(SourceCommit, OIDS, WORDS, WORDS)),
    failures=table(NAMES, WORDS),
    tools=table(WORDS, WORDS),
    inputs=table(NAMES, table(WORDS, OIDS)),
    stored=maybe(OIDS),
    adopted=st.booleans(),
)
LEDGERS = st.builds(Ledger, NAMES, NUMBERS, table(NUMBERS, RELEASES), table(NAMES, PLACES))


@settings(deadline=None)
@given(LEDGERS)
def test_every_ledger_comes_back_whole(book: Ledger) -> None:
    text = dump(book)
    assert load(text) == book
    assert dump(load(text)) == text


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "state.yaml is not promoter.ledger/v1"),
        ("app: shop\n", "state.yaml is not promoter.ledger/v1"),
        ("- schema\n", "state.yaml is not promoter.ledger/v1"),
        ("schema: promoter.ledger/v2\napp: shop\n", "state.yaml is not promoter.ledger/v1"),
        ("schema: [\n", "state.yaml is not YAML"),
        ("<<<<<<< HEAD\nschema: promoter.ledger/v1\n", "state.yaml is not"),
        ("\0", "state.yaml is not YAML"),
    ],
    ids=["empty", "no schema", "a list", "a newer schema", "not YAML", "a conflict", "not text"],
)
def test_what_is_no_ledger_is_refused(text: str, why: str) -> None:
    with pytest.raises(LedgerUnreadable) as refusal:
        load(text.encode())
    assert refusal.value.message.startswith(why)
    assert refusal.value.exit_code == 1
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("app: shop\n", ""),
        ("next: 42", "next: forty-two"),
        ("next: 42", "next: true"),
        ("next: 42", "next: 42\nfuture: 1"),
        ("pulls_done: 127", "pulls_finished: 127"),
        ("    mark: 41", "    mark: '41'"),
        ("how: merged", "how: somehow"),
        ("result: verified", "result: fine"),
        ("kind: promotion", "kind: demotion"),
        ("by: lin\n      at: '2026-03-04T12:00:00Z'", "by: lin\n      at: '2026-03-04T12:00:00'"),
        ("by: lin\n      at: '2026-03-04T12:00:00Z'", "by: lin\n      at: yesterday"),
        ("by: lin\n      at: '2026-03-04T12:00:00Z'", "by: lin"),
        ("    after:\n    - dev\n", "    after: dev\n"),
        ("    after:\n    - dev\n", "    after:\n      dev: 1\n"),
        ("    after:\n    - dev\n", "    after:\n    - 1\n"),
        ("version: 1.4.2", "version: 1.4"),
        ("  41:\n    number", "  '41':\n    number"),
        ("  41:\n    number", "  true:\n    number"),
        ("    tools:\n      kustomize: 5.8.1", "    tools:\n      1: 5.8.1"),
        ("    tools:\n      kustomize: 5.8.1", "    tools:\n    - kustomize"),
        ("  prod:\n    after", "  prod:\n  - after"),
        ("    - release: 40", "    - 40"),
    ],
    ids=[
        "a key is missing", "a word for a number", "true for a number", "an unknown key", "a key of another version",
        "text for a number", "an unknown way to come", "an unknown result", "an unknown kind", "a time without a zone",
        "no time", "a missing time", "text for a list", "a mapping for a list", "a number in a list of names",
        "a number for a version", "text for a release's number", "true for a release's number",
        "a number for a program", "a list for a mapping", "a list for a place", "a number for a stay",
    ],
)  # fmt: skip
def test_a_damaged_ledger_is_refused_not_half_understood(old: str, new: str) -> None:
    assert TEXT.count(old) >= 1
    damaged = TEXT.replace(old, new, 1)
    with pytest.raises(LedgerUnreadable, match=r"^state\.yaml is (damaged|not YAML)"):
        load(damaged.encode())


# --- times ---


def test_times_are_utc_to_the_second() -> None:
    assert stamp(datetime(2026, 3, 4, 13, 0, 59, 999999, timezone(timedelta(hours=1)))) == "2026-03-04T12:00:59Z"


def test_times_of_other_zones_are_the_same_moment() -> None:
    text = TEXT.replace("until: '2026-03-04T18:00:00Z'", "until: '2026-03-04T20:00:00+02:00'")
    found = load(text.encode())
    assert found == BOOK
    assert dump(found) == dump(BOOK)


def test_what_equals_its_default_is_left_out() -> None:
    place = replace(Place(), mark=-1, after=(), pulls_done=0)
    assert plain(place) == {}
    assert plain(Hold("kim", AT)) == {"by": "kim", "at": "2026-03-04T12:00:00Z"}
