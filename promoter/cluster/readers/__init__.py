"""The readers, one file each: the table lists its own folder, so a new kind is a new file and nothing else.

Kinds that are in no file are read by the rules that all of Kubernetes shares.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

from promoter.cluster.kstatus import KSTATUS
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader


def _table() -> Mapping[GroupKind, Reader]:
    table: dict[GroupKind, Reader] = {}
    for module in pkgutil.iter_modules(__path__):
        reader: Reader = import_module(f"{__name__}.{module.name}").READER
        for group_kind in reader.kinds:
            if group_kind in table:
                raise RuntimeError(f"two readers for {group_kind}: {table[group_kind]} and {reader}")
            table[group_kind] = reader
    return MappingProxyType(table)


READERS: Final[Mapping[GroupKind, Reader]] = _table()
"""(group, kind) -> its reader."""


def reader_of(group_kind: GroupKind) -> Reader:
    """Give the reader of a kind; for one that has no file the one that reads any."""
    return READERS.get(group_kind, KSTATUS)
