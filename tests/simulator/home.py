"""What the simulator shows to visitors: its tenants, and what happened to their customers, newest first."""

from html import escape
from itertools import islice

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.simulator.page import page
from tests.simulator.world import World

SHOWN = 100


def home_route(world: World) -> Route:
    async def home(_request: Request) -> HTMLResponse:
        tenants = "; ".join(
            f"{company.name} ({company.tenant_id}): {len(company.tables['customers'].rows)} customers,"
            f" {len(company.tables['jobs'].rows)} jobs, {len(company.tables['estimates'].rows)} estimates"
            for company in world.companies.values()
        )
        rows = [(f"{at:%H:%M:%S}", escape(words)) for at, words in islice(reversed(world.diary), SHOWN)]
        return HTMLResponse(page("A stand-in for ServiceTitan", f"{tenants}.", ("Time (UTC)", "What happened"), rows))

    return Route("/", home)
