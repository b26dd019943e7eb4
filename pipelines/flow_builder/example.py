"""`test-send`: one example transition, to see that Flow Builder takes what is sent."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import orjson

from pipelines.flow_builder.dispatcher import Clock
from pipelines.flow_builder.event import Cause, EventAppointment, EventFacts, Person, body
from pipelines.flow_builder.policy import PlannedDelivery, Transition
from pipelines.flow_builder.retry_policy import AttemptResult
from pipelines.flow_builder.sender import Sender, http_client
from pipelines.settings import Settings
from pipelines.tenants import directory


def example(settings: Settings, clock: Clock) -> tuple[str, bytes]:
    """A webhook-id of its own, and a body that is marked as a test; its contact data reach nobody (RFC 2606)."""
    webhook_id, now, tenant = uuid4().hex, clock(), directory.all(settings)[0]
    start = now + timedelta(days=1)
    person = Person("Ada Example", "Residential", "ada@example.com", "+15555550100", False, False)
    facts = EventFacts(
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        workspace_id=str(tenant.workspace_id) if tenant.workspace_id else None,
        contact_id=None,
        customer_id=1001,
        to_state_name="Sales Appointment Booked",
        transition_id=webhook_id,
        from_state=1.0,
        from_state_name="Lead",
        job_id=5551,
        occurred_at=now,
        detected_at=now,
        cause=Cause("sales_appointment_booked", "appointments", "777"),
        customer=person if settings.flow_builder_include_contact else None,
        appointment=EventAppointment(777, start, start + timedelta(hours=2), start, start + timedelta(hours=1)),
    )
    transition = Transition(webhook_id, 2.0, "What to Expect", now, now)
    event = orjson.loads(body(PlannedDelivery("changed", transition, 2.0), facts, now))
    event["data"]["test"] = True
    return webhook_id, orjson.dumps(event)


def send_example(settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> AttemptResult:
    """Outside the outbox: nothing is stored. Raises `pipelines.settings.settings.ConfigurationError`."""

    async def send() -> AttemptResult:
        async with http_client(transport) as client:
            return await Sender(client, settings, clock)(*example(settings, clock))

    return asyncio.run(send())
