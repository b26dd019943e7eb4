"""What each action gives. ServiceTitan's records in snake case, with the fields that a flow may need.

Nearly all may be null: a missing field of a record must not cost the answer.
"""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AliasGenerator, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, computed_field
from pydantic.alias_generators import to_camel


class Record(BaseModel):
    """Read from ServiceTitan's camel case."""

    model_config = ConfigDict(extra="ignore", alias_generator=AliasGenerator(validation_alias=to_camel))


class Identified(Record):
    id: int


Item = TypeVar("Item", bound=Record)
Money = Annotated[float, Field(description="In the tenant's currency")]
# Dates before 1900 stand for none: ServiceTitan's records hold 0001-01-01T00:00:00Z.
Stamp = Annotated[datetime | None, BeforeValidator(lambda stamp: None if str(stamp)[:2] < "19" else stamp)]


class ResultPage(BaseModel, Generic[Item]):
    items: list[Item]
    cursor: str | None = Field(None, description="For the next page; null: this was the last one")


class Address(Record):
    street: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class Contact(Record):
    id: int
    type: str | None = Field(None, description="Phone, MobilePhone, Email or Fax")
    value: str | None = None
    memo: str | None = None
    modified_on: Stamp = None


class Customer(Record):
    id: int
    active: bool | None = None
    name: str | None = None
    type: str | None = None
    address: Address | None = None
    balance: Money | None = None
    do_not_mail: bool | None = None
    do_not_service: bool | None = None
    tag_type_ids: list[int] | None = None
    merged_to_id: int | None = Field(None, description="The customer that this one was merged into")
    created_on: Stamp = None
    modified_on: Stamp = None
    contacts: list[Contact] = []


class FoundCustomer(Customer):
    matched_by: list[Literal["phone", "email"]] = []


class LeftOutValue(BaseModel):
    """What identifies nobody: it was neither looked up nor stored."""

    field: Literal["phone", "email"]
    value: str
    why: str


class FoundCustomers(BaseModel):
    customers: list[FoundCustomer]


class CreatedCustomer(BaseModel):
    created: bool = Field(description="False: the customer was there already")
    customer: Customer
    location_id: int | None = Field(None, description="The location that was created with the customer")
    left_out: list[LeftOutValue] = Field(
        [], description="What was given and identifies nobody; it was neither looked up nor stored"
    )
    linked: bool | None = Field(None, description="Whether contact_id is linked to the customer; null: none was given")
    not_linked_because: str | None = None


class LinkedContact(BaseModel):
    customer_id: int = Field(description="The survivor, where the customer was merged away")
    contact_id: UUID
    replaced_contact_id: UUID | None = Field(None, description="The contact that the customer was linked to")
    moved_from: list[int] = Field([], description="Customers that the contact was linked to")
    takes_effect: str = "with the next sync"


class Appointment(Record):
    id: int
    job_id: int | None = None
    customer_id: int | None = None
    appointment_number: str | None = None
    status: str | None = None
    start: Stamp = None
    end: Stamp = None
    arrival_window_start: Stamp = None
    arrival_window_end: Stamp = None
    is_confirmed: bool | None = None
    unused: bool | None = None
    active: bool | None = None
    special_instructions: str | None = None
    created_on: Stamp = None
    modified_on: Stamp = None


class Job(Record):
    id: int
    job_number: str | None = None
    customer_id: int | None = None
    location_id: int | None = None
    job_status: str | None = None
    job_type_id: int | None = None
    business_unit_id: int | None = None
    campaign_id: int | None = None
    priority: str | None = None
    summary: str | None = None
    total: Money | None = None
    appointment_count: int | None = None
    first_appointment_id: int | None = None
    last_appointment_id: int | None = None
    booking_id: int | None = None
    estimate_ids: list[int] | None = None
    completed_on: Stamp = None
    created_on: Stamp = None
    modified_on: Stamp = None


