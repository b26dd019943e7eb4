"""The Service Titan card: which tenants are connected, and connecting one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from pipelines.actions import connecting
from pipelines.actions.connecting import NotConnected, NotStored, NotThere, SecretNeeded
from pipelines.actions.routes.status import TenantStatus, tenant_statuses
from pipelines.actions.routes.tenants import ConnectTenant
from pipelines.actions.scopes import said_missing
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.console.context import Console, Here
from pipelines.console.guard import Posted, Visitor
from pipelines.console.refusals import Refusal, not_there
from pipelines.console.rendering import done, render
from pipelines.console.sessions import Session
from pipelines.operations.decisions import note
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.settings import Tenant
from pipelines.tenants import directory
from pipelines.tenants.store import NAME

router = APIRouter()
PATH = "/console/integrations"
OPTIONAL = ("timezone", "workspace_id", "booking_provider_id")
FIELDS = ("id", "client_id", *OPTIONAL, "country", "delivery")


@dataclass(frozen=True, slots=True)
class Card:
    """``is_stored``: by people; else the environment has it, and it is changed there. ``missing``: scopes."""

    tenant: Tenant
    status: TenantStatus
    is_stored: bool
    missing: Sequence[str] = ()


@router.get(PATH)
def show(
    request: Request, console: Here, session: Visitor, name: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """``name``: of a tenant to connect, or to connect anew."""
    known = next((one for one in console.tenants(session) if one.name == name.lower()), None)
    values = {field: getattr(known, field) for field in FIELDS} if known else {}
    return page(request, console, session, name.lower(), values)


def page(
    request: Request,
    console: Console,
    session: Session,
    name: str,
    values: Mapping[str, object],
    wrong: Mapping[str, str] | None = None,
) -> Response:
    """``wrong``: field -> what was wrong; "": with all of it. What was typed is there again, but the secret."""
    mine, stored = console.tenants(session), {one.name for one in directory.stored(console.settings)}
    statuses = tenant_statuses(console.services, mine)
    return render(
        request,
        "integrations.html",
        422 if wrong else 200,
        cards=[
            Card(one, status, one.name in stored, missing_scopes(console, one) if status.connected else ())
            for one, status in zip(mine, statuses, strict=True)
        ],
        zones=sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")),
        can_store=bool(console.settings.secrets_key),
        name=name,
        values=values,
        wrong=wrong or {},
    )


def missing_scopes(console: Console, tenant: Tenant) -> list[str]:
    """By the token that the look at its door has left."""
    try:
        return said_missing(console.services.servicetitan[tenant])
    except ServiceTitanError:
        return []


@router.post(PATH + "/{name}")
def connect(request: Request, name: str, console: Here, session: Visitor, form: Posted) -> Response:
    """The fields of ``PUT /integration/tenants/{name}``; one that is left empty is taken away, but for the secret."""
    name, reason = name.lower(), form.reason
    may_connect(session, name, form.get("id"))
    given = {field: form.get(field) for field in (*FIELDS, "client_secret") if form.get(field)}
    shown = {field: value for field, value in given.items() if field != "client_secret"}
    try:
        asked = ConnectTenant.model_validate_strings(given)
        made = connecting.connect(
            console.settings,
            {"name": name, **asked.model_dump(exclude={"client_secret"}, exclude_unset=True), **emptied(given)},
            asked.client_secret,
            console.services.servicetitan.make,
            session.name,
            console.clock(),
        )
    except ValidationError as error:
        return page(request, console, session, name, shown, wrong_fields(error))
    except SecretNeeded as error:
        return page(request, console, session, name, shown, {"client_secret": str(error)})
    except NotStored as error:
        raise Refusal(409, str(error)) from None
    except NotConnected as error:
        return page(request, console, session, name, shown, {"": str(error)})
    except ServiceTitanError as error:
        return page(request, console, session, name, shown, {"": as_problem(error).detail})
    write(console, session, "connected", made.tenant, reason)
    missing = f" These scopes are missing: {', '.join(made.lacks.missing)}." if made.lacks.missing else ""
    return done(request, PATH, f"{name} is connected.{missing} The next sync reads it.")


def emptied(given: Mapping[str, str]) -> dict[str, None]:
    return {field: None for field in OPTIONAL if field not in given}


def wrong_fields(error: ValidationError) -> dict[str, str]:
    found = error.errors(include_url=False, include_input=False)
    return {str(one["loc"][-1]) if one["loc"] else "": str(one["msg"]).removeprefix("Value error, ") for one in found}


def may_connect(session: Session, name: str, tenant_id: str) -> None:
    """Raises `Refusal`."""
    if not re.match(NAME, name):
        raise Refusal(422, f"{name!r}: expected a name of letters, digits, - and _, such as socal")
    bound = session.user.tenants
    if bound is not None and bound.isdisjoint((name, tenant_id)):
        raise not_there(f"tenant {name}")


@router.post(PATH + "/{name}/disconnect")
def disconnect(request: Request, name: str, console: Here, session: Visitor, form: Posted) -> Response:
    tenant, reason = console.tenant(session, name), form.reason
    try:
        gone = connecting.disconnect(console.settings, tenant.name, session.name, console.clock())
    except NotStored as error:
        raise Refusal(409, str(error)) from None
    except NotThere as error:
        raise Refusal(404, str(error)) from None
    write(console, session, "disconnected", gone, reason)
    return done(request, PATH, f"{gone.name} is disconnected: {connecting.KEPT}.")


def write(console: Console, session: Session, action: str, tenant: Tenant, reason: str) -> None:
    with console.services.store.writing() as con:
        note(con, action, tenant_id=tenant.id, reason=reason, by=session.name, now=console.clock())
