"""One seed: syncs, dispatchers, crashes, stalls, operators, switches, outages in an order that chance decides; then all
is well again, and the promises must hold."""

import asyncio

from tests.flow_builder.simulation.endpoint import promise
from tests.flow_builder.simulation.happenings import THEMES, history_of_before
from tests.flow_builder.simulation.looking_back import look_back
from tests.flow_builder.simulation.outages import ROUNDS
from tests.flow_builder.simulation.plans import Plans
from tests.flow_builder.simulation.rows import ON_ITS_WAY
from tests.flow_builder.simulation.world import TENANTS

PAUSES = [1, 1, 4, 10, 10, 40, 300, 1700, 3500, 9000, 14 * 3600, 80 * 3600, 120 * 3600]
TALE_PAUSES = [30, 30, 30, 300, 300, 1800, 3900, 8000, 8000, 20 * 3600, 90 * 3600, 120 * 3600]


class Scenario(Plans):
    async def play(self) -> None:
        history_of_before(self.world, self.chance, self.clock())
        if self.chance.random() < 0.3:
            self.take_over()
        self.sync()
        await asyncio.sleep(1)
        story = self.chance.choices([self.tell_a_tale, self.live, self.follow_a_plan], [3, 3, 5])[0]
        await story()
        await self.come_to_rest()

    async def tell_a_tale(self) -> None:
        """Much happens to one customer, or to two who may become one, and most of it is told at once."""
        key, self.endpoint.is_good = self.chance.choice(self.world.customers()), self.chance.random() < 0.6
        self.favourites = [key, self.world.other(key)] if self.chance.random() < 0.3 else [key]
        self.theme = self.chance.choice(THEMES)
        for _ in range(self.chance.randint(3, 12)):
            self.go_on(self.chance.choice([1, 1, 1, 2]))
            self.sync()
            if self.chance.random() < 0.2:
                self.operator.act()
                self.sync()
            if self.chance.random() < 0.2:
                self.operator.silence(key)
                self.sync()
            if self.chance.random() < 0.12:
                self.switches.turn(key.tenant_id)
            if self.chance.random() < 0.9:
                self.start()
            await self.pass_time(self.chance.choice(TALE_PAUSES))
            if self.chance.random() < 0.3:
                self.interfere()

    async def live(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.go_on(self.chance.randint(0, 4))
            if self.chance.random() < 0.8:
                self.sync()
            if self.chance.random() < 0.5:
                self.operator.act()
            if self.chance.random() < 0.25:
                self.switches.turn(self.chance.choice(TENANTS))
            for _ in range(self.chance.choice([0, 1, 1, 2])):
                self.start()
            await self.pass_time(self.chance.choice(PAUSES))
            if self.chance.random() < 0.5:
                self.overtake()
            if self.chance.random() < 0.4:
                self.interfere()
        if self.chance.random() < 0.15:
            self.unwind()
        if self.chance.random() < 0.05:
            await self.have_a_bad_day()
        elif self.chance.random() < 0.12:
            await self.have_an_outage()
        elif self.chance.random() < 0.2:
            self.send_poison()

    async def come_to_rest(self) -> None:
        """Faults end, a person decides about what is held, and time goes by."""
        self.endpoint.is_good = True
        self.switches.all_live()
        for _ in range(ROUNDS):
            alive = any(row.webhook_id in self.endpoint.poison and row.status in ON_ITS_WAY for row in self.rows())
            if alive and self.chance.random() < 0.5:
                self.send_to_another()
            self.operator.release_all()
            self.sync()
            self.start()
            await self.pass_time(60)
            if not self.unfinished() and self.is_idle() and self.stays_quiet():
                break
            await self.pass_time(self.until_next())
        promise(not self.unfinished(), "everything comes to an end")
        promise(self.is_idle(), "once all is quiet there is nothing to look at")
        look_back(self, self.rows())
        self.look_back_at_outage()

    def stays_quiet(self) -> bool:
        """For three syncs more, unless a state resets by itself."""
        quiet, log = self.rows(), self.world.log.copy()
        for _ in range(3):
            self.world.derive(self.chance, self.clock())
            self.enqueue_as_said()
        promise(self.rows() == quiet or self.world.log != log, "once all is quiet nothing new is written")
        return self.world.log == log
