"""Rendering with `helm template`, without a cluster and without network.

Settings, paths relative to the app's folder or from the repository's root with a leading `/`; `{app}` and
`{environment}` are filled in:

    chart         folder or packaged chart (default: the app's folder)
    values        values files, later ones win (default: values-{environment}.yaml, values/{environment}.yaml or
                  env/{environment}.yaml beside the chart or in the app's folder, whichever there is); when the app's
                  path is a file, that file comes last
    release       name of the Helm release (default: the app)
    namespace     what .Release.Namespace says (default: default)
    kube_version, api_versions      what .Capabilities say (default: helm's own)
    crds, hooks   false leaves them out; a chart's tests are always left out

Dependencies must stand in the chart's charts/ folder: nothing is downloaded.
"""

from __future__ import annotations

import posixpath
from typing import Final

from promoter.errors import RenderFailed
from promoter.render.job import Bench, Job, Part, Place, Prepare, check_settings, flag, locate, place, text, words
from promoter.render.port import RenderRequest
from promoter.render.reach import Reach
from promoter.render.tree import FOLDER, LINK, Found

_SETTINGS = frozenset(
    {"chart", "values", "release", "namespace", "kube_version", "api_versions", "crds", "hooks"},
)
_FOUND_VALUES = ("values-{environment}.yaml", "values/{environment}.yaml", "env/{environment}.yaml")


def prepare(request: RenderRequest, reach: Reach) -> Job:
    """Find the chart and its values files."""
    check_settings(request, "helm", _SETTINGS)
    here = place(request, reach)
    chart = locate(request, reach, here.folder, text(request, "chart", "."))
    reach.add(chart)
    if chart.entry.kind == FOLDER and "Chart.yaml" not in reach.tree.children(chart.path):
        raise RenderFailed(
            f"{chart.path or 'the root'} has no Chart.yaml", "Name the chart: render: {helm: {chart: /charts/NAME}}"
        )
    values = _values(request, reach, here, chart)
    for found in values:
        reach.add(found)
    arguments = _arguments(request, chart, values)

    def make(bench: Bench) -> list[Part]:
        printed = bench.programs.run([*bench.tools["helm"].argv, *arguments], bench.room)
        return [Part("what helm printed", printed)]

    return Job(make, ("helm",))


PREPARE: Final[Prepare] = prepare


def values_files(request: RenderRequest, reach: Reach) -> tuple[str, ...]:
    """Give the files that values come from, those that win last. Raises RenderFailed."""
    here = place(request, reach)
    chart = locate(request, reach, here.folder, text(request, "chart", "."))
    own = f"{chart.path}/values.yaml".lstrip("/")
    own_files = [own] if chart.entry.kind == FOLDER and "values.yaml" in reach.tree.children(chart.path) else []
    return tuple(dict.fromkeys([*own_files, *(found.path for found in _values(request, reach, here, chart))]))


def _values(request: RenderRequest, reach: Reach, here: Place, chart: Found) -> list[Found]:
    """Give the values files in order; found ones must be one, for their order would be a guess."""
    if "values" in request.rule.settings:
        files = [locate(request, reach, here.folder, path) for path in words(request, "values")]
    elif here.file is not None:
        files = []
    else:
        beside = {here.folder, chart.path if chart.entry.kind == FOLDER else here.folder}
        names = [name.replace("{environment}", request.environment) for name in _FOUND_VALUES]
        said = f"render of {request.app}"
        there = [reach.find(folder, name, said) for folder in sorted(beside) for name in names]
        files = [found for found in there if found is not None]
        if len(files) > 1:
            raise RenderFailed(
                f"several values files may be meant: {', '.join(found.path for found in files)}",
                "Name them in order: render: {helm: {values: [...]}}",
            )
        if not files:
            # One that is added later must be noticed.
            reach.add_folder(here.folder)
    files += [here.file] if here.file is not None else []
    for found in files:
        if found.entry.kind in (FOLDER, LINK):
            raise RenderFailed(f"{found.path} is a folder, and a values file is needed")
    return files


def _arguments(request: RenderRequest, chart: Found, values: list[Found]) -> list[str]:
    release = text(request, "release", request.app)
    arguments = ["template", f"--namespace={text(request, 'namespace', 'default')}", "--skip-tests"]
    if flag(request, "crds", default=True):
        arguments.append("--include-crds")
    if not flag(request, "hooks", default=True):
        arguments.append("--no-hooks")
    if version := text(request, "kube_version"):
        arguments.append(f"--kube-version={version}")
    arguments += [f"--api-versions={version}" for version in words(request, "api_versions")]
    arguments += [f"--values={_here(found.path)}" for found in values]
    return [*arguments, "--", release, _here(chart.path)]


def _here(path: str) -> str:
    return f"./{posixpath.normpath(path) if path else '.'}"
