"""While releases keep coming, production keeps getting verified ones, and the time between them is bounded (law 13)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.policy.rules import Newer
from promoter.simulation.open import simulate
from promoter.simulation.script import read_script
from tests.laws.paper import START, Paper
from tests.laws.stream import LINE, stream
from tests.simulation.plays import nowhere

MINUTE = timedelta(minutes=1)
SOAK = timedelta(hours=1)
SCRIPT = """\
start: 2026-01-05 09:00
healthy_after: 3m
config: |
  version: 1
  live: {files: "status/{cluster}"}
  environments:
    - {name: dev, promote: auto, newer: %(newer)s}
    - {name: staging, promote: auto, newer: %(newer)s, verify: {soak: 15m}}
    - {name: prod, promote: auto, newer: %(newer)s}
  apps: {shop: {path: "shop/{environment}", images: [ghcr.io/acme/shop]}}
steps:
  - repeat: {times: 5, every: 10m, steps: [{release: "shop 1.{n}.0"}]}
"""


@pytest.mark.parametrize("newer", Newer)
def test_half_a_day_of_commits_every_ten_minutes(newer: Newer) -> None:
    found = stream(newer, timedelta(hours=12), 10 * MINUTE, (timedelta(), SOAK, timedelta()), 2 * MINUTE)
    assert found.released == 72
    assert found.promotions >= 10
    assert found.first == SOAK + 4 * MINUTE  # well in dev, well in staging, and the soak
    assert found.longest <= SOAK + 2 * MINUTE + 10 * MINUTE
    if newer is Newer.REPLACE:  # the newest that dev has when staging is free
        assert found.oldest <= 2 * (SOAK + 2 * MINUTE) + 10 * MINUTE + 2 * MINUTE


@settings(max_examples=12, deadline=None)
@given(
    newer=st.sampled_from(Newer),
    every=st.integers(5, 60),
    soaks=st.tuples(st.sampled_from([0, 0, 7, 45]), st.sampled_from([0, 20, 60, 90]), st.sampled_from([0, 0, 30])),
    healthy=st.integers(0, 15),
)
def test_the_time_between_promotions_is_bounded_by_the_way_there(
    newer: Newer, every: int, soaks: tuple[int, int, int], healthy: int
) -> None:
    """However long releases keep coming: twice the time gives no longer gap."""
    ways = [healthy + soak for soak in soaks]
    bound = (sum(ways) + every) * MINUTE
    spans = tuple(soak * MINUTE for soak in soaks)
    for length in (4, 8):
        found = stream(newer, length * bound, every * MINUTE, spans, healthy * MINUTE)
        assert found.first == sum(ways[:-1]) * MINUTE
        assert found.longest <= bound
        assert found.promotions >= length - 2


@pytest.mark.parametrize("newer", Newer)
def test_the_world_on_paper_does_what_the_real_parts_do(newer: Newer) -> None:
    played = simulate(read_script("x.yaml", (SCRIPT % {"newer": newer.value}).encode()), nowhere)
    real = {
        name: [
            (one.at, int(found[1]))
            for one in played.happenings
            if (one.what, one.environment) == ("merged", name) and (found := re.match(r"#\d+ 1\.(\d+)\.0:", one.text))
        ]
        for name in LINE
    }
    paper = Paper(LINE, (timedelta(), 15 * MINUTE, timedelta()), newer, 3 * MINUTE)
    for _ in range(5):
        paper.release()
        paper.run()
        paper.until(paper.now + 10 * MINUTE)
    paper.run()
    assert {name: lane.arrivals for name, lane in paper.lanes.items()} == real
    assert len(real["prod"]) >= 2
    assert played.began == START


def test_a_release_that_never_gets_well_is_seen_as_a_gap() -> None:
    """The figures can be bad: without it no bound would mean anything."""
    found = stream(Newer.REPLACE, timedelta(hours=9), 10 * MINUTE, (timedelta(), timedelta(), timedelta()), 2 * SOAK)
    assert found.promotions == 0
    assert found.longest == timedelta(hours=9)
