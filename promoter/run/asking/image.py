"""Asking registries whether the images are there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from promoter.cluster.api.deadline import Deadline
from promoter.errors import PromoterError
from promoter.model.ask import Ask, Reply
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.policy.gates.image import Account, Wanted
from promoter.policy.image_name import ImageName, full_name
from promoter.registry.client import Registry, Said
from promoter.registry.login import Login, docker_login
from promoter.run.fetch import Call, NotFetched, fetch
from promoter.run.judged import Judged
from promoter.run.workspace import Workspace

_SHOWN = 3


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Find the images. Raises EdgeFailed."""
    wanted = ask.settings
    assert isinstance(wanted, Wanted)  # noqa: S101 (the gate's own)
    images = sorted(Judged.of(ws, seen, ask).images(wanted.all))
    return lambda: _judge(wanted, images)


@dataclass(slots=True)
class Registries:
    """The registries that are asked, within one time."""

    accounts: Mapping[str, Account]
    seconds: float
    _known: dict[str, Registry] = field(default_factory=dict)
    _deadline: Deadline | None = None

    @property
    def left(self) -> float:
        """The seconds that are left; the time begins with the first question. Raises NotFetched when there are none."""
        self._deadline = self._deadline or Deadline(self.seconds)
        left = self._deadline.left()
        if not left:
            raise NotFetched(f"the registries do not answer within {self.seconds:g} s")
        return left

    def of(self, image: ImageName) -> Registry:
        """Give the registry of `image`. Raises EdgeFailed when its login cannot be read."""
        host = image.registry
        if host not in self._known:
            self._known[host] = Registry(host, self._send, self._login(host))
        return self._known[host]

    def _login(self, host: str) -> Login | None:
        account = self.accounts.get(host)
        if account is None:
            return docker_login(host, os.environ)
        password = os.environ.get(account.password, "").strip()
        if not password:
            raise NotFetched(f"the variable {account.password} is not set", "Give it to the job that runs promoter.")
        return Login(account.user, password)

    def _send(self, url: str, headers: Mapping[str, str]) -> Said:
        got = fetch(Call(url, "GET", headers), max(round(self.left, 1), 0.1))
        return Said(got.status, got.headers, got.body)


def _judge(wanted: Wanted, images: Iterable[ImageName]) -> Reply:
    registries = Registries(dict(wanted.login), wanted.within.total_seconds())
    recorded = {(full_name(name), tag): digest for name, tag, digest in wanted.recorded}
    found = {
        image: _one(registries, image, wanted.platforms, recorded.get((image.name, image.tag), "")) for image in images
    }
    return summed(found, "the proposal brings no image")


def summed(found: Mapping[ImageName, Reply], nothing: str) -> Reply:
    """Give one reply for all images: failure before unknown, what is wrong with the first of them."""
    for answer in (Answer.FAILURE, Answer.UNKNOWN):
        wrong = [f"{image}: {reply.reason}" for image, reply in found.items() if reply.answer is answer]
        if wrong:
            more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
            return Reply(answer, "; ".join(wrong[:_SHOWN]) + more)
    if not found:
        return Reply(Answer.SUCCESS, nothing)
    return Reply(Answer.SUCCESS, "; ".join(f"{image}: {reply.reason}" for image, reply in list(found.items())[:_SHOWN]))


def _one(registries: Registries, image: ImageName, platforms: Iterable[str], recorded: str) -> Reply:
    try:
        registry = registries.of(image)
        manifest = registry.manifest(image)
        if manifest is None:
            return Reply(Answer.FAILURE, "is not in its registry")
        digest = manifest.digest
        if image.tag and image.digest:
            tagged = registry.manifest(image, image.tag)
            if tagged is None:
                return Reply(Answer.FAILURE, f"the registry has no tag {image.tag}")
            digest = tagged.digest
        pinned = image.digest or recorded
        if pinned and digest != pinned and pinned.startswith("sha256:"):
            return Reply(Answer.FAILURE, f"{image.tag} is {digest} now; it was {pinned}")
        made = registry.platforms(image, manifest) if platforms else frozenset()
    except PromoterError as error:
        return Reply(Answer.UNKNOWN, " ".join(str(error).split()))
    missing = [platform for platform in platforms if not any(_covers(one, platform) for one in made)]
    if missing:
        return Reply(
            Answer.FAILURE, f"is not made for {', '.join(missing)}, only for {', '.join(sorted(made)) or 'nothing'}"
        )
    return Reply(Answer.SUCCESS, digest[:19])


def _covers(made: str, wanted: str) -> bool:
    return made == wanted or made.startswith(f"{wanted}/")
