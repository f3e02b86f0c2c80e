"""What the forge is to say of deployments: every row is one look at what is filed of r2."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.model.forge import PullState
from promoter.model.ledger import Filing, How, Place, Result
from promoter.model.names import Oid
from promoter.model.plan import Deploy
from promoter.model.verdict import Answer
from tests.plan.worlds import (
    TIP,
    World,
    fresh,
    held,
    holds,
    line,
    look,
    outcome,
    proposed,
    pull,
    same,
    says,
    stay,
    world,
)

SICK = says(Answer.FAILURE, "CrashLoopBackOff")
AWAY = says(Answer.UNKNOWN, "unreachable")
OLD = Oid("b" * 40)
URL = "https://forge.example/pull/7"
MERGED = {"pulls": (pull(state=PullState.MERGED, url=URL),), "pull_releases": {7: 2}}


def staging(place: Place, slot: dict[str, Any], deployments: bool = True) -> World:
    """Give a world that files deployments; r1 to r3 exist, the third being the second over again in staging."""
    names = ("dev", "staging", "prod")
    releases = [same(1, names), same(2, names), same(3, names, staging=2)]
    seen = world(line(), releases, {"dev": holds(3, 2, 1), "staging": place}, {"staging": slot})
    return replace(seen, config=replace(seen.config, deployments=deployments))


def filing(state: str = "pending", told: str = "pending", **changes: Any) -> Filing:
    return replace(Filing(TIP, 2, state, told, URL), **changes)


ROWS = {
    "what is merged is in progress": (
        holds(1, proposal=proposed(2)), look(2, AWAY, **MERGED), filing(told=""),
    ),
    "what replaces something was not told yet": (
        holds(1, proposal=proposed(2), filing=filing("success", "success", commit=OLD, release=1)),
        look(2, AWAY, **MERGED),
        filing(told=""),
    ),
    "it stays so while nothing is known": (fresh(2, 1, filing=filing()), look(2, AWAY), filing()),
    "verified": (fresh(2, 1, healthy=90, filing=filing()), look(2, says(Answer.SUCCESS)), filing("success")),
    "unhealthy afterwards": (
        holds(2, 1, filing=filing("success", "success")), look(2, SICK), filing("failure", "success"),
    ),
    "what is not known in time is no failure": (
        fresh(2, 1, filing=filing(), outcomes={2: outcome(Result.UNVERIFIED)}), look(2, AWAY), filing(),
    ),
    "left, while it still stands there": (
        fresh(2, 1, filing=filing("success", "success"), outcomes={2: outcome(Result.LEFT)}),
        look(2),
        filing("success", "success"),
    ),
    "failed": (
        fresh(2, 1, filing=filing(), outcomes={2: outcome(Result.FAILED)}, hold=held()), look(2), filing("failure"),
    ),
    "a release with the same bytes takes nothing back": (
        holds(2, 1, stay=stay(3), filing=filing("success", "success"), mark=3),
        look(2, AWAY),
        filing("success", "success"),
    ),
    "what came after it was not ours": (
        holds(1, stay=stay(1, how=How.BY_HAND, commit=OLD), filing=filing("success", "success")),
        look(1),
        filing("inactive", "success"),
    ),
    "nothing of ours was ever there": (fresh(2, 1), look(2, AWAY), None),
}  # fmt: skip


@pytest.mark.parametrize(("place", "slot", "expected"), ROWS.values(), ids=ROWS.keys())
def test_what_is_to_be_said(place: Place, slot: dict[str, Any], expected: Filing | None) -> None:
    seen = staging(place, slot)
    assert seen.closed().places["staging"].filing == expected
    told = [action for action in seen.plan().actions if isinstance(action, Deploy)]
    due = expected is not None and expected.state != expected.told
    assert [(one.commit, one.state, one.description, one.url) for one in told] == (
        [(TIP, expected.state, "shop r2", expected.url)] if due and expected is not None else []
    )


@pytest.mark.parametrize("before", [None, filing()])
def test_unless_asked_for_nothing_is_filed(before: Filing | None) -> None:
    seen = staging(holds(1, proposal=proposed(2), filing=before), look(2, **MERGED), deployments=False)
    assert seen.closed().places["staging"].filing == before
    assert not any(isinstance(action, Deploy) for action in seen.plan().actions)
