"""What the doctor finds in a small shop."""

from __future__ import annotations

from promoter.run.doctor import examine
from promoter.run.finding import Finding
from promoter.run.workspace import Workspace
from tests.run.shops import Shop


def found(shop: Shop | Workspace, probe: str) -> list[Finding]:
    """Give what one probe finds."""
    ws = shop if isinstance(shop, Workspace) else shop.workspace("promoter")
    return [finding for name, finding in examine(ws).findings if name == probe]


def said(shop: Shop | Workspace, probe: str) -> list[tuple[str, str, str]]:
    """Give (severity, subject, text) of what one probe finds."""
    return [(one.severity.value, one.subject, one.text) for one in found(shop, probe)]
