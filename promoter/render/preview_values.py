"""Single values of rendered objects, named as `Deployment/shop:spec.replicas`: which there are, and changing them.

Invariants: only a scalar that stands there is changed, and no other byte; what makes an object the object that it is
(its version, kind and metadata) cannot be named; a text stays a text, a number stays something that readers type.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promoter.errors import EditRefused, RenderFailed, UsageError
from promoter.layout import key_path
from promoter.layout.yaml_splice import Edit, is_typed, splice
from promoter.layout.yaml_tree import List, Node, NotYaml, Scalar, YamlFile, read, show
from promoter.layout.yaml_tree import Mapping as Tree
from promoter.render.documents import chunks

_FIXED = frozenset({"apiVersion", "kind", "metadata", "status"})
_GENERATED = re.compile(r"(.+)-[a-z0-9]{10}")
"""The name of a ConfigMap or Secret that kustomize made, whose end is a digest of what it holds."""
_MANY = 8


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a rendering."""

    file: str
    tree: YamlFile
    root: Tree

    @property
    def kind(self) -> str:
        """Give the kind."""
        return self.root.text("kind")

    @property
    def name(self) -> str:
        """Give `metadata.name`."""
        return self.root.text("metadata", "name")

    @property
    def label(self) -> str:
        """Give `Deployment/shop`, as keys begin; without a generated end."""
        made = _GENERATED.fullmatch(self.name) if self.kind in ("ConfigMap", "Secret") else None
        return f"{self.kind}/{made.group(1) if made else self.name}"

    def edited(self, edits: Sequence[Edit]) -> Document:
        """Give it with `edits` made. Raises EditRefused."""
        return of_text(self.file, splice(self.tree, edits).data()) if edits else self


def of_text(file: str, text: bytes) -> Document:
    """Read one object. Raises EditRefused for anything else."""
    try:
        tree = read(file, text)
    except NotYaml as error:
        raise EditRefused(f"{file}:{error.line}: {error.reason}", "Nothing can be changed in it.") from error
    root = tree.documents[0] if len(tree.documents) == 1 else None
    if not isinstance(root, Tree):
        raise EditRefused(f"{file} holds something else than objects", "Nothing can be changed in it.")
    twice = next((key for mapping in tree.mappings for key in sorted(mapping.doubled)), "")
    if twice:
        raise EditRefused(f"{file}: {twice} stands twice, and readers differ in which one counts", "Remove one.")
    if root.text("kind").endswith("List") and isinstance(root.get("items"), List):
        raise EditRefused(f"{file} is a list of objects with a name", "Write its items as objects of their own.")
    return Document(file, tree, root)


def documents(files: Mapping[str, bytes]) -> list[Document]:
    """Give every object of `files` (file name -> content), in their order. Raises EditRefused, RenderFailed."""
    return [of_text(name, text.encode()) for name, data in files.items() for text in chunks(data, name)]


def joined(found: Iterable[Document]) -> dict[str, bytes]:
    """Give file name -> content again."""
    texts: dict[str, list[bytes]] = {}
    for one in found:
        texts.setdefault(one.file, []).append(one.tree.data())
    return {name: b"---\n".join(parts) for name, parts in texts.items()}


def known_values(found: Iterable[Document]) -> dict[str, str]:
    """Give key -> value of everything that can be changed, in the order of the objects."""
    keys: dict[str, str] = {}
    for one in found:
        for name, node in one.root.entries.items():
            if name not in _FIXED:
                for path, scalar in _scalars(node, show((name,))):
                    keys.setdefault(f"{one.label}:{path}", scalar.value)
    return keys


def _scalars(node: Node, path: str) -> Iterator[tuple[str, Scalar]]:
    """Give every scalar below `node` with its key, items of lists by their name where they have one."""
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Tree):
        for key, below in node.entries.items():
            step = show((key,))
            yield from _scalars(below, f"{path}{'' if step.startswith('[') else '.'}{step}")
    elif isinstance(node, List):
        names = [item.text("name") if isinstance(item, Tree) else "" for item in node.children]
        for index, item in enumerate(node.children):
            apart = names[index] and names.count(names[index]) == 1 and "]" not in names[index]
            yield from _scalars(item, f"{path}[{f'name={names[index]}' if apart else index}]")


def with_values(found: Sequence[Document], wanted: Mapping[str, str]) -> list[Document]:
    """Give the objects with `wanted` (key -> value). Raises UsageError for a key that is not there, EditRefused."""
    result = list(found)
    for key, value in wanted.items():
        label, _, path = key.partition(":")
        hits = [index for index, one in enumerate(result) if label in (one.label, f"{one.kind}/{one.name}")]
        steps = _steps(key, path)
        changed = False
        for index in hits:
            for node in key_path.nodes(result[index].tree, steps):
                if isinstance(node, Scalar):
                    result[index] = result[index].edited([edit_of(node, value)])
                    changed = True
        if not changed:
            raise unknown_key(key, known_values(found))
    return result


def _steps(key: str, path: str) -> tuple[key_path.Step, ...]:
    try:
        steps = key_path.parse(path)
    except EditRefused as error:
        raise UsageError(f"{key}: {error.message}", error.hint) from error
    if steps[0] in _FIXED:
        raise UsageError(f"{key}: {steps[0]} makes the object what it is, and cannot be changed")
    return steps


def edit_of(scalar: Scalar, value: str) -> Edit:
    """Give the edit that makes `scalar` be `value`: typed where it was, and a text where it was one."""
    was_typed = not scalar.style and is_typed(scalar.value)
    return Edit(scalar.document, scalar.path, value, was_typed and is_typed(value))


def unknown_key(key: str, known: Mapping[str, str]) -> UsageError:
    """Make the refusal of a key that nothing has, with those that come near."""
    near = difflib.get_close_matches(key, known, n=_MANY, cutoff=0.5)
    last = key.rpartition(".")[2].rpartition(":")[2]
    near += [other for other in known if last and last in other and other not in near]
    hint = f"Did you mean {near[0]}?" if near else "promoter preview keys shows what there is."
    if len(near) > 1:
        hint += f" Or: {', '.join(near[1:_MANY])}"
    return UsageError(f"nothing is called {key} here", hint)


def check_unique(found: Iterable[Document]) -> None:
    """Refuse two objects that would be one in one namespace. Raises RenderFailed."""
    seen: dict[tuple[str, str, str], Document] = {}
    for one in found:
        key = (one.root.text("apiVersion").rpartition("/")[0], one.kind, one.name)
        other = seen.setdefault(key, one)
        if other is not one:
            message = f"{one.kind} {one.name} stands in two namespaces ({other.file} and {one.file})"
            raise RenderFailed(message, "A preview has one namespace, where they would be the same object.")
