"""The pages of the stand-in Flow Builder."""

from starlette.routing import Route

from tests.simulator.flow_builder.pages.contacts import ContactPages
from tests.simulator.flow_builder.pages.flows import FlowPages
from tests.simulator.flow_builder.pages.inbox import InboxPages
from tests.simulator.flow_builder.pages.tour import proxy_route, tour_routes
from tests.simulator.flow_builder.studio import Studio


def studio_routes(studio: Studio) -> list[Route]:
    pages = (*InboxPages(studio).routes, *FlowPages(studio).routes, *ContactPages(studio).routes)
    return [*tour_routes(studio), *pages, proxy_route(studio)]
