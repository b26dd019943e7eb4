"""A stand-in for ServiceTitan's API over real HTTP."""

import time
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.answers import Answer, Page, Problem, problem
from tests.simulator.credentials import APP_KEY, TokenServer
from tests.simulator.faults import BEFORE, IN_BETWEEN, PAGES, Fault, Faults
from tests.simulator.home import home_routes
from tests.simulator.ledger import Refused, Unknown
from tests.simulator.rate import RateLimit, too_many
from tests.simulator.request_log import Call, RequestLog
from tests.simulator.switches import Switches
from tests.simulator.visit import Visit
from tests.simulator.wire_faults import INSTEAD, sent
from tests.simulator.world import Company, World

Work = Callable[[Visit], Any]


class ServiceTitan:
    """The server's state: everything here may be read and turned by a test while the server runs."""

    url = ""  # where it answers, once it runs

    def __init__(self, world: World, switches: Switches | None = None, monotonic: Callable[[], float] = time.monotonic):
        self.world, self.switches, self.monotonic = world, switches or Switches(), monotonic
        self.tokens = TokenServer(list(world.companies.values()), world.now, self.switches)
        self.rate = RateLimit(self.switches, monotonic)
        self.faults, self.log, self.release = Faults(), RequestLog(), 1
        self._previous_rows: dict[str, list[bytes]] = {}

    @property
    def app(self) -> Starlette:
        from tests.simulator.control import Control
        from tests.simulator.routes import api_routes

        token = Route("/connect/token", self._token, methods=["POST"])
        routes = [token, *home_routes(self.world, self.tokens), *api_routes(self), *Control(self).routes]
        return Starlette(routes=routes, exception_handlers={HTTPException: _not_found})

    def door(self, scope: str, parameters: set[str], work: Work) -> Any:
        """An endpoint behind the gates: the work is done under the world's lock."""

        async def endpoint(request: Request) -> Response:
            call, body = self._logged(request), await request.body()
            fault = self._faulty(call)
            if fault and fault.kind in INSTEAD:
                return INSTEAD[fault.kind]()
            with self.world.lock:
                try:
                    answer = self._before(fault)
                    if answer is None:
                        company = self._admit(request, scope)
                        self._check_parameters(call, parameters)
                        visit = Visit(company, call.query, request.path_params, body, self.switches)
                        answer = self._after(fault, call, work, visit)
                except (Problem, Refused, Unknown) as refusal:
                    answer = _refusal(refusal)
            call.status = answer.status
            compress = self.switches.gzip and "gzip" in request.headers.get("accept-encoding", "")
            return await sent(answer, fault, compress)

        return endpoint

    def _before(self, fault: Fault | None) -> Answer | None:
        """What a fault does in place of the work."""
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
            raise Problem(answer=too_many(self.switches.retry_after))
        return self.world.companies[tenant_id]

    def _check_parameters(self, call: Call, known: set[str]) -> None:
        call.unknown = sorted(set(call.query) - known)
        if call.unknown and self.switches.strict:
            raise Problem(400, dict.fromkeys(call.unknown, "The parameter is not known."))

    def _after(self, fault: Fault | None, call: Call, work: Work, visit: Visit) -> Answer:
        """The work, and what a fault does to its page."""
        kind, is_export = fault.kind if fault else "", "/export" in call.path
        answer = self._between(work, visit) if kind in IN_BETWEEN and is_export else work(visit)
        if not isinstance(answer, Page):
            return answer if isinstance(answer, Answer) else Answer(answer)
        if fault and kind in PAGES and (is_export or kind not in IN_BETWEEN):
            answer.rows = PAGES[kind](fault, answer, self._previous_rows.get(call.path, []))
        self._previous_rows[call.path] = answer.rows
        return Answer(answer)

    def _between(self, work: Work, visit: Visit) -> Page:
        """A page of an export that does not move the token."""
        page_size, self.switches.export_page_size = self.switches.export_page_size, 0
        try:
            page: Page = work(visit)
        finally:
            self.switches.export_page_size = page_size
        page.envelope["hasMore"] = True
        return page

    async def _token(self, request: Request) -> Response:
        call, body = self._logged(request), await request.body()
        call.tenant = self.tokens.asks(body)
        fault = self._faulty(call)
        if fault and fault.kind in INSTEAD:
            return INSTEAD[fault.kind]()
        answer = self._before(fault) or self.tokens.issue(body, request.headers.get("content-type", ""))
        call.status = answer.status
        return await sent(answer, fault)

    def _logged(self, request: Request) -> Call:
        query, tenant = dict(request.query_params), request.path_params.get("tenant")
        call = Call(self.world.now(), self.monotonic(), request.method, request.url.path, query, tenant)
        self.log.calls.append(call)
        return call

    def _faulty(self, call: Call) -> Fault | None:
        fault = self.faults.take(call)
        call.fault = fault.kind if fault else None
        return fault


def _refusal(refusal: Problem | Refused | Unknown) -> Answer:
    if isinstance(refusal, Problem):
        return refusal.answer
    if isinstance(refusal, Refused):
        return problem(refusal.status, {refusal.field: refusal.reason})
    return problem(404, title=str(refusal))


async def _not_found(_request: Request, error: Exception) -> Response:
    answer = problem(getattr(error, "status_code", 404))
    return Response(answer.render(), answer.status, media_type=answer.content_type)
