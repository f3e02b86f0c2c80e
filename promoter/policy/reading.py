"""A tree read as a form, with every fault in words for people."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from promoter.policy.form import Form
from promoter.policy.node import Fault, Node

FormType = TypeVar("FormType", bound=Form)


def read_form(form: type[FormType], root: Node) -> tuple[FormType | None, list[Fault]]:
    """Read `root` as `form`. Gives the form and all faults in its values.

    Wrong values are left out and the rest is read, so that a first fault does not hide those which only the whole
    shows. The form is None where the rest makes no sense.
    """
    faults: list[Fault] = []
    try:
        return form.model_validate(root, context=faults), faults
    except ValidationError as error:
        wrong = [_fault(form, root, detail) for detail in error.errors(include_url=False)]
    faults += wrong
    missing = {fault.key for fault in wrong if fault.key}
    if any(fault.node is root and not fault.key for fault in wrong) or not missing <= form.stand_in.keys():
        return None, faults
    rest = _without(root, {id(fault.node) for fault in wrong if not fault.key})
    gone = root.entries.keys() - rest.entries.keys() if rest is not None else set()
    if rest is None or not gone <= form.stand_in.keys():
        return None, faults
    added = {key: Node(root.file, root.line, form.stand_in[key]) for key in missing | gone}
    rest = Node(root.file, root.line, {**rest.entries, **added})
    try:
        return form.model_validate(rest, context=[]), faults
    except ValidationError:
        return None, faults


def _fault(form: type[Form], root: Node, detail: ErrorDetails) -> Fault:
    node = root
    for part in detail["loc"]:
        if isinstance(part, int):
            # One thing may stand for a list of one.
            node = node.items[part] if part < len(node.items) else node
        elif isinstance(part, str) and part in node.entries:
            node = node.entries[part]
        else:
            break
    if detail["type"] == "missing":
        key = str(detail["loc"][-1])
        message = form.missing.get(key, "is missing") if len(detail["loc"]) == 1 else "is missing"
        return Fault(node, message, key)
    cause = detail.get("ctx", {}).get("error")
    return Fault(node, str(cause) if cause is not None else detail["msg"])


def _without(node: Node, wrong: set[int]) -> Node | None:
    """Give `node` without the entries and items in `wrong`; None when one of them cannot be left out."""
    if node.entries:
        kept = {}
        for key, entry in node.entries.items():
            if id(entry) in wrong:
                continue
            rest = _without(entry, wrong)
            if rest is None:
                return None
            kept[key] = rest
        return Node(node.file, node.line, kept)
    if any(id(item) in wrong for item in node.items):
        return None
    if node.items:
        items = [_without(item, wrong) for item in node.items]
        return None if None in items else Node(node.file, node.line, tuple(item for item in items if item is not None))
    return node
