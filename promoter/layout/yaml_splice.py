"""Changes scalars of a YAML file by replacing their bytes and nothing else.

Invariants: a result is proven before it is returned. It is read again, and everything a YAML reader sees is the same
but the scalars that were asked for; a YAML 1.1 reader (libyaml) and a YAML 1.2 reader (ruamel.yaml) both read each new
scalar as exactly the text that was asked for. What cannot be done so is refused (EditRefused), never reformatted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from promoter.errors import EditRefused
from promoter.layout.yaml_tree import Alias, Mapping, Node, NotYaml, Path, Scalar, YamlFile, read, resolved, show

_GO_TYPED = re.compile(
    r"[yYnN]|[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[0-9][0-9_]*)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
)
"""What Go's YAML readers (kustomize, Helm, kubectl) take for a number or a boolean beyond what the other two do."""
_UNPRINTABLE = re.compile("[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Edit:
    """Make the scalar at `path` be `value`."""

    document: int
    path: Path
    value: str
    typed: bool = False
    """`value` is a plain scalar that readers may type (`3`, `true`), to be written as it is; else it stays a string."""


def splice(file: YamlFile, edits: Sequence[Edit]) -> YamlFile:
    """Give `file` with each of `edits` made.

    Raises EditRefused with file, line and next step where a value cannot be replaced alone: it is missing, no scalar,
    an alias, anchored, tagged, a block scalar, its key stands twice, or a copy of it stands elsewhere through an alias.
    """
    spans: dict[int, tuple[Scalar, Edit]] = {}
    for edit in edits:
        scalar = locate(file, edit.document, edit.path)
        spans[scalar.index] = (scalar, edit)
    text, position, parts = file.text, 0, []
    for _, (scalar, edit) in sorted(spans.items()):
        parts += [text[position : scalar.start], _written(file, scalar, edit)]
        position = scalar.end
    parts.append(text[position:])
    return _proven(file, "".join(parts), {index: edit for index, (_, edit) in spans.items()})


def locate(file: YamlFile, document: int, path: Path) -> Scalar:
    """Give the scalar at `path`, if it is one that may be replaced alone. Raises EditRefused as `splice` does."""
    node: Node | None = file.documents[document] if 0 <= document < len(file.documents) else None
    trail: list[Node] = []
    for depth, key in enumerate(path):
        if node is not None:
            trail.append(node)
        child = _child(node, key)
        if child is None:
            line = node.line if node else 0
            raise refused(
                file.name, line, f"there is no {show(path[: depth + 1])}", "Add it by hand; then it can be moved."
            )
        if isinstance(node, Mapping) and key in node.doubled:
            raise refused(file.name, child.line, f"{show(path[: depth + 1])} stands twice", "Remove one of the two.")
        node = child
    return _replaceable(file, node, path, trail)


def refused(file: str, line: int, message: str, hint: str) -> EditRefused:
    """Make the error that says where an edit was refused, and what to do."""
    return EditRefused(f"{file}:{line}: {message}" if line else f"{file}: {message}", hint)


def is_typed(text: str) -> bool:
    """Tell whether some YAML reader takes the plain scalar `text` for anything but a string."""
    return bool(_GO_TYPED.fullmatch(text)) or not _reads_as(text, text, flow=False)


def _child(node: Node | None, key: str | int) -> Node | None:
    if isinstance(node, Mapping):
        return node.entries.get(key) if isinstance(key, str) else None
    children = getattr(node, "children", None)
    if isinstance(children, list) and isinstance(key, int) and -1 < key < len(children):
        child: Node = children[key]
        return child
    return None


def _replaceable(file: YamlFile, node: Node | None, path: Path, trail: Sequence[Node]) -> Scalar:
    where = show(path)
    line = node.line if node else 0
    if isinstance(node, Alias):
        target = resolved(node)
        hint = f"Write the value out in place of the alias (its anchor stands in line {target.line})."
        raise refused(file.name, line, f"{where} is an alias", hint)
    if not isinstance(node, Scalar):
        raise refused(file.name, line, f"{where} is not a single value", "Name a key that holds a text or a number.")
    if node.anchor:
        raise refused(
            file.name, line, f"{where} carries the anchor &{node.anchor}", "Write the value without an anchor."
        )
    if node.tag:
        raise refused(file.name, line, f"{where} carries the tag {node.tag}", "Write the value without a tag.")
    if node.style in ("|", ">"):
        raise refused(file.name, line, f"{where} is a block scalar", "Write the value on the line of its key.")
    shared = next((above for above in trail if above.anchor in file.aliased), None)
    if shared is not None:
        message = f"{where} stands under the anchor &{shared.anchor}, so other places would change too"
        raise refused(file.name, line, message, "Write the values out where the anchor is used.")
    return node


def _written(file: YamlFile, scalar: Scalar, edit: Edit) -> str:
    """Give the text that takes the scalar's place: in its own style if both readers read that right."""
    flow = scalar.flow
    gap = ""
    if scalar.start == scalar.end and not scalar.style:
        before = file.text[max(0, scalar.start - 80) : scalar.start]
        if not before.rstrip().endswith((":", "-")) or not edit.path:
            hint = f"Write {show(edit.path)} with a value."
            raise refused(file.name, scalar.line, f"{show(edit.path)} has no room for a value", hint)
        gap = " " if before.endswith((":", "-")) else ""
    for candidate in _candidates(file, scalar.style, edit):
        if edit.typed or _reads_as(candidate, edit.value, flow=flow):
            after = file.text[scalar.end : scalar.end + 1]
            return gap + candidate + (" " if gap and after and after not in " \t\r\n,]}" else "")
    message = f"{show(edit.path)} cannot be written as {edit.value!r} so that every YAML reader reads it the same"
    raise refused(file.name, scalar.line, message, "Write it by hand.")


def _candidates(file: YamlFile, style: str, edit: Edit) -> Iterator[str]:
    value = edit.value
    if edit.typed:
        yield value
        return
    json_only = file.name.endswith(".json")
    if not style and not json_only and not _GO_TYPED.fullmatch(value):
        yield value
    single = "'" + value.replace("'", "''") + "'"
    if style == "'" and not json_only and not _UNPRINTABLE.search(value):
        yield single
    yield _double_quoted(value)


def _double_quoted(value: str) -> str:
    """Write `value` as a JSON string, which is YAML too; what YAML calls unprintable is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def _reads_as(written: str, value: str, *, flow: bool) -> bool:
    """Tell whether both YAML readers read `written` as exactly the string `value`, in a block or a flow mapping."""
    snippet = f"{{k: {written}}}" if flow else f"k: {written}\n"
    wanted = {"k": value}
    try:
        return bool(yaml.load(snippet, Loader=yaml.CSafeLoader) == wanted and _yaml12().load(snippet) == wanted)
    except (yaml.YAMLError, YAMLError, MarkedYAMLError, ValueError):
        return False


def _yaml12() -> YAML:
    return YAML(typ="safe", pure=True)


def _proven(file: YamlFile, text: str, wanted: dict[int, Edit]) -> YamlFile:
    """Read `text` and compare all that readers see with `file`: only the entries in `wanted` may differ."""
    bom = b"\xef\xbb\xbf" if file.bom else b""
    try:
        new = read(file.name, bom + text.encode())
    except NotYaml as error:
        raise refused(file.name, error.line, f"the edit would break the file: {error}", "Edit it by hand.") from error
    same = len(new.signature) == len(file.signature)
    for index, (before, after) in enumerate(zip(file.signature, new.signature, strict=False)):
        if before != after or index in wanted:
            edit = wanted.get(index)
            same = same and edit is not None and before[0] == after[0] and after[1:4] == (edit.value, *before[2:4])
            same = same and not (edit is not None and edit.typed and after[4])
    if not same:
        first = min(wanted.values(), key=lambda edit: (edit.document, len(edit.path)))
        message = f"changing {show(first.path)} would change other values too"
        raise refused(file.name, 0, message, "Edit it by hand.")
    return new
