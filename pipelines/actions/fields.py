"""The kinds of fields that forms are made of, and what all forms share."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from pipelines.actions.contacts import email_address

DATED = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")
TENANT = "Name or id; may be left out where only one tenant is configured"
Form = TypeVar("Form", bound=BaseModel)
Id = Annotated[int, Field(ge=1, lt=2**53)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


def _dated(value: object) -> object:
    """Not the number of seconds that pydantic takes too."""
    if isinstance(value, datetime) or (isinstance(value, str) and DATED.match(value)):
        return value
    raise ValueError("expected a date and time with its zone, such as 2026-11-22T15:04:05Z")


Moment = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_dated),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]
TenantRef = Line | Id


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

    tenant: TenantRef | None = Field(None, description=TENANT)


class Reachable(Input):
    phone: Line | None = Field(None, title="Phone", examples=["(213) 555-0123"])
    email: Email | None = Field(None, title="E-mail", examples=["ada@example.com"])
