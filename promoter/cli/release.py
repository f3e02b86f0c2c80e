"""`promoter release`."""

from __future__ import annotations

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command, words_argument


@command(
    "release",
    words_argument(),
    click.Option(
        ["--image", "images"], multiple=True, metavar="NAME=TAG", help="An image or chart and its version; repeatable."
    ),
    click.Option(["--allow-older"], is_flag=True, help="Release a version that is older than the newest release's."),
)
def release(shell: Shell, words: tuple[str, ...], images: tuple[str, ...], allow_older: bool) -> int:
    """Make a release."""
    from promoter.cli.released import edited_json, made_json, offer_json, show_edited, show_offer, show_release
    from promoter.cli.wanted import meaning
    from promoter.errors import UsageError
    from promoter.model.release import ReleaseState
    from promoter.run.dry_pull import Offer
    from promoter.run.release import Edited, Wish
    from promoter.run.release import release as make

    ws = shell.open(writes=True)
    found = meaning(ws, words)
    if found.environments or found.release is not None or found.reason:
        raise UsageError("a release is made for all environments of one app", "promoter release APP VERSION")
    moved = dict(_pair(image) for image in images)
    if found.version and moved:
        raise UsageError("give a version, or images with theirs, not both")
    app = found.one_app(ws.config.apps)
    made = make(ws, app, Wish(found.version or "", moved or None, allow_older))
    if isinstance(made, Edited):
        if shell.json:
            shell.screen.json(edited_json(made))
        else:
            show_edited(shell.screen, made, ws.branch)
        return Exit.DONE
    if isinstance(made, Offer):
        if shell.json:
            shell.screen.json(offer_json(made))
        else:
            show_offer(shell.screen, made, ws.branch)
        return Exit.DONE
    if shell.json:
        shell.screen.json(made_json(app, made))
    else:
        show_release(shell.screen, app, made)
    return Exit.EDGE if made.state is ReleaseState.FAILED else Exit.DONE


def _pair(image: str) -> tuple[str, str]:
    name, equals, tag = image.rpartition("=")
    if not equals or not name or not tag:
        raise click.BadParameter(f"{image} is not NAME=TAG", param_hint="--image")
    return name, tag
