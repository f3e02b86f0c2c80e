"""Long random histories: `python -m tests.laws.long SEED COUNT` plays COUNT of them, the first with seed SEED.

Prints seed, shape and steps of each that broke something, and how many did.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.laws.history import SHAPES, Step
from tests.laws.party import PARTIES, perform
from tests.laws.test_laws import SCRATCH, calm, progress, quiet

WEIGHTS: dict[str, float] = {
    "change": 4, "sync_all": 2, "later": 4, "run": 3, "sync_run": 8, "two_runs": 2, "crash": 3, "merge": 3,
    "between": 3, "close": 1.5, "reopen": 1.5, "approve": 1.5, "check": 1.5, "hand": 0.7, "unrelated": 1.5,
    "revert": 1, "push": 0.5, "force": 0.4, "delete": 0.7, "fast_forward": 0.7, "say": 3, "sick": 0.7, "heal": 1.5,
    "amend": 0.4, "shaky": 0.7, "hotfix": 1.5, "back": 1, "unreachable": 0.5, "sync": 1,
}  # fmt: skip
"""How often each kind of step comes."""

ARGUMENTS: dict[str, Callable[[random.Random, int], tuple[object, ...]]] = {
    "sync_all": lambda r, n: (),
    "run": lambda r, n: (),
    "sync_run": lambda r, n: (),
    "two_runs": lambda r, n: (),
    "heal": lambda r, n: (),
    "change": lambda r, n: ([r.randrange(n) for _ in range(r.randint(1, 4))],),
    "later": lambda r, n: (r.choice([1, 10, 25, 45, 90, 400]),),
    "crash": lambda r, n: (r.randint(1, 12), r.random() < 0.5),
    "merge": lambda r, n: (r.randrange(n), r.choice(["merge", "squash", "rebase"])),
    "between": lambda r, n: (
        r.choice(["merge", "close", "hand", "push", "delete", "hold", "resume", "skip", "rollback"]),
        r.randrange(n),
    ),
    "check": lambda r, n: (r.randrange(n), r.choice(["success", "failure"])),
    "revert": lambda r, n: (r.randrange(n), r.randint(1, 3)),
    "back": lambda r, n: (r.randrange(n), r.choice(["and after", "to"]), r.randint(1, 4)),
    "say": lambda r, n: (
        r.choice(["hold", "resume", "resume", "rollback", "skip", "retry", "promote"]),
        r.randrange(n),
    ),
}
"""What a step needs beside its name; an environment's index where nothing is said."""


def _place(random_: random.Random, slots: int) -> tuple[object, ...]:
    return (random_.randrange(slots),)


def steps_of(random_: random.Random, slots: int = 4) -> list[Step]:
    """Give 8 to 40 steps in a world of so many slots."""
    names = random_.choices(list(WEIGHTS), list(WEIGHTS.values()), k=random_.randint(8, 40))
    return [(name, *ARGUMENTS.get(name, _place)(random_, slots)) for name in names]


def broken(seed: int) -> str:
    """Play the history of `seed`; give what it broke, or nothing."""
    random_ = random.Random(seed)
    shape = random_.choice([*SHAPES, *PARTIES])
    steps = steps_of(random_, max(4, len(shape.environments)))
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        play = perform(Path(folder), shape)
        try:
            play.play(steps)
            quiet(play)
            calm(play)
            progress(play)
        except Exception as error:  # noqa: BLE001 (whatever breaks is what is looked for)
            at = traceback.extract_tb(error.__traceback__)[-1]
            said = f"{type(error).__name__}: {str(error)[:400]}".replace("\n", " ")
            _say(f"seed {seed} ({shape}): {said} [{Path(at.filename).name}:{at.lineno}]\n  {steps}")
            return said[:100]
    return ""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Play, and give 1 when something broke."""
    first, count = int(sys.argv[1]), int(sys.argv[2])
    began = time.monotonic()
    found = Counter(filter(None, (broken(seed) for seed in range(first, first + count))))
    _say(f"{count} histories from seed {first} in {time.monotonic() - began:.0f} s, {found.total()} broken")
    for said, times in found.most_common():
        _say(f"{times:4} {said}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
