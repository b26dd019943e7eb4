"""Deliveries as a person selects them, on the command line and in Dagster's launchpad."""

from collections.abc import Sequence

from pipelines.flow_builder.outbox.operators import ACTIONS, Action, Selection
from pipelines.flow_builder.statuses import Status
from pipelines.settings import Settings
from pipelines.tenants import directory

ONE_OF = "expected ids, or --batch B, or --tenant T --status S"


class WrongSelection(ValueError):
    """Nothing, or two things at once, or what cannot be done to such deliveries."""


def check_selection(
    action: Action, ids: Sequence[str], batch: str | None, tenant: str | None, status: str | None, state: float | None
) -> None:
    of_tenant = (tenant, status) != (None, None)
    if sum([bool(ids), batch is not None, of_tenant]) != 1 or (ids and state is not None):
        raise WrongSelection(ONE_OF)
    if of_tenant and None in (tenant, status):
        raise WrongSelection(f"{ONE_OF}; --tenant and --status need each other")
    possible = ACTIONS[action].from_statuses
    if status and status not in possible:
        raise WrongSelection(f"found --status {status}; only {', '.join(possible)} can be {ACTIONS[action].noun}")


def selection(
    settings: Settings, batch: str | None, tenant: str | None, status: str | None, state: float | None
) -> Selection:
    tenant_id = directory.find(settings, tenant).id if tenant else None
    return Selection(batch, tenant_id, Status(status) if status else None, state)
