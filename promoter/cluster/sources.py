"""The sources of `live:` by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from promoter.cluster.deployed import DeploymentsSource
from promoter.cluster.files import FilesSource, ReadFolder
from promoter.cluster.judge import unknown
from promoter.cluster.port import ContentAt, LiveSource, Wanted
from promoter.cluster.posted import Posted
from promoter.cluster.statuses import CommitStatusSource
from promoter.errors import EdgeFailed
from promoter.model.snapshot import ClusterLive
from promoter.model.verdict import Answer
from promoter.policy.rules import Live


class NoneSource:
    """`live: none`: nothing is read, what was merged counts as live."""

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer success to every question, and say on whose word."""
        del content_at, now
        return {
            (question.slot.app, question.slot.environment, question.cluster): ClusterLive(
                question.cluster, Answer.SUCCESS, "live: none: merged counts", revision=question.commit
            )
            for question in wanted
        }


class UnreadableSource:
    """A kind of source that cannot be asked from here."""

    def __init__(self, kind: str) -> None:
        """Answer for `kind`, as it stands in the config."""
        self._kind = kind

    def look(
        self, wanted: Sequence[Wanted], content_at: ContentAt, now: datetime
    ) -> Mapping[tuple[str, str, str], ClusterLive]:
        """Answer unknown to every question."""
        del content_at, now
        return {
            (question.slot.app, question.slot.environment, question.cluster): unknown(
                question, f"{self._kind} cannot be read without a forge"
            )
            for question in wanted
        }


def source_for(
    live: Live,
    read: ReadFolder,
    repository: str = "",
    env: Mapping[str, str] = MappingProxyType({}),
    posted: Posted | None = None,
) -> LiveSource:
    """Give the source that `live` asks for; `read` reads folders, `repository` is the config repository's URL.

    `env` holds KUBECONFIG, and the variables that `live: {kubernetes: {server: ...}}` names; `posted` asks the forge.
    Raises EdgeFailed when a setting is missing: the loader lets no such config through.
    """
    if live.kind == "none":
        return NoneSource()
    if live.kind == "kubernetes":
        from promoter.cluster.api.source import KubernetesSource

        return KubernetesSource(live.settings, env, repository)
    if live.kind == "files":
        return FilesSource(read, _text(live, "path", 'Write live: {files: "status/{cluster}"}.'), repository)
    if posted is None:
        return UnreadableSource(live.kind)
    whom = live.settings.get("from", ())
    by = (whom,) if isinstance(whom, str) else whom
    if live.kind == "commit_status":
        written = 'Write live: {commit_status: "{environment}/*", from: [flux-bot]}.'
        return CommitStatusSource(_text(live, "name", written), by, posted)
    return DeploymentsSource(by, posted)


def _text(live: Live, key: str, hint: str) -> str:
    found = live.settings.get(key)
    if not isinstance(found, str) or not found:
        raise EdgeFailed(f"live: {live.kind} names no {_NAMED[key]}", hint)
    return found


_NAMED = {"path": "folder", "name": "status"}
