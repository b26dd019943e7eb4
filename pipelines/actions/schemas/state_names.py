"""The states and their flows, as they are in force."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.rules.files import Row, RulesError, read_rules
from pipelines.rules.in_force import in_force
from pipelines.rules.seeds import CUSTOMER_STATES, Cells


@dataclass(frozen=True)
class State:
    number: float
    name: str
    flow_name: str | None  # that it starts


class _Known:
    """One per process, for the forms of the actions have no settings: the folder of people's own rules, and the rows
    of it that could be read last."""

    folder: Path | None = None
    own: tuple[Row, ...] = ()


def use_rules(folder: Path) -> None:
    _Known.folder, _Known.own = folder, ()


def customer_states(tenant_id: int | None = None) -> dict[float, State]:
    """Those for every tenant, or as they are for one. Read each time, so that an edit is seen; a file that is wrong
    stops the sync, and nothing here."""
    with suppress(RulesError):
        _Known.own = tuple(read_rules(_Known.folder)) if _Known.folder else ()
    rules = [rule.cells for rule in in_force(CUSTOMER_STATES, _Known.own)]
    there = [cells for cells in rules if cells["tenant_id"] in ("", str(tenant_id))]  # a tenant's own come last
    return {state.number: state for state in map(_state, there)}


def _state(cells: Cells) -> State:
    return State(float(cells["state"]), cells["state_name"], cells["flow_name"] or None)
