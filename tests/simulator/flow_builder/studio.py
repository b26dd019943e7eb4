"""The stand-in Flow Builder as people see it: the flows that run, the canvas, the contacts, the inbox, the clock."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.simulator.flow_builder.api import ActionsApi, Outcome
from tests.simulator.flow_builder.canvas import Action, Canvas, Plan, Result, RunLog
from tests.simulator.flow_builder.contacts import Contact, Contacts, Note
from tests.simulator.flow_builder.expressions import Unknown, filled
from tests.simulator.flow_builder.flows import FlowBuilder, Gate, Manner, Turn
from tests.simulator.flow_builder.hurry import FlowClock, as_of
from tests.simulator.flow_builder.inbox import Inbox
from tests.simulator.flow_builder.readiness import checked

CHANGED = "servicetitan.customer_state.changed"
TEST = "test-"  # before the id of a run that told of nothing


@dataclass(frozen=True)
class Places:
    """Where the rest of the demo answers."""

    console: str
    dagster: str
    servicetitan: str


@dataclass(frozen=True)
class Started:
    """A run whose actions wait to be done."""

    plan: Plan
    known: Mapping[str, Any]
    who: str
    key: str


@dataclass
class Studio:
    """``gate``: the product's own. ``tests``: the flows that a person runs, of which the gate knows nothing."""

    api: ActionsApi
    gate: Gate
    tenants: Sequence[str]
    places: Places
    clock: FlowClock = field(default_factory=FlowClock)
    canvas: Canvas = field(default_factory=Canvas)
    contacts: Contacts = field(default_factory=Contacts)
    turns: list[Turn] = field(default_factory=list)
    came: dict[str, datetime] = field(default_factory=dict)  # transition -> when its message came
    inbox: Inbox = field(init=False)
    tests: Inbox = field(init=False)
    _started: deque[Started] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.inbox = Inbox(FlowBuilder(Manner.ASKING, as_of(self.clock, self.gate)), self.turns)
        self.tests = Inbox(FlowBuilder(Manner.NAIVE), self.turns)

    def take(self, webhook_id: str, body: Mapping[str, Any], now: datetime) -> None:
        """A message that was verified; by the flows' own clock. Actions are done later: whoever posts does not wait."""
        data = body["data"]
        if body["type"] == CHANGED:
            self.came.setdefault(str(data["transition_id"]), now)
        run = self.inbox.take(webhook_id, body, self.clock())
        if run is None:
            return
        self.clock.begins(run.transition_id)
        for plan in (self.canvas.of(run.flow), *self.canvas.triggered_by(data)):
            self._started.append(Started(plan, told(data), who(data), f"{run.transition_id}-{plan.id}"))

    def collect(self) -> None:
        """The mails whose moment has come, and the actions of the flows that began."""
        now = self.clock()
        self.inbox.collect(now)
        self.tests.collect(now)
        with suppress(IndexError):  # another thread may be quicker
            while self._started:
                self._do(self._started.popleft(), is_test=False)

    def hurry(self, days: int) -> None:
        self.clock.hurry(days, self._next_at, self._collect_mails)
        self.collect()

    def run(self, plan: Plan, contact: Contact) -> RunLog:
        """A test: its actions at once, its mails on their days, to the contact alone."""
        key = f"{TEST}{uuid4()}"
        values = {"tenant": contact.tenant or None, "customer_id": contact.customer_id, "contact": contact.values}
        if plan.flow:
            self.tests.take(key, {"type": "test", "data": of_test(plan, contact, key)}, self.clock())
        return self._do(Started(plan, values, contact.name, key), is_test=True)

    def checked(self, configuration: Mapping[str, Any]) -> Action:
        outcome = self.api.call("GET", "/actions")
        return checked(configuration, outcome.body if outcome.is_good else None)

    def switch(self, plan: Plan, *, is_on: bool) -> str:
        """What is in the way, in words: each step must be ready."""
        if is_on:
            plan.actions[:] = [self.checked(one.configuration) for one in plan.actions]
        if not (is_on and plan.lacks):
            plan.is_on = is_on
        return plan.lacks if is_on else ""

    def act(self, contact: Contact, type: str, **form: Any) -> Outcome:
        """For the customer whom the contact is linked to, or is to be; what came of it is noted."""
        outcome = self.api.act(type, contact.tenant, form, str(uuid4()))
        if not outcome.is_good:
            self.note(contact, outcome.problem, is_good=False)
        return outcome

    def connected(self) -> Sequence[str]:
        """The tenants that the API knows now; while nobody answers, those of the start."""
        outcome = self.api.call("GET", "/actions")
        return list(outcome.body["tenants"]) if outcome.is_good else self.tenants

    def note(self, contact: Contact, words: str, is_good: bool = True) -> None:
        contact.notes.append(Note(datetime.now(UTC), words, is_good))

    def _next_at(self) -> datetime | None:
        return min((at for one in (self.inbox, self.tests) if (at := one.flows.next_at)), default=None)

    def _collect_mails(self, now: datetime) -> None:
        self.inbox.collect(now)
        self.tests.collect(now)

    def _do(self, one: Started, *, is_test: bool) -> RunLog:
        """In order; the first that fails ends it."""
        results: list[Result] = []
        actions = [*one.plan.actions]  # somebody may edit them meanwhile
        for place, action in enumerate(actions):
            results.append(self._result(action, one.known, f"{one.key}-{place}"))
            if results[-1].problem:
                break
        log = RunLog(datetime.now(UTC), one.who, results, is_test, left_out=len(actions) - len(results))
        one.plan.runs.appendleft(log)
        return log

    def _result(self, action: Action, known: Mapping[str, Any], key: str) -> Result:
        if action.lacks and (action := self.checked(action.configuration)).lacks:
            return Result(action.name, None, f"the step is not ready: {action.lacks}")
        try:
            tenant, form = filled([action.tenant, action.form], known)
        except Unknown as error:
            return Result(action.name, None, f"{error}. Is the contact linked to a customer?")
        outcome = self.api.act(action.type, tenant, form, key)
        return Result(action.name, outcome.body, outcome.problem)


def told(data: Mapping[str, Any]) -> dict[str, Any]:
    """What expressions find in a flow that a message started."""
    person = data.get("customer") or {}
    contact = {name: person.get(name) for name in ("name", "email", "phone")} | {"id": data.get("contact_id")}
    return {**data, "tenant": data["tenant_name"], "contact": contact}


def who(data: Mapping[str, Any]) -> str:
    name = (data.get("customer") or {}).get("name") or "A customer"
    return f"{name} ({data['tenant_name']} {data['customer_id']})"


def of_test(plan: Plan, contact: Contact, key: str) -> dict[str, Any]:
    return {
        "transition_id": key,
        "tenant_id": 0,
        "customer_id": contact.customer_id or 0,
        "flow_name": str(plan.flow),
        "job_id": None,
        "customer": {"name": contact.name, "email": contact.email},
    }
