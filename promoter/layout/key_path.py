"""Keys as people write them in the config: `image.tag`, `env[0].value`, `env[name=PORT].value`, `labels."a.b/c"`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promoter.errors import EditRefused
from promoter.layout.yaml_tree import Alias, List, Mapping, Node, YamlFile

_STEP = re.compile(
    r"""\[(?P<index>[0-9]{1,9})\]
      | \[(?P<field>[^\]\[="]+)=(?P<wanted>[^\]\[]*)\]
      | \.?"(?P<quoted>[^"]+)"
      | \.?(?P<plain>[^.\[\]"]+)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Where:
    """The item of a list whose `field` is `wanted`."""

    field: str
    wanted: str


Step = str | int | Where


def parse(key: str) -> tuple[Step, ...]:
    """Read a key. Raises EditRefused when it is none."""
    steps: list[Step] = []
    position = 0
    while position < len(key):
        match = _STEP.match(key, position)
        if match is None or (position == 0 and key.startswith(".")) or match.end() == position:
            raise EditRefused(f"{key!r} is not a key", "Write it like image.tag, env[0].value or env[name=PORT].value.")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["field"] is not None:
            steps.append(Where(match["field"].strip(), match["wanted"].strip().strip("\"'")))
        else:
            steps.append(match["quoted"] or match["plain"])
        position = match.end()
    if not steps:
        raise EditRefused("a key is empty", "Write it like image.tag.")
    return tuple(steps)


def nodes(file: YamlFile, steps: Sequence[Step]) -> Iterator[Node]:
    """Give the node that the key names in each document of `file` that has it; aliases are given, not followed."""
    for root in file.documents:
        node = root
        for step in steps:
            node = node if isinstance(node, Alias) else _below(node, step)
        if node is not None:
            yield node


def _below(node: Node | None, step: Step) -> Node | None:
    if isinstance(node, Mapping):
        return node.entries.get(str(step)) if not isinstance(step, Where) else None
    if not isinstance(node, List):
        return None
    if isinstance(step, Where):
        matching = [
            item for item in node.children if isinstance(item, Mapping) and item.text(step.field) == step.wanted
        ]
        return matching[0] if len(matching) == 1 else None
    if isinstance(step, str) and not step.isdigit():
        return None
    index = int(step)
    return node.children[index] if index < len(node.children) else None
