"""`promoter release`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, command, reason_option, words_argument

if TYPE_CHECKING:
    from promoter.run.release import Wish
    from promoter.run.workspace import Workspace


@command(
    "release",
    words_argument(),
    click.Option(
        ["--image", "images"], multiple=True, metavar="NAME=TAG", help="An image or chart and its version; repeatable."
    ),
    click.Option(["--allow-older"], is_flag=True, help="Release a version that is older than the newest release's."),
    click.Option(
        ["--hotfix"],
        is_flag=True,
        help="For these environments only, from what is active there; needs a reason.",
    ),
    click.Option(["--label", "labels"], multiple=True, help="A label of the release, for accept; repeatable."),
    reason_option(),
)
def release(
    shell: Shell, words: tuple[str, ...], images: tuple[str, ...], allow_older: bool, hotfix: bool,
    labels: tuple[str, ...], reason: str,
) -> int:  # fmt: skip
    """Make a release."""
    from promoter.cli.released import edited_json, made_json, offer_json, show_edited, show_offer, show_release
    from promoter.cli.wanted import meaning
    from promoter.errors import UsageError
    from promoter.model.release import ReleaseState, is_label
    from promoter.run.dry_pull import Offer
    from promoter.run.release import Edited, Wish
    from promoter.run.release import release as make

    ws = shell.open(writes=True)
    found = meaning(ws, words)
    named = found.environments or found.reason or reason
    if found.release is not None or (named and not hotfix):
        raise UsageError(
            "a release is made for all environments of one app",
            'promoter release APP VERSION; for some: promoter release APP VERSION --hotfix ENVIRONMENT... "reason"',
        )
    moved = dict(_pair(image) for image in images)
    if found.version and moved:
        raise UsageError("give a version, or images with theirs, not both")
    for label in labels:
        if not is_label(label):
            raise UsageError(f"{label} is not a label", "Letters, digits, blanks and ._/:+- inside, at most 50.")
    app = found.one_app(ws.config.apps)
    wish = Wish(found.version or "", moved or None, allow_older, labels)
    if hotfix:
        return _hotfix(shell, ws, app, found.environments, wish, reason or found.reason)
    began = ws.now()
    made = make(ws, app, wish)
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
        shell.screen.json(made_json(app, made, fresh=made.at >= began))
    else:
        show_release(shell.screen, app, made, fresh=made.at >= began)
    return Exit.EDGE if made.state is ReleaseState.FAILED else Exit.DONE


def _hotfix(
    shell: Shell, ws: Workspace, app: str, environments: tuple[str, ...], wish: Wish, reason: str
) -> int:  # fmt: skip
    from promoter.cli.released import hotfix_json, show_hotfix
    from promoter.errors import UsageError
    from promoter.run.hotfix import hotfix
    from promoter.run.said import ledger_of

    if wish.allow_older:
        raise UsageError("no environment goes back by a hotfix", "To go back: promoter rollback")
    made = hotfix(ws, app, environments, wish, reason)
    if shell.json:
        shell.screen.json(hotfix_json(app, made, in_place=ws.config.layout is None))
        return Exit.DONE
    ledger = ledger_of(ws, app)
    held = [name for name in environments if ledger.place(name).hold is not None]
    show_hotfix(shell.screen, app, made, held, "" if ws.config.layout is None else ws.branch)
    return Exit.DONE


def _pair(image: str) -> tuple[str, str]:
    name, equals, tag = image.rpartition("=")
    if not equals or not name or not tag:
        raise click.BadParameter(f"{image} is not NAME=TAG", param_hint="--image")
    return name, tag
