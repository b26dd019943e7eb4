"""The flows as lists of steps: the nine of the states, and those that somebody makes."""

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


@dataclass(frozen=True)
class Step:
    """``kind``: trigger, action, mail, wait or end. ``place``: of an action among the actions."""

    kind: str
    words: str
    place: int | None = None


@dataclass(frozen=True)
class Action:
    """``configuration``: as the node gave it, or somebody wrote it."""

    configuration: Mapping[str, Any]

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
    def name(self) -> str:
        return self.type.removeprefix("servicetitan_").replace("_", " ") or "nothing chosen"


@dataclass(frozen=True)
class Result:
    """Of one action in a run: the typed data, or the problem in words."""

    action: str
    data: Any
    problem: str = ""


@dataclass(frozen=True)
class RunLog:
    """``who`` it ran for. ``is_test``: a person pressed *Run*."""

    at: datetime
    who: str
    results: Sequence[Result]
    is_test: bool = False


@dataclass
class Plan:
    """One flow as it is drawn. ``flow``: the mails that it sends; a flow that somebody made sends none."""

    name: str
    state: float | None = None
    state_name: str = ""
    flow: Flow | None = None
    actions: list[Action] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid4().hex[:8])
    runs: deque[RunLog] = field(default_factory=lambda: deque(maxlen=RUNS_KEPT))

    @property
    def steps(self) -> list[Step]:
        actions = [Step("action", f"Service Titan: {one.name}", i) for i, one in enumerate(self.actions)]
        return [Step("trigger", self.trigger), *actions, *(mail_steps() if self.flow else self._end())]

    @property
    def trigger(self) -> str:
        if self.state is None:
            return "Somebody presses Run"
        return f"A customer enters state {self.state:g} {self.state_name}".rstrip()

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
            actions = [Action(LOOKS_UP)] if flow else []
            self.add(Plan(str(flow or state_name), state, state_name, flow, actions, id=f"state-{state:g}"))

    def add(self, plan: Plan) -> Plan:
        self._plans[plan.id] = plan
        return plan

    def find(self, plan_id: str) -> Plan | None:
        return self._plans.get(plan_id)

    def all(self) -> list[Plan]:
        return [*self._plans.values()]

    def of(self, flow: Flow) -> Plan:
        return next(plan for plan in self.all() if plan.flow is flow)

    def triggered_by(self, data: Mapping[str, Any]) -> list[Plan]:
        """Made by somebody, with the state as their trigger."""
        return [plan for plan in self.all() if plan.flow is None and plan.actions and plan.state == data["to_state"]]
