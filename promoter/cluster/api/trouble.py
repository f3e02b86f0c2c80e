"""What can go wrong at an API server, each as one sentence for people, and what to do about it.

Invariants: a sentence does not change while the world stands still (no addresses of objects, no durations), and holds
neither a token nor anything from a request's headers.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from promoter.cluster.objects import text
from promoter.cluster.wording import one_line
from promoter.errors import EdgeFailed

_SECRET = re.compile(r"[A-Za-z0-9_.~+/=-]{40,}")
_USER = re.compile(r'User "([^"]*)" cannot')


class Absent(EdgeFailed):
    """Nothing is served there (404)."""


class Gone(EdgeFailed):
    """What a page or a watch went on from is no longer kept (410)."""


class Passing(EdgeFailed):
    """What may go by itself: worth trying again."""

    def __init__(self, message: str, hint: str, wait: float | None = None) -> None:
        super().__init__(message, hint)
        self.wait = wait
        """The seconds that the server asks to stay away; None when it does not say."""


class Forbidden(EdgeFailed):
    """The right to it is missing (403)."""


class Late(EdgeFailed):
    """The time for it is over, or the server cannot be reached: not worth asking again soon."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, in words for a person who has to allow it."""

    where: str
    """The cluster: `context eu-1 (api.eu-1.example:6443)`."""
    group: str = ""
    resource: str = ""
    """Empty for discovery."""
    namespace: str = ""
    verb: str = "list"

    @property
    def name(self) -> str:
        """The resource with its group."""
        return ".".join(part for part in (self.resource, self.group) if part) or "what the API serves"

    @property
    def rule(self) -> str:
        """The RBAC rule that is missing when this is forbidden."""
        if not self.resource:
            return "{nonResourceURLs: [/apis, /apis/*], verbs: [get]} (ClusterRole system:discovery)"
        scope = f"a Role in {self.namespace}" if self.namespace else "a ClusterRole"
        group = self.group or '""'
        return f"{scope} with {{apiGroups: [{group}], resources: [{self.resource}], verbs: [get, list, watch]}}"


def redacted(message: str) -> str:
    """Give `message` on one line, without anything that is long enough to be a token."""
    return one_line(_SECRET.sub("…", message))


def from_status(status: int, body: bytes, asked: Asked, wait: float | None = None) -> EdgeFailed:
    """Give what an HTTP status above 299 means; `wait` is its `Retry-After` in seconds."""
    if status == 404:
        return Absent(f"{asked.where} serves no {asked.name}")
    if status == 410:
        return Gone(f"{asked.where} forgot where the list of {asked.name} stood")
    if status == 401:
        return EdgeFailed(
            f"{asked.where} does not accept the credentials (401)",
            "The token or client certificate is wrong or has expired: log in again, or renew the secret.",
        )
    if status == 403:
        who = _USER.search(_message(body))
        user = f" for {one_line(who[1])}" if who else ""
        space = f" in namespace {asked.namespace}" if asked.namespace else " in all namespaces" * bool(asked.resource)
        return Forbidden(
            f"{asked.where}: to {asked.verb} {asked.name}{space} is forbidden{user}",
            f"What is missing is {asked.rule}; promoter rbac prints all of it.",
        )
    if status == 429:
        return Passing(f"{asked.where} has too much to do (429)", "Run again later, or less often.", wait)
    if 300 <= status < 400:
        return EdgeFailed(
            f"{asked.where} sends elsewhere ({status}): that is no Kubernetes API",
            "Look at the server's address; a login page or a proxy may stand before it.",
        )
    said = redacted(_message(body))
    reason = f"{asked.where} could not {asked.verb} {asked.name} ({status}{': ' + said if said else ''})"
    if status < 500:
        return EdgeFailed(reason, "Look at the server's address; a proxy may stand before it.")
    return Passing(reason, "The API server, or something before it, is not well; run again later.", wait)


def _message(body: bytes) -> str:
    """Give the message of the `Status` object in an answer; nothing when it is something else."""
    try:
        return text(json.loads(body), "message")
    except ValueError:
        return ""


def half(asked: Asked) -> Passing:
    """Say that an answer was cut off or is no list."""
    return Passing(
        f"{asked.where}: the answer for {asked.name} is incomplete or no Kubernetes list",
        "A proxy may have cut it off; run again. If it stays, look at the server's address.",
    )


def late(where: str, seconds: float) -> Late:
    """Say that a cluster did not answer in its time."""
    return Late(
        f"{where} did not answer in {seconds:g} s", "Look whether it can be reached from here: network, VPN, proxy."
    )
