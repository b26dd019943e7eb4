"""Tenants that go into shadow or pause, and come back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from pipelines.operations import Connection, stamp
from tests.flow_builder.simulation.world import TENANTS

EVERYONE = 0
SWITCH = """
    insert into tenant_switches (tenant_id, is_shadow, paused_at, resumed_at, changed_at) values (?, ?, ?, ?, ?)
    on conflict (tenant_id) do update set is_shadow = excluded.is_shadow, paused_at = excluded.paused_at,
        resumed_at = excluded.resumed_at, changed_at = excluded.changed_at
"""


class Switches:
    def __init__(self, con: Connection, chance: Random, clock: Callable[[], datetime]) -> None:
        self.con, self.chance, self.clock = con, chance, clock
        self.shadows: set[int] = set()
        self.paused: set[int] = set()
        self.resumed: dict[int, datetime] = {}
        self.began: Mapping[int, datetime] = {}  # the sync that each tenant was last enqueued by

    def turn(self, tenant_id: int) -> None:
        if self.chance.random() < 0.4:
            return self.turn_shadow(tenant_id)
        tenant_id = self.chance.choice([tenant_id, EVERYONE])
        if tenant_id in self.paused:
            return self.resume(tenant_id)
        self.paused.add(tenant_id)
        return self.write(tenant_id)

    def turn_shadow(self, tenant_id: int) -> None:
        self.shadows ^= {tenant_id}
        self.write(tenant_id)

    def resume(self, tenant_id: int) -> None:
        self.paused.discard(tenant_id)
        self.resumed[tenant_id] = self.clock()
        self.write(tenant_id)

    def all_live(self) -> None:
        for tenant_id in (EVERYONE, *TENANTS):
            self.shadows.discard(tenant_id)
            self.write(tenant_id)
            if tenant_id in self.paused:
                self.resume(tenant_id)

    def write(self, tenant_id: int) -> None:
        now = stamp(self.clock())
        paused_at = now if tenant_id in self.paused else None
        resumed_at = stamp(self.resumed[tenant_id]) if tenant_id in self.resumed else None
        self.con.execute(SWITCH, [tenant_id, tenant_id in self.shadows, paused_at, resumed_at, now])

    def note_sync(self, began: Mapping[int, datetime]) -> None:
        self.began = began

    def may_leave(self, tenant_id: int) -> bool:
        if tenant_id in self.shadows or self.paused & {tenant_id, EVERYONE}:
            return False
        resumed = [self.resumed[one] for one in (tenant_id, EVERYONE) if one in self.resumed]
        return all(tenant_id in self.began and self.began[tenant_id] > at for at in resumed)
