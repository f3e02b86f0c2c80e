"""The fleet as one page of HTML that needs nothing else: for GitLab Pages, or to be opened from the job's artifacts.

Invariant: text of others stands in it as text: escaped, in elements, never in an attribute, a script or a style. The
only attributes made from data are addresses of pull requests that begin with http.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Final

from promoter.model.plan import Plan, State
from promoter.model.snapshot import Snapshot
from promoter.model.wording import PULL
from promoter.plan.report.fleet import Cell, cell, counts, short_repository, waits
from promoter.plan.report.foreign import plain
from promoter.plan.report.moment import Times, times
from promoter.plan.report.view import URGENCY, View, views
from promoter.policy.rules import Config

_STYLE: Final = """\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: .4rem .6rem; text-align: left; vertical-align: top }
td small { color: #888; display: block }
.current { color: #1a7f37 } .waiting, .held { color: #9a6700 } .deploying, .soaking { color: #0969da }
.failed, .blocked { color: #cf222e; font-weight: 600 } .unknown { color: #8250df }
footer { color: #888 }
"""


def page(config: Config, seen: Snapshot, plan: Plan, now: datetime, called: str = PULL) -> str:
    """Give the page: apps and environments, and what waits for what; `called`: a pull request, on the forge."""
    slots, at = list(views(config, seen, plan)), times(config.timezone, now)
    title = _text(f"promoter: {short_repository(seen.repository)}")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>",
            f"<h1>{title}</h1>\n<p>{_text(counts(slots) or 'All is as it should be')}</p>",
            *_matrix(config, slots, at, now),
            *_waiting(slots, at, called),
            *(f"<p>{_text(problem)}</p>" for problem in plan.problems),
            f"<footer>As of {at.moment(now)}; config at {_text(seen.commit[:7])}.</footer>\n</body>\n</html>\n",
        ]
    )


def _matrix(config: Config, slots: list[View], at: Times, now: datetime) -> Iterator[str]:
    by_app: dict[str, dict[str, View]] = {}
    for view in slots:
        by_app.setdefault(view.app, {})[view.environment] = view
    names = [name for name in config.environments if any(name in mine for mine in by_app.values())]
    yield f"<table>\n<tr><th>app</th>{''.join(f'<th>{_text(name)}</th>' for name in names)}</tr>"
    for app, mine in by_app.items():
        found = [cell(mine[name], mine, at, now) if name in mine else None for name in names]
        yield f"<tr><th>{_text(app)}</th>{''.join(_cell(one) for one in found)}</tr>"
    yield "</table>"


def _cell(one: Cell | None) -> str:
    if one is None:
        return "<td></td>"
    note = f"<small>{_text(one.note)}</small>" if one.note else ""
    return f'<td class="{one.state.value}">{_text(one.text)}{note}</td>'


def _waiting(slots: list[View], at: Times, called: str) -> Iterator[str]:
    found = [view for state in URGENCY for view in slots if view.plan.state is state is not State.CURRENT]
    if not found:
        return
    head = "".join(f"<th>{name}</th>" for name in ("", "app", "environment", "for", "since", ""))
    yield f"<h2>Waits</h2>\n<table>\n<tr>{head}</tr>"
    for view in found:
        since = at.moment(view.plan.since) if view.plan.since is not None else ""
        state = view.plan.state.value
        rest = (_text(view.app), _text(view.environment), _text(waits(view, at)), since, _link(view, called))
        yield f'<tr><td class="{state}">{state}</td>{"".join(f"<td>{one}</td>" for one in rest)}</tr>'
    yield "</table>"


def _link(view: View, called: str) -> str:
    pull = view.pull
    if pull is None:
        return ""
    if not pull.url.startswith(("https://", "http://")):
        return f"{called} {pull.number}"
    return f'<a href="{escape(pull.url)}">{called} {pull.number}</a>'


def _text(text: str) -> str:
    return escape(plain(text, 500))
