"""What a release was rendered from: its dry commit, the settings that stood there, the tool versions that it names."""

from __future__ import annotations

from dataclasses import dataclass, field

from promoter.errors import ConfigInvalid, EdgeFailed
from promoter.git.store import Entry
from promoter.model.names import Oid
from promoter.model.release import Release
from promoter.policy.load import FILE, POLICIES
from promoter.policy.rules import AppRules, Config
from promoter.render.port import RenderRequest
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Why there is nothing to render; `lost`: there was, but it cannot be had here any more."""

    reason: str
    lost: bool = False


@dataclass(slots=True)
class Recorded:
    """The configs of dry commits; commits with the same config files share one where it knows the app and environment.

    Such commits may differ in the apps that a pattern finds, so an unknown app is looked for in the commit itself.
    """

    ws: Workspace
    _known: dict[tuple[Entry | None, Entry | None], Config] = field(default_factory=dict)

    def app(self, commit: Oid, name: str, environments: tuple[str, ...]) -> tuple[Config, AppRules, str] | None:
        """Give config, rules and the environment's name at `commit`, the first of `environments` that it has.

        Raises ConfigInvalid, EdgeFailed.
        """
        store = self.ws.repository.store
        tree = store.commit(commit).tree
        key = (store.entry(tree, FILE), store.entry(tree, POLICIES))
        known = self._known.get(key)
        found = _find(known, name, environments) if known is not None else None
        if found is None:
            self._known[key] = config = self.ws.load(tree).config
            found = _find(config, name, environments)
        return found


def _find(config: Config, name: str, environments: tuple[str, ...]) -> tuple[Config, AppRules, str] | None:
    app = config.apps.get(name)
    here = next((each for each in environments if app is not None and each in app.environments), None)
    return (config, app, here) if app is not None and here is not None else None


def request_of(recorded: Recorded, app: str, environment: str, release: Release) -> RenderRequest | Unrecorded:
    """Give how `release` was rendered for `environment`, or why that cannot be said.

    The request goes by the environment's name of that day.
    """
    ws = recorded.ws
    rules = ws.config.apps[app]
    if release.adopted:
        return Unrecorded("adopted as it stood")
    if rules.hydrated:
        return Unrecorded("another hydrator renders it")
    short = release.dry[:7]
    if not ws.repository.store.has(release.dry):
        try:
            ws.repository.fetch([release.dry])
        except EdgeFailed as error:
            return Unrecorded(f"the commit {short} that it was made from cannot be had: {error.message}", lost=True)
    if not ws.repository.store.has(release.dry):
        return Unrecorded(f"the commit {short} that it was made from is gone", lost=True)
    former = rules.former.get(environment)
    names = (environment, *((former.environment,) if former is not None else ()))
    try:
        found = recorded.app(release.dry, app, names)
    except ConfigInvalid as invalid:
        problem = invalid.problems[0] if invalid.problems else invalid
        return Unrecorded(f"the config of {short} does not hold any more: {problem}", lost=True)
    if found is None:
        return Unrecorded(f"{short} has no {app} in {environment}", lost=True)
    config, then, name = found
    tools = {**config.tools, **release.tools}
    return RenderRequest(app, name, then.source(name), then.render, tools)
