"""Which path leads where."""

from typing import Any

from starlette.routing import Route

from tests.simulator.answers import Page, Problem
from tests.simulator.contact_family import CONTACT_DETAILS
from tests.simulator.details import DETAILS, Detail
from tests.simulator.endpoints import EXPORTS, LISTINGS, Export
from tests.simulator.exporting import export_page
from tests.simulator.forms import rendered
from tests.simulator.ledger import Unknown
from tests.simulator.listing import Listing, list_page
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.visit import Visit
from tests.simulator.writes import WRITES, Write


def api_routes(simulator: ServiceTitan) -> list[Route]:
    return [
        *(_export_route(simulator, export) for export in EXPORTS),
        *(_list_route(simulator, listing) for listing in LISTINGS),
        *(_record_route(simulator, listing) for listing in LISTINGS if listing.by_id),
        *(_detail_route(simulator, detail) for detail in (*DETAILS, *CONTACT_DETAILS)),
        *(_write_route(simulator, write) for write in WRITES),
    ]


def place(module: str, path: str) -> str:
    return f"/{module}/v2/tenant/{{tenant:int}}/{path}"


def _export_route(simulator: ServiceTitan, export: Export) -> Route:
    def work(visit: Visit) -> Page:
        if export.spelling and visit.switches.estimates_export not in ("both", export.spelling):
            raise Problem(404)
        return export_page(export, visit.company, visit.params, visit.switches, simulator.release)

    return Route(place(export.module, export.path), simulator.door(export.scope, export.parameters, work))


def _list_route(simulator: ServiceTitan, listing: Listing) -> Route:
    def work(visit: Visit) -> Page:
        return list_page(listing, visit.company, visit.params, visit.switches)

    return Route(place(listing.module, listing.path), simulator.door(listing.scope, listing.parameters, work))


def _record_route(simulator: ServiceTitan, listing: Listing) -> Route:
    def work(visit: Visit) -> Any:
        row = visit.company.tables[listing.table].rows.get(visit.path["id"])
        if row is None:
            raise Unknown(f"{listing.path} has no record {visit.path['id']}")
        return rendered(listing.table, row, "list", visit.switches)

    return Route(place(listing.module, f"{listing.path}/{{id:int}}"), simulator.door(listing.scope, set(), work))


def _detail_route(simulator: ServiceTitan, detail: Detail) -> Route:
    return Route(place(detail.module, detail.path), simulator.door(detail.scope, set(detail.parameters), detail.work))


def _write_route(simulator: ServiceTitan, write: Write) -> Route:
    return Route(place(write.module, write.path), simulator.door(write.scope, {"id"}, write), methods=[write.method])
