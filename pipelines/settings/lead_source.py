"""Leads from outside, such as Zapier or Facebook, and how their payloads are read."""

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.settings.problems import refuse_placeholder

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
    follow_up_hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    business_unit_id: int | None = Field(None, gt=0)
    job_type_id: int | None = Field(None, gt=0)
    fields: dict[str, str] = {}

    _own_values = field_validator("*", mode="before")(refuse_placeholder)
