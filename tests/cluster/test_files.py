from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml

from promoter.cluster.files import FilesSource, parse_objects
from promoter.cluster.port import Wanted
from promoter.errors import EdgeFailed
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from tests.cluster.objects_made import (
    LOOKED,
    REPOSITORY,
    SLOT,
    content_at,
    deployment,
    git_repository,
    kustomization,
    wanted,
)

OBJECTS = [kustomization(), git_repository(), deployment()]


def documents(objects: Iterable[Mapping[str, Any]]) -> bytes:
    return yaml.safe_dump_all([dict(obj) for obj in objects], encoding="utf-8")


def plain_list(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": objects, "metadata": {"resourceVersion": ""}}


def typed_list(obj: dict[str, Any]) -> dict[str, Any]:
    """A list as the API gives it: its items do not say what they are."""
    inside = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}
    return {"apiVersion": obj["apiVersion"], "kind": f"{obj['kind']}List", "items": [inside]}


SAVED: list[tuple[str, dict[str, bytes]]] = [
    ("one file", {"all.yaml": documents(OBJECTS)}),
    ("a file an object", {f"{number}.yml": documents([obj]) for number, obj in enumerate(OBJECTS)}),
    ("a List", {"all.yaml": documents([plain_list(OBJECTS)])}),
    ("JSON", {"all.json": json.dumps(plain_list(OBJECTS)).encode()}),
    ("typed lists", {"all.yaml": documents(typed_list(obj) for obj in OBJECTS)}),
    ("a list of lists", {"all.yaml": documents([plain_list([typed_list(obj) for obj in OBJECTS])])}),
    ("beside other files", {"all.yaml": documents(OBJECTS), "README.md": b"{{{", "notes.txt": b"\xff"}),
    ("empty documents", {"all.yaml": b"---\n---\n" + documents(OBJECTS) + b"---\n# end\n", "more.yaml": b""}),
    ("an empty list", {"all.yaml": documents(OBJECTS), "none.yaml": b"{kind: List, apiVersion: v1, items: null}"}),
]  # fmt: skip


def look(folders: Mapping[str, Mapping[str, bytes]], *asked: Wanted) -> dict[str, ClusterLive]:
    """The answers by cluster, from folders that are given."""

    def read(folder: str) -> Iterator[tuple[str, bytes]]:
        yield from folders.get(folder, {}).items()

    source = FilesSource(read, "status/{cluster}", REPOSITORY)
    return {key[2]: live for key, live in source.look(asked or (wanted(),), content_at, LOOKED).items()}


@pytest.mark.parametrize("files", [row[1] for row in SAVED], ids=[row[0] for row in SAVED])
def test_saved_objects(files: dict[str, bytes]) -> None:
    live = look({"status/dev-1": files})["dev-1"]
    assert (live.answer, live.object) == (Answer.SUCCESS, "Kustomization/flux-system/shop")


def test_times_and_booleans_without_quotes() -> None:
    content = documents(OBJECTS).replace(b"'2026-03-02T10:05:00Z'", b"2026-03-02T10:05:00Z").replace(b"'True'", b"True")
    live = look({"status/dev-1": {"all.yaml": content}})["dev-1"]
    assert live.answer is Answer.SUCCESS
    (branch,) = parse_objects("a.yaml", b"{kind: A, metadata: {name: a}, branch: 2026-03-02}")
    assert branch["branch"] == "2026-03-02"
    assert live.seen is not None
    assert live.seen.isoformat() == "2026-03-02T10:05:00+00:00"


