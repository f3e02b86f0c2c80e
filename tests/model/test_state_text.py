"""The fast reader reads what YAML says, or nothing: compared with libyaml, on real ledgers and on odd text."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fleet import ENVIRONMENTS, NOW, oid, settled
from promoter.model.ledger import Hold, Ledger, Skip
from promoter.model.names import ContentId
from promoter.model.state import LedgerUnreadable, dump, load
from promoter.model.state_text import QuickReader

READER = QuickReader(yaml.CSafeLoader.yaml_implicit_resolvers)
UNREADABLE = object()


def ledger(reason: str = "") -> Ledger:
    content = {name: ContentId(oid(name)) for name in ENVIRONMENTS[:2]}
    commits = {name: oid("tip", name) for name in content}
    inputs = {"dev": {"apps/shop/dev": oid("in"), "(settings)": oid("set")}}
    made = settled("shop", content, commits, oid("dry"), inputs, {"dev": (), "test": ("dev",)})
    releases = {number: release for number, release in made.releases.items() if number > 28}
    words = {number: word for number, word in made.place("dev").outcomes.items() if number > 28}
    place = replace(
        made.place("dev"),
        past=made.place("dev").past[:2],
        outcomes=words,
        hold=Hold("kim", NOW, reason),
        skips={3: Skip("lin", NOW, reason)},
    )
    return replace(made, releases=releases, places={"dev": place})


def by_yaml(text: str) -> object:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return UNREADABLE


def same(left: object, right: object) -> bool:
    """Equal, and of the same types: True is not 1 here."""
    return left == right and repr(left) == repr(right)


def test_a_ledger_is_read_without_the_slow_reader() -> None:
    text = dump(ledger("wait for the data team's word, 50% … é")).decode()
    assert same(READER.read(text), by_yaml(text))


@settings(deadline=None)
@given(st.text(max_size=40))
def test_what_people_say_comes_back(reason: str) -> None:
    made = ledger(reason)
    assert load(dump(made)) == made
    text = dump(made).decode()
    found = READER.read(text)
    assert found is None or same(found, by_yaml(text))


PIECES = [
    "a", "b: ", "c:", "- ", "-", "  ", " ", "\n", "\n  ", "\n- ", "'", "''", "'x'", '"', "{}", "[]", "{", "[", ":",
    ": ",    " #", "#", "1", "007", "0x1F", "1_000", "1.5", "1e3", ".5", ".inf", ".", "...", "---", "true",
    "yes", "No", "null",
    "~", "on", "n", "2026-01-05", "2026-01-05T09:00:00Z", "12:30", "|", ">", "&x",
    "*x", "!", "?", "? ", "%", "@", "`",
    "<<", "=", "é", "\t", "\r", "\x85", "\u2028", "\ufeff", "\x00", "(settings)", "ghcr.io/acme/shop", "-1", "- - ",
    ",",
]  # fmt: skip
LINE = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@settings(deadline=None)
@given(st.lists(LINE, min_size=1, max_size=6).map(lambda lines: "\n".join(lines) + "\n"))
def test_odd_text_is_read_as_yaml_reads_it_or_not_at_all(text: str) -> None:
    found = READER.read(text)
    assert found is None or same(found, by_yaml(text)), text


@settings(deadline=None)
@given(st.data())
def test_a_damaged_ledger_is_read_as_yaml_reads_it_or_not_at_all(data: st.DataObject) -> None:
    lines = dump(ledger("it's late")).decode().splitlines()[:60]
    at = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[at])))
    lines[at] = lines[at][:cut] + data.draw(st.sampled_from(PIECES)) + lines[at][cut:]
    text = "\n".join(lines) + "\n"
    found = READER.read(text)
    assert found is None or same(found, by_yaml(text)), text


@pytest.mark.parametrize(
    "text",
    ["", "a: 1", "- a\n", "a:\n", "a: ''\n", "a: \"x\"\n", "a: &x 1\n", "a: 2026-01-05\n", "a: yes\n", "a: 1_0\n",
     "a: b: c\n",     "a: b #c\n", "a\n", "a: 'b\n  c'\n", "a: b\n  c\n", "a:\n    b: 1\n", "a:\n  - 1\n",
    "a: 1\nb\n", "a: 1\r\n",
     "".join("  " * n + "a:\n" for n in range(30)) + "  " * 30 + "a: 1\n"],
)  # fmt: skip
def test_unusual_text_is_left_to_the_real_reader(text: str) -> None:
    assert READER.read(text) is None


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(LedgerUnreadable, match="not YAML"):
        load(b"schema: \xff\n")
