"""A stand-in for ServiceTitan's API over real HTTP."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.answers import Answer, Page, Problem, problem
from tests.simulator.credentials import APP_KEY, TokenServer
from tests.simulator.faults import BEFORE, BODIES, IN_BETWEEN, PAGES, Fault, Faults
from tests.simulator.forms import in_form
from tests.simulator.ledger import Refused, Unknown
from tests.simulator.rate import RateLimit, too_many
from tests.simulator.request_log import Call, RequestLog
from tests.simulator.switches import Switches
from tests.simulator.tables import Key
from tests.simulator.wire import Record
from tests.simulator.wire_faults import Cut, Dropped
from tests.simulator.world import Company, World


@dataclass(frozen=True)
class Visit:
    """One call that has passed the gates."""

    company: Company
    params: dict[str, str]
    path: dict[str, Any]
    body: bytes
    switches: Switches

    def shown(self, table: str, key: Key) -> Record:
        """A record as a list would show it."""
        return in_form(table, self.company.get(table, key), "list", self.switches.schema)


Work = Callable[[Visit], Any]


class ServiceTitan:
    """The server's state: everything here may be read and turned by a test while the server runs."""

    url = ""  # where it answers, once it runs

    def __init__(self, world: World, switches: Switches | None = None, monotonic: Callable[[], float] = time.monotonic):
        self.world, self.switches, self.monotonic = world, switches or Switches(), monotonic
        self.tokens = TokenServer(list(world.companies.values()), world.now, self.switches)
        self.rate = RateLimit(self.switches, monotonic)
        self.faults, self.log, self.release = Faults(), RequestLog(), 1
        self._previous_rows: dict[tuple[str, int], list[bytes]] = {}

    @property
    def app(self) -> Starlette:
        from tests.simulator.control import control_routes
        from tests.simulator.routes import api_routes

        routes = [Route("/connect/token", self._token, methods=["POST"]), *api_routes(self), *control_routes(self)]
        return Starlette(routes=routes, exception_handlers={HTTPException: _not_found})

    def door(self, scope: str, parameters: set[str], work: Work, ok: Callable[[], bool] = lambda: True) -> Any:
        """An endpoint behind the gates; ``ok`` false: the path does not exist at the moment."""

        async def endpoint(request: Request) -> Response:
            call, body = self._logged(request), await request.body()
            fault = self.faults.take(call)
            call.fault = fault.kind if fault else None
            if fault and fault.kind == "drop":
                return Dropped()
            with self.world.lock:
                answer = self._answer(request, call, body, scope, parameters, work if ok() else _no_such_path, fault)
            call.status = answer.status
            return await _sent(answer, fault)

        return endpoint

    def _answer(
        self,
        request: Request,
        call: Call,
        body: bytes,
        scope: str,
        parameters: set[str],
        work: Work,
        fault: Fault | None,
    ) -> Answer:
        try:
            spoiled = self._before(fault)
            if spoiled is not None:
                return spoiled
            company = self._admit(request, scope)
            call.unknown = sorted(set(call.query) - parameters)
            if call.unknown and self.switches.strict:
                raise Problem(400, dict.fromkeys(call.unknown, "The parameter is not known."))
            return self._after(fault, call, work, Visit(company, call.query, request.path_params, body, self.switches))
        except Problem as refusal:
            return refusal.answer
        except Refused as refusal:
            return problem(refusal.status, {refusal.field: refusal.reason})
        except Unknown as error:
            return problem(404, title=str(error))

    def _before(self, fault: Fault | None) -> Answer | None:
        if fault is None or fault.kind not in BEFORE:
            return None
        if fault.kind == "expire_tokens":
            self.tokens.revoke()
        if fault.kind == "release":
            self.release += 1
        return BEFORE[fault.kind](fault)

    def _admit(self, request: Request, scope: str) -> Company:
        """Token, app key, tenant, scope, rate: in this order."""
        tenant_id = self.tokens.tenant_of(request.headers.get("authorization", ""))
        app_key = request.headers.get("st-app-key") or request.query_params.get("servicetitanapplicationkey")
        if tenant_id is None or app_key != APP_KEY:
            raise Problem(401, body=self.switches.unauthorized_body)
        if tenant_id != request.path_params["tenant"]:
            raise Problem(self.switches.foreign_tenant_status)
        needed = f"{scope}:{'r' if request.method == 'GET' else 'w'}"
        if needed not in self.tokens.clients[tenant_id].scopes:
            raise Problem(403, {"scope": f"The scope {needed} is missing."})
        if not self.rate.allows(app_key, tenant_id):
            refusal = Problem(429)
            refusal.answer = too_many(self.switches.retry_after)
            raise refusal
        return self.world.companies[tenant_id]

    def _after(self, fault: Fault | None, call: Call, work: Work, visit: Visit) -> Answer:
        place = (call.path, visit.company.tenant_id)
        if fault and fault.kind in IN_BETWEEN:
            page_size, self.switches.export_page_size = self.switches.export_page_size, 0
            try:
                page = work(visit)
            finally:
                self.switches.export_page_size = page_size
            page.envelope["hasMore"] = True
        else:
            page = work(visit)
        if fault and fault.kind in PAGES and isinstance(page, Page):
            page.rows = PAGES[fault.kind](fault, page, self._previous_rows.get(place, []))
        if isinstance(page, Page):
            self._previous_rows[place] = page.rows
        return page if isinstance(page, Answer) else Answer(page)

    async def _token(self, request: Request) -> Response:
        call, body = self._logged(request), await request.body()
        fault = self.faults.take(call)
        if fault and fault.kind == "drop":
            return Dropped()
        answer = self._before(fault) or self.tokens.issue(body, request.headers.get("content-type", ""))
        call.status = answer.status
        return await _sent(answer, fault)

    def _logged(self, request: Request) -> Call:
        query, tenant = dict(request.query_params), request.path_params.get("tenant")
        call = Call(self.world.now(), self.monotonic(), request.method, request.url.path, query, tenant)
        self.log.calls.append(call)
        return call


def _no_such_path(_visit: Visit) -> Answer:
    return problem(404)


async def _not_found(_request: Request, error: Exception) -> Response:
    answer = problem(getattr(error, "status_code", 404))
    return Response(answer.render(), answer.status, media_type=answer.content_type)


async def _sent(answer: Answer, fault: Fault | None) -> Response:
    kind = fault.kind if fault else ""
    if kind == "lose_answer":
        return Dropped()
    if fault and kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault and kind == "odd_body":
        return Response(BODIES[fault.body][0], 200, media_type=BODIES[fault.body][1])
    response = Cut if kind == "cut" else Response
    return response(answer.render(), answer.status, answer.headers, answer.content_type)
