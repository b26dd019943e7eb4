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


class Control:
    def __init__(self, simulator: ServiceTitan) -> None:
        self.simulator = simulator

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/_control/clock", self.clock, methods=["GET", "POST"]),
            Route("/_control/do/{company}/{verb}", self.do, methods=["POST"]),
            Route("/_control/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_control/switches", self.switches, methods=["GET", "PATCH"]),
            Route("/_control/requests", self.requests, methods=["GET", "DELETE"]),
        ]

    async def clock(self, request: Request) -> Response:
        """``{"advance": {"minutes": 20}}`` or ``{"set": "2026-03-02T15:00:00+00:00"}``."""
        world, order = self.simulator.world, await _order(request)
        if "set" in order:
            world.clock.set(datetime.fromisoformat(order["set"]))
        world.advance(**order.get("advance", {}))
        return _json({"now": world.now()})

    async def do(self, request: Request) -> Response:
        """``POST /_control/do/socal/book_job`` with the verb's arguments by name; gives ``{"result": …}``."""
        order = await _order(request)
        try:
            verb = getattr(self.simulator.world[request.path_params["company"]], request.path_params["verb"])
            with self.simulator.world.lock:
                return _json({"result": verb(**order)})
        except (Refused, Unknown, KeyError, TypeError, AttributeError) as error:
            return _json({"error": str(error)}, 400)

    async def faults(self, request: Request) -> Response:
        """``POST`` orders one, ``DELETE`` takes all back; gives those that wait."""
        if request.method == "DELETE":
            self.simulator.faults.clear()
        try:
            if request.method == "POST":
                self.simulator.faults.order(**await _order(request))
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return _json(self.simulator.faults.as_json())

    async def switches(self, request: Request) -> Response:
        for name, value in (await _order(request)).items():
            if not hasattr(self.simulator.switches, name):
                return _json({"error": f"there is no switch {name!r}"}, 400)
            setattr(self.simulator.switches, name, value)
        return _json(asdict(self.simulator.switches))

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.simulator.log.clear()
        return _json([call.as_json() for call in list(self.simulator.log.calls)])


async def _order(request: Request) -> dict[str, Any]:
    body = await request.body()
    return dict(orjson.loads(body)) if body else {}


def _json(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")
