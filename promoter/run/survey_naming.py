"""What found apps are called, and which image stands for one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from promoter.layout.place import Kind
from promoter.model.names import is_name
from promoter.policy.clashes import VERBS
from promoter.run.survey_found import AppFound

_GENERIC = frozenset({
    "app", "application", "applications", "apps", "base", "bases", "chart", "charts", "cluster", "clusters",
    "config", "configs", "deploy", "deployment", "deployments", "env", "environment", "environments", "envs",
    "flux", "argocd", "argo", "gitops", "helm", "k8s", "kubernetes", "kustomize", "manifests", "overlay",
    "overlays", "releases", "services", "src", "stage", "stages", "values", "workloads",
})  # fmt: skip
"""Folder names that say nothing about what is in them."""
_ODD = re.compile(r"[^a-z0-9._-]+")


def named(found: Iterable[AppFound], repository: str) -> tuple[AppFound, ...]:
    """Give each app a name that nothing else has, in the order of the names.

    From its folder, else from the one chart or the image that it uses most, else from the repository's name.
    """
    apps = list(found)
    taken: set[str] = {name for app in apps for name in app.environments} | VERBS
    done: list[AppFound] = []
    for app in apps:
        fitting = (name for name in _candidates(app, repository) if is_name(name) and name not in taken)
        name = next(fitting, "") or next(name for n in range(1, len(apps) + 2) if (name := f"app-{n}") not in taken)
        taken.add(name)
        done.append(replace(app, name=name))
    return tuple(sorted(done, key=lambda app: app.name))


def main_image(app: AppFound) -> str:
    """Give the image that stands for the app: called like it, or used in most places; empty when none is clear."""
    used = [one for several in app.standing.values() for one in several if one.kind is Kind.IMAGE]
    for some in ([one for one in used if one.own], used):
        counted = Counter(one.name for one in some)
        like = [name for name in counted if app.name and _last(name) == app.name]
        if len(like) == 1:
            return like[0]
        best = counted.most_common(2)
        if best and (len(best) == 1 or best[0][1] > best[1][1]):
            return best[0][0]
    return ""


def _candidates(app: AppFound, repository: str) -> Iterator[str]:
    parts = [part for part in app.path.split("/") if "{" not in part and "." not in part]
    charts: Sequence[str] = app.names(Kind.CHART, own=True) or app.names(Kind.CHART)
    names = [app.name, *reversed([part for part in parts if part not in _GENERIC])]
    names += [_last(charts[0])] if len(charts) == 1 else []
    names += [_last(main_image(app)), repository, *reversed(parts)]
    for name in names:
        plain = _ODD.sub("-", name.lower()).strip("-._")
        yield plain
        yield f"{plain}-app"


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]
