"""Connect and disconnect: tenants that people add while the API runs."""

from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pipelines.actions import connecting
from pipelines.actions.connecting import KEPT, NotConnected, NotStored, NotThere, SecretNeeded
from pipelines.actions.schemas.fields import Id, Line
from pipelines.actions.web.dependencies import Context, RequestContext, json_body
from pipelines.actions.web.idempotency_keys import Asked, KeptOutcome, check_key
from pipelines.actions.web.openapi import documented
from pipelines.actions.web.problems import Problem, invalid
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.actions.web.tenant_param import Alone
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.tenants import directory
from pipelines.tenants.encryption import SecretsKey
from pipelines.tenants.store import NAME

router = APIRouter(tags=["tenants"])

TenantName = Annotated[str, Path(pattern=NAME, description="What the tenant is called here, such as socal")]
NO_PRINT = "without SECRETS_KEY"  # nothing comes of such a request


class ConnectTenant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Id = Field(description="ServiceTitan's id of the tenant")
    client_id: Line
    client_secret: Annotated[SecretStr, Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Never given back. Without it a tenant that is connected keeps the one that it has"
    )
    timezone: Line | None = Field(None, description="Of the business, such as America/Los_Angeles; by default UTC")
    workspace_id: UUID | None = Field(None, description="Flow Builder's")
    booking_provider_id: Id | None = Field(None, description="Bookings need it")
    country: str = Field("US", pattern="^[A-Z]{2}$", description="ISO 3166, for phones without a country code")
    delivery: Literal["live", "shadow"] = Field("live", description="What a new tenant starts with")


class ConnectedTenant(BaseModel):
    name: str
    id: int
    connected: Literal[True] = True
    missing_scopes: list[str] = Field(description="Grant them to the app in ServiceTitan's developer portal")
    unknown_scopes: list[str] = Field(description="Only a write would show whether they are there")


class DisconnectedTenant(BaseModel):
    name: str
    id: int
    connected: Literal[False] = False
    kept: str = KEPT


@router.put(
    "/integration/tenants/{name}",
    **documented(
        ConnectedTenant, 200, 201, body=ConnectTenant, needs_key=True, summary="Connect a tenant, or change it"
    ),
)
async def put_tenant(
    context: Context,
    name: TenantName,
    _alone: Alone,
    form: Annotated[ConnectTenant, Depends(json_body(ConnectTenant))],
) -> Response:
    name = name.lower()
    context.may_administer(name, form.id)
    key = SecretsKey(context.services.settings)
    secret = form.client_secret.get_secret_value() if form.client_secret else ""
    prints = key.digest("\n".join((name, form.model_dump_json(), secret))) or [NO_PRINT]
    asked = Asked(context.access.name, check_key(context.key), "connect_tenant", form.id, prints[0], prints[-1])
    return await context.write_apart(asked, partial(connect, context, name, form))


@router.delete(
    "/integration/tenants/{name}",
    **documented(DisconnectedTenant, needs_key=True, summary="Disconnect a tenant; its data stay"),
)
async def delete_tenant(context: Context, name: TenantName, _alone: Alone) -> Response:
    name, settings = name.lower(), context.services.settings
    context.may_administer(name, *(one.id for one in directory.stored(settings) if one.name == name))
    asked = Asked(context.access.name, check_key(context.key), "disconnect_tenant", 0, name, name)
    return await context.write_apart(asked, partial(disconnect, context, name))


def connect(context: RequestContext, name: str, form: ConnectTenant) -> KeptOutcome:
    """Raises `Problem`."""
    services = context.services
    fields = {"name": name, **form.model_dump(exclude={"client_secret"}, exclude_unset=True)}
    try:
        done = connecting.connect(
            services.settings,
            fields,
            form.client_secret,
            services.servicetitan.make,
            context.access.name,
            services.clock(),
        )
    except NotStored as error:
        raise Problem("not_stored", str(error), connected=False) from None
    except NotConnected as error:
        raise Problem("not_connected", str(error), connected=False) from None
    except SecretNeeded as error:
        errors = {"client_secret": [str(error)]}
        raise Problem("invalid_request", "see errors: client_secret", errors=errors, connected=False) from None
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None
    except ServiceTitanError as error:
        raise as_problem(error) from None
    result = ConnectedTenant(
        name=name, id=form.id, missing_scopes=done.lacks.missing, unknown_scopes=done.lacks.unknown
    )
    return KeptOutcome(201 if done.is_new else 200, result.model_dump_json().encode())


def disconnect(context: RequestContext, name: str) -> KeptOutcome:
    """Raises `Problem`."""
    services = context.services
    try:
        tenant = connecting.disconnect(services.settings, name, context.access.name, services.clock())
    except NotStored as error:
        raise Problem("not_stored", str(error)) from None
    except NotThere as error:
        raise Problem("not_found", str(error)) from None
    return KeptOutcome(200, DisconnectedTenant(name=name, id=tenant.id).model_dump_json().encode())
