"""A time by which an answer must be there, and work in parallel that keeps it.

Threads that are too late are left behind: they are daemons, and nothing that they find is used. So one cluster that
hangs (a name server, a proxy, a plugin that waits for a person) costs its own time and no more.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a time that began when this was made."""

    seconds: float
    begun: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Give the seconds that are left; nothing below zero."""
        return max(0.0, self.begun + self.seconds - time.monotonic())


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Value]):
    """How one task ended: with a value, with an error, or (neither) not in time."""

    value: Value | None = None
    error: BaseException | None = None


def in_time(tasks: Mapping[Key, Callable[[Deadline], Value]], seconds: float, width: int) -> dict[Key, Outcome[Value]]:
    """Run every task for at most `seconds` from its own start, `width` at a time; each ends in some way."""
    waiting, ended = list(tasks), dict[Key, Outcome[Value]]()
    running: dict[Key, Deadline] = {}
    finished: queue.SimpleQueue[tuple[Key, Outcome[Value]]] = queue.SimpleQueue()

    def work(key: Key, deadline: Deadline) -> None:
        try:
            outcome = Outcome(tasks[key](deadline))
        except BaseException as error:  # noqa: BLE001 (handed to the caller, who raises what is a bug)
            outcome = Outcome(error=error)
        finished.put((key, outcome))

    while waiting or running:
        while waiting and len(running) < width:
            key = waiting.pop(0)
            running[key] = Deadline(seconds)
            threading.Thread(target=work, args=(key, running[key]), daemon=True).start()
        try:
            key, outcome = finished.get(timeout=min(deadline.left() for deadline in running.values()))
        except queue.Empty:
            for key in [key for key, deadline in running.items() if not deadline.left()]:
                ended[key] = Outcome()
                del running[key]
        else:
            if running.pop(key, None) is not None:
                ended[key] = outcome
    return ended
