"""What `promoter init --branches` puts beside the manifests, on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from promoter.cli.proposed import file_diff
from promoter.cli.shell import Shell
from promoter.model.names import Branch, Oid
from promoter.plan.report.foreign import plain, source
from promoter.run.branch_files import BranchFiles, Wanted
from promoter.run.workspace import Workspace


def show_branches(shell: Shell, ws: Workspace, wanted: Wanted, made: Sequence[tuple[Branch, Oid]]) -> None:
    """Print what each branch lacks, and the commits that were made."""
    if shell.json:
        shell.screen.json(_json(wanted, dict(made)))
        return
    screen = shell.screen
    for note in wanted.notes:
        screen.cells(("wait", f"  {plain(note, 300)}"))
    for one in wanted.branches:
        for path in one.foreign:
            screen.cells(("wait", f"  {path} on {one.branch} is somebody's own, and stays"))
    lacking = [one for one in wanted.branches if one.files]
    if not lacking:
        screen.line("Nothing to do: every branch with rendered manifests has what it should.")
        return
    for one in lacking:
        screen.line(f"{one.branch}{' (new)' if one.tip is None else ''}", "head")
        for path, data in one.files.items():
            for line in file_diff(path, _before(ws, one, path), data):
                screen.line(source(line), {"+": "ok", "-": "fail", "@": "dim"}.get(line[:1], ""))
    for branch, commit in made:
        screen.line(f"Committed {commit[:7]} to {branch}", "head")
    if not made:
        screen.line("Nothing was written.", "head")


def _before(ws: Workspace, one: BranchFiles, path: str) -> bytes:
    store = ws.repository.store
    return (store.read(store.commit(one.tip).tree, path) or b"") if one.tip is not None else b""


def _json(wanted: Wanted, made: dict[Branch, Oid]) -> dict[str, object]:
    """Give `promoter.init-branches/v1`."""
    return {
        "schema": "promoter.init-branches/v1",
        "notes": list(wanted.notes),
        "branches": [
            {
                "branch": one.branch,
                "files": {path: data.decode() for path, data in one.files.items()},
                "kept": list(one.foreign),
                "commit": made.get(one.branch),
            }
            for one in wanted.branches
        ],
    }
