"""Asking a web service."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from promoter.errors import PromoterError
from promoter.model.ask import Ask, Reply
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.policy.cel import evaluated, names
from promoter.policy.gates.http import Service
from promoter.policy.web import in_address, in_json
from promoter.run.fetch import Call, Received, fetch
from promoter.run.workspace import Workspace


class NotAnswered(PromoterError):
    """The service cannot be asked, or its answer says nothing."""


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Make the request. Raises NotAnswered."""
    service = ask.settings
    assert isinstance(service, Service)  # noqa: S101 (the gate's own)
    headers = {"Accept": "application/json", **credentials(service.token, service.header)}
    body = in_json(service.body, ask).encode() if service.body else None
    if body is not None:
        headers["Content-Type"] = "application/json"
    call = Call(in_address(service.url, ask), service.method, headers, body)
    return lambda: judge(service, fetch(call, service.within.total_seconds()))


def credentials(token: str, header: str = "") -> Mapping[str, str]:
    """Give the header that carries the token in the variable `token`. Raises NotAnswered when it is not set."""
    if not token:
        return {}
    value = os.environ.get(token, "").strip()
    if not value:
        raise NotAnswered(f"the variable {token} is not set", "Give it to the job that runs promoter.")
    if not value.isprintable() or not value.isascii():
        raise NotAnswered(f"the variable {token} holds what no header can")
    return {header: value} if header else {"Authorization": f"Bearer {value}"}


def judge(service: Service, answer: Received) -> Reply:
    """Give what `answer` means. Raises NotAnswered."""
    said = f"answers {answer.status}"
    spoken = names(service.expect)
    if "status" not in spoken and not 200 <= answer.status < 300:
        raise NotAnswered(said)
    values: dict[str, Any] = {
        "status": answer.status,
        "text": answer.body.decode("utf-8", "replace"),
        "headers": dict(answer.headers),
    }
    try:
        values["body"] = json.loads(answer.body)
    except (ValueError, RecursionError):
        if "body" in spoken:
            raise NotAnswered(f"{said} with something that is no JSON") from None
    try:
        value = evaluated(service.expect, values)
    except ValueError as error:
        raise NotAnswered(f"{said}; {service.expect}: {error}") from None
    if not isinstance(value, bool):
        raise NotAnswered(f"{said}; {service.expect} gives neither true nor false")
    return Reply(Answer.SUCCESS, said) if value else Reply(Answer.PENDING, f"{said}; not true: {service.expect}")
