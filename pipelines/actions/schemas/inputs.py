"""What each action takes. Titles are a form's labels, descriptions its help, examples its placeholders."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pipelines.actions.schemas.fields import (
    REACHABLE,
    BusinessUnitId,
    CallReasonId,
    CampaignId,
    Id,
    Input,
    JobTypeId,
    Line,
    Moment,
    Name,
    Reachable,
    TagTypeIds,
    TechnicianId,
    TenantRef,
    Text,
    needed,
)
from pipelines.actions.schemas.state_names import customer_states

Sort = Literal["id", "-id", "created_on", "-created_on", "modified_on", "-modified_on"]
Active = Literal["true", "false", "any"]
Priority = Literal["Low", "Normal", "High", "Urgent"]


class GetCustomer(Input):
    customer_id: Id = Field(title="Customer", description="ServiceTitan's customer id", examples=[100001])


class GetState(Input):
    customer_id: Id = Field(title="Customer", description="ServiceTitan's customer id", examples=[100001])


class CheckTransition(Input):
    tenant: TenantRef | None = Field(None, description="Name or id; may be left out, for the transition says it")
    transition_id: Line = Field(
        title="Transition",
        description="data.transition_id of the message that started the flow",
        examples=["9e107d9d372bb6826bd81d3542a419d6"],
    )


class FindCustomers(Reachable):
    @model_validator(mode="after")
    def _something_to_find_by(self) -> "FindCustomers":
        return needed(self, self.phone or self.email, "one of phone and email is needed")


class Changed(Input):
    created_on_or_after: Moment | None = Field(None, title="Created on or after", examples=["2026-11-01T00:00:00Z"])
    created_before: Moment | None = Field(None, title="Created before")
    modified_on_or_after: Moment | None = Field(None, title="Changed on or after")
    modified_before: Moment | None = Field(None, title="Changed before")
    sort: Sort = Field("id", title="Order", description="A minus sign turns the order around: the newest first")
    limit: int = Field(50, ge=1, le=200, title="At most", description="Records in one answer")
    cursor: Line | None = Field(None, title="Cursor", description="Of the previous answer; with all else unchanged")


class GetAppointments(Changed):
    customer_id: Id | None = Field(None, title="Customer", examples=[100001])
    job_id: Id | None = Field(None, title="Job")
    technician_id: TechnicianId | None = Field(None, title="Technician")
    number: Line | None = Field(None, title="Appointment number", examples=["4711-1"])
    status: Literal["Scheduled", "Dispatched", "Working", "Hold", "Done", "Canceled"] | None = Field(
        None, title="Status"
    )
    starts_on_or_after: Moment | None = Field(None, title="Starts on or after")
    starts_before: Moment | None = Field(None, title="Starts before")
    unused: bool | None = Field(None, title="Unused")
    active: Active = Field("true", title="Active", description="Deleted appointments are inactive")


class GetJobs(Changed):
    customer_id: Id | None = Field(None, title="Customer", examples=[100001])
    location_id: Id | None = Field(None, title="Location")
    number: Line | None = Field(None, title="Job number")
    job_status: Literal["Scheduled", "Dispatched", "InProgress", "Hold", "Completed", "Canceled"] | None = Field(
        None, title="Status"
    )
    job_type_id: JobTypeId | None = Field(None, title="Job type")
    business_unit_id: BusinessUnitId | None = Field(None, title="Business unit")
    technician_id: TechnicianId | None = Field(None, title="Technician")
    campaign_id: CampaignId | None = Field(None, title="Campaign")
    completed_on_or_after: Moment | None = Field(None, title="Completed on or after")
    completed_before: Moment | None = Field(None, title="Completed before")
    appointment_starts_on_or_after: Moment | None = Field(None, title="An appointment starts on or after")
    appointment_starts_before: Moment | None = Field(None, title="An appointment starts before")


class GetEstimates(Changed):
    customer_id: Id | None = Field(
        None,
        title="Customer",
        description="Estimates on the customer's jobs and at the customer's locations",
        examples=[100001],
    )
    job_id: Id | None = Field(None, title="Job")
    location_id: Id | None = Field(None, title="Location")
    status: Literal["Open", "Sold", "Dismissed"] | None = Field(None, title="Status")
    sold_after: Moment | None = Field(None, title="Sold after")
    sold_before: Moment | None = Field(None, title="Sold before")
    active: Active = Field("true", title="Active")


class GetLeads(Changed):
    customer_id: Id | None = Field(None, title="Customer", examples=[100001])
    status: Literal["Open", "Dismissed", "Converted"] | None = Field(None, title="Status")
    without_customer: bool | None = Field(None, title="Without a customer")
    lead_phone: Line | None = Field(None, title="Phone on the lead")
    lead_customer_name: Line | None = Field(None, title="Name on the lead")


class NewAddress(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    street: Line = Field(title="Street", examples=["100 Main St"])
    unit: Line | None = Field(None, title="Unit")
    city: Line = Field(title="City", examples=["Los Angeles"])
    state: Line = Field(title="State", examples=["CA"])
    zip: Line = Field(title="Zip", examples=["90012"])
    country: Line = Field("USA", title="Country")


class CreateCustomer(Reachable):
    model_config = ConfigDict(json_schema_extra=REACHABLE)

    name: Name = Field(title="Name", examples=["Ada Lovelace"])
    type: Literal["Residential", "Commercial"] = Field("Residential", title="Type")
    address: NewAddress = Field(title="Address", description="Billing address, and the first location")
    do_not_mail: bool = Field(False, title="Do not mail")
    do_not_service: bool = Field(False, title="Do not service")
    contact_id: UUID | None = Field(None, title="Contact", description="Flow Builder's contact, linked to the customer")

    @model_validator(mode="after")
    def _something_to_find_by(self) -> "CreateCustomer":
        return needed(self, self.phone or self.email, "one of phone and email is needed")


class SetContact(Input):
    contact_id: UUID = Field(
        title="Contact", description="Flow Builder's contact", examples=["0d9c8f7e-6b5a-4c3d-9e2f-1a0b9c8d7e6f"]
    )
    replace: bool = Field(
        False, title="Move the link", description="Also where the customer, or the contact, is linked to another"
    )


class LinkContact(SetContact):
    customer_id: Id = Field(title="Customer", description="ServiceTitan's customer id", examples=[100001])


class CreateLead(Input):
    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["call_reason_id"]}, {"required": ["follow_up_date"]}]}
    )

    campaign_id: CampaignId = Field(title="Campaign", examples=[3301])
    summary: Text = Field(title="Summary", examples=["Wants a new roof"])
    customer_id: Id | None = Field(None, title="Customer")
    location_id: Id | None = Field(None, title="Location")
    call_reason_id: CallReasonId | None = Field(
        None, title="Call reason", description="This or the follow-up date is needed", examples=[7]
    )
    follow_up_date: Moment | None = Field(None, title="Follow up on", examples=["2026-12-01T17:00:00Z"])
    business_unit_id: BusinessUnitId | None = Field(None, title="Business unit")
    job_type_id: JobTypeId | None = Field(None, title="Job type")
    priority: Priority = Field("Normal", title="Priority")
    tag_type_ids: TagTypeIds = Field([], title="Tags")
    booking_id: Id | None = Field(None, title="Booking", description="Is dismissed when the lead is created from it")
    lead_customer_name: Line | None = Field(None, title="Name", description="Where there is no customer yet")
    lead_phone: Line | None = Field(None, title="Phone")
    lead_email: Line | None = Field(None, title="E-mail")

    @model_validator(mode="after")
    def _says_what_follows(self) -> "CreateLead":
        follows = self.call_reason_id or self.follow_up_date
        return needed(self, follows, "one of call_reason_id and follow_up_date is needed")


class CreateBooking(Reachable):
    model_config = ConfigDict(json_schema_extra={"anyOf": [*REACHABLE["anyOf"], {"required": ["address"]}]})

    source: Line = Field("Flow Builder", title="Source")
    name: Line = Field(title="Customer's name", examples=["Ada Lovelace"])
    summary: Text = Field(title="Summary", examples=["Leaking gutter at the back"])
    is_first_time_client: bool = Field(True, title="First-time client")
    address: NewAddress | None = Field(None, title="Address", description="An address or a contact is needed")
    customer_type: Literal["Residential", "Commercial"] = Field("Residential", title="Customer type")
    start: Moment | None = Field(None, title="Start", examples=["2026-12-01T17:00:00Z"])
    campaign_id: CampaignId | None = Field(None, title="Campaign")
    business_unit_id: BusinessUnitId | None = Field(None, title="Business unit")
    job_type_id: JobTypeId | None = Field(None, title="Job type")
    priority: Priority = Field("Normal", title="Priority")
    is_send_confirmation_email: bool = Field(False, title="Send ServiceTitan's confirmation e-mail")

    @model_validator(mode="after")
    def _somewhere_to_go(self) -> "CreateBooking":
        reach = self.address or self.phone or self.email
        return needed(self, reach, "one of address, phone and email is needed")


def _states(schema: dict[str, Any]) -> None:
    states = customer_states().values()
    schema |= {"enum": [state.number for state in states], "x-enum-labels": [state.name for state in states]}


class SetState(Input):
    ADDED = frozenset({"start_flow"})

    state: float = Field(title="New state", examples=[3.0], json_schema_extra=_states)
    reason: Text = Field(title="Reason", examples=["Called in; the estimate was agreed on the phone"])
    expected_state: float | None = Field(
        None,
        title="Only if the state is",
        description="Otherwise nothing is changed and the answer is 409",
        json_schema_extra=_states,
    )
    job_id: Id | None = Field(None, title="Job")
    start_flow: bool = Field(
        True, title="Start the state's flow", description="Off: the state is told, and its flow does not start"
    )


class UpdateState(SetState):
    customer_id: Id = Field(title="Customer", examples=[100001])


class SearchOptions(Input):
    search: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", title="Search", description="Words of the label, or the id"
    )
    limit: int = Field(50, ge=1, le=200, title="At most", description="Choices in one answer")
    cursor: Text | None = Field(None, title="Cursor", description="Of the previous answer; with all else unchanged")


class ListOptions(SearchOptions):
    field: str
