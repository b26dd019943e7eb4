"""The Service Titan card: which tenants are connected, and connecting one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from pipelines.actions import connecting
from pipelines.actions.connecting import IdTaken, NotConnected, NotStored, NotThere, SecretNeeded
from pipelines.actions.routes.status import TenantStatus, tenant_statuses
from pipelines.actions.routes.tenants import ConnectTenant
from pipelines.actions.scopes import said_missing
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.console import invalid, zones
from pipelines.console.context import Console, Here
from pipelines.console.forms import Form
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
KEPT = (*FIELDS, "reason")  # of what was typed, where something of it was wrong: not the secret
NO_NAME = "expected letters without accents, digits, - and _, beginning with a letter, such as socal"
IN_ENVIRONMENT = (
    "{} stands in the environment of the server, and whoever runs that changes it there: choose another name"
)
OF_ANOTHER = "{} is the name of another tenant: choose another name"


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
    typed, name = name.strip(), name.strip().lower()
    if wrong := wrong_name(console, session, name) if name else "":
        return page(request, console, session, typed, {}, {"name": wrong})
    known = next((one for one in console.tenants(session) if one.name == name), None)
    values = {field: getattr(known, field) for field in FIELDS} if known else {}
    return page(request, console, session, name, values)


def wrong_name(console: Console, session: Session, name: str) -> str:
    """Why no tenant of this name can be connected, or changed."""
    if not re.fullmatch(NAME, name):
        return NO_NAME
    known = {one.name: one for one in console.services.tenants()}.get(name)
    if known and not session.may_see(known):
        return OF_ANOTHER.format(name)
    return IN_ENVIRONMENT.format(name) if name in console.settings.servicetitan_tenants else ""


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
        zones_of_us=zones.OF_US,
        other_zones=zones.others(),
        is_known=name in stored,
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
    name = name.lower()
    may_connect(session, name, form.get("id"))
    given = {field: form.get(field) for field in (*FIELDS, "client_secret") if form.get(field)}
    shown = {field: form.get(field) for field in KEPT}
    if wrong := left_empty(console, name, form):
        return page(request, console, session, name, shown, wrong)
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
    except IdTaken as error:
        return page(request, console, session, name, shown, {"id": str(error)})
    except NotStored as error:
        raise Refusal(409, str(error)) from None
    except NotConnected as error:
        return page(request, console, session, name, shown, {"": str(error)})
    except ServiceTitanError as error:
        return page(request, console, session, name, shown, {"": as_problem(error).detail})
    write(console, session, "connected", made.tenant, form.reason)
    missing = f" These scopes are missing: {', '.join(made.lacks.missing)}." if made.lacks.missing else ""
    return done(request, PATH, f"{name} is connected.{missing} The next sync reads it.")


def emptied(given: Mapping[str, str]) -> dict[str, None]:
    return {field: None for field in OPTIONAL if field not in given}


def left_empty(console: Console, name: str, form: Form) -> dict[str, str]:
    """Fields without which nothing is asked of ServiceTitan."""
    is_known = name in {one.name for one in (*directory.stored(console.settings), *console.services.tenants())}
    wrong = {} if is_known or form.get("timezone") else {"timezone": "not chosen"}
    try:
        assert form.reason
    except Refusal as refusal:
        wrong["reason"] = refusal.words
    return wrong


def wrong_fields(error: ValidationError) -> dict[str, str]:
    return {invalid.field_of(one): invalid.in_words(one) for one in error.errors(include_url=False)}


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
