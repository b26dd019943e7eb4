"""Whom a lead may belong to, as our own copy knows them: what a person who decides has to see.

Who they are is decided live; the copy adds names and states, and, for a lead by which nobody could be looked for, those
who are called so.
"""

import orjson

from pipelines.actions.crm.identity import NAMELESS
from pipelines.actions.database import Row
from pipelines.actions.inbound_leads.decisions import is_nobodys
from pipelines.actions.inbound_leads.statuses import NEEDS_REVIEW
from pipelines.analytics.customer_search import FoundInCopy, Wanted, find_in_copy
from pipelines.analytics.published import NotPublished
from pipelines.settings import Settings, Tenant

MAX_NAMED = 20  # of one name


def in_copy(settings: Settings, tenant: Tenant, row: Row) -> list[FoundInCopy]:
    """None before anything was published."""
    try:
        found = [find_in_copy(settings.analytics, settings.operations, tenant, one, MAX_NAMED) for one in _wanted(row)]
    except NotPublished:
        return []
    return [*{one.customer_id: one for several in found for one in several}.values()]


def _wanted(row: Row) -> list[Wanted]:
    ids = orjson.loads(row["candidates"] or "[]") or [row["customer_id"]]
    if all(ids):
        return [Wanted(customer_id=one) for one in ids]
    name = orjson.loads(row["lead"]).get("name", NAMELESS)
    is_asked = row["status"] == NEEDS_REVIEW and is_nobodys(row)
    return [Wanted(name=name)] if is_asked and name != NAMELESS else []
