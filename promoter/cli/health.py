"""`promoter health`."""

from __future__ import annotations

import click

from promoter.cli.shell import Shell, command


@command(
    "health",
    click.Option(
        ["-f", "--file", "names"],
        multiple=True,
        metavar="FILE",
        help="A file or folder of objects, or - for standard input; may stand several times. Default: -.",
    ),
    click.Option(["--commit"], metavar="COMMIT", help="What is wanted: an id, a branch or a tag of the repository."),
    click.Option(["--path"], metavar="PATH", help="Where in that commit. Default: what each object delivers."),
    click.Option(["--exit-code", "exit_code"], is_flag=True, help="Exit 11 or 12 when not everything is healthy."),
)
def health(shell: Shell, names: tuple[str, ...], commit: str | None, path: str | None, exit_code: bool) -> int:
    """Judge objects in files."""
    import sys

    from promoter.cli.appraised import appraised_code, appraised_json, show_appraised
    from promoter.cluster.appraise import appraise
    from promoter.run.measure import measure_by
    from promoter.run.object_files import objects_in

    measure = None
    if commit is not None or path is not None:
        measure = measure_by(shell.open(writes=False).repository, commit or shell.branch or "", path)
    judged = appraise(objects_in(names or ("-",), sys.stdin.buffer), shell.clock(), measure=measure)
    if shell.json:
        shell.screen.json(appraised_json(judged))
    else:
        show_appraised(shell.screen, judged)
    return appraised_code(judged) if exit_code else 0
