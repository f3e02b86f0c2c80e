from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Any

import pytest

import promoter.cluster.readers
from promoter.cluster.health import Health
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader
from promoter.cluster.readers import READERS
from tests.cluster.objects_made import look

FILES = [module.name for module in pkgutil.iter_modules(promoter.cluster.readers.__path__)]


def test_table_has_every_file() -> None:
    assert {type(reader).__module__.rpartition(".")[2] for reader in READERS.values()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_reader_has_its_tests(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


ODD: list[Any] = [None, "", "text", 7, True, [], ["x"], {}, {"a": None}, [None], [{"type": 3}]]


@pytest.mark.parametrize(("group_kind", "reader"), READERS.items(), ids=[kind for _, kind in READERS])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_objects_are_read_without_success(group_kind: GroupKind, reader: Reader, odd: object) -> None:
    shapes: list[dict[str, Any]] = [
        {"status": odd},
        {"spec": odd, "status": {"conditions": odd, "sync": odd, "inventory": odd, "history": odd}},
        {"metadata": odd, "spec": {"sourceRef": odd, "source": odd, "sources": odd}, "status": {"replicas": odd}},
    ]
    for shape in shapes:
        obj = {"apiVersion": f"{group_kind[0]}/v1", "kind": group_kind[1], **shape}
        reader.sources(obj, look().related)
        assert reader.read(obj, look()).health is not Health.HEALTHY
