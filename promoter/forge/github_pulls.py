"""Reading pull requests: of many heads in one page of calls.

A query asks for the pull requests of a hundred heads, short; a second one for those that are open, with labels,
reviews and checks, and for who closed those that were closed. Pull requests from forks are nobody's proposal: a fork's
branch may have any name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from promoter.errors import EdgeFailed
from promoter.forge import github_nodes as nodes
from promoter.forge import github_queries as queries
from promoter.forge.github_checks import Checks
from promoter.forge.github_connection import Connection
from promoter.forge.github_people import People
from promoter.forge.retry import NotThere, Overloaded
from promoter.model.forge import PullRequest, PullState
from promoter.model.names import Branch

T = TypeVar("T")
U = TypeVar("U")

DETAILS: Final = 50
"""How many pull requests one query reads with everything on them."""
LOOKS: Final = 5
"""How often GitHub is asked whether a pull request can be merged, until it knows."""


class Pulls:
    """Reads pull requests."""

    def __init__(self, connection: Connection, people: People, checks: Checks, sleep: Callable[[float], None]) -> None:
        self._connection = connection
        self._people = people
        self._checks = checks
        self._sleep = sleep

    def of_heads(
        self, heads: Collection[Branch], settled: Mapping[Branch, int]
    ) -> Mapping[Branch, tuple[PullRequest, ...]]:
        """Give the pull requests from `heads`; checks by GitHub's own rule: the newest of each name, whoever set it.

        Closed and merged ones are read newest first, down to the number that is settled. Of merged ones neither body
        nor labels are read: nothing asks for them, and there are many.
        """
        asked = [(head, settled.get(head, 0)) for head in sorted(set(heads))]
        listed = self._in_pieces(asked, queries.BATCH, self._listed)
        found: dict[Branch, list[Any]] = dict(listed)
        every = [node for several in found.values() for node in several]
        whole = self._whole(every)
        return {
            head: tuple(
                whole.get(node["number"]) or nodes.pull(node) for node in sorted(several, key=lambda one: one["number"])
            )
            for head, several in found.items()
        }

    def _listed(self, heads: Sequence[tuple[Branch, int]]) -> list[tuple[Branch, list[Any]]]:
        answer = self._connection.query(queries.heads(heads), "read pull requests", **self._names)
        self._connection.learn(answer)
        found = answer["repository"]
        return [
            (head, self._to_end(head, settled, found[f"h{at}"], found[f"c{at}"]))
            for at, (head, settled) in enumerate(heads)
        ]

    def _in_pieces(self, items: Sequence[T], size: int, ask: Callable[[Sequence[T]], list[U]]) -> list[U]:
        """Ask about all items, so many at a time, and about fewer when that is too much for GitHub."""
        found: list[U] = []
        for some in queries.batches(items, size):
            try:
                found += ask(some)
            except Overloaded:
                if len(some) == 1:
                    raise
                found += self._in_pieces(some, (len(some) + 1) // 2, ask)
        return found

    @property
    def _names(self) -> dict[str, str]:
        return {"owner": self._connection.place.owner, "name": self._connection.place.name}

    def _to_end(self, head: Branch, settled: int, is_open: Any, ended: Any) -> list[Any]:
        """Read what is open to its end, and what has ended down to `settled`."""
        found = {one["number"]: one for one in is_open["nodes"]}
        while is_open["pageInfo"]["hasNextPage"]:
            is_open = self._more(queries.open_from(head, is_open["pageInfo"]["endCursor"]))
            found |= {one["number"]: one for one in is_open["nodes"]}
        while True:
            # what ended between the two lists is in both: the later look counts
            found |= {one["number"]: one for one in ended["nodes"] if one["number"] > settled}
            if not ended["pageInfo"]["hasNextPage"] or any(one["number"] <= settled for one in ended["nodes"]):
                break
            ended = self._more(queries.ended_from(head, settled, ended["pageInfo"]["endCursor"]))
        return [one for one in found.values() if one["headRefName"] == head and not one["isCrossRepository"]]

    def _more(self, field: str) -> Any:
        text = queries.on_repository((f"h: {field}",), queries.SHORT)
        return self._connection.query(text, "read pull requests", **self._names)["repository"]["h"]

    def _whole(self, short: Sequence[Any]) -> dict[int, PullRequest]:
        is_open = {one["number"]: one["state"] == "OPEN" for one in short if one["state"] != "MERGED"}

        def ask(some: Sequence[int]) -> list[Any]:
            text = queries.pulls([n for n in some if is_open[n]], [n for n in some if not is_open[n]])
            answer = self._connection.query(text, "read pull requests", **self._names)
            return [answer["repository"][f"p{number}"] for number in some]

        return {one.number: one for one in self._judged(self._in_pieces(sorted(is_open), DETAILS, ask))}

    def _judged(self, raw: Sequence[Any]) -> list[PullRequest]:
        """Give open pull requests with reviews and checks, others without."""
        seen = []
        for node in raw:
            pull = self._read(node)
            if pull.state is PullState.OPEN:
                rollup = node.get("statusCheckRollup")
                checks = self._checks.of_rollup(pull.head, rollup) if rollup else ()
                pull = replace(pull, reviews=self._reviews(node), checks=checks)
            seen.append(pull)
        return self._people.with_groups(seen)

    def _read(self, node: Any) -> PullRequest:
        return replace(nodes.pull(node), queued=self.queued_by_us(node))

    def queued_by_us(self, node: Any) -> bool:
        """Tell whether we put the pull request into a merge queue; what a person put there is the person's word."""
        entry = node["mergeQueueEntry"]
        return entry is not None and nodes.login(entry["enqueuer"]) == self._connection.identity

    def _reviews(self, node: Any) -> tuple[Any, ...]:
        page = node["latestOpinionatedReviews"]
        found = list(page["nodes"])
        while page["pageInfo"]["hasNextPage"]:
            text = queries.of_pull(f"latestOpinionatedReviews(first: 100, after: $after) {{{queries.REVIEWS}}}")
            asked = {"number": node["number"], "after": page["pageInfo"]["endCursor"]}
            answer = self._connection.query(text, "read reviews", **self._names, **asked)["repository"]
            page = answer["p"]["latestOpinionatedReviews"]
            found += page["nodes"]
        return nodes.reviews(found)

    def one(self, number: int) -> PullRequest:
        """Read one pull request afresh, with every check of every reporter. Raises EdgeFailed when there is none."""
        for attempt in range(LOOKS):
            node = self.node(number, queries.of_pull("...Whole", queries.SHORT, queries.WHOLE))
            if node["state"] != "OPEN" or node["mergeable"] != "UNKNOWN":
                break
            if attempt < LOOKS - 1:  # asking makes GitHub find out
                self._sleep(2**attempt / 4)
        pull = self._read(node)
        pull = replace(pull, reviews=self._reviews(node), checks=self._checks.of(pull.head))
        return self._people.with_groups([pull])[0]

    def node(self, number: int, text: str) -> Any:
        """Give what a query of `github_queries.of_pull` answers. Raises EdgeFailed without such a pull request."""
        try:
            found = self._connection.query(text, f"read pull request {number}", number=number, **self._names)
        except NotThere:
            raise EdgeFailed(f"there is no pull request {number} in {self._connection.place}") from None
        return found["repository"]["p"]
