"""Stories of fixed happenings, for what chance alone comes upon too seldom; it still decides to whom, when and how."""

from datetime import timedelta

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.happenings import Happening
from tests.flow_builder.simulation.outages import Outages
from tests.flow_builder.simulation.world import DAY, HOUR


class Plans(Outages):
    async def follow_a_plan(self) -> None:
        self.endpoint.is_good = True
        plans = [
            *(self.enter_a_visit_twice, self.be_silenced, self.be_silenced_about_a_house, self.lose_both_houses),
            *(self.change_hands, self.refuse_some, self.hang_on_one, self.want_no_more, self.miss_a_return),
            *(self.oversleep, self.leave_a_batch, self.insist, self.crowd, self.come_and_go, self.be_reclassified),
            self.move_for_nobody,
        ]
        await self.chance.choice(plans)(self.chance.choice(self.world.customers()))

    async def get_through(self) -> None:
        """What a sync finds is sent, unless it fails."""
        self.sync()
        self.operator.release_all()
        self.start()
        await self.pass_time(60)

    async def enter_a_visit_twice(self, key: Key) -> None:
        """Or another one, a little later; then the first one is off, or what was said of it is."""
        place, later = self.chance.choice([9, 9, None]), self.chance.choice([0, 1, 1, 3]) * timedelta(minutes=59)
        if self.chance.random() < 0.2:
            self.switches.turn_shadow(key.tenant_id)
        first = self.book(key, 2 * DAY, place)
        await self.get_through()
        self.switches.all_live()
        self.book(key, 2 * DAY + later, place)
        await self.get_through()
        job = self.world.jobs[first.job_id or 0]
        match self.chance.choice(["off", "off", "later", "gone"]):
            case "off":
                job.status = "Canceled"
            case "later":
                self.put_off(first)
            case "gone":
                self.world.retract(first.id)
        self.world.touched.add(self.world.owner(key))
        await self.get_through()

    async def be_silenced(self, key: Key) -> None:
        """What is told and gone is to be corrected, and each time a person does not want it."""
        for state in (1.0, 6.0):
            told = self.world.enter(key, state, self.clock(), starts_flow=False)
            await self.get_through()
            self.world.retract(told.id)
            self.sync()
            self.operator.silence(key)
            self.sync()

    async def be_silenced_about_a_house(self, key: Key) -> None:
        """One of two was not done after all, which nobody is to hear; then the other flow must end, too."""
        houses = [self.complete(key), self.complete(key)]
        await self.get_through()
        self.world.retract(self.chance.choice(houses).id)
        self.sync()
        self.operator.silence(key)
        self.sync()
        self.world.people[key].do_not_mail = True
        self.world.touched.add(key)
        self.sync()

    async def lose_both_houses(self, key: Key) -> None:
        """They were booked on other jobs: the newest goes on for another one, the one before must end."""
        houses = [self.complete(key), self.complete(key)]
        await self.get_through()
        for house in houses:
            self.world.retract(house.id)
        self.complete(key)
        self.sync()

    async def change_hands(self, key: Key) -> None:
        """A customer is merged with another while something of him is tried; then its tenant, or its visit, ends it."""
        self.book(key, self.chance.choice([HOUR, 3 * DAY]), None)
        self.endpoint.is_good, self.endpoint.fates = False, [self.chance.choice(["no connection", "500"])]
        await self.get_through()
        self.world.merge(key)
        self.sync()
        if self.chance.random() < 0.5:
            self.switches.turn_shadow(key.tenant_id)
        else:
            await self.pass_time(4 * 3600)
        self.sync()
        self.endpoint.fates = []

    async def refuse_some(self, key: Key) -> None:
        """Messages that are refused one after the other until it looks like the endpoint; some are gone by then."""
        others = [one for one in self.world.customers() if one != key]
        for one in self.chance.sample(others, 3):
            self.endpoint.poison[self.news(one)] = "422"
            if self.chance.random() < 0.5:
                await self.get_through()
                self.retract_what_died()
        await self.get_through()
        self.news(key)
        await self.get_through()
        await self.pass_time(self.until_next())

    async def hang_on_one(self, key: Key) -> None:
        """One message fails again and again, and a moment before the third time there is another one."""
        self.endpoint.poison[self.news(key)] = self.chance.choice(["500", "lost"])
        for i in range(3):
            if i == 2:
                self.news(self.chance.choice([one for one in self.world.customers() if one != key]))
            await self.get_through()
            await self.pass_time(self.until_next())

    async def want_no_more(self, key: Key) -> None:
        """While a flow runs, or its message is tried, its customer does not want it any more, or is no customer."""
        wanted = self.world.enter(key, self.chance.choice([1.0, 1.0, 6.0]), self.clock(), lead_status="Open")
        if self.chance.random() < 0.5:
            self.endpoint.is_good, self.endpoint.fates = False, [self.chance.choice(["404", "500"])]
        await self.get_through()
        person = self.world.people[key]
        match self.chance.choice(["service", "mail", "marketing", "converted", "inactive"]):
            case "service":
                person.do_not_service = True
            case "mail":
                person.do_not_mail = True
            case "marketing":
                person.emails = [("someone@example.com", True)]
            case "converted":
                wanted.lead_status = "Converted"
            case "inactive":
                person.is_active = False
        self.world.touched.add(self.world.owner(key))
        self.sync()
        self.endpoint.fates = []

    async def miss_a_return(self, key: Key) -> None:
        """A customer comes back of whom nothing is left, and no sync knows of whom it has missed what."""
        self.world.enter(key, 1.0, self.clock(), starts_flow=False)
        await self.get_through()
        self.world.leave(key)
        for transition in self.world.history(key):
            self.world.retract(transition.id)
        self.sync()
        self.world.come_back(key)
        self.world.derive(self.chance, self.clock())
        self.world.touched.add(self.world.other(key))
        self.sync()

    async def oversleep(self, key: Key) -> None:
        """Nothing is sent for days: what happened first is too old by then, and what followed is not."""
        for hours in (14, 60):
            self.news(key)
            self.sync()
            await self.pass_time(hours * 3600)
        self.operator.release_all()
        self.start()
        await self.pass_time(1)

    async def leave_a_batch(self, key: Key) -> None:
        """What is held comes back after it was gone, and leaves; soon there is more."""
        for one in (key, self.world.other(key)):
            self.news(one)
        self.sync()
        for transition in self.world.history(key)[-1:]:
            self.world.retract(transition.id)
            self.sync()
            self.world.bring_back(transition.id)
        await self.get_through()
        self.news(key)
        self.sync()

    async def insist(self, key: Key) -> None:
        """A person wants sent what was not, or is no more."""
        Happening(self.world, self.chance, self.clock(), key).person()
        told = self.world.enter(key, self.chance.choice([1.0, 6.0]), self.clock() - self.chance.choice([0, 4]) * DAY)
        told.starts_flow = self.chance.random() < 0.5
        await self.get_through()
        if self.chance.random() < 0.5:
            self.world.retract(told.id)
        else:
            await self.pass_time(self.chance.choice([1, 24, 120]) * 3600)
        self.sync()
        for row in [row for row in self.rows() if row.transition_id == told.id and row.kind == "changed"]:
            self.operator.insist(row)
        self.sync()

    async def come_and_go(self, key: Key) -> None:
        """Something is told, is gone, and comes back, perhaps as of later; then a person wants what was said first."""
        state, is_completion = self.chance.choice([1.0, 6.0]), self.chance.random() < 0.5
        told = self.world.enter(key, state, self.clock(), is_completion=is_completion)
        await self.get_through()
        self.world.retract(told.id)
        if self.chance.random() < 0.7:  # else no sync has seen it
            await self.get_through()
        self.world.bring_back(told.id)
        if self.chance.random() < 0.6:
            told.occurred_at = self.clock()
        await self.get_through()
        about = [row for row in self.rows() if row.transition_id == told.id and row.kind == "changed"]
        if len(about) > 1:
            self.operator.insist(about[0])

    async def be_reclassified(self, key: Key) -> None:
        """Another rule makes a booking of a job, which is corrected; once it has a day, that is announced."""
        self.world.enter(key, 1.0, self.clock())
        await self.get_through()
        job = self.world.open_job()
        self.world.enter(key, 2.0, self.clock(), job_id=job.id, is_reclassified=True)
        await self.get_through()
        self.world.add_visit(job, self.clock() + 2 * DAY)
        self.world.touched.add(self.world.owner(key))
        await self.get_through()

    async def move_for_nobody(self, key: Key) -> None:
        """Of a customer who is none any more, or has gone on, a visit is put off."""
        booked = self.book(key, 2 * DAY, 9)
        await self.get_through()
        if self.chance.random() < 0.5:
            self.world.leave(key)
        else:
            self.world.enter(key, 3.0, self.clock())
        await self.get_through()
        self.put_off(booked)
        self.sync()

    async def crowd(self, _: Key) -> None:
        """All have news at once, and those take long; meanwhile there is more."""
        self.endpoint.is_good, self.endpoint.fates = False, ["taken"]
        for key in self.world.customers():
            self.news(key)
        self.sync()
        self.operator.release_all()
        self.start()
        await self.pass_time(0.1)
        self.overtake()
        await self.pass_time(60)
        self.endpoint.fates = []
