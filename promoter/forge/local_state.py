"""What the local forge's records mean now: branches move without telling the forge, so every read looks at them.

An open pull request whose head has reached its base was merged by a push; one whose head or base branch is gone, or
whose head branch was moved to a commit of its base, was closed by somebody unknown. Invariant: what is said
here follows from the record and the branches alone, so two readers of one moment agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from promoter.forge import local_records as records
from promoter.forge.codeowners import PLACES, Codeowners, parse_codeowners
from promoter.forge.local_merge import Merger
from promoter.forge.local_records import People, PullRecord
from promoter.forge.local_store import ForgeStore, Look
from promoter.model.forge import RANKS, Check, Deployment, Permission, Protection, PullRequest, PullState, Review
from promoter.model.names import Branch, Oid

NOBODY = People()
UNPROTECTED = Protection()
DEPLOYMENTS = "deployments.json"
FILED = "filed.json"
"""Our own deployments: what we say is no evidence, so it stands apart."""


class State:
    """Reads of the local forge at one look."""

    def __init__(self, store: ForgeStore, identity: str) -> None:
        self.store = store
        self.identity = identity
        self.merger = Merger(store.objects)
        self._owners: dict[Oid, Codeowners] = {}

    def found(self, look: Look, number: int) -> PullRecord | None:
        """Give the record of pull request `number` as it was written."""
        missing: PullRecord | None = None
        return self.store.read(look, f"pulls/{number}.json", records.pull_record, missing)

    def settled(self, look: Look, pulls: Iterable[PullRecord]) -> tuple[PullRecord, ...]:
        """Give the records as they stand now: open ones with their branches' tips, or merged, or closed."""
        pulls = tuple(pulls)
        tips: list[Oid | None] = []
        for pull in pulls:
            if pull.state is PullState.OPEN:
                tips += (look.branches.get(pull.head_branch), look.branches.get(pull.base_branch))
        self.store.bring(*tips)
        return tuple(self._settle(look, pull) if pull.state is PullState.OPEN else pull for pull in pulls)

    def _settle(self, look: Look, pull: PullRecord) -> PullRecord:
        head, base = look.branches.get(pull.head_branch), look.branches.get(pull.base_branch)
        if base is not None and self.merger.contains(base, pull.head):
            grown = head is not None and self.merger.contains(base, head) and self.merger.contains(head, pull.head)
            return self._pushed(pull, head if head and grown else pull.head, base)
        # A head that nobody saw before it was in the base came from there: the branch was emptied.
        if head is None or base is None or self.merger.contains(base, head):
            return replace(pull, state=PullState.CLOSED)
        return pull if head == pull.head else replace(pull, head=head, base=base)

    def _pushed(self, pull: PullRecord, head: Oid, base: Oid) -> PullRecord:
        commit = self.merger.landed(base, head, pull.base)
        at = self.store.objects.commit(commit).at
        return replace(pull, state=PullState.MERGED, head=head, merged_commit=commit, closed_at=at)

    def view(self, look: Look, pull: PullRecord, whole: bool = False) -> PullRequest:
        """Give a settled record as a pull request; reviews and checks on open ones, or when `whole`."""
        is_open = pull.state is PullState.OPEN
        return PullRequest(
            number=pull.number,
            state=pull.state,
            head_branch=pull.head_branch,
            base_branch=pull.base_branch,
            head=pull.head,
            title=pull.title,
            body=pull.body,
            author=pull.author,
            opened_at=pull.opened_at,
            labels=tuple(sorted({*pull.labels, *pull.added})),
            draft=pull.draft,
            mergeable=self.mergeable(look, pull) if is_open else None,
            reviews=self.reviews(look, pull) if is_open or whole else (),
            checks=self.checks(look, pull.head) if is_open or whole else (),
            closed_at=pull.closed_at,
            closed_by=pull.closed_by,
            merged_commit=pull.merged_commit,
        )

    def mergeable(self, look: Look, pull: PullRecord) -> bool:
        """Tell whether an open pull request has no conflict and is not behind where that is forbidden."""
        base = look.branches[pull.base_branch]
        if self.merger.contains(pull.head, base):
            return True
        return not self.protection(look, pull.base_branch).up_to_date and self.merger.fits(base, pull.head)

    def reviews(self, look: Look, pull: PullRecord) -> tuple[Review, ...]:
        """Give the newest review of each person, with all that the person counts as here."""
        return tuple(
            Review(one.user, one.state, one.head, one.at, self.groups(look, pull, one.user)) for one in pull.opinions
        )

    def groups(self, look: Look, pull: PullRecord, user: str) -> frozenset[str]:
        """Give what `user` counts as on a pull request."""
        teams = self.teams(look, user)
        rank = RANKS[self.permission(look, user)]
        groups = {f"user:{user}", *(f"team:{team}" for team in teams)}
        groups |= {name for name, needed in RANKS.items() if 0 < needed <= rank}
        base = look.branches.get(pull.base_branch)
        owners = self._codeowners(base) if base is not None else None
        if owners is not None and base is not None and owners.owns(user, teams, self.merger.changed(base, pull.head)):
            groups.add("codeowners")
        return frozenset(groups)

    def _codeowners(self, tip: Oid) -> Codeowners | None:
        tree = self.store.objects.commit(tip).tree
        for place in PLACES:
            found = self.store.objects.entry(tree, place)
            if found is not None and found.is_file:
                if found.id not in self._owners:
                    text = self.store.objects.blob(found.id).decode("utf-8", "replace")
                    self._owners[found.id] = parse_codeowners(text)
                return self._owners[found.id]
        return None

    def checks(self, look: Look, commit: Oid) -> tuple[Check, ...]:
        """Give the newest check of each name and reporter on `commit`."""
        return self.store.read(look, statuses_path(commit), records.checks, ())

    def deployments(self, look: Look, path: str = DEPLOYMENTS) -> Mapping[str, tuple[Deployment, ...]]:
        """Give what was deployed: the forge's environment -> its deployments, the last one made first."""
        none: Mapping[str, tuple[Deployment, ...]] = {}
        return self.store.read(look, path, records.deployments, none)

    def people(self, look: Look) -> People | None:
        """Give who may do what; None when nobody has ever been named."""
        nobody: People | None = None
        return self.store.read(look, "people.json", records.people, nobody)

    def permission(self, look: Look, user: str) -> Permission:
        """Give `user`'s right.

        Whoever writes here can push here. So everybody has `write` until people are named, and we always have it.
        """
        named = self.people(look)
        if named is not None and user in named.permissions:
            return named.permissions[user]
        return Permission.WRITE if named is None or user == self.identity else Permission.NONE

    def teams(self, look: Look, user: str) -> frozenset[str]:
        """Give the teams that `user` belongs to."""
        named = self.people(look) or NOBODY
        return frozenset(team for team, members in named.teams.items() if user in members)

    def protections(self, look: Look) -> Mapping[str, Protection]:
        """Give what every protected branch asks for."""
        none: Mapping[str, Protection] = {}
        return self.store.read(look, "protection.json", records.protections, none)

    def protection(self, look: Look, branch: Branch) -> Protection:
        """Give what merges into `branch` need."""
        return self.protections(look).get(branch, UNPROTECTED)

    def refusal(self, look: Look, pull: PullRecord, method: str) -> str | None:
        """Say why the open pull request may not be merged now; None when it may. A conflict is found by merging."""
        rules = self.protection(look, pull.base_branch)
        reviews = [one for one in self.reviews(look, pull) if "write" in one.groups]
        approved = sum(one.state == "approved" and one.head == pull.head for one in reviews)
        if pull.draft:
            return "it is a draft"
        if method not in rules.methods:
            return f"{pull.base_branch} takes {', '.join(rules.methods) or 'no merges'}, not {method}"
        if rules.up_to_date and not self.merger.contains(pull.head, look.branches[pull.base_branch]):
            return f"its branch is behind {pull.base_branch}, which must be up to date"
        for name in rules.required_checks:
            states = {check.state for check in self.checks(look, pull.head) if check.name == name}
            if states != {"success"}:
                return f"the required check {name} is {', '.join(sorted(states - {'success'})) or 'missing'}"
        against = [one.user for one in reviews if one.state == "changes_requested"]
        if rules.required_approvals and against:
            return f"{', '.join(against)} asked for changes"
        if approved < rules.required_approvals:
            return f"it has {approved} of {rules.required_approvals} approvals for this head"
        return None


def statuses_path(commit: Oid) -> str:
    """Give where a commit's statuses stand."""
    return f"statuses/{commit[:2]}/{commit}.json"
