"""Does the door open: per tenant a token, then one record of every stream."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx

from pipelines.servicetitan.budget import Budget
from pipelines.servicetitan.connection import Connection, http_client
from pipelines.servicetitan.errors import ScopeMissing, ServiceTitanError
from pipelines.servicetitan.exports import decode as decode_export
from pipelines.servicetitan.lists import BEGINNING
from pipelines.servicetitan.lists import decode as decode_list
from pipelines.servicetitan.patience import Patience
from pipelines.servicetitan.streams import STREAMS, Stream
from pipelines.servicetitan.visit import Visit
from pipelines.settings import Settings

HASTY = Patience(first=0.5, longest=4, total=15, timeout=20)


@dataclass(frozen=True)
class Access:
    """``stream`` is None for the token itself; ``problem`` is None where all is well."""

    tenant_name: str
    stream: str | None
    records: int = 0
    problem: str | None = None
    missing_scope: str | None = None


def check_access(
    settings: Settings, patience: Patience = HASTY, transport: httpx.BaseTransport | None = None
) -> Iterator[Access]:
    """Tenant by tenant; where there is no token the streams are not asked."""
    budget = Budget(settings.data_dir / "budget.sqlite")
    with http_client(patience, transport) as http:
        for tenant in settings.tenants:
            visit = Visit(silence=patience.silence)
            yield from _check(Connection(settings, tenant, http, budget, replace(patience, visit=visit)))


def _check(connection: Connection) -> Iterator[Access]:
    name = connection.tenant.name
    try:
        connection.token.value()
    except ServiceTitanError as error:
        yield Access(name, None, problem=str(error))
        return
    yield Access(name, None)
    for stream in STREAMS:
        try:
            yield Access(name, stream.name, one_record(connection, stream))
        except ScopeMissing as error:
            yield Access(name, stream.name, problem=str(error), missing_scope=stream.scope)
        except ServiceTitanError as error:
            yield Access(name, stream.name, problem=str(error))


def one_record(connection: Connection, stream: Stream) -> int:
    """From the list; from the export's first page where there is no list."""
    if not stream.listed:
        page = connection.get(stream.module, stream.export_paths[0], {}, decode_export, stream.scope)
        return len(page.data[:1])
    params = {"page": "1", "pageSize": "1"}
    if stream.list_incremental and not stream.list_sorted:
        params["modifiedOnOrAfter"] = BEGINNING
    return len(connection.get(stream.module, stream.path, params, decode_list, stream.scope).data)
