"""`test-send`: one example transition, to see that Flow Builder takes what is sent."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import orjson

from pipelines.flow_builder.delivery import Delivery, Key
from pipelines.flow_builder.dispatcher import Clock
from pipelines.flow_builder.event import body, office_of
from pipelines.flow_builder.facts import Facts, TypedEmail, Visit
from pipelines.flow_builder.retry_policy import AttemptResult
from pipelines.flow_builder.sender import Sender, http_client
from pipelines.flow_builder.statuses import Status
from pipelines.flow_builder.visits import named
from pipelines.settings import Settings
from pipelines.tenants import directory


def example(settings: Settings, clock: Clock) -> tuple[str, bytes]:
    """A webhook-id of its own, and a body that is marked as a test; its contact data reach nobody (RFC 2606)."""
    webhook_id, now, tenant = uuid4().hex, clock(), directory.at_least_one(settings)[0]
    start = now + timedelta(days=1)
    visit = Visit(777, True, "Scheduled", start, start + timedelta(hours=2), start, start + timedelta(hours=1), "Tom")
    facts = Facts(
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        workspace_id=str(tenant.workspace_id) if tenant.workspace_id else None,
        servicetitan_customer_id=1001,
        transition_id=webhook_id,
        job_id=5551,
        from_state=1.0,
        from_state_name="Lead",
        to_state=2.0,
        to_state_name="Sales Appointment Booked",
        event_name="sales_appointment_booked",
        source_table="appointments",
        source_id="777",
        occurred_at=now,
        detected_at=now,
        customer_name="Ada Example",
        customer_type="Residential",
        emails=[TypedEmail("ada@mail.example.net", is_opted_out=False)],
        phones=["+12135552800"],
        visits=[visit],
    )
    row = Delivery(
        webhook_id=webhook_id,
        kind="changed",
        key=Key(tenant.id, 1001),
        transition_id=webhook_id,
        told_state=2.0,
        status=Status.PENDING,
        flow_name="What to Expect",
        appointment=named(visit),
    )
    event = orjson.loads(body(row, facts, office_of(settings, tenant), now, flows={}))
    event["data"]["test"] = True
    return webhook_id, orjson.dumps(event)


def send_example(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> AttemptResult:
    """Outside the outbox: nothing is stored. Raises `pipelines.settings.settings.ConfigurationError`."""

    async def send() -> AttemptResult:
        async with http_client(transport) as client:
            return await Sender(client, settings, clock)(*example(settings, clock))

    return asyncio.run(send())
