"""The scopes that the actions need: read where reading is enough, taken from the token where it is not."""

import pytest

from pipelines.actions.context import JOBS
from pipelines.actions.scopes import Scope, check_scopes, needed
from pipelines.settings import Settings
from pipelines.tenants import directory
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import SOCAL

WRITING = {"tn.crm.customers:w", "tn.crm.leads:w", "tn.crm.bookings:w"}


def check(settings: Settings) -> dict[str, Scope]:
    return {scope.name: scope for scope in check_scopes(settings) if scope.tenant_name == "socal"}


def test_every_scope_is_granted(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.switches.strict = True
    found = check(settings)
    assert [scope for scope in found.values() if scope.state != "granted"] == []
    assert found.keys() >= WRITING
    assert len(simulator.log.of("/contacts/contact-methods")) == 2


@pytest.mark.parametrize("scope", ["tn.crm.locations:r", "tn.crm.leads:w"])
def test_a_missing_scope_is_named(scope: str, settings: Settings, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[SOCAL.tenant_id].scopes.discard(scope)
    found = check(settings)
    assert [name for name, one in found.items() if one.state == "missing"] == [scope]
    assert f"needs the scope {scope}" in (found[scope].problem or "")


def test_where_the_token_says_nothing_writing_is_unknown(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.switches.token_says_scopes = False
    found = check(settings)
    assert {name for name, one in found.items() if one.state == "unknown"} == WRITING


def test_a_booking_provider_that_is_not_there_fails(settings: Settings) -> None:
    socal, dfw = directory.all(settings)
    tenants = {"socal": socal.model_copy(update={"booking_provider_id": 1}), "dfw": dfw}
    found = check(settings.model_copy(update={"servicetitan_tenants": tenants}))
    assert found["tn.crm.bookings:r"].state == "fails"


def test_a_tenant_without_a_booking_provider_needs_no_scope_for_it(settings: Settings) -> None:
    tenant = directory.find(settings, "socal").model_copy(update={"booking_provider_id": None})
    assert [scope for scope in needed(tenant) if "bookings" in scope] == []


def test_without_a_token_nothing_is_said(settings: Settings, simulator: ServiceTitan) -> None:
    simulator.tokens.clients[SOCAL.tenant_id].secrets = ["cs1.another"]
    assert check(settings) == {}


def test_what_is_not_declared_is_not_done() -> None:
    with pytest.raises(ValueError, match="jobs: declared for r; w was asked for"):
        JOBS.scope_to("w")


def test_without_the_scopes_of_choices_every_action_works(settings: Settings, simulator: ServiceTitan) -> None:
    granted = simulator.tokens.clients[SOCAL.tenant_id].scopes
    granted.difference_update({"tn.mrk.campaigns:r", "tn.jbce.callreasons:r"})
    missing = [scope for scope in check(settings).values() if scope.state == "missing"]
    assert [(scope.name, scope.optional) for scope in missing] == [
        ("tn.mrk.campaigns:r", True),
        ("tn.jbce.callreasons:r", True),
    ]
