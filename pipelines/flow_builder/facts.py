"""What the records say of one transition and its customer: a row of ``marts.transition_details``.

Which appointment lies ahead, and which of a customer's addresses can be read, hangs on the moment and on the settings;
so the row has them all, and `policy` and `event` choose.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class Visit(Struct, frozen=True):
    """An appointment of the transition's job, deleted and canceled ones too."""

    id: int
    is_active: bool
    status: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    arrival_window_starts_at: datetime | None
    arrival_window_ends_at: datetime | None
    technician: str | None


class TypedEmail(Struct, frozen=True):
    """As it was typed."""

    value: str
    is_opted_out: bool


class Facts(Struct, frozen=True, kw_only=True):
    """Without a transition (none of the customer's stands) its fields are null. ``emails`` and ``phones``: the newest
    first, mobile phones before others. ``visits``: by id."""

    tenant_id: int
    tenant_name: str | None = None
    workspace_id: str | None = None
    contact_id: str | None = None
    servicetitan_customer_id: int
    transition_id: str | None = None
    job_id: int | None = None
    from_state: float | None = None
    from_state_name: str | None = None
    to_state: float = 0.0
    to_state_name: str | None = None
    flow_name: str | None = None
    settle_minutes: int = 0
    suppressed_by: str | None = None
    event_name: str | None = None
    source_table: str | None = None
    source_id: str | None = None
    occurred_at: datetime | None = None
    detected_at: datetime | None = None
    customer_name: str | None = None
    customer_type: str | None = None
    is_do_not_mail: bool = False
    is_do_not_service: bool = False
    emails: Sequence[TypedEmail] = ()
    phones: Sequence[str] = ()
    visits: Sequence[Visit] = ()
    job_number: str | None = None
    job_type: str | None = None
    business_unit: str | None = None
    project_id: int | None = None
    job_status: str | None = None
    job_ended_at: datetime | None = None
    cancel_reason: str | None = None
    is_cancel_reason_silent: bool = False
    location_id: int | None = None
    location_name: str | None = None
    street: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    estimate_id: int | None = None
    estimate_name: str | None = None
    estimate_status: str | None = None
    estimate_subtotal: Decimal | None = None
    estimate_sold_at: datetime | None = None
    lead_status: str | None = None
    is_flow_wanted: bool = True
