"""What each tenant's deliveries may do: live or shadow, and the brake (delivery.md section 4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from pipelines.operations import Connection, Place, moment, open_operations, stamp, transaction
from pipelines.operations.decisions import note
from pipelines.settings import Settings, Tenant
from pipelines.tenants import directory

Turn = Literal["live", "shadow", "pause", "resume"]
TURNS: tuple[Turn, ...] = get_args(Turn)
DONE: Mapping[Turn, str] = {"live": "live", "shadow": "shadow", "pause": "paused", "resume": "resumed"}
ALL = 0  # in place of a tenant's id: a switch over all of them, also over those that come later

READ = "select tenant_id, is_shadow, paused_at, resumed_at from tenant_switches"
BEGIN = "insert into tenant_switches (tenant_id, is_shadow, changed_at) values (?, ?, ?) on conflict do nothing"
CHANGES: Mapping[Turn, str] = {
    "live": "is_shadow = 0",
    "shadow": "is_shadow = 1",
    "pause": "paused_at = :now",
    "resume": "paused_at = null, resumed_at = :now",
}
# With a plus it is not looked for among all that was decided about the tenant.
NEWEST = """
    select action, reason, decided_by, decided_at from decisions
    where tenant_id = ? and action in ({}) order by +decision_id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Switch:
    is_shadow: bool = False
    paused_at: datetime | None = None
    resumed_at: datetime | None = None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def has(self, turn: Turn) -> bool:
        """Whether that would change nothing."""
        return {
            "live": not self.is_shadow,
            "shadow": self.is_shadow,
            "pause": self.is_paused,
            "resume": not self.is_paused,
        }[turn]


Switches = Mapping[int, Switch]


@dataclass(frozen=True, slots=True)
class SwitchDecision:
    """Who turned a switch last."""

    action: str
    reason: str
    decided_by: str
    decided_at: datetime


def read(con: Connection, tenants: Iterable[Tenant]) -> dict[int, Switch]:
    """The switch over all, and each tenant's own; one that was never turned is as its settings start it."""
    rows = {
        tenant_id: Switch(bool(is_shadow), at(paused_at), at(resumed_at))
        for tenant_id, is_shadow, paused_at, resumed_at in con.execute(READ)
    }
    return {ALL: Switch()} | {one.id: Switch(one.delivery == "shadow") for one in tenants} | rows


def at(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def in_force(switches: Switches, tenant_id: int) -> Switch:
    """A tenant is in shadow, or paused, where it is or all are."""
    own, of_all = switches.get(tenant_id, Switch()), switches.get(ALL, Switch())
    return Switch(
        own.is_shadow or of_all.is_shadow,
        min(filter(None, (own.paused_at, of_all.paused_at)), default=None),
        max(filter(None, (own.resumed_at, of_all.resumed_at)), default=None),
    )


def in_shadow(con: Connection, settings: Settings) -> dict[int, bool]:
    """By tenant."""
    switches = read(con, directory.all(settings, con))
    return {tenant_id: in_force(switches, tenant_id).is_shadow for tenant_id in switches if tenant_id != ALL}


def begin(con: Connection, tenants: Iterable[Tenant], now: datetime) -> None:
    """From here on what the settings say of these does not count any more."""
    con.executemany(BEGIN, [(one.id, one.delivery == "shadow", stamp(now)) for one in tenants])


def turn(
    operations: Place, tenants: Sequence[Tenant] | None, to: Turn, *, reason: str, by: str, now: datetime
) -> list[int]:
    """One transaction for all these tenants; None: the switch over all. Returns whose was turned, with a decision: one
    that stands so already keeps its moment."""
    if not reason.strip():
        raise ValueError("a decision needs a reason, in words that help the next reader")
    ids = [ALL] if tenants is None else list(dict.fromkeys(one.id for one in tenants))
    with open_operations(operations) as con, transaction(con, "switches"):
        begin(con, tenants or [], now)
        con.execute(BEGIN, [ALL, False, stamp(now)])
        switches = read(con, tenants or [])
        turned = [tenant_id for tenant_id in ids if not switches[tenant_id].has(to)]
        for tenant_id in turned:
            query = f"update tenant_switches set {CHANGES[to]}, changed_at = :now where tenant_id = :tenant_id"
            con.execute(query, {"now": stamp(now), "tenant_id": tenant_id})
            note(con, DONE[to], tenant_id=tenant_id, reason=reason, by=by, now=now)
    return turned


def newest_decision(con: Connection, tenant_id: int, *turns: Turn) -> SwitchDecision | None:
    """Of these turns; None where the settings have the last word."""
    query = NEWEST.format(", ".join(f"'{DONE[one]}'" for one in turns or TURNS))
    row = con.execute(query, [tenant_id]).fetchone()
    if row is None:
        return None
    action, why, who, decided_at = row
    return SwitchDecision(action, why, who, moment(decided_at))