class Estimate(Record):
    id: int
    name: str | None = None
    job_id: int | None = None
    job_number: str | None = None
    customer_id: int | None = None
    location_id: int | None = None
    project_id: int | None = None
    status: str | None = Field(None, validation_alias=AliasPath("status", "name"))
    summary: str | None = None
    subtotal: Money | None = None
    tax: Money | None = None
    sold_on: Stamp = None
    sold_by: int | None = None
    active: bool | None = None
    created_on: Stamp = None
    modified_on: Stamp = None

    @computed_field(description="Subtotal and tax")  # type: ignore[prop-decorator]
    @property
    def total(self) -> float | None:
        return None if self.subtotal is None else round(self.subtotal + (self.tax or 0), 9)


class Lead(Record):
    id: int
    status: str | None = None
    priority: str | None = None
    customer_id: int | None = None
    location_id: int | None = None
    campaign_id: int | None = None
    business_unit_id: int | None = None
    job_type_id: int | None = None
    booking_id: int | None = None
    call_reason_id: int | None = None
    summary: str | None = None
    lead_customer_name: str | None = None
    lead_phone: str | None = None
    lead_email: str | None = None
    follow_up_date: Stamp = None
    created_on: Stamp = None
    modified_on: Stamp = None


class Booking(Record):
    id: int
    external_id: str | None = None
    status: str | None = None
    source: str | None = None
    name: str | None = None
    summary: str | None = None
    start: Stamp = None
    job_id: int | None = None
    campaign_id: int | None = None
    business_unit_id: int | None = None
    job_type_id: int | None = None
    created_on: Stamp = None
    modified_on: Stamp = None


class StateUpdate(BaseModel):
    """A state set by hand."""

    id: UUID
    state: float
    state_name: str
    job_id: int | None = None
    reason: str | None = None
    set_by: str | None = None
    set_at: datetime
    start_flow: bool = True


class TransitionCheck(BaseModel):
    """Asked before each mail of a flow that a transition started."""

    transition_id: str
    as_of: datetime | None = Field(
        description="When the newest sync began that read the tenant whole; null: none has yet"
    )
    may_send: bool
    reasons: list[str] = Field(
        description="Why not. paused, shadow and stale_data say nothing of the mail: ask again later; with any other"
        " one the flow has nothing to send"
    )
    stands: bool = Field(description="Its evidence in ServiceTitan stands")
    is_current: bool = Field(description="No later transition of the customer ends it")
    state: float | None = Field(description="The customer's, as of as_of")
    data: dict[str, Any] | None = Field(
        description="As data in the message, with the facts of as_of; null: the transition does not count any more"
    )


class StateSet(BaseModel):
    customer_id: int
    update: StateUpdate
    takes_effect: str = "with the next sync"


class StateTransition(BaseModel):
    transition_id: str
    from_state: float
    from_state_name: str | None
    to_state: float
    to_state_name: str | None
    flow_name: str | None
    job_id: int | None
    event_name: str | None
    source_table: str | None
    source_id: str | None
    occurred_at: datetime
    detected_at: datetime
    retracted_at: datetime | None = Field(description="Since when the records no longer bear it out")
    is_baseline: bool = Field(description="Was there before the first sync; nothing was sent about it")
    is_reclassified: bool = Field(False, description="Another rule found it in old records; nothing was sent about it")


class CustomerState(BaseModel):
    tenant_id: int
    tenant_name: str | None
    customer_id: int
    contact_id: UUID | None
    current_state: float
    current_state_name: str | None
    previous_state: float | None
    job_id: int | None
    state_changed_at: datetime | None
    reset_due_at: datetime | None
    pending: StateUpdate | None = Field(None, description="Set by hand, and not yet taken in by a sync")
    history: list[StateTransition] = Field(description="The oldest first")


class Option(BaseModel):
    value: int
    label: str


class OptionPage(BaseModel):
    items: list[Option] = Field(description="By label; active ones only")
    cursor: str | None = Field(description="For the next page; null: this was the last one")
    as_of: datetime = Field(
        description="When the list was read in ServiceTitan; it is older where that is slow or down"
    )
    age_seconds: float
    is_whole: bool = Field(description="False: the tenant has more of them than are read")
