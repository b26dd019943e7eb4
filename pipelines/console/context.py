"""What every page works with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from pipelines.actions.context import Services
from pipelines.actions.routes.sync_launcher import Dagster
from pipelines.clock import Clock
from pipelines.console.dagster import Looks
from pipelines.console.refusals import not_there
from pipelines.console.sessions import Session, Sessions
from pipelines.operations import Connection, open_operations
from pipelines.settings import Settings, Tenant


@dataclass(frozen=True)
class Console:
    """``services``, ``dagster``: the actions API's own."""

    settings: Settings
    clock: Clock
    services: Services
    dagster: Dagster
    sessions: Sessions
    looks: Looks = field(default_factory=Looks)

    @property
    def is_secure(self) -> bool:
        return self.settings.console_url.startswith("https://")

    @property
    def cookie(self) -> str:
        return "__Host-console_session" if self.is_secure else "console_session"

    def tenants(self, session: Session) -> list[Tenant]:
        """Those that this person may see."""
        return [one for one in self.services.tenants() if session.may_see(one)]

    def tenants_by_id(self, session: Session) -> Mapping[int, Tenant]:
        return {one.id: one for one in self.tenants(session)}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Of the operations store, for lists: no caller of the API waits for them."""
        with open_operations(self.settings.operations) as con:
            yield con

    def tenant(self, session: Session, name: str) -> Tenant:
        """Raises `Refusal`: 404, also for another's."""
        found = next((one for one in self.tenants(session) if one.is_called(name)), None)
        if found is None:
            raise not_there(f"tenant {name}")
        return found


def console_of(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


Here = Annotated[Console, Depends(console_of)]
