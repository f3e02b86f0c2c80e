"""Rendering with kustomize: `kustomize build`, or the one inside kubectl.

Load restrictions stay on and plugins off (kustomize's defaults); charts are inflated only from folders in the commit.
A kustomization's folder is an input as a whole, because kustomize lets its files come from there alone; folders below
that are rendered by themselves are inputs only where they are named. Remote bases are refused: the same commit
would render differently from one day to the next.
"""

from __future__ import annotations

from typing import Final

from promoter.errors import RenderFailed
from promoter.render.job import Bench, Job, Part, Prepare, check_settings, place
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach
from promoter.render.references import Names, Reference, config_references, is_remote, references
from promoter.render.tree import FOLDER, Found

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""Names that kustomize looks for, in its order."""


def prepare(request: RenderRequest, reach: Reach) -> Job:
    """Follow the kustomizations from the request's folder. It has no settings of its own."""
    check_settings(request, "kustomize", ())
    here = place(request, reach)
    if here.file is not None:
        raise RenderFailed(f"{request.path} is a file, and kustomize needs a folder")
    walk = _Walk(reach)
    walk.visit(here.folder)
    charts = walk.charts

    def make(bench: Bench) -> list[Part]:
        argv = list(bench.tools["kustomize"].argv)
        if charts:
            argv += ["--enable-helm", "--helm-command", bench.tools["helm"].argv[0]]
        return [Part("what kustomize printed", bench.programs.run([*argv, "."], bench.room, here.folder))]

    return Job(make, ("kustomize", "helm") if charts else ("kustomize",))


PREPARE: Final[Prepare] = prepare


class _Walk:
    """One walk over kustomizations, each visited once."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.charts = False
        self._seen: set[tuple[str, str | None]] = set()

    def visit(self, folder: str, user: str | None = None) -> None:
        """Follow one kustomization.

        With `user` its objects are configs of generators or transformers, which name files relative to the folder of
        the kustomization that uses them.
        """
        if (folder, user) in self._seen:
            return
        self._seen.add((folder, user))
        name = next((name for name in FILES if name in self.reach.tree.children(folder)), None)
        self.reach.add_root(folder)
        if name is None:
            self.reach.missing.add(f"{folder}/{FILES[0]}".lstrip("/"))
            raise RenderFailed(f"{folder or 'the root'} has no kustomization.yaml")
        where = f"{folder}/{name}" if folder else name
        found = self.reach.find(folder, name, where)
        if found is None:
            raise RenderFailed(f"{where} is a symlink to nothing")
        for reference in references(self.reach.tree.read(found.path), where):
            configs = folder if reference.names is Names.CONFIG else user
            self._take(folder, where, reference, configs if reference.names is not Names.FILE else None)

    def _take(self, folder: str, where: str, reference: Reference, user: str | None) -> None:
        """Take what one reference names; `user` as in `visit`."""
        said = f"{where}: {reference.field}"
        if is_remote(reference.path):
            raise RenderFailed(
                f"{said} names {reference.path}, which is not in this commit",
                "The same commit must always render the same: copy it into the repository.",
            )
        found = self.reach.find(folder, reference.path, said)
        if reference.names is Names.CHART:
            self._chart(said, reference, found)
        elif found is None:
            # kustomize may know better about a file; what it needs and does not get, it says.
            if reference.names is not Names.FILE:
                raise RenderFailed(f"{said} names {reference.path}, which is not in this commit")
        elif found.entry.kind != FOLDER:
            self.reach.add(found)
            if user is not None:
                for inner in config_references(self.reach.tree.read(found.path), found.path):
                    self._take(user, found.path, inner, None)
        elif reference.names is not Names.FILE:
            self.reach.add_links(found)
            self.visit(found.path, user)

    def _chart(self, said: str, reference: Reference, found: Found | None) -> None:
        if found is None or found.entry.kind != FOLDER:
            raise RenderFailed(
                f"{said} needs the chart in {reference.path}, which is not in this commit",
                f"Charts are not fetched while rendering: helm pull --untar it to {reference.path} and commit it.",
            )
        self.reach.add(found)
        self.charts = True
