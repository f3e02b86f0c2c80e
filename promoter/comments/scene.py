"""What a comment is about when it does not say: the app, environment and release of the pull request it stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promoter.model.forge import PullRequest
from promoter.model.names import Branch
from promoter.plan.words import Words
from promoter.policy.rules import Config


@dataclass(frozen=True, slots=True)
class Scene:
    """The slots that a pull request is about; none when it is a person's."""

    apps: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def complete(self, words: Words) -> Words:
        """Give `words` with what they leave out."""
        return replace(words, apps=words.apps or self.apps, environments=words.environments or self.environments)


def scene_of(config: Config, pull: PullRequest) -> Scene:
    """Find the slot whose proposal `pull` is."""
    return _scenes(config).get((pull.head_branch, pull.base_branch), Scene())


def _scenes(config: Config) -> dict[tuple[Branch, Branch], Scene]:
    return {
        (slot.proposal_branch, slot.branch): Scene((app.name,), (environment,))
        for app in config.apps.values()
        for environment, slot in app.slots.items()
    }
