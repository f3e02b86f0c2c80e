"""`promoter wait`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command, words_argument

if TYPE_CHECKING:
    from promoter.run.workspace import Workspace

_SETTLES = 6.0
"""Seconds in which what has changed may begin to count: Argo CD's health only after five, and then nothing tells."""


@command(
    "wait",
    words_argument(),
    click.Option(["--timeout"], default="1h", show_default=True, metavar="LENGTH", help="How long: 90s, 30m, 4h."),
    click.Option(["--every"], default="15s", show_default=True, metavar="LENGTH", help="How often it looks at least."),
)
def wait(shell: Shell, words: tuple[str, ...], timeout: str, every: str) -> int:
    """Wait for a release."""
    from promoter.cli.arrival import Answer, awaited, standing
    from promoter.cli.wanted import meaning
    from promoter.plan.until import parse_length
    from promoter.run.run import see

    ws = shell.open(writes=False)
    found = meaning(ws, words)
    app = found.one_app(ws.config.apps)
    environment = found.one_environment(list(ws.config.apps[app].environments))
    end, pause = ws.now() + parse_length(timeout), parse_length(every).total_seconds()
    release, said, news = None, "", True
    while True:
        seen, plan = see(ws, [app])
        if release is None:
            release = awaited(ws.config, seen, plan, app, environment, found)
        answer, text = standing(ws.config, seen, plan, app, environment, release)
        over = answer is not Answer.WAITING or ws.now() >= end
        if text != said or over:
            said = text
            click.echo(text, err=not over or shell.json)
        if over:
            break
        moments = [end, *([plan.next_look] if plan.next_look is not None else [])]
        rest = min(pause, *(max((moment - ws.now()).total_seconds(), 0.0) for moment in moments))
        changed = _watch(ws, app, environment)
        if changed is None:
            shell.sleep(rest)
        else:
            news = changed(min(rest, _SETTLES) if news else rest)
    if shell.json:
        shell.screen.json({
            "schema": "promoter.wait/v1",
            "app": app,
            "environment": environment,
            "release": f"r{release}",
            "answer": answer.value,
            "text": said,
        })  # fmt: skip
    return {Answer.ARRIVED: Exit.DONE, Answer.FAILED: Exit.STUCK, Answer.WAITING: Exit.WAITING}[answer]


def _watch(ws: Workspace, app: str, environment: str) -> Callable[[float], bool] | None:
    """Give how to wait until something changed in a cluster, at most so many seconds; None where no source can tell."""
    from promoter.cluster.port import ChangeSource

    rules = ws.config.apps[app].environments[environment]
    source: object = ws.live(rules.live)
    if rules.verify.health and isinstance(source, ChangeSource):
        return partial(source.changed, rules.clusters)
    return None
