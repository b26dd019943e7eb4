"""Leads from outside, such as Zapier or Facebook, and how their payloads are read."""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ADDRESS = ("street", "unit", "city", "state", "zip", "country")
FIELDS = ("external_id", "contact_id", "name", "phone", "email", "summary", *ADDRESS)


class LeadSource(BaseModel):
    """One group ``LEAD_SOURCES__<NAME>__…``: where such a lead goes, and which of its fields is which.

    ``fields`` maps a field of ours (`FIELDS`) to where its value lies in the payload: a path with dots
    (``contact.phone``), several of them with blanks between, joined by a blank (``first_name last_name``), or
    alternatives with ``|`` between, of which the first that is there counts (``phone_number | mobile``). A list of
    ``{"name": …, "values": […]}``, as in Facebook's ``field_data``, is read as an object of the first values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    campaign_id: int = Field(gt=0)
    call_reason_id: int | None = Field(None, gt=0)
    follow_up_hours: float | None = Field(None, gt=0)
    business_unit_id: int | None = Field(None, gt=0)
    job_type_id: int | None = Field(None, gt=0)
    fields: dict[str, str] = {}

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(value) - set(FIELDS)):
            raise ValueError(f"found {', '.join(unknown)}; expected of {', '.join(FIELDS)}")
        return value

    @model_validator(mode="after")
    def _says_what_follows(self) -> "LeadSource":
        if (self.call_reason_id is None) == (self.follow_up_hours is None):
            raise ValueError("expected one of CALL_REASON_ID and FOLLOW_UP_HOURS: ServiceTitan takes no lead without")
        return self
