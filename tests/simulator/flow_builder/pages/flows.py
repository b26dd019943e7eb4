"""The canvas: every flow as a list of steps, the node in it, and *Run*."""

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.flow_builder.canvas import STATES, Plan
from tests.simulator.flow_builder.pages.forms import fields, go_above, go_to, own
from tests.simulator.flow_builder.pages.rendering import html
from tests.simulator.flow_builder.studio import Studio

RUNNING_SHOWN = 10
LONGEST = 200  # of a name
WHOSE = "{{tenant}}"  # of the customer for whom a flow runs


class FlowPages:
    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/flows", self.flows, methods=["GET"]),
            Route("/flows", own(self.make), methods=["POST"]),
            Route("/flows/{id}", self.flow, methods=["GET"]),
            Route("/flows/{id}/run", own(self.run), methods=["POST"]),
            Route("/flows/{id}/switch", own(self.switch), methods=["POST"]),
            Route("/flows/{id}/switch", go_above, methods=["GET"]),
            Route("/flows/{id}/delete", own(self.delete), methods=["POST"]),
            Route("/flows/{id}/steps/{place:int}", self.step, methods=["GET"]),
            Route("/flows/{id}/steps/{place:int}", own(self.configure), methods=["POST"]),
            Route("/flows/{id}/steps/{place:int}/remove", own(self.remove), methods=["POST"]),
        ]

    async def flows(self, _request: Request) -> Response:
        running = {plan.id: len(self._running(plan)) for plan in self.studio.canvas.all()}
        triggers = [one for one in STATES if one[2]]
        return html("flows.html", here="flows", studio=self.studio, running=running, triggers=triggers)

    async def make(self, request: Request) -> Response:
        form = await fields(request)
        names = {str(state): name for state, name, flow in STATES if flow}
        state = form.get("state", "")
        plan = Plan(form.get("name", "")[:LONGEST] or "New flow")
        if state in names:
            plan.state, plan.state_name = float(state), names[state]
        self.studio.canvas.add(plan)
        return go_to(f"/flows/{plan.id}")

    async def flow(self, request: Request) -> Response:
        plan = self._plan(request)
        return self._flow(plan) if plan else self._missing()

    async def switch(self, request: Request) -> Response:
        plan, form = self._own_plan(request), await fields(request)
        if plan is None:
            return self._missing()
        problem = await run_in_threadpool(self.studio.switch, plan, is_on=form.get("on") == "on")
        return self._flow(plan, f"It stays off: {problem}.") if problem else go_to(f"/flows/{plan.id}")

    async def delete(self, request: Request) -> Response:
        plan = self._own_plan(request)
        if plan is None:
            return self._missing()
        self.studio.canvas.remove(plan)
        return go_to("/flows")

    async def run(self, request: Request) -> Response:
        plan, form = self._plan(request), await fields(request)
        contact = self.studio.contacts.find(form.get("contact", ""))
        if plan is None or contact is None:
            return self._missing()
        await run_in_threadpool(self.studio.run, plan, contact)
        return go_to(f"/flows/{plan.id}#runs")

    async def step(self, request: Request) -> Response:
        plan = self._plan(request)
        return self._step(plan, request.path_params["place"]) if plan else self._missing()

    async def configure(self, request: Request) -> Response:
        plan, place, form = self._plan(request), request.path_params["place"], await fields(request)
        if plan is None or place > len(plan.actions):
            return self._missing()
        if not form.get("configuration"):
            return self._step(plan, place, form, "Choose an action: nothing was saved.")
        try:
            configuration = orjson.loads(form.get("configuration", ""))
        except orjson.JSONDecodeError as error:
            return self._step(plan, place, form, f"That is no JSON: {error}")
        if not isinstance(configuration, dict):
            return self._step(plan, place, form, 'A step is an object: {"type": …, "tenant": …, "input": {…}}')
        tenant = form.get("tenant") or None
        action = await run_in_threadpool(self.studio.checked, {"tenant": tenant} | configuration)
        plan.actions[place : place + 1] = [action]
        self._switch_off_unless_ready(plan)
        return go_to(f"/flows/{plan.id}")

    async def remove(self, request: Request) -> Response:
        plan = self._plan(request)
        if plan is None:
            return self._missing()
        del plan.actions[request.path_params["place"] : request.path_params["place"] + 1]
        self._switch_off_unless_ready(plan)
        return go_to(f"/flows/{plan.id}")

    def _plan(self, request: Request) -> Plan | None:
        return self.studio.canvas.find(request.path_params["id"])

    def _own_plan(self, request: Request) -> Plan | None:
        plan = self._plan(request)
        return None if plan is None or plan.is_shipped else plan

    def _switch_off_unless_ready(self, plan: Plan) -> None:
        plan.is_on = plan.is_on and (plan.is_shipped or not plan.lacks)

    def _flow(self, plan: Plan, problem: str = "") -> Response:
        running = self._running(plan)
        return html(
            "flow.html",
            status=422 if problem else 200,
            here="flows",
            studio=self.studio,
            plan=plan,
            running=len(running),
            shown=[{**run.data, "next_at": at} for run, at in running[:RUNNING_SHOWN]],
            problem=problem,
        )

    def _running(self, plan: Plan) -> list[tuple[Any, Any]]:
        """Runs of the flow, with the moment of the next mail of each."""
        first: dict[str, tuple[Any, Any]] = {}
        for one in sorted(self.studio.inbox.flows.waiting):
            if one.run.flow is plan.flow:
                first.setdefault(one.run.transition_id, (one.run, one.at))
        return list(first.values())

    def _step(self, plan: Plan, place: int, form: dict[str, str] | None = None, problem: str = "") -> Response:
        if place > len(plan.actions):
            return self._missing()
        action = plan.actions[place] if place < len(plan.actions) else None
        written = (
            form.get("configuration", "") if form else orjson.dumps(action.configuration).decode() if action else ""
        )
        tenants = [WHOSE, *self.studio.tenants] if plan.state is not None else [*self.studio.tenants, WHOSE]
        tenant = action.tenant if action and action.tenant in tenants else tenants[0]
        return html(
            "step.html",
            status=422 if problem else 200,
            scripts=self.studio.api.url,
            here="flows",
            studio=self.studio,
            plan=plan,
            place=place,
            is_new=action is None,
            written=written,
            tenant=tenant,
            tenants=tenants,
            action=action,
            problem=problem,
        )

    def _missing(self) -> Response:
        return html("missing.html", status=404, here="flows", studio=self.studio, what="such a flow, step or contact")
