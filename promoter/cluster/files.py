"""`live: {files: "status/{cluster}"}`: status objects that an earlier job saved, one folder a cluster.

Every `.yaml`, `.yml` and `.json` file counts, in subfolders too, with several documents and `List`s in it, as
`kubectl get -o yaml` writes them. Save workloads after the objects that deliver them: a Deployment that was saved
before its Kustomization may be the one of before the apply.

Invariants: every folder is read and parsed once a look. A file that cannot be read makes its cluster unknown, for the
object that it hides might be a second owner; other clusters are not touched by that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from promoter.cluster.judge import judge, unknown
from promoter.cluster.objects import GroupKind, Object, key_of, text
from promoter.cluster.owners import Cluster
from promoter.cluster.place import Place, fill, place_of, places_of
from promoter.cluster.port import ContentAt, Listed, Wanted
from promoter.cluster.wording import one_line
from promoter.errors import EdgeFailed, PromoterError
from promoter.model.snapshot import ClusterLive

ReadFolder = Callable[[str], Iterable[tuple[str, bytes]]]
"""Gives (name below the folder, content) of every file under a folder; nothing when there is no such folder."""

_YAML = (".yaml", ".yml")
_JSON = ".json"


class _Loader(yaml.CSafeLoader):
    """YAML as the API means it: times stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class FilesSource:
    """Answers from folders of saved objects."""

    def __init__(self, read: ReadFolder, template: str, repository: str = "") -> None:
        """Take the folder of a cluster from `template`, with `{cluster}`, `{environment}` and `{app}` filled in.

        `repository` is the URL of the config repository: objects that deliver from another one are not owners.
        """
        self._read = read
        self._template = template
        self._repository = repository
        self._places: set[Place] = set()

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer all questions; a folder that cannot be read answers unknown, with the reason."""
        folders: dict[str, Cluster | str] = {}
        answers: dict[tuple[str, str, str], ClusterLive] = {}
        for question in wanted:
            self._places.add(place_of(question))
            folder = fill(self._template, place_of(question))
            if folder not in folders:
                folders[folder] = self._cluster(folder)
            cluster = folders[folder]
            answers[question.slot.app, question.slot.environment, question.cluster] = (
                unknown(question, cluster) if isinstance(cluster, str) else judge(question, cluster, content_at, now)
            )
        return answers

    def listed(self, clusters: Sequence[str], kinds: frozenset[GroupKind]) -> Sequence[Listed]:
        """Give the objects of `kinds` in the folders of every one of `clusters`, in that order."""
        found = []
        for cluster in clusters:
            folders = dict.fromkeys(fill(self._template, place) for place in places_of(cluster, self._places))
            read = [self._objects(folder) for folder in folders]
            objects = [obj for one in read if not isinstance(one, str) for obj in one]
            chosen = tuple(obj for obj in objects if (key := key_of(obj)) is not None and key.group_kind in kinds)
            found.append(Listed(cluster, chosen, "; ".join(one for one in read if isinstance(one, str))))
        return found

    def _cluster(self, folder: str) -> Cluster | str:
        """Give what the folder holds, or why that cannot be known."""
        objects = self._objects(folder)
        return objects if isinstance(objects, str) else Cluster(objects, self._repository)

    def _objects(self, folder: str) -> list[Object] | str:
        objects: list[Object] = []
        files = 0
        try:
            for name, content in self._read(folder):
                if name.endswith((*_YAML, _JSON)):
                    files += 1
                    objects.extend(parse_objects(f"{folder}/{name}", content))
        except PromoterError as error:
            return f"{error.message}. {error.hint}" if error.hint else error.message
        except OSError as error:
            return f"{folder} cannot be read: {error.strerror or type(error).__name__}"
        if not files:
            return f"{folder} holds no YAML or JSON: save the cluster's objects there, or correct live.files"
        return objects


def parse_objects(name: str, content: bytes) -> Iterator[Object]:
    """Give the objects in a file, `List`s taken apart. Raises EdgeFailed, naming the file, for anything else in it."""
    try:
        if name.endswith(_JSON):
            documents: list[Any] = [json.loads(content)]
        else:
            documents = list(yaml.load_all(content, Loader=_Loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise EdgeFailed(f"{name} cannot be read: {one_line(str(error))}") from error
    for document in documents:
        if document is not None:
            yield from _objects(name, document)


def _objects(name: str, document: Any) -> Iterator[Object]:
    if not isinstance(document, dict):
        raise EdgeFailed(f"{name} holds something that is not a Kubernetes object")
    kind, inside = text(document, "kind"), document.get("items")
    if kind.endswith("List") and (isinstance(inside, list) or inside is None):
        # The entries of a typed list (`DeploymentList`) do not repeat what they are.
        typed = {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")}
        for entry in inside or ():
            yield from _objects(name, {**typed, **entry} if typed["kind"] and isinstance(entry, dict) else entry)
        return
    if key_of(document) is None:
        raise EdgeFailed(f"{name} holds an object without kind or name")
    yield document
