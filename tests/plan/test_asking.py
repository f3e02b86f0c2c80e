"""What has to be found out: last, once, and only about what is proposed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from promoter.model.ask import Ask, Reply
from promoter.model.ledger import Override, Result
from promoter.model.plan import MergePullRequest
from promoter.model.verdict import Answer
from promoter.plan.asking import asks
from promoter.policy.gates.checks import Checks, Wanted
from promoter.policy.gates.commands import Commands, Program
from promoter.policy.rules import Promote, Verify
from tests.plan.worlds import (
    HEAD,
    NOW,
    World,
    ago,
    check,
    content,
    fresh,
    held,
    holds,
    line,
    look,
    offered,
    proposed,
    pull,
    rules,
    says,
    world,
)

SMOKE = Program(("ci/smoke.sh",), timedelta(minutes=1))
LOAD = Program(("ci/load.sh",), timedelta(minutes=1))
GATES = (Checks((Wanted("lint"),)), Commands((("smoke", SMOKE), ("load", LOAD))))
WELL = (pull(checks=(check("lint"),)),)


def waiting(slot: dict[str, Any] | None = None, **changes: Any) -> World:
    """Give r2 on its way over r1 into staging."""
    places = {"dev": holds(2, 1), "staging": holds(1, proposal=proposed(2), **changes)}
    seen = offered(2, 1, pulls=WELL) if slot is None else slot
    return world(line(staging=rules("dev", gates=GATES, promote=Promote.AUTO)), [1, 2], places, {"staging": seen})


def wanted(seen: World) -> list[str]:
    return [ask.gate for ask in found(seen)]


def found(seen: World) -> tuple[Ask, ...]:
    return asks(seen.config, seen.snapshot, seen.plan(), NOW)


def told(seen: World, **answers: Answer) -> World:
    replies = {ask: Reply(answers[ask.name], "as it is") for ask in found(seen) if ask.name in answers}
    app = replace(seen.snapshot.apps["shop"], replies=replies)
    return replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))


def test_when_nothing_else_is_missing() -> None:
    assert wanted(waiting()) == ["commands/smoke", "commands/load"]
    (ask, _) = found(waiting())
    assert (ask.app, ask.environment, ask.release, ask.head, ask.settings) == ("shop", "staging", 2, HEAD, SMOKE)


def test_not_while_anything_else_is_missing() -> None:
    assert wanted(waiting(offered(2, 1))) == []
    assert wanted(waiting(hold=held())) == []
    assert wanted(waiting({})) == []
    assert wanted(waiting(offered(2, 1, pulls=(replace(WELL[0], draft=True),)))) == []


def test_not_for_what_comes_by_itself_or_not_at_all() -> None:
    assert wanted(world(line(staging=rules("dev", gates=GATES)), [1], {"dev": holds(1), "staging": holds(1)})) == []


def test_what_was_replied_to_is_not_asked_again_and_decides() -> None:
    some = told(waiting(), smoke=Answer.SUCCESS)
    assert wanted(some) == ["commands/load"]
    for answer in Answer:
        seen = told(waiting(), smoke=Answer.SUCCESS, load=answer)
        assert wanted(seen) == []
        merged = seen.does(MergePullRequest, "staging")
        assert bool(merged) == (answer is Answer.SUCCESS)


def test_what_somebody_overrode_is_not_asked() -> None:
    word = Override(2, "commands/smoke", "kim", ago(5), "it is down", content(1))
    assert wanted(waiting(overrides=(word,))) == ["commands/load"]


# --- after the merge ---


def verified(place: Any, **slot: Any) -> World:
    """Give r2 active in staging, where a program must agree before prod may take it."""
    verify = Verify(soak=timedelta(minutes=30), gates=(GATES[1],))
    environments = line(staging=rules("dev", verify=verify))
    return world(environments, [1, 2], {"dev": holds(2, 1), "staging": place}, {"staging": slot} if slot else None)


def test_after_the_merge_once_it_has_soaked() -> None:
    assert wanted(verified(fresh(2, 1, since=50, healthy=29))) == []
    soaked = verified(fresh(2, 1, since=50, healthy=30))
    assert wanted(soaked) == ["commands/smoke", "commands/load"]
    assert all(ask.merged and ask.release == 2 for ask in found(soaked))
    assert {ask.head for ask in found(soaked)} == {soaked.sight.places["staging"].stay.commit}  # type: ignore[union-attr]


def test_after_the_merge_not_while_it_is_not_well_or_known_already() -> None:
    sick = look(2, says(Answer.FAILURE, "1 of 2 ready"))
    assert wanted(verified(fresh(2, 1, since=50, healthy=30), **sick)) == []
    assert wanted(verified(holds(2, 1))) == []


def test_after_the_merge_the_replies_decide() -> None:
    for answer, result in (
        (Answer.SUCCESS, Result.VERIFIED),
        (Answer.FAILURE, Result.FAILED),
        (Answer.PENDING, None),
        (Answer.UNKNOWN, None),
    ):
        seen = told(verified(fresh(2, 1, since=50, healthy=30)), smoke=Answer.SUCCESS, load=answer)
        outcome = seen.closed().places["staging"].outcomes.get(2)
        assert (outcome.result if outcome is not None else None) is result


def test_a_reply_from_before_the_merge_does_not_count_after_it() -> None:
    seen = verified(fresh(2, 1, since=50, healthy=30))
    replies = {replace(ask, merged=False): Reply(Answer.SUCCESS, "as it was") for ask in found(seen)}
    app = replace(seen.snapshot.apps["shop"], replies=replies)
    seen = replace(seen, snapshot=replace(seen.snapshot, apps={"shop": app}))
    assert 2 not in seen.closed().places["staging"].outcomes
