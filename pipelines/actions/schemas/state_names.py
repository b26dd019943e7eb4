"""The states as they are in force for every tenant."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipelines.rules.files import Row, RulesError, read_rules
from pipelines.rules.in_force import in_force
from pipelines.rules.seeds import CUSTOMER_STATES


@dataclass(frozen=True)
class State:
    number: float
    name: str


class _Known:
    """One per process, for the forms of the actions have no settings: the folder of people's own rules, and the rows
    of it that could be read last."""

    folder: Path | None = None
    own: tuple[Row, ...] = ()


def use_rules(folder: Path) -> None:
    _Known.folder, _Known.own = folder, ()


def customer_states() -> dict[float, State]:
    """Read each time, so that an edit is seen; a file that is wrong stops the sync, and nothing here."""
    with suppress(RulesError):
        _Known.own = tuple(read_rules(_Known.folder)) if _Known.folder else ()
    rules = [rule.cells for rule in in_force(CUSTOMER_STATES, _Known.own) if not rule.cells["tenant_id"]]
    return {float(cells["state"]): State(float(cells["state"]), cells["state_name"]) for cells in rules}
