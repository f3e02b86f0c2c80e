"""`promoter preview`: copies of an app for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from promoter.cli.exits import Exit
from promoter.cli.shell import Shell, shared_options

if TYPE_CHECKING:
    from promoter.run.preview.change import Done

_shell = click.make_pass_decorator(Shell, ensure=True)


@click.group(params=shared_options())
def preview() -> None:
    """Show an app under a name of its own: its manifests with other versions and values, for a while."""


def _wishes(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what a preview is to be."""
    for option in reversed(
        (
            click.option("--from", "source", metavar="ENVIRONMENT", help="Copy this one. Default: previews.from."),
            click.option("--image", "images", multiple=True, metavar="NAME=TAG", help="An image or chart; repeatable."),
            click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="A value; repeatable. See keys."),
            click.option(
                "--pull", type=int, metavar="NUMBER", help="What the pull request would bring; NAME pr-NUMBER."
            ),
            click.option("--until", metavar="TIME", help="Clean it up then: 2026-12-24T18:00, 2026-12-24 or 4h."),
        )
    ):
        function = option(function)
    return function


@preview.command("create", params=shared_options())
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[APP] [VERSION]")
@_wishes
@_shell
def create(shell: Shell, /, name: str, words: tuple[str, ...], **wishes: Any) -> int:
    """Make a preview called NAME; the same again changes nothing."""
    return _do(shell, "create", name, words, **wishes)


@preview.command("update", params=shared_options())
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[APP...] [VERSION]")
@_wishes
@click.option("--afresh", is_flag=True, help="Forget the versions and values of before.")
@_shell
def update(shell: Shell, /, name: str, words: tuple[str, ...], **wishes: Any) -> int:
    """Make it anew from what the default branch holds now, with what is wished beside what was."""
    return _do(shell, "update", name, words, **wishes)


@preview.command("archive", params=shared_options())
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[APP...]")
@_shell
def archive(shell: Shell, name: str, words: tuple[str, ...]) -> int:
    """Take it away, all but what holds data."""
    return _do(shell, "archive", name, words)


@preview.command("restore", params=shared_options())
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[APP...]")
@_shell
def restore(shell: Shell, name: str, words: tuple[str, ...]) -> int:
    """Bring back exactly what was archived."""
    return _do(shell, "restore", name, words)


@preview.command("delete", params=shared_options())
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[APP...]")
@_shell
def delete(shell: Shell, name: str, words: tuple[str, ...]) -> int:
    """End it, with its data."""
    return _do(shell, "delete", name, words)


@preview.command("list", params=shared_options())
@click.argument("words", nargs=-1, metavar="[APP...]")
@_shell
def listed(shell: Shell, words: tuple[str, ...]) -> None:
    """Show the previews: how old they are, what they run, where they answer, when they end."""
    from promoter.cli.preview_text import list_json, show_list
    from promoter.cli.wanted import places_only
    from promoter.run.preview.change import look
    from promoter.run.preview.standing import rules

    ws = shell.open(writes=False)
    now = look(ws)
    apps = places_only(ws, words).apps or tuple(ws.config.apps)
    found = [one for one in now.previews.values() if one.app in apps or not words]
    if shell.json:
        shell.screen.json(list_json(found, rules(ws).keep, ws.now()))
    else:
        show_list(shell.screen, found, rules(ws), ws.now())


@preview.command("keys", params=shared_options())
@click.argument("words", nargs=-1, metavar="[APP]")
@click.option("--from", "source", metavar="ENVIRONMENT", help="As it runs there. Default: previews.from.")
@_shell
def keys(shell: Shell, words: tuple[str, ...], source: str | None) -> None:
    """Show what --set may change: each KEY, and its value in the environment."""
    from promoter.cli.wanted import places_only
    from promoter.plan.report.foreign import plain
    from promoter.run.preview.content import Recipe
    from promoter.run.preview.content import keys as known
    from promoter.run.preview.standing import rules

    ws = shell.open(writes=False)
    dry = ws.refresh(ws.repository.refs([ws.ref]))
    found = places_only(ws, words)
    app = ws.app(found.one_app(ws.config.apps))
    place = source or (found.environments[0] if found.environments else rules(ws).source)
    there = known(ws, app, Recipe("keys", place, ws.repository.store.commit(dry).tree))
    if shell.json:
        shell.screen.json({"schema": "promoter.preview-keys/v1", "app": app.name, "environment": place, "keys": there})
    else:
        shell.screen.table([[("", plain(key)), ("dim", plain(value, 60))] for key, value in there.items()])


def _do(
    shell: Shell,
    verb: str,
    name: str,
    words: Sequence[str],
    source: str | None = None,
    images: Sequence[str] = (),
    values: Sequence[str] = (),
    pull: int | None = None,
    until: str | None = None,
    afresh: bool = False,
) -> int:
    from promoter.cli.preview_text import changes_json, show_changes
    from promoter.plan.until import parse_until
    from promoter.run.preview.change import Wanted
    from promoter.run.preview.said import Said, carry_out

    ws = shell.open(writes=True)
    end = parse_until(until, ws.config.timezone, ws.now()) if until is not None else None
    pairs = dict(_pair(one, "--image") for one in images), dict(_pair(one, "--set") for one in values)
    wanted = Wanted(source or "", "", *pairs, end, afresh=afresh)
    said = Said(verb, name, tuple(words), wanted, ws.forge.pull(pull) if pull is not None else None)
    done: list[Done] = carry_out(ws, said)
    if shell.json:
        shell.screen.json(changes_json(done))
    else:
        show_changes(shell.screen, done)
    return Exit.EDGE if any(one.trouble for one in done) else Exit.DONE


def _pair(text: str, option: str) -> tuple[str, str]:
    """Split at the last `=` of an image, and for a value at the first one outside of brackets."""
    depth, at = 0, text.rfind("=") if option == "--image" else -1
    for index, sign in enumerate(text if at < 0 else ""):
        depth += (sign == "[") - (sign == "]")
        if sign == "=" and depth == 0:
            at = index
            break
    if at < 1 or (option == "--image" and at == len(text) - 1):
        what = "NAME=TAG" if option == "--image" else "KEY=VALUE"
        raise click.BadParameter(f"{text} is not {what}", param_hint=option)
    return text[:at], text[at + 1 :]
