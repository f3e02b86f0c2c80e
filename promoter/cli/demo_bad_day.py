"""`promoter demo --bad-day`: a release that every check liked is taken back from production, and mended.

What people type is told from what a CI job calls (`promoter run`, on every push and every few minutes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promoter.cli.demo import Stage

WHY = "INC-412 carts are empty"


def _everywhere(stage: Stage, version: str) -> None:
    """Release a version, and let runs and one approval bring it everywhere."""
    from promoter.cli.demo import open_pull

    stage.type("release", "shop", version)
    for minutes in (3, 3, 21):
        stage.type("run")
        stage.wait(minutes)
    stage.type("run")
    stage.type("pr", "approve", open_pull(stage, "prod-eu"), user="lin")
    for _ in range(2):
        stage.type("run")
        stage.wait(3)
    stage.type("run")


def _reaches_production(stage: Stage) -> None:
    from promoter.model.forge import Permission

    rights = dict.fromkeys(("kim", "lin", "promoter"), Permission.WRITE) | {"ada": Permission.MAINTAIN}
    stage.world.forge().set_people(rights, {}, stage.world.now)
    stage.say("1.4.1 runs everywhere. Ada releases 1.5.0; runs bring it through dev and staging, Lin approves it.")
    _everywhere(stage, "1.5.0")
    stage.say("Live and healthy everywhere, and every gate passed.")
    stage.type("status")


def _noticed(stage: Stage) -> None:
    stage.world.later(47)
    stage.say("47 minutes later: customers lose what is in their carts. No check knows of it; Kim does.")
    with stage.measured("from the command to the merged pull requests"):
        stage.type("rollback", "shop", "prod-eu", "--and-after", WHY, user="kim")
        stage.type("run")
    stage.say("What was taken away, by whom, and why, stands in the pull requests, which are merged:")
    stage.type("pr", "show", _newest(stage, "prod-eu"))
    stage.wait(3)
    stage.type("run")
    stage.type("status")


def _stays(stage: Stage) -> None:
    stage.say("Both are held. Nobody has to hurry now; and what was rejected would not come back if somebody resumed.")
    stage.type("explain", "shop", "prod-eu")
    stage.type("run")


def _mended(stage: Stage) -> None:
    from promoter.cli.demo import open_pull

    stage.say("The fix is small: it is made from what runs there, 1.4.1, for these two environments and no other.")
    stage.type("release", "shop", "1.4.2", "--hotfix", "prod-eu", "prod-us", "INC-412 keep carts")
    stage.type("resume", "shop", "prod-eu", "prod-us", user="kim")
    stage.type("run")
    stage.say("It waits for no environment before; the approval it does need.")
    stage.type("pr", "approve", open_pull(stage, "prod-eu"), user="lin")
    stage.type("run")
    stage.wait(3)
    stage.type("run")
    stage.type("status")


def _goes_on(stage: Stage) -> None:
    stage.say("1.5.1 has the fix as well, and goes the ordinary way.")
    _everywhere(stage, "1.5.1")
    stage.type("status")
    stage.type("history", "shop")
    stage.say(f"{stage.typed - stage.runs} commands by people, {stage.runs} runs.")


def _newest(stage: Stage, environment: str) -> str:
    """Give the number of the newest pull request into `environment`."""
    branch = f"environment/{environment}"
    return str(max(pull.number for pull in stage.world.forge().all_pulls() if pull.base_branch == branch))


SCENES: tuple[Callable[[Stage], None], ...] = (_reaches_production, _noticed, _stays, _mended, _goes_on)