BROKEN = [
    ("no YAML", "odd.yaml", b"a: [", "status/dev-1/odd.yaml cannot be read"),
    ("no JSON", "odd.json", b"{", "status/dev-1/odd.json cannot be read"),
    ("no text", "odd.yaml", b"\xff\xfe\x00", "status/dev-1/odd.yaml cannot be read"),
    ("too deep", "odd.json", b"[" * 200_000, "status/dev-1/odd.json"),
    ("a tag", "odd.yaml", b"!!python/object/apply:os.getcwd []", "status/dev-1/odd.yaml cannot be read"),
    ("a scalar", "odd.yaml", b"hello", "status/dev-1/odd.yaml holds something that is not"),
    ("a sequence", "odd.yaml", b"- a", "status/dev-1/odd.yaml holds something that is not"),
    ("no kind", "odd.yaml", b"metadata: {name: x}", "status/dev-1/odd.yaml holds an object without kind or name"),
    ("no name", "odd.yaml", b"kind: ConfigMap", "status/dev-1/odd.yaml holds an object without kind or name"),
    ("an odd entry", "odd.yaml", b"{kind: List, items: [3]}", "status/dev-1/odd.yaml holds something that is not"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "reason"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_unreadable_file_is_unknown_for_its_cluster_alone(name: str, content: bytes, reason: str) -> None:
    good = {"all.yaml": documents(OBJECTS)}
    folders = {
        "status/dev-1": {**good, name: content},
        "status/dev-2": good,
    }
    live = look(folders, wanted(), wanted(cluster="dev-2"))
    assert live["dev-1"].answer is Answer.UNKNOWN
    assert reason in live["dev-1"].reason
    assert live["dev-2"].answer is Answer.SUCCESS


@pytest.mark.parametrize("files", [{}, {"README.md": b"nothing yet"}])
def test_missing_folder_is_unknown_with_a_hint(files: dict[str, bytes]) -> None:
    live = look({"status/dev-1": files})["dev-1"]
    assert live.answer is Answer.UNKNOWN
    assert live.reason.startswith("status/dev-1 holds no YAML or JSON: save the cluster's objects there")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "status/dev-1 cannot be read: Permission denied"),
        (EdgeFailed("no such branch", "Name another."), "no such branch. Name another."),
    ],
)
def test_folder_that_cannot_be_read_is_unknown(error: Exception, reason: str) -> None:
    def read(folder: str) -> Iterator[tuple[str, bytes]]:
        assert folder == "status/dev-1"
        yield "all.yaml", documents(OBJECTS)
        raise error

    live = FilesSource(read, "status/{cluster}").look([wanted()], content_at, LOOKED)["shop", "dev", "dev-1"]
    assert (live.answer, live.reason) == (Answer.UNKNOWN, reason)


def test_each_folder_is_read_once_a_look() -> None:
    read: list[str] = []

    def counted(folder: str) -> Iterator[tuple[str, bytes]]:
        read.append(folder)
        yield "all.yaml", documents(OBJECTS)

    source = FilesSource(counted, "{environment}/{cluster}/x", REPOSITORY)
    asked = [wanted(), wanted(cluster="dev-2"), wanted(slot=replace(SLOT, app="web", path="web"))]
    answers = source.look(asked, content_at, LOOKED)
    assert read == ["dev/dev-1/x", "dev/dev-2/x"]
    assert [key for key, live in answers.items() if live.answer is Answer.SUCCESS] == [
        ("shop", "dev", "dev-1"),
        ("shop", "dev", "dev-2"),
    ]
    source.look(asked[:1], content_at, LOOKED)
    assert len(read) == 3


def test_everything_of_some_kinds() -> None:
    saved = {
        "status/dev-1": [("all.yaml", documents([kustomization(), git_repository(), deployment()]))],
        "status/dev-2": [("all.yaml", b"{")],
    }
    source = FilesSource(lambda folder: saved.get(folder, []), "status/{environment}")
    first, second, third = source.listed(["dev-1", "dev-2", "none"], frozenset({("apps", "Deployment"), ("x", "Y")}))
    assert ([obj["kind"] for obj in first.objects], first.trouble) == (["Deployment"], "")
    assert (second.objects, second.trouble.startswith("status/dev-2/all.yaml cannot be read")) == ((), True)
    assert (third.objects, third.trouble.startswith("status/none holds no YAML or JSON")) == ((), True)


def test_a_cluster_is_listed_where_it_was_looked_at() -> None:
    saved = {"status/prod/shop": [("all.yaml", documents([deployment()]))]}
    source = FilesSource(lambda folder: saved.get(folder, []), "status/{environment}/{app}")
    source.look([wanted(cluster="eu-1", slot=replace(SLOT, environment="prod"))], content_at, LOOKED)
    assert len(source.listed(["eu-1"], frozenset({("apps", "Deployment")}))[0].objects) == 1
