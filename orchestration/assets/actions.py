"""What the actions API shares with the line: how it finds a customer in our own copy, and the leads that it took in."""

from collections import Counter
from typing import Any

import dagster as dg

from orchestration.assets.checks import LEADS_CHECK
from orchestration.assets.links import in_console
from orchestration.assets.specs import ACTIONS, CUSTOMER_INDEX, INBOUND_LEADS, OWNERS, POOL, Results, in_shard, raw_key
from orchestration.errors import with_known_errors
from orchestration.resources import WarehouseResource
from pipelines.analytics.customer_index import SOURCES
from pipelines.settings import Settings
from pipelines.tenants import directory


def customer_index(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=in_shard(settings.shard, CUSTOMER_INDEX),
        deps=[raw_key(source.table, settings.shard) for source in SOURCES],
        group_name=ACTIONS,
        owners=OWNERS[ACTIONS],
        kinds={"sqlite"},
        pool=settings.of_shard(POOL),
        description="Hashes of numbers, addresses and job numbers, by which a customer is found.",
    )
    @with_known_errors
    def copy(warehouse: WarehouseResource) -> dg.MaterializeResult[Any]:  # noqa: ARG001 (to hold it)
        from pipelines.analytics.customer_index import copy_index
        from pipelines.warehouse import open_warehouse

        countries = {tenant.id: tenant.country for tenant in directory.all(settings)}
        with open_warehouse(settings.warehouse, read_only=True) as con:
            return dg.MaterializeResult(metadata={"records_copied": copy_index(con, settings.operations, countries)})

    return copy


def inbound_leads(settings: Settings) -> dg.AssetsDefinition:
    key = in_shard(settings.shard, INBOUND_LEADS)

    @dg.asset(
        key=key,
        group_name=ACTIONS,
        owners=OWNERS[ACTIONS],
        kinds={"sqlite"},
        check_specs=[LEADS_CHECK.spec(key)],
        description="Leads from web forms that the actions API took in, and that wait for a person.",
    )
    def look() -> Results:
        from pipelines.actions.inbound_leads.queue import waiting_leads

        waiting = Counter(lead["status"] for lead in waiting_leads(settings.operations))
        links = in_console(settings, LEADS_CHECK.page)
        yield dg.MaterializeResult(asset_key=key, metadata={"waiting": waiting.total(), **links})
        yield LEADS_CHECK.result(key, waiting, links)

    return look
