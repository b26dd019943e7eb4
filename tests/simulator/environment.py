"""The product's environment variables for the stand-in world."""

from pathlib import Path

from tests.simulator.credentials import APP_KEY
from tests.simulator.servicetitan import ServiceTitan

SIGNING_SECRET = "whsec_c2ltdWxhdG9yLXNpZ25pbmctc2VjcmV0LW9uZSE="
WEBHOOK_SECRET = "whsec_c2ltdWxhdG9yLXdlYmhvb2stc2VjcmV0LXR3byE="
ACTIONS_TOKEN = "flow-builder:simulator-token"
ZONES = {"socal": "America/Los_Angeles", "dfw": "America/Chicago"}
WORKSPACES = {"socal": "0a4b1c9e-5d1f-4c59-9f0b-1f6f2c7d8e01", "dfw": "7c2d3e4f-8a9b-4c0d-8e1f-2a3b4c5d6e02"}


def environment(
    simulator: ServiceTitan, url: str, data_dir: Path, trigger_url: str | None = None, without: str | None = None
) -> dict[str, str]:
    """What `load_settings` needs to know of a running simulator, and of a receiver where there is one.

    ``without``: a tenant that is not connected.
    """
    variables = {
        "SERVICETITAN_ENVIRONMENT": "integration",
        "SERVICETITAN_API_URL": url,
        "SERVICETITAN_AUTH_URL": f"{url}/connect/token",
        "SERVICETITAN_APP_KEY": APP_KEY,
        "DATA_DIR": str(data_dir),
        "ACTIONS_TOKENS": ACTIONS_TOKEN,
        "ACTIONS_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
    if trigger_url:
        variables |= {"FLOW_BUILDER_TRIGGER_URL": trigger_url, "FLOW_BUILDER_SIGNING_SECRETS": SIGNING_SECRET}
    for company in simulator.world.companies.values():
        if company.name != without:
            variables |= _tenant(simulator, company.tenant_id, company.name)
    return variables


def _tenant(simulator: ServiceTitan, tenant_id: int, name: str) -> dict[str, str]:
    client = simulator.tokens.clients[tenant_id]
    group = {
        "ID": str(tenant_id),
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.secrets[0],
        "BOOKING_PROVIDER_ID": "5501",
        "TIMEZONE": ZONES.get(name, "UTC"),
        "WORKSPACE_ID": WORKSPACES.get(name, ""),
    }
    return {f"SERVICETITAN_TENANTS__{name.upper()}__{field}": value for field, value in group.items()}
