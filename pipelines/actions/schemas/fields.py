"""The kinds of fields that forms are made of, and what all forms share."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from pipelines.addresses import email_address
from pipelines.texts import as_text, clean

DATED = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")  # not the number of seconds that pydantic takes too
WRITTEN_MOMENT = TypeAdapter(AwareDatetime)
TENANT = "Name or id; may be left out where only one tenant is configured"
MAX_TEXT, MAX_MORE = 2000, 700  # characters
Form = TypeVar("Form", bound=BaseModel)


def _line(value: object) -> object:
    return clean(value).translate({9: " ", 10: " "}) if isinstance(value, str) else value


def _text(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _number(value: object) -> object:
    return as_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _moment(value: object) -> object:
    """Read here, because behind a validator of ours a strict pydantic takes no text for a date, even out of JSON."""
    try:
        if isinstance(value, datetime) or (isinstance(value, str) and DATED.match(value)):
            return WRITTEN_MOMENT.validate_python(value).astimezone(UTC)
    except (ValidationError, OverflowError):  # the latter at the calendar's edge
        pass
    raise ValueError("expected a date and time with its zone, such as 2026-11-22T15:04:05Z")


Id = Annotated[int, Field(ge=1, lt=2**53)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200), BeforeValidator(_line)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=150), BeforeValidator(_line)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), BeforeValidator(_text)]
# Some tools pass a phone number on as a number.
PHONE_SCHEMA = {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 200}, {"type": "number"}]}
PhoneText = Annotated[Line, BeforeValidator(_number), WithJsonSchema(PHONE_SCHEMA)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
TenantRef = Line | Id


def _options(field: str) -> dict[str, Any]:
    """Ids that people don't know; the route lists the choices."""
    return {"x-options": f"/options/{field}"}


JobTypeId = Annotated[Id, Field(json_schema_extra=_options("job_type_id"))]
BusinessUnitId = Annotated[Id, Field(json_schema_extra=_options("business_unit_id"))]
TechnicianId = Annotated[Id, Field(json_schema_extra=_options("technician_id"))]
CampaignId = Annotated[Id, Field(json_schema_extra=_options("campaign_id"))]
CallReasonId = Annotated[Id, Field(json_schema_extra=_options("call_reason_id"))]
TagTypeIds = Annotated[list[Id], Field(max_length=50, json_schema_extra=_options("tag_type_ids"))]


def with_more(summary: str, more: Iterable[str]) -> str:
    """Behind it; no longer than a `Text` may be, and it says where something is cut."""
    behind = shortened("".join(f"; {one}" for one in more), MAX_MORE)
    return shortened(summary, MAX_TEXT - len(behind)) + behind


def shortened(text: str, most: int) -> str:
    cut = f"… (cut, of {len(text)} characters)"
    return text if len(text) <= most else text[: most - len(cut)] + cut


def needed(form: Form, value: object, message: str) -> Form:
    if not value:
        raise ValueError(message)
    return form


def _address(text: str) -> str:
    if (address := email_address(text)) is None:
        raise ValueError("expected an e-mail address")
    return address


Email = Annotated[Line, AfterValidator(_address)]
REACHABLE: dict[str, Any] = {"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    # Fields that 0.1.0 did not have: a request that leaves them as they are is the same as then.
    ADDED: ClassVar[frozenset[str]] = frozenset()

    tenant: TenantRef | None = Field(None, description=TENANT)

    @property
    def added_in_vain(self) -> set[str]:
        return {name for name in self.ADDED if getattr(self, name) == type(self).model_fields[name].default}


class Reachable(Input):
    phone: PhoneText | None = Field(None, title="Phone", examples=["(213) 555-2823"])
    email: Email | None = Field(None, title="E-mail", examples=["ada@mail.example.net"])
