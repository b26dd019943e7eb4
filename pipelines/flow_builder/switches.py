"""What each tenant's deliveries may do."""

from pipelines.operations import Connection
from pipelines.settings import Settings

SHADOW = "select tenant_id, is_shadow from tenant_switches where tenant_id != 0"


def in_shadow(con: Connection, settings: Settings) -> dict[int, bool]:  # noqa: ARG001
    return {tenant_id: bool(is_shadow) for tenant_id, is_shadow in con.execute(SHADOW)}
