"""From a request to an action and back: whose call it is, for which tenant, and whether it is done already."""

from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError

from pipelines.actions.action import Action
from pipelines.actions.context import ActionContext, Services
from pipelines.actions.schemas.fields import Input
from pipelines.actions.web.bodies import refuse_encoded
from pipelines.actions.web.idempotency_keys import Asked, Idempotency, KeptOutcome, check_key
from pipelines.actions.web.problems import Problem, invalid
from pipelines.actions.web.servicetitan_problems import as_problem
from pipelines.actions.web.tokens import ApiToken
from pipelines.actions.workers import waited_for
from pipelines.servicetitan.api.deadline import Deadline
from pipelines.servicetitan.api.errors import ServiceTitanError
from pipelines.settings import Tenant
from pipelines.texts import mended, with_carriage_returns

MAX_SECONDS = 15  # seconds until an answer, or until a write begins, which then comes to its own end

Form = TypeVar("Form", bound=BaseModel)


class RequestContext:
    """One caller's, for one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.services: Services = request.app.state.services
        self.idempotency: Idempotency = request.app.state.idempotency
        self.access: ApiToken = request.state.access
        self.key = request.headers.get("idempotency-key")

    def tenants(self) -> list[Tenant]:
        return [tenant for tenant in self.services.tenants() if self.access.admits(tenant)]

    def tenant(self, name: str | int | None) -> Tenant:
        """A tenant that the caller may not see answers like one that is not there. Raises `Problem`."""
        if name is None:
            return self._only_tenant()
        for tenant in self.services.tenants():
            if tenant.is_called(name) and self.access.admits(tenant):
                return tenant
        raise Problem("not_found", "there is no such tenant")

    def _only_tenant(self) -> Tenant:
        mine = self.tenants()
        if len(mine) == 1:
            return mine[0]
        if not mine:
            raise Problem("not_found", "no tenant is connected that this token opens")
        wrong = "is needed: one of " + ", ".join(tenant.name for tenant in mine)
        raise Problem("invalid_request", "see errors: tenant", errors={"tenant": [wrong]})

    def may_write(self) -> None:
        if not self.access.writes:
            raise Problem("not_permitted", f"the token {self.access.name} may only read")

    def may_administer(self, *refs: str | int) -> None:
        """Of a tenant that is called so, and may not be there yet."""
        if not self.access.administers:
            needs = "that needs admin in ACTIONS_TOKENS"
            raise Problem("not_permitted", f"the token {self.access.name} may not connect tenants: {needs}")
        if not self.access.opens(*refs):
            raise Problem("not_permitted", f"the token {self.access.name} is bound to other tenants")

    async def act(self, action: Action[Any, Any], form: Input) -> Response:
        if action.writes:
            self.may_write()
            check_key(self.key)
        tenant = await self._tenant_of(action, form)
        async with waited_for(self._request, MAX_SECONDS) as deadline:
            work = partial(self._written if action.writes else self._read, action, tenant, form, deadline)
            if not action.live:
                return self._response(await run_in_threadpool(work))
            workers = self.services.workers[tenant]
            return self._response(await (workers.writes if action.writes else workers.reads).run(work))

    async def write_apart(self, asked: Asked, work: Callable[[], KeptOutcome]) -> Response:
        """A write that belongs to no tenant's places, for the tenant may not be there yet."""
        once = partial(self.idempotency.once, asked, work)
        return self._response(await self.services.apart.run(once))

    async def _tenant_of(self, action: Action[Any, Any], form: Input) -> Tenant:
        """Who is not connected any more has no name: what names it is asked whose it is."""
        ref = form.tenant
        if action.tenant_of is None or (ref is not None and any(one.is_called(ref) for one in self.tenants())):
            return self.tenant(ref)
        found = await run_in_threadpool(action.tenant_of, self.services, form, self.access.opens)
        return found if ref is None or self.services.tenant(found.id) is None else self.tenant(ref)

    def _read(self, action: Action[Any, Any], tenant: Tenant, form: Input, deadline: Deadline) -> KeptOutcome:
        return _outcome(action, ActionContext(self.services, tenant, self.access.name, deadline=deadline), form)

    def _written(self, action: Action[Any, Any], tenant: Tenant, form: Input, deadline: Deadline) -> KeptOutcome:
        key = check_key(self.key)
        fingerprints = fingerprint(action.name, tenant, form), fingerprint(action.name, tenant, form, carriage=True)
        asked = Asked(self.access.name, key, action.name, tenant.id, *fingerprints)
        call = ActionContext(self.services, tenant, self.access.name, key, asked.write_id, deadline)
        return self.idempotency.once(asked, lambda: _outcome(action, call, form))

    def _response(self, outcome: KeptOutcome) -> Response:
        headers = {"idempotent-replayed": "true"} if outcome.replayed else None
        return Response(outcome.body, outcome.status, headers, media_type=outcome.media_type)


def _outcome(action: Action[Any, Any], call: ActionContext, form: Input) -> KeptOutcome:
    try:
        call.deadline.check()
        result = action.run(call, form)
    except ServiceTitanError as error:
        raise as_problem(error) from None
    return KeptOutcome(action.status(result), result.model_dump_json().encode())


def fingerprint(name: str, tenant: Tenant, form: Input, carriage: bool = False) -> str:
    """What two requests must have in common to be the same: omitted fields count as their defaults.

    ``carriage``: with the carriage returns before line feeds that 0.1.0 kept, so that its keys are known.
    """
    content = form.model_dump_json(exclude={"tenant", *form.added_in_vain})
    told = with_carriage_returns(content) if carriage else content
    return sha256(f"{name}\n{tenant.id}\n{told}".encode()).hexdigest()


async def request_context(request: Request) -> RequestContext:
    return RequestContext(request)


Context = Annotated[RequestContext, Depends(request_context)]


def json_body(model: type[Form], empty: str | None = None) -> Callable[[Request], Awaitable[Form]]:
    """The body as that form, strictly: no ``"5"`` for 5. ``empty`` is read where there is none. Raises `Problem`."""

    async def read(request: Request) -> Form:
        refuse_encoded(request)
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Problem("unsupported_media_type", "expected application/json")
        return parsed(model, await request.body() or empty or b"")

    return read


def parsed(model: type[Form], content: bytes | str, below: str = "") -> Form:
    """Raises `Problem`; ``below`` stands before the names of its fields."""
    try:
        return model.model_validate_json(readable(content), strict=True)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False), below=below) from None


def readable(content: bytes | str) -> str:
    """Raises `Problem`."""
    try:
        return mended(content)
    except ValueError:
        raise Problem("malformed", "the body is no JSON object") from None
