"""`promoter init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promoter.cli.shell import Shell, command

if TYPE_CHECKING:
    from promoter.run.init import Wish


@command(
    "init",
    click.Option(
        ["--layout"],
        type=click.Choice(["edit", "branches", "folders"]),
        default="edit",
        help="edit: versions are changed where they stand (default). branches, folders: manifests are rendered, to a "
        "branch for each environment or to folders of one branch.",
    ),
    click.Option(
        ["--live"],
        default="",
        metavar="HOW",
        help="How promoter learns what runs: kubernetes:CONTEXT, files:PATH or none.",
    ),
    click.Option(
        ["--pin", "pins"],
        multiple=True,
        is_flag=False,
        flag_value="",
        metavar="[[ENVIRONMENT:]NAME=VERSION]",
        help="Also move versions from shared files into each environment's own; a range becomes the version named. "
        "Repeatable.",
    ),
    click.Option(
        ["--commit", "commits"],
        is_flag=True,
        help="Commit: pins to the branch promoter/pin with a pull request, else to the default branch.",
    ),
    click.Option(
        ["--policy", "policies"],
        multiple=True,
        metavar="NAME",
        help="Copy a policy that comes with promoter. Repeatable.",
    ),
    click.Option(
        ["--no-workflow"],
        is_flag=True,
        help="Leave out what runs promoter: a workflow on GitHub, a pipeline on GitLab.",
    ),
    click.Option(
        ["--branches"],
        is_flag=True,
        help="Only put CODEOWNERS and what wakes promoter onto the branches with rendered manifests.",
    ),
    click.Option(["--dry-run"], is_flag=True, help="Only show what would be written."),
)
def init(
    shell: Shell,
    layout: str,
    live: str,
    pins: tuple[str, ...],
    commits: bool,
    policies: tuple[str, ...],
    no_workflow: bool,
    branches: bool,
    dry_run: bool,
) -> None:
    """Look at a repository and propose."""
    from promoter.errors import UsageError
    from promoter.run.init import Layouts, Wish

    if commits and dry_run:
        raise UsageError("--commit writes and --dry-run does not", "Leave one of the two out.")
    if branches:
        if commits or pins or policies or live:
            raise UsageError("--branches is about other branches alone", "Leave the other options out.")
        _on_branches(shell, dry_run)
        return
    wish = Wish(Layouts(layout), live, pins or None, policies, workflow=not no_workflow)
    if commits:
        _in_repository(shell, wish, commits=True)
    elif not _in_folder(shell, wish, dry_run):
        _in_repository(shell, wish, commits=False)


def _in_folder(shell: Shell, wish: Wish, dry_run: bool) -> bool:
    """Work on the working copy that is meant; gives False when there is none."""
    import os
    from pathlib import Path

    from promoter.cli.proposed import Written, show
    from promoter.errors import UsageError
    from promoter.forge.chosen import forge_for
    from promoter.git.url import is_url
    from promoter.git.working_copy import working_copy
    from promoter.render.program import Programs
    from promoter.run.init import Place, propose
    from promoter.run.init_write import write

    copy = None if is_url(shell.repo) else working_copy(Path(shell.repo))
    if copy is None:
        return False
    if shell.branch and shell.branch != copy.branch:
        raise UsageError(
            f"{copy.root} has {copy.branch or 'a single commit'} checked out, not {shell.branch}",
            f"Check it out: git switch {shell.branch}",
        )
    branches = [name.rpartition("refs/heads/")[2] for name in copy.store.repo.references]
    tree = copy.store.commit(copy.head).tree
    name = copy.root.resolve().name.removesuffix(".git")
    forge = forge_for(copy.origin, os.environ) if copy.origin else None
    place = Place(copy.store, tree, name, copy.branch or "main", branches, forge.name if forge is not None else "")
    proposal = propose(place, wish, Programs(os.environ.get("PATH")))
    written = () if dry_run else write(proposal, copy)
    show(shell, place, proposal, Written(folder=str(copy.root), files=written))
    return True


def _in_repository(shell: Shell, wish: Wish, *, commits: bool) -> None:
    """Work on the repository itself, where the branches are."""
    from promoter.cli.proposed import Written, show
    from promoter.errors import EdgeFailed, UsageError
    from promoter.render.program import Programs
    from promoter.run.init import Place, propose
    from promoter.run.init_write import commit

    ws = shell.open(writes=commits)
    if commits and wish.pin is None and not ws.repository.store.repo.is_bare:
        raise UsageError(
            "in a working copy promoter.yaml is written to the folder, for you to commit", "Leave --commit out."
        )
    refs = ws.repository.refs(["refs/heads/"])
    tip = refs.get(ws.ref)
    if tip is None:
        raise EdgeFailed(f"{ws.repository.url} has no branch {ws.branch}", "Name the branch: --branch")
    ws.repository.fetch([ws.ref])
    store = ws.repository.store
    tree = store.commit(tip).tree
    ws.repository.fetch([], [(tree, "")])
    name = ws.repository.url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    place = Place(store, tree, name, ws.branch, [ref.removeprefix("refs/heads/") for ref in refs])
    proposal = propose(place, wish, Programs(ws.path))
    show(shell, place, proposal, Written(made=commit(ws, proposal, tip) if commits else None))


def _on_branches(shell: Shell, dry_run: bool) -> None:
    """Put what belongs beside the manifests onto their branches."""
    from promoter.cli.branch_files import show_branches
    from promoter.run.branch_files import wanted, write

    ws = shell.open(writes=not dry_run)
    found = wanted(ws, ws.repository.refs(["refs/heads/"]))
    show_branches(shell, ws, found, [] if dry_run else write(ws, found))
