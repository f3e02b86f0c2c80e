"""The file form of a mapping: which keys it has, and where each of them stands.

Invariants: an unknown key is always a fault, and so is a key that this version would not keep. One wrong key hides no
other fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, ValidationInfo, model_validator

from promoter.policy.node import Fault, Node, node_of
from promoter.policy.spelling import unknown_key

JUDGE = "this version cannot judge it yet; remove it, a rule that nobody keeps protects nothing"
DO = "this version cannot do it yet; remove it"

_EMPTY = Node("", 0, {})
_FEW = 8


class Form(BaseModel):
    """A mapping in a config file, made of a `Node` with a list of faults as context (`promoter.policy.reading`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    not_yet: ClassVar[Mapping[str, str]] = {}
    """Keys of the language that this version refuses -> what to say."""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys that people write here and that belong elsewhere -> what to say."""
    missing: ClassVar[Mapping[str, str]] = {}
    """Required keys -> what to say when they are missing."""
    stand_in: ClassVar[Mapping[str, str]] = {}
    """Required keys -> a value with which the rest can still be judged when they are missing."""

    _node: Node = PrivateAttr(default=_EMPTY)

    @model_validator(mode="wrap")
    @classmethod
    def _from_node(cls, node: object, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        source = node_of(node)
        if not isinstance(source.value, Mapping):
            raise ValueError(cls._no_mapping(source))  # noqa: TRY004  pydantic turns only these into faults
        known = cls.keys()
        data = {}
        for key, entry in source.value.items():
            if key in known:
                data[key] = entry
            elif isinstance(info.context, list):
                info.context.append(Fault(source, cls._refuse(key), key))
        form = handler(data)
        form._node = source
        return form

    @classmethod
    def _no_mapping(cls, node: Node) -> str:
        if node.value is None:
            return "has no value; write one or remove the key"
        keys = f" with {', '.join(sorted(cls.keys()))}" if len(cls.keys()) <= _FEW else ""
        return f"must be a mapping{keys}, not {node.kind}"

    @classmethod
    def _refuse(cls, key: str) -> str:
        for table in (cls.not_yet, cls.elsewhere):
            if key in table:
                return f"{key}: {table[key]}" if table is cls.not_yet else table[key]
        return unknown_key(key, cls.keys())

    @classmethod
    def keys(cls) -> frozenset[str]:
        """Give the keys that may stand here."""
        return frozenset(field.alias or name for name, field in cls.model_fields.items())

    @property
    def node(self) -> Node:
        """Where this stands."""
        return self._node

    def spot(self, key: str) -> Node:
        """Where `key` stands; the form itself when it is not written."""
        return self._node.entries.get(key, self._node)
