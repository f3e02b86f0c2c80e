"""What a comment is about when it does not say: the app, environment and release of the pull request it stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter.layout.group import is_group
from promoter.model.forge import PullRequest
from promoter.model.names import Branch
from promoter.plan.words import Words
from promoter.policy.rules import Config
from promoter.run.grouped import carried_by
from promoter.run.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Scene:
    """The slots that a pull request is about; none when it is a person's."""

    apps: tuple[str, ...] = ()
    """Several where a group is proposed."""
    environments: tuple[str, ...] = ()
    pull: PullRequest | None = None
    """The pull request itself, whosever it is."""

    def together(self, words: Words) -> bool:
        """Tell whether `words` are about a whole group, because they name none of its apps."""
        return len(self.apps) > 1 and not words.apps

    def complete(self, words: Words) -> Words:
        """Give `words` with what they leave out."""
        return replace(words, apps=words.apps or self.apps, environments=words.environments or self.environments)


def scene_of(ws: Workspace, pull: PullRequest) -> Scene:
    """Find the slots whose proposal `pull` is. Raises EdgeFailed."""
    if is_group(pull.head_branch):
        slots = carried_by(ws, pull)
        return Scene(tuple(slot.app for slot in slots), tuple(dict.fromkeys(slot.environment for slot in slots)))
    return _scenes(ws.config).get((pull.head_branch, pull.base_branch), Scene())


def _scenes(config: Config) -> dict[tuple[Branch, Branch], Scene]:
    return {
        (slot.proposal_branch, slot.branch): Scene((app.name,), (environment,))
        for app in config.apps.values()
        for environment, slot in app.slots.items()
    }
