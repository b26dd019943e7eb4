"""Routes that can be entered without a token. Their routers say so; every other path needs one, served or not."""

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts


class OpenRoute(APIRoute):
    """For everybody."""


class SignedRoute(APIRoute):
    """Also for who signs with ACTIONS_WEBHOOK_SECRET."""


def paths(api: FastAPI, kind: type[APIRoute]) -> frozenset[str]:
    """Of all the routes of that kind, as requests name them."""
    found = iter_route_contexts(api.routes)
    return frozenset(one.path for one in found if one.path and isinstance(one.original_route, kind))
