"""Trouble that lasts: processes that die again and again, an endpoint that is down, messages that are never taken."""

from datetime import timedelta

from tests.flow_builder.simulation.endpoint import MIXED_TROUBLES, POISONS, TROUBLES, promise
from tests.flow_builder.simulation.incidents import Incidents

ROUNDS = 60  # until a good world must have come to rest


class Outages(Incidents):
    async def have_a_bad_day(self) -> None:
        """Every process dies with what it was told, for as long as a delivery is tried."""
        self.endpoint.fates, self.misery = ["taken"], 0.6
        name = self.news(self.world.customers()[0])
        self.sync()
        for _ in range(ROUNDS):
            self.start()
            await self.pass_time(self.until_next())
            if not any(row.webhook_id == name and row.is_on_its_way for row in self.rows()):
                break

    async def have_an_outage(self) -> None:
        """The same trouble with all requests, for long; news come in, and `deliver` runs whenever it may."""
        self.misery = self.chance.choice([0.0, 0.01])
        ends_at = self.clock() + timedelta(hours=self.chance.choice([1, 1, 1, 20, 72]))
        if self.chance.random() < 0.3:
            self.endpoint.fates = self.chance.choice(MIXED_TROUBLES)
        else:
            self.endpoint.fates = [self.chance.choice(TROUBLES)]
            self.tried_before = {row.webhook_id for row in self.rows() if row.begun}
        waiting = [key for _ in range(2) for key in self.world.customers()]
        at_once = self.chance.choice([1, 2, 3, len(waiting)])
        while self.clock() < ends_at:
            for key in waiting[:at_once]:
                self.news(key)
            del waiting[:at_once]
            if self.chance.random() < 0.1:
                self.go_on()
            if self.chance.random() < 0.1:
                self.retract_what_died()
            self.sync()
            self.start()
            await self.pass_time(self.until_soonest())

    def retract_what_died(self) -> None:
        for row in self.rows():
            if row.status == "dead":
                self.world.retract(row.webhook_id)

    def send_poison(self) -> None:
        """Messages that are never taken, while all others are, from now on."""
        self.tried_before, self.endpoint.is_good = {row.webhook_id for row in self.rows() if row.begun}, True
        good = [key for key in self.world.customers() if key not in self.world.merged]
        poison = [self.chance.choice(POISONS)] if self.chance.random() < 0.5 else POISONS
        for key in good[: min(self.chance.choice([1, 1, 2, 3, 3]), len(good) - 1)]:
            self.endpoint.poison[self.news(key)] = self.chance.choice(poison)

    def send_to_another(self) -> None:
        """What gets through beside a poison shows that it is at fault."""
        poisoned = {self.world.events[webhook_id].key for webhook_id in self.endpoint.poison}
        key = next(key for key in self.world.customers() if key not in poisoned | self.world.merged)
        self.world.people[key].is_active = True
        self.news(key)

    def look_back_at_outage(self) -> None:
        """Only what was refused before three were may have been alone, and is dead then; and a poison."""
        dead = "select webhook_id from deliveries where status = 'dead' and reason is null"
        if self.tried_before is not None:
            fresh = {webhook_id for (webhook_id,) in self.con.execute(dead)} - self.tried_before
            fresh -= self.endpoint.poison.keys()
            lost = [webhook_id for webhook_id in fresh if not self.must_stay_dead(webhook_id)]
            few = len(self.expected.refusals.keys() - self.tried_before) < 3
            promise(not lost or (few and not self.endpoint.poison), "nothing but a poison becomes dead")
