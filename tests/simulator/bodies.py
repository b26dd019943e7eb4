"""What the write endpoints take: the request schemas of ServiceTitan's OpenAPI documents, as far as we write."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Priority = Literal["Low", "Normal", "High", "Urgent"]
CustomerType = Literal["Residential", "Commercial"]


class Body(BaseModel):
    """Fields that are not known are ignored, as with parameters."""

    model_config = ConfigDict(extra="ignore")

    def given(self) -> dict[str, Any]:
        """Only what the caller sent, ready for a record."""
        return self.model_dump(exclude_unset=True)


class Nothing(Body):
    pass


class Address(Body):
    street: str
    unit: str | None = None
    city: str
    state: str
    zip: str
    country: str
    latitude: float | None = None
    longitude: float | None = None


class BookingAddress(Body):
    street: str
    unit: str | None = None
    city: str
    state: str
    zip: str
    country: str


class NewContact(Body):
    type: Literal["Phone", "Email", "Fax", "MobilePhone"]
    value: str = Field(min_length=1)
    memo: str | None = None


class ContactUpdate(Body):
    type: Literal["Phone", "Email", "Fax", "MobilePhone"] = "Phone"
    value: str = Field("", min_length=1)
    memo: str = ""


class ExternalItem(Body):
    key: str
    value: str


class ExternalData(Body):
    applicationGuid: UUID
    externalData: list[ExternalItem]
    patchMode: Literal["Replace", "Merge"] | None = None


class NewLocation(Body):
    name: str = Field(max_length=200)
    address: Address
    contacts: list[NewContact] | None = None


class CreateCustomer(Body):
    name: str = Field(min_length=1, max_length=150)
    address: Address
    locations: list[NewLocation] = Field(min_length=1)
    type: CustomerType | None = None
    contacts: list[NewContact] | None = None
    externalData: ExternalData | None = None
    doNotMail: bool | None = None
    doNotService: bool | None = None
    nationalAccount: bool | None = None
    taxExempt: bool | None = None
    tagTypeIds: list[int] | None = None


class UpdateCustomer(Body):
    name: str = Field("", min_length=1, max_length=150)
    type: CustomerType = "Residential"
    address: Address | None = None
    externalData: ExternalData | None = None
    doNotMail: bool = False
    doNotService: bool = False
    nationalAccount: bool = False
    taxExempt: bool = False
    tagTypeIds: list[int] = []
    active: bool = True


class LeadUpdate(Body):
    campaignId: int = 0
    priority: Priority = "Normal"
    businessUnitId: int | None = None
    jobTypeId: int | None = None
    summary: str = ""
    leadCustomerName: str | None = None
    leadPhone: str | None = None
    leadEmail: str | None = None
    leadStreet: str | None = None
    leadUnit: str | None = None
    leadCity: str | None = None
    leadState: str | None = None
    leadZip: str | None = None
    leadCountry: str | None = None


class CreateLead(LeadUpdate):
    campaignId: int
    summary: str
    customerId: int | None = None
    locationId: int | None = None
    tagTypeIds: list[int] | None = None
    callReasonId: int | None = None
    followUpDate: datetime | None = None
    bookingId: int | None = None


class LeadForm(Body):
    name: str = Field(min_length=1)
    email: str | None = None
    phoneNumber: str | None = None
    address: Address | None = None
    summary: str | None = None


class DismissLead(Body):
    dismissingReasonId: int


class FollowUp(Body):
    followUpDate: datetime
    text: str | None = None
    pinToTop: bool | None = None


class CreateBooking(Body):
    source: str
    name: str
    summary: str
    isFirstTimeClient: bool
    externalId: str
    address: BookingAddress | None = None
    contacts: list[NewContact] | None = None
    customerType: CustomerType | None = None
    start: datetime | None = None
    campaignId: int | None = None
    businessUnitId: int | None = None
    jobTypeId: int | None = None
    priority: Priority | None = None
    uploadedImages: list[str] | None = None
    isSendConfirmationEmail: bool | None = None


class DismissBooking(Body):
    callReasonId: int | None = None
    dismissingMemo: str | None = None


class AppointmentTimes(Body):
    start: datetime
    end: datetime
    arrivalWindowStart: datetime | None = None
    arrivalWindowEnd: datetime | None = None


class AddAppointment(AppointmentTimes):
    jobId: int


class Reschedule(Body):
    start: datetime | None = None
    end: datetime | None = None


class CreateJob(Body):
    customerId: int
    locationId: int
    businessUnitId: int
    jobTypeId: int
    priority: Priority
    campaignId: int
    appointments: list[AppointmentTimes] = Field(min_length=1)
    summary: str | None = None
    leadId: int | None = None
    bookingId: int | None = None
    externalData: ExternalData | None = None


class UpdateJob(Body):
    businessUnitId: int = 0
    jobTypeId: int = 0
    priority: Priority = "Normal"
    campaignId: int = 0
    summary: str = ""
    customerPo: str = ""
    noCharge: bool = False


class CancelJob(Body):
    reasonId: int
    memo: str


class Sell(Body):
    soldBy: int
