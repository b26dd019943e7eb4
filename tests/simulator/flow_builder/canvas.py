"""The flows as lists of steps: the nine of the states, and those that somebody makes."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from tests.simulator.flow_builder.mails import DELAYS, Flow

STATES: tuple[tuple[float, str, Flow | None], ...] = (
    (0.0, "Contact Record", None),
    (1.0, "Lead", Flow.FOLLOW_UP),
    (2.0, "Sales Appointment Booked", Flow.VISIT),
    (2.5, "Sales Appointment Canceled", Flow.SORRY),
    (3.0, "Estimates Created", Flow.UNSOLD),
    (4.0, "Estimates Sold", Flow.SOLD),
    (5.0, "Install Job Scheduled", Flow.INSTALL),
    (5.5, "Install Job Canceled", Flow.RESCHEDULE),
    (6.0, "Install Complete", Flow.DONE),
)
LOOKS_UP = {
    "type": "servicetitan_get_customer",
    "tenant": "{{tenant}}",
    "input": {"customer_id": "{{customer_id}}"},
}
RUNS_KEPT = 20
OF_A_TENANT = re.compile(r"\{\{\s*(customer|job)_id\s*\}\}")  # another tenant has another's record under that id


@dataclass(frozen=True)
class Step:
    """``kind``: trigger, action, mail, wait or end. ``place``: of an action among the actions; ``lacks``, ``warns``:
    as the action has them."""

    kind: str
    words: str
    place: int | None = None
    lacks: str = ""
    warns: str = ""


@dataclass(frozen=True)
class Action:
    """``configuration``: as the node gave it, or somebody wrote it. ``label``: the catalogue's; ``lacks``: why it is
    not ready to run, in words."""

    configuration: Mapping[str, Any]
    label: str = ""
    lacks: str = ""

    @property
    def type(self) -> str:
        return str(self.configuration.get("type") or self.configuration.get("action") or "")

    @property
    def tenant(self) -> str:
        return str(self.configuration.get("tenant") or "")

    @property
    def form(self) -> dict[str, Any]:
        form = self.configuration.get("input")
        return dict(form) if isinstance(form, Mapping) else {}

    @property
    def warns(self) -> str:
        """Of a fixed tenant that is asked about whoever the flow runs for."""
        if not self.tenant or "{{" in self.tenant or not OF_A_TENANT.search(str(self.form)):
            return ""
        return f"always asks {self.tenant}, whatever tenant the customer is of: make the tenant {{{{tenant}}}}"

    @property
    def name(self) -> str:
        return self.label or self.type or "nothing chosen"


@dataclass(frozen=True)
class Result:
    """Of one action in a run: the typed data, or the problem in words."""

    action: str
    data: Any
    problem: str = ""


@dataclass(frozen=True)
class RunLog:
    """``who`` it ran for. ``is_test``: a person pressed *Run*. ``left_out``: steps after one that failed."""

    at: datetime
    who: str
    results: Sequence[Result]
    is_test: bool = False
    left_out: int = 0

    @property
    def is_good(self) -> bool:
        return bool(self.results) and not any(one.problem for one in self.results)


@dataclass
class Plan:
    """One flow as it is drawn. ``flow``: the mails that it sends; a flow that somebody made sends none. ``is_on``: what
    comes starts it; *Run* does always."""

    name: str
    state: float | None = None
    state_name: str = ""
    flow: Flow | None = None
    actions: list[Action] = field(default_factory=list)
    is_shipped: bool = False
    is_on: bool = False
    id: str = field(default_factory=lambda: uuid4().hex[:8])
    runs: deque[RunLog] = field(default_factory=lambda: deque(maxlen=RUNS_KEPT))

    @property
    def steps(self) -> list[Step]:
        actions = [
            Step("action", f"Service Titan: {one.name}", i, one.lacks, one.warns) for i, one in enumerate(self.actions)
        ]
        return [Step("trigger", self.trigger), *actions, *(mail_steps() if self.flow else self._end())]

    @property
    def trigger(self) -> str:
        if self.state is None:
            return "Somebody presses Run"
        return f"A customer enters state {self.state:g} {self.state_name}".rstrip()

    @property
    def lacks(self) -> str:
        """Why it cannot be switched on, in words."""
        if not self.actions:
            return "it has no step yet: add one first"
        return "; ".join(f"step {i} is not ready: {one.lacks}" for i, one in enumerate(self.actions, 1) if one.lacks)

    def _end(self) -> list[Step]:
        return [Step("end", "What still ran for the customer ends; nobody is mailed")] if self.state == 0 else []


def mail_steps() -> list[Step]:
    steps = []
    for number, delay in enumerate(DELAYS, start=1):
        waits = [Step("wait", f"until day {delay.days}")] if delay else []
        steps += [*waits, Step("mail", f"{number}, if the gate says yes")]
    return steps


class Canvas:
    """By id, the nine first."""

    def __init__(self) -> None:
        self._plans: dict[str, Plan] = {}
        for state, state_name, flow in STATES:
            actions = [Action(LOOKS_UP, "Get a customer")] if flow else []
            name, own_id = str(flow or state_name), f"state-{state:g}"
            self.add(Plan(name, state, state_name, flow, actions, is_shipped=True, is_on=True, id=own_id))

    def add(self, plan: Plan) -> Plan:
        self._plans[plan.id] = plan
        return plan

    def remove(self, plan: Plan) -> None:
        self._plans.pop(plan.id, None)

    def find(self, plan_id: str) -> Plan | None:
        return self._plans.get(plan_id)

    def all(self) -> list[Plan]:
        return [*self._plans.values()]

    def of(self, flow: Flow) -> Plan:
        return next(plan for plan in self.all() if plan.flow is flow)

    def triggered_by(self, data: Mapping[str, Any]) -> list[Plan]:
        """Made by somebody, with the state as their trigger, and switched on."""
        return [plan for plan in self.all() if not plan.is_shipped and plan.is_on and plan.state == data["to_state"]]
