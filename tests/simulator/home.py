"""What the simulator shows to visitors: its tenants, what happened to their customers, and what lets an app in."""

from html import escape
from itertools import islice

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.simulator.credentials import TokenServer
from tests.simulator.page import page
from tests.simulator.world import World

SHOWN = 100
ACCESS = "/settings/api-application-access"


def home_routes(world: World, tokens: TokenServer) -> list[Route]:
    async def home(_request: Request) -> HTMLResponse:
        tenants = "; ".join(
            f"{company.name} ({company.tenant_id}): {len(company.tables['customers'].rows)} customers,"
            f" {len(company.tables['jobs'].rows)} jobs, {len(company.tables['estimates'].rows)} estimates"
            for company in world.companies.values()
        )
        lead = f'{tenants}. <a href="{ACCESS}">API Application Access</a>'
        rows = [(f"{at:%H:%M:%S}", escape(words)) for at, words in islice(reversed(world.diary), SHOWN)]
        return HTMLResponse(page("A stand-in for ServiceTitan", lead, ("Time (UTC)", "What happened"), rows))

    async def access(_request: Request) -> HTMLResponse:
        clients = [(world[tenant_id].name, client) for tenant_id, client in tokens.clients.items()]
        rows = [(name, str(one.tenant_id), one.client_id, one.secrets[0]) for name, one in clients]
        lead = 'What a tenant\'s administrator gives to whoever connects an app. <a href="/">Back</a>'
        columns = ("Tenant", "Tenant id", "Client id", "Client secret")
        return HTMLResponse(page("API Application Access", lead, columns, rows, renews=False))

    return [Route("/", home), Route(ACCESS, access)]
