"""The Service Titan card: connecting and disconnecting by form."""

from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from tests.console.conftest import Open
from tests.console.visitor import Page, Visitor
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

DFW = 1116148646


@pytest.fixture
def ola(open_console: Open) -> Iterator[Visitor]:
    """Where DFW is not in the environment."""
    url = open_console(without="SERVICETITAN_TENANTS__DFW", SECRETS_KEY=Fernet.generate_key().decode())
    with Visitor(url, "ola") as ola:
        yield ola


def credentials(simulator: ServiceTitan) -> dict[str, str]:
    client = simulator.tokens.clients[DFW]
    secret = client.secrets[0]
    return {"id": str(DFW), "client_id": client.client_id, "client_secret": secret, "timezone": "America/Chicago"}


def test_a_tenant_is_connected_tried_at_once_and_disconnected(ola: Visitor, simulator: ServiceTitan) -> None:
    form = ola.page("/console/integrations", name="dfw")
    fields = form.fields("/console/integrations/dfw")
    assert {"id", "client_id", "client_secret", "workspace_id", "booking_provider_id"} <= fields.keys()
    places = [form.html.index(zone) for zone in ("Pacific (Los Angeles)", "All others", "Europe/Rome")]
    assert places == sorted(places)
    wrong = credentials(simulator) | {"client_secret": "no-such-secret"}
    refused = ola.act("/console/integrations/dfw", **wrong, reason="a new office")
    assert refused.status_code == 422
    assert "nothing was stored" in refused.text
    assert "servicetitan-flow" not in refused.text.partition("<h1>")[2]
    assert "a new office" in refused.text
    assert '<option value="America/Chicago" selected>' in refused.text
    assert "no-such-secret" not in refused.text
    assert credentials(simulator)["client_id"] in refused.text, "what was typed is there again"
    assert "dfw" not in ola.page("/console").words

    right = credentials(simulator) | {"timezone": "America/Chicago", "delivery": "shadow", "reason": "a new customer"}
    assert ola.act("/console/integrations/dfw", **right).headers["location"] == "/console/integrations"
    words = ola.page("/console/integrations").words
    assert "dfw is connected" in words
    assert words.count("Connected") == 2
    assert "a new customer" in ola.page("/console/decisions").words

    assert ola.act("/console/integrations/dfw/disconnect", reason="they left").status_code == 303
    assert "dfw is disconnected" in ola.page("/console/integrations").words
    assert "they left" in ola.page("/console/decisions").words
    assert "dfw" not in ola.page("/console").words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id", "many", "expected digits only, found &#39;many&#39;"),
        ("id", "410387862", "is the id of tenant socal"),
        ("timezone", "Mars/Olympus", "IANA"),
        ("timezone", "", "not chosen"),
        ("workspace_id", "none", "expected a UUID"),
        ("country", "America", "two capital letters"),
        ("delivery", "loud", "expected &#39;live&#39; or &#39;shadow&#39;"),
        ("reason", " ", "not filled in"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_stored(
    ola: Visitor, simulator: ServiceTitan, field: str, value: str, words: str
) -> None:
    refused = ola.act("/console/integrations/dfw", **(credentials(simulator) | {field: value}))
    assert refused.status_code == 422
    assert words in refused.text
    assert credentials(simulator)["client_id"] in refused.text, "what was typed is there again"
    assert credentials(simulator)["client_secret"] not in refused.text
    assert "dfw" not in ola.page("/console").words


@pytest.mark.parametrize(
    ("name", "words"),
    [("SoCal", "socal stands in the environment of the server"), ("My Company, Inc.", "expected letters")],
)
def test_a_name_that_cannot_be_taken_is_said_before_the_form(ola: Visitor, name: str, words: str) -> None:
    refused = ola.get("/console/integrations", params={"name": name})
    page = Page(refused.text)
    assert (refused.status_code, words in page.words) == (422, True)
    assert "Client secret" not in page.words
    assert f'value="{name}"' in page.html


def test_who_is_bound_cannot_connect_another(open_console: Open, simulator: ServiceTitan) -> None:
    with Visitor(open_console(SECRETS_KEY=Fernet.generate_key().decode()), "sol") as sol:
        assert sol.act("/console/integrations/other", **credentials(simulator)).status_code == 404
        assert sol.act("/console/integrations/dfw/disconnect").status_code == 404


def test_a_tenant_of_the_environment_is_changed_there(ola: Visitor, socal: Company) -> None:
    fields = {"id": str(socal.tenant_id), "client_id": "x", "client_secret": "y"}
    refused = ola.act("/console/integrations/socal", **fields)
    assert refused.status_code == 409
    assert "stands in the environment" in refused.text


def test_a_scope_that_the_token_lacks_is_named_on_the_card(
    ola: Visitor, simulator: ServiceTitan, socal: Company
) -> None:
    simulator.tokens.clients[socal.tenant_id].scopes.discard("tn.crm.bookings:w")
    words = ola.page("/console/integrations").words
    assert "Scopes are missing" in words
    assert "tn.crm.bookings:w" in words
