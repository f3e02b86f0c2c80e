"""`promoter explain`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command, words_argument


@command(
    "explain",
    words_argument(),
    click.Option(["--pull"], type=int, metavar="NUMBER", help="What merging this pull request would reach."),
    click.Option(["--markdown"], is_flag=True, help="Print Markdown, as a comment on a pull request has it."),
)
def explain(shell: Shell, words: tuple[str, ...], pull: int | None, markdown: bool) -> None:
    """Say why it is waiting."""
    if pull is not None:
        _foresee(shell, pull)
        return
    from promoter.cli.wanted import places_only
    from promoter.plan.report.explain import explain as why
    from promoter.plan.report.explain import explain_json
    from promoter.plan.report.explain_text import markdown as as_markdown
    from promoter.plan.report.explain_text import terminal_lines
    from promoter.run.run import see

    ws = shell.open(writes=False)
    found = places_only(ws, words)
    app = found.one_app(ws.config.apps)
    environment = found.one_environment(list(ws.config.apps[app].environments))
    now = ws.now()
    seen, plan = see(ws, [app])
    answer = why(ws.config, seen, plan, app, environment, now)
    if shell.json:
        shell.screen.json(explain_json(answer))
    elif markdown:
        shell.screen.text(as_markdown(answer))
    else:
        for style, text in terminal_lines(answer, now):
            shell.screen.line(text, style)


def _foresee(shell: Shell, number: int) -> None:
    from promoter.run.foresee import foresee
    from promoter.run.foretell import comment_text

    ws = shell.open(writes=False)
    shell.screen.text(comment_text(ws, foresee(ws, ws.forge.pull(number).head)))
