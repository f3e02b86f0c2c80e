"""Telling the forge what is deployed, and the ledger that it was told.

Invariant: nothing is told that the ledger does not say is to be told; killed in between, a later run tells it again,
which changes nothing (`promoter.forge.port.Deploys`).
"""

from __future__ import annotations

from dataclasses import replace

from promoter.errors import LostRace, Rejected
from promoter.forge.port import Deploys
from promoter.model.plan import Deploy
from promoter.run.jobs import ledger_now
from promoter.run.ledgers import ledger_ref, write_ledger
from promoter.run.workspace import Workspace


def deploy(ws: Workspace, action: Deploy) -> None:
    """Say it, and write down that it was said. Raises LostRace, Rejected, EdgeFailed."""
    if not isinstance(ws.forge, Deploys):
        raise Rejected("this forge keeps no deployments", "Leave deployments out of promoter.yaml.")
    environment = action.slot.environment
    tip, ledger = ledger_now(ws, action.app)
    place = ledger.place(environment)
    filing = place.filing
    if filing is None or (filing.commit, filing.state) != (action.commit, action.state):
        raise LostRace(f"the ledger of {action.app} says something else now")
    name = f"{environment}/{action.app}"
    ws.forge.deploy(name, action.commit, action.state, action.description, action.url, ws.now())
    told = replace(place, filing=replace(filing, told=action.state))
    after = replace(ledger, places={**ledger.places, environment: told})
    why = f"{environment}: the forge says so of the deployment: {action.state}"
    write_ledger(ws.repository, ledger_ref(ws.config, action.app), tip, after, why, ws.now(), seal=ws.seal)
