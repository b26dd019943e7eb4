"""What happens between the syncs, and the processes that deliver meanwhile."""

import asyncio
from datetime import timedelta

from pipelines.flow_builder.delivery import Key
from tests.flow_builder.simulation.happenings import happen
from tests.flow_builder.simulation.process import Crash, Process
from tests.flow_builder.simulation.records import Event
from tests.flow_builder.simulation.rows import Row
from tests.flow_builder.simulation.syncs import Syncs
from tests.flow_builder.simulation.world import DAY


class Incidents(Syncs):
    def go_on(self, most: int = 3) -> None:
        if not self.favourites and self.chance.random() < 0.1:
            for key in self.world.customers():
                self.news(key)
        for _ in range(most):
            key = self.chance.choice(self.favourites or self.world.customers())
            happen(self.world, self.chance, self.clock(), key, self.theme)

    def news(self, key: Key) -> str:
        """Something that is told, at once."""
        state = self.world.state_now(key, self.clock())
        return self.world.enter(key, 2.0 if state == 1.0 else 1.0, self.clock()).id

    def book(self, key: Key, visit_in: timedelta, location_id: int | None) -> Event:
        job = self.world.open_job(location_id)
        visit = self.world.add_visit(job, self.clock() + visit_in)
        return self.world.enter(key, 2.0, self.clock(), job_id=job.id, visit_id=visit.id)

    def put_off(self, booked: Event) -> None:
        visit = self.world.jobs[booked.job_id or 0].visits[booked.visit_id or 0]
        visit.start, visit.end = visit.start + DAY, visit.end + DAY
        self.world.touched.add(self.world.owner(booked.key))

    def complete(self, key: Key) -> Event:
        job = self.world.open_job()
        job.status = "Completed"
        return self.world.enter(key, 6.0, self.clock(), job_id=job.id)

    def unwind(self) -> None:
        """What happened to one customer is taken back, the newest first; some of it comes again."""
        key = self.chance.choice(self.world.customers())
        for transition in self.world.history(key)[::-1]:
            self.world.retract(transition.id)
            self.sync()
            if self.chance.random() < 0.3:
                self.world.enter(key, transition.to_state, self.clock())
                self.sync()

    def overtake(self) -> None:
        """Something on its way stands no longer, and another state of its customer comes after it."""
        for webhook_id in sorted(self.endpoint.open & self.world.events.keys())[:1]:
            event = self.world.events[webhook_id]
            self.world.retract(webhook_id)
            self.world.enter(event.key, 2.0 if event.to_state == 1.0 else 1.0, self.clock())
            self.sync()
            self.start()

    def interfere(self) -> None:
        """Something that is tried again and again is not wanted any more, or is another's."""
        for row in [row for row in self.rows() if row.status == "retry" and row.flow_name][:1]:
            match self.chance.choice(["shadow", "gone", "back", "inactive", "merged"]):
                case "shadow":
                    self.switches.turn_shadow(row.tenant_id)
                case "gone" | "back" as what:
                    self.take_back(row, is_back=what == "back")
                case "inactive":
                    self.world.leave(row.key)
                case "merged":
                    self.world.merge(row.key)
                    self.sync()
                    self.switches.turn_shadow(row.tenant_id)
            self.sync()

    def take_back(self, row: Row, is_back: bool) -> None:
        """And perhaps not."""
        self.world.retract(row.transition_id)
        self.sync()
        if is_back:
            self.world.bring_back(row.transition_id)

    def start(self) -> None:
        self.running.add(asyncio.create_task(self.dispatch()))

    async def dispatch(self) -> None:
        process = Process(self)
        try:
            await process.dispatcher.run()
        except Crash:
            for task in process.dispatcher.in_flight:
                task.cancel()

    async def pass_time(self, seconds: float) -> None:
        """Raises what a dispatcher has found broken meanwhile."""
        if self.running:
            await asyncio.wait(self.running, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in [task for task in self.running if task.done()]:
            self.running.discard(task)
            task.result()
        await asyncio.sleep(seconds)
