"""Leads from outside, such as Zapier or Facebook, and how their payloads are read."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipelines.settings.problems import refuse_placeholder

ADDRESS = ("street", "unit", "city", "state", "zip", "country")
FIELDS = ("external_id", "contact_id", "name", "phone", "email", "summary", *ADDRESS)


class LeadSource(BaseModel):
    """One group ``LEAD_SOURCES__<NAME>__…``: where such a lead goes, and which of its fields is which.

    ``map`` says for a field of ours (`FIELDS`) where its value lies in the payload, in JMESPath (https://jmespath.org).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    campaign_id: int = Field(gt=0)
    call_reason_id: int | None = Field(None, gt=0)
    follow_up_hours: float | None = Field(None, gt=0, allow_inf_nan=False)
    business_unit_id: int | None = Field(None, gt=0)
    job_type_id: int | None = Field(None, gt=0)
    map: dict[str, str] = {}

    def problems(self, name: str) -> Iterator[str]:
        """Of the source of that name, one line each, beyond what a single value tells."""
        group = f"LEAD_SOURCES__{name.upper()}"
        for unknown in sorted(set(self.map) - set(FIELDS)):
            yield f"{group}__MAP__{unknown.upper()}: there is no such field; expected of {', '.join(FIELDS).upper()}"
        for field, words in self._wrong_expressions():
            yield f"{group}__MAP__{field.upper()}: found {self.map[field]!r}; expected JMESPath: {words}"
        if (self.call_reason_id is None) == (self.follow_up_hours is None):
            yield (
                f"{group}__CALL_REASON_ID: expected either it or {group}__FOLLOW_UP_HOURS, and not both: ServiceTitan"
                " takes no lead without"
            )

    def _wrong_expressions(self) -> Iterator[tuple[str, str]]:
        """The field, and JMESPath's own words."""
        for field, expression in self.map.items():
            try:
                check(expression)
            except ValueError as error:
                yield field, " ".join(str(error).split())

    _own_values = field_validator("*", mode="before")(refuse_placeholder)


def check(expression: str) -> None:
    """Raises ValueError. JMESPath itself looks for a function only when it calls it."""
    import jmespath

    _call_functions(jmespath.compile(expression).parsed)


def _call_functions(node: dict[str, Any]) -> None:
    from jmespath.exceptions import JMESPathTypeError
    from jmespath.functions import Functions

    if node["type"] == "function_expression":
        with suppress(JMESPathTypeError, TypeError, AttributeError):  # of these arguments, which are none
            Functions().call_function(node["value"], [None] * len(node["children"]))
    for child in node["children"]:
        if isinstance(child, dict):
            _call_functions(child)
