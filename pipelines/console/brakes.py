"""What keeps messages back, and who wanted it so: every page says it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.flow_builder import switches
from pipelines.flow_builder.switches import ALL, Switch, SwitchDecision, Switches, Turn
from pipelines.operations import Connection
from pipelines.settings import Tenant


@dataclass(frozen=True, slots=True)
class Brake:
    """``who``: a tenant, or all. ``decision``: None where the settings began so."""

    who: str
    turn: Turn
    since: datetime | None
    decision: SwitchDecision | None
    zone: str | None = None

    @property
    def why(self) -> str:
        """``, by ola: a strange Monday``; empty where nobody decided it."""
        return f", by {self.decision.decided_by}: {self.decision.reason}" if self.decision else ""


def brakes(con: Connection, mine: Sequence[Tenant], *turns: Turn) -> list[Brake]:
    """Of these turns, what is in force for tenants that a person may see."""
    found = switches.read(con, mine)
    return [brake for turn in turns for brake in of_turn(con, mine, found, turn)]


def of_turn(con: Connection, mine: Sequence[Tenant], found: Switches, turn: Turn) -> Iterator[Brake]:
    def brake(who: str, tenant_id: int, switch: Switch, zone: str | None = None) -> Brake:
        decision = switches.newest_decision(con, tenant_id, turn)
        since = switch.paused_at if turn == "pause" else decision.decided_at if decision else None
        return Brake(who, turn, since, decision, zone)

    if mine and found[ALL].has(turn):
        yield brake("all tenants", ALL, found[ALL])
        return
    for one in mine:
        if found[one.id].has(turn):
            yield brake(one.name, one.id, found[one.id], one.timezone)
