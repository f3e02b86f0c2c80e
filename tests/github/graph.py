"""The test server's GraphQL: queries are validated and resolved over GitHub's own schema, within GitHub's own limits.

Limits: "Rate limits and query limits for the GraphQL API": `first` or `last` on every connection, 1 to 100; at most
500,000 nodes; a query costs a point for every hundred connections that it may ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import graphql
from graphql import DocumentNode, FieldNode, FragmentSpreadNode, InlineFragmentNode, IntValueNode, VariableNode

from tests.github.openapi import FOLDER, NotDescribed

MOST_NODES = 500_000
DEFAULTS: Mapping[str, Sequence[Any]] = {
    "orderBy": ({"field": "CREATED_AT", "direction": "ASC"},),
    "rootTeamsOnly": (False,),
    "writersOnly": (False,),
}
"""What the schema says for arguments that were not given."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Cost:
    """What a query costs."""

    nodes: int
    connections: int

    @property
    def points(self) -> int:
        """Of the hourly budget."""
        return max(1, round(self.connections / 100))


@cache
def schema() -> graphql.GraphQLSchema:
    """Load GitHub's schema, once a process."""
    return graphql.build_schema((FOLDER / "schema.graphql").read_text(encoding="utf-8"), assume_valid=True)


@cache
def parsed(text: str) -> DocumentNode:
    """Parse and validate a query. Raises NotDescribed: GitHub would refuse it."""
    try:
        document = graphql.parse(text, no_location=True)
    except graphql.GraphQLSyntaxError as error:
        raise NotDescribed(str(error)) from error
    errors = graphql.validate(schema(), document)
    if errors:
        raise NotDescribed("; ".join(error.message for error in errors[:3]))
    return document


def cost(document: DocumentNode, variables: Mapping[str, Any]) -> Cost:
    """Count what a query may ask for. Raises NotDescribed beyond GitHub's limits."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, graphql.FragmentDefinitionNode)}

    def count(selections: Sequence[Any], times: int) -> tuple[int, int]:
        nodes = connections = 0
        for one in selections:
            whole = fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            below = whole.selection_set
            if below is None:
                continue
            inner = times
            if isinstance(one, FieldNode) and _is_connection(below.selections, fragments):
                inner = times * _size(one, variables)
                nodes, connections = nodes + inner, connections + times
            more = count(below.selections, inner)
            nodes, connections = nodes + more[0], connections + more[1]
        return nodes, connections

    nodes = connections = 0
    for one in document.definitions:
        if isinstance(one, graphql.OperationDefinitionNode):
            more = count(one.selection_set.selections, 1)
            nodes, connections = nodes + more[0], connections + more[1]
    if nodes > MOST_NODES:
        raise NotDescribed(f"a query for {nodes} nodes; GitHub gives {MOST_NODES}")
    return Cost(nodes, connections)


def _is_connection(selections: Sequence[Any], fragments: Mapping[str, Any]) -> bool:
    names = {one.name.value for one in selections if isinstance(one, FieldNode)}
    return not isinstance(selections[0], InlineFragmentNode) and bool(names & {"nodes", "edges", "pageInfo"})


def _size(field: FieldNode, variables: Mapping[str, Any]) -> int:
    for one in field.arguments or ():
        if one.name.value in ("first", "last"):
            value: Any = None
            if isinstance(one.value, IntValueNode):
                value = int(one.value.value)
            elif isinstance(one.value, VariableNode):
                value = variables.get(one.value.name.value)
            if isinstance(value, int) and 1 <= value <= 100:
                return value
    raise NotDescribed(f"{field.name.value} needs first or last, from 1 to 100")


def connection(items: Sequence[Any]) -> Callable[..., Fields]:
    """Give a connection over `items` that can be paged through."""

    def page(
        info: object, first: int | None = None, last: int | None = None, after: str | None = None, **rest: Any
    ) -> Fields:
        unknown = {key: value for key, value in rest.items() if value not in DEFAULTS.get(key, ())}
        if unknown:
            raise NotImplementedError(f"the test server does not know {unknown}")
        start = int(after) if after else 0
        chosen = items[start:]
        chosen = chosen[:first] if first is not None else chosen[max(0, len(chosen) - (last or 0)) :]
        end = start + len(chosen)
        return {
            "nodes": list(chosen),
            "totalCount": len(items),
            "pageInfo": {"hasNextPage": first is not None and end < len(items), "endCursor": str(end)},
        }

    return page


def execute(document: DocumentNode, root: Any, variables: Mapping[str, Any]) -> Fields:
    """Resolve a query on `root`."""
    done = graphql.execute_sync(schema(), document, root, variable_values=dict(variables))
    answer: Fields = {"data": done.data}
    if done.errors:
        answer["errors"] = [_error(one) for one in done.errors]
    return answer


def _error(error: graphql.GraphQLError) -> Fields:
    kind = getattr(error.original_error, "kind", None)
    if kind is None and error.original_error is not None:
        raise error.original_error
    return {"message": error.message, "path": error.path, **({"type": kind} if kind else {})}


class Problem(Exception):
    """An error of GraphQL's with a type: `NOT_FOUND`, `FORBIDDEN`, ..."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
