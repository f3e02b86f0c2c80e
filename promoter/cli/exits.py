"""The exit codes: one table, for the code and for the reference."""

from __future__ import annotations

from enum import IntEnum

from promoter.model.plan import Plan, State


class Exit(IntEnum):
    """What the process's exit code says."""

    DONE = 0
    EDGE = 1
    USAGE = 2
    CONFIG = 3
    RACE = 4
    TODO = 10
    WAITING = 11
    STUCK = 12
    BUG = 70
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done, or nothing to do",
    Exit.EDGE: "something outside failed or refused: a program, a server, a disk, a missing right",
    Exit.USAGE: "the words make no sense together",
    Exit.CONFIG: "the config or a policy is invalid; every problem is shown",
    Exit.RACE: "somebody else wrote first; run again",
    Exit.TODO: "there is something to do (only with `--exit-code`)",
    Exit.WAITING: "something waits (only with `--exit-code`; `wait`: the time is over)",
    Exit.STUCK: "something failed or is blocked: a person is needed (only with `--exit-code`, and `wait`); `simulate`: "
    "something is not as expected",
    Exit.BUG: "a bug in promoter; a file with the details is named",
    Exit.INTERRUPTED: "interrupted",
}


def standing_code(plan: Plan) -> Exit:
    """Give the code for how things stand: what needs a person first, then what a run can do, then what waits."""
    states = {slot.state for slot in plan.slots}
    if states & {State.FAILED, State.BLOCKED}:
        return Exit.STUCK
    if plan.actions:
        return Exit.TODO
    return Exit.WAITING if states - {State.CURRENT} else Exit.DONE
