"""Which tenant a request means."""

from typing import Annotated, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from pipelines.actions.schemas.fields import TENANT, Input, TenantRef
from pipelines.actions.web.problems import Problem

Form = TypeVar("Form", bound=Input)


class NoQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TenantParam(BaseModel):
    """Beside a path or a body; a body may name the tenant too."""

    model_config = ConfigDict(extra="forbid")

    tenant: TenantRef | None = Field(None, description=TENANT)

    def complete(self, form: Form) -> Form:
        if self.tenant and form.tenant and str(self.tenant) != str(form.tenant):
            wrong = ["two different tenants are named"]
            raise Problem("invalid_request", "see errors: tenant", errors={"tenant": wrong})
        return form.model_copy(update={"tenant": form.tenant or self.tenant})


InTenant = Annotated[TenantParam, Query()]
Alone = Annotated[NoQuery, Query()]
