"""A plain client of the simulator for its own tests: a token, two headers, no cleverness."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.simulator.credentials import APP_KEY
from tests.simulator.servicetitan import ServiceTitan


class Caller:
    """Calls of one tenant; paths are given as ``crm/customers``."""

    def __init__(self, client: httpx.Client, tenant_id: int) -> None:
        self.client, self.tenant_id = client, tenant_id

    def address(self, path: str) -> str:
        module, _, resource = path.partition("/")
        return f"/{module}/v2/tenant/{self.tenant_id}/{resource}"

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.client.get(self.address(path), params=params)

    def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.client.request(method, self.address(path), json=body)

    def records(self, path: str, **params: Any) -> list[dict[str, Any]]:
        return list(self.get(path, **params).raise_for_status().json()["data"])

    def export(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Page after page, until there are no more."""
        page: dict[str, Any] = {"hasMore": True, "continueFrom": params.pop("since", "")}
        while page["hasMore"]:
            page = self.get(path, **params, **{"from": page["continueFrom"]}).raise_for_status().json()
            yield page


@contextmanager
def calling(simulator: ServiceTitan, company: str = "socal") -> Iterator[Caller]:
    tenant = simulator.tokens.clients[simulator.world[company].tenant_id]
    with httpx.Client(base_url=simulator.url, timeout=10, verify=False) as client:
        form = {"grant_type": "client_credentials", "client_id": tenant.client_id, "client_secret": tenant.secrets[0]}
        token = client.post("/connect/token", data=form).raise_for_status().json()["access_token"]
        client.headers.update({"authorization": f"Bearer {token}", "st-app-key": APP_KEY})
        yield Caller(client, tenant.tenant_id)
