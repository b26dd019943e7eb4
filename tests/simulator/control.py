"""The door for tests and demos that run the simulator in a process of its own: ``/_control/…``, JSON in and out."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulator.ledger import Refused, Unknown
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.wire import dumps


def control_routes(simulator: ServiceTitan) -> list[Route]:
    async def clock(request: Request) -> Response:
        """``{"advance": {"minutes": 20}}`` or ``{"set": "2026-03-02T15:00:00+00:00"}``."""
        order = await _order(request)
        if "set" in order:
            simulator.world.clock.set(datetime.fromisoformat(order["set"]))
        simulator.world.advance(**order.get("advance", {}))
        return _json({"now": simulator.world.now()})

    async def verb(request: Request) -> Response:
        """``POST /_control/do/socal/book_job`` with the verb's arguments by name; gives ``{"result": …}``."""
        company = simulator.world[request.path_params["company"]]
        try:
            with simulator.world.lock:
                return _json({"result": getattr(company, request.path_params["verb"])(**await _order(request))})
        except (Refused, Unknown, TypeError, AttributeError) as error:
            return _json({"error": str(error)}, 400)

    async def fault(request: Request) -> Response:
        if request.method == "DELETE":
            simulator.faults.clear()
        if request.method == "POST":
            try:
                simulator.faults.order(**await _order(request))
            except (TypeError, ValueError) as error:
                return _json({"error": str(error)}, 400)
        return _json(simulator.faults.as_json())

    async def switch(request: Request) -> Response:
        for name, value in (await _order(request)).items():
            if not hasattr(simulator.switches, name):
                return _json({"error": f"there is no switch {name!r}"}, 400)
            setattr(simulator.switches, name, value)
        return _json(asdict(simulator.switches))

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            simulator.log.clear()
        return _json([call.as_json() for call in list(simulator.log.calls)])

    return [
        Route("/_control/clock", clock, methods=["GET", "POST"]),
        Route("/_control/do/{company}/{verb}", verb, methods=["POST"]),
        Route("/_control/faults", fault, methods=["GET", "POST", "DELETE"]),
        Route("/_control/switches", switch, methods=["GET", "PATCH"]),
        Route("/_control/requests", requests, methods=["GET", "DELETE"]),
    ]


async def _order(request: Request) -> dict[str, Any]:
    body = await request.body()
    return dict(orjson.loads(body)) if body else {}


def _json(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")
