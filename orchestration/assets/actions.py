"""What the actions API shares with the line: how it finds a customer by e-mail, and the leads that it took in."""

from collections import Counter
from typing import Any

import dagster as dg

from orchestration.assets.checks import LEADS_CHECK
from orchestration.assets.specs import INBOUND_LEADS, KNOWN_EMAILS, OWNERS, POOL, Results, raw_key
from orchestration.errors import with_known_errors
from orchestration.resources import WarehouseResource
from pipelines.settings import Settings


def known_emails(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=KNOWN_EMAILS,
        deps=[raw_key("customer_contacts")],
        group_name="extract",
        owners=OWNERS["extract"],
        kinds={"sqlite"},
        pool=POOL,
        description="Hashes of the customers' e-mail addresses, by which the actions API finds a customer.",
    )
    @with_known_errors
    def copy(warehouse: WarehouseResource) -> dg.MaterializeResult[Any]:  # noqa: ARG001 (to hold it)
        from pipelines.actions.crm.email_index import copy_emails
        from pipelines.warehouse import open_warehouse

        with open_warehouse(settings.warehouse, read_only=True) as con:
            return dg.MaterializeResult(metadata={"contacts_copied": copy_emails(con, settings.operations)})

    return copy


def inbound_leads(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=INBOUND_LEADS,
        group_name="extract",
        owners=OWNERS["extract"],
        kinds={"sqlite"},
        check_specs=[LEADS_CHECK.spec(INBOUND_LEADS)],
        description="Leads from web forms that the actions API took in, and that wait for a person.",
    )
    def look() -> Results:
        from pipelines.actions.inbound_leads.queue import waiting_leads

        waiting = Counter(lead["status"] for lead in waiting_leads(settings.operations))
        yield dg.MaterializeResult(asset_key=INBOUND_LEADS, metadata={"waiting": waiting.total()})
        yield LEADS_CHECK.result(INBOUND_LEADS, waiting)

    return look
