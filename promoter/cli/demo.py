"""`promoter demo`: the whole way of one image, told by the program's own commands on a real repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from promoter.cli.shell import Shell, command

if TYPE_CHECKING:
    from promoter.run.demonstration import DemoWorld

IMAGE = "ghcr.io/acme/shop"


@dataclass(slots=True)
class Stage:
    """Where the story is told."""

    world: DemoWorld
    shell: Shell
    interactive: bool
    typed: int = 0
    runs: int = 0
    """So many of them are what a CI job calls."""

    def say(self, text: str) -> None:
        """Tell what happens next."""
        screen = self.shell.screen
        screen.line()
        for line in text.splitlines():
            screen.line(f"# {line}", "dim")
        if self.interactive:
            click.prompt("", prompt_suffix="[Enter] ", default="", show_default=False)

    def type(self, *words: str, user: str = "ada") -> None:
        """Run one command of the program, as `user`."""
        from promoter.cli.main import main
        from promoter.errors import EdgeFailed

        self.typed += 1
        self.runs += words[0] == "run"
        shown = " ".join(f'"{word}"' if " " in word else word for word in words)
        self.shell.screen.line(f"$ promoter {shown}", "head")
        inner = Shell(repo=str(self.world.repository), user=user, clock=lambda: self.world.now, color=self.shell.color)
        code = main(list(words), inner)
        if code != 0:
            raise EdgeFailed(f"the demo's command ended with {code}: promoter {shown}")

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Say how long something took on this machine's clock, and how many commands it was."""
        began, before = time.monotonic(), self.typed
        yield
        self.shell.screen.line(
            f"  ... {what}: {self.typed - before} commands, {time.monotonic() - began:.1f} s ...", "dim"
        )

    def wait(self, minutes: int) -> None:
        """Let the demo's clock run."""
        self.shell.screen.line(f"  ... {minutes} minutes pass; the clusters look at their branches ...", "dim")
        self.world.later(minutes)


@command(
    "demo",
    click.Option(["--interactive"], is_flag=True, help="Wait for Enter before each step."),
    click.Option(["--bad-day"], is_flag=True, help="The other story: all is well, but for the customers."),
    click.Option(["--plain"], is_flag=True, help="No colours; as in a CI job."),
    click.Option(["--folder"], default=".demo", show_default=True, metavar="PATH", help="Where it is built."),
    click.Option(
        ["--context"], default="", metavar="NAME", help="Show the clusters on this API server, which has no nodes."
    ),
)
def demo(shell: Shell, interactive: bool, bad_day: bool, plain: bool, folder: str, context: str) -> None:
    """Show one image on its way to production, and back."""
    from promoter.cli.demo_bad_day import SCENES as BAD_DAY
    from promoter.run.demonstration import DemoWorld

    if plain:
        shell.color = False
    crashing = "" if bad_day else f"{IMAGE}:1.5.0"
    world = DemoWorld(Path(folder).resolve(), crashing=crashing, crashes_in="prod-eu", context=context)
    stage = Stage(world, shell, interactive)
    started = time.monotonic()
    world.build()
    for scene in BAD_DAY if bad_day else SCENES:
        scene(stage)
    seconds = time.monotonic() - started
    shell.screen.line()
    shell.screen.line(f"{stage.typed} commands, {seconds:.1f} s. Look around: {_around(folder)}", "head")


def _around(folder: str) -> str:
    return f"promoter --repo {folder}/fleet.git status, or git -C {folder}/fleet.git log --all --graph --oneline"


def _begin(stage: Stage) -> None:
    stage.say(
        "A bare repository with one app and four environments; each has run 1.4.1 since yesterday.\n"
        "The clusters are simulated, and the demo's clock runs fast; all else is real."
    )
    stage.type("status")
    stage.say("Ada releases version 1.4.2: one edit of main, rendered once for every environment.")
    stage.type("release", "shop", "1.4.2")
    stage.say("What would a run do?")
    stage.type("plan")
    stage.type("run")


def _dev(stage: Stage) -> None:
    stage.say("dev has it, but merged is not live. The next run looks at what the cluster reports.")
    stage.wait(1)
    stage.type("explain", "shop", "staging")
    stage.wait(2)
    stage.say("Live and healthy in dev: staging is next, through its own pull request.")
    stage.type("run")


def _staging(stage: Stage) -> None:
    stage.wait(3)
    stage.type("run")
    stage.say("staging must stay healthy for 20 minutes before anything may go on.")
    stage.type("status")
    stage.wait(21)
    stage.type("run")


def _production(stage: Stage) -> None:
    stage.say("Production waits for an approval. The pull request says all a reviewer needs:")
    stage.type("pr", "list")
    stage.type("pr", "show", open_pull(stage, "prod-eu"))
    stage.type("explain", "shop", "prod-eu")
    stage.say("Lin approves it; the next run merges exactly that commit.")
    stage.type("pr", "approve", open_pull(stage, "prod-eu"), user="lin")
    stage.type("run")
    stage.wait(3)
    stage.type("run")
    stage.wait(3)
    stage.type("run")
    stage.type("status")


def _bad_day(stage: Stage) -> None:
    stage.say("A day later: 1.5.0 is fine in dev and in staging, and goes to production.")
    stage.world.later(24 * 60)
    stage.type("release", "shop", "1.5.0")
    for _ in range(2):
        stage.type("run")
        stage.wait(3)
    stage.type("run")
    stage.wait(21)
    stage.type("run")
    stage.type("pr", "approve", open_pull(stage, "prod-eu"), user="lin")
    stage.type("run")
    stage.say("In prod-eu it crashes. After 10 minutes it has failed: the environment is held, prod-us never sees it.")
    stage.wait(11)
    stage.type("run")
    stage.type("status")


def _back(stage: Stage) -> None:
    stage.say("Ada takes it back: the exact manifests that were verified before, and they stay.")
    stage.type("rollback", "shop", "prod-eu", "INC-412 crash on start")
    stage.type("run")
    stage.wait(3)
    stage.type("run")
    stage.type("status")
    stage.type("history", "shop")
    stage.say("Another run changes nothing: what was rolled back does not come again.")
    stage.type("run")


SCENES: tuple[Callable[[Stage], None], ...] = (_begin, _dev, _staging, _production, _bad_day, _back)


def open_pull(stage: Stage, environment: str) -> str:
    """Give the number of the open pull request into `environment`."""
    pulls = stage.world.forge().all_pulls()
    return str(next(p.number for p in pulls if p.state == "open" and p.base_branch == f"environment/{environment}"))
