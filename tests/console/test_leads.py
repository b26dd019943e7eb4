"""Leads that wait for a person, decided by click: console.md, Pages."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from pipelines.operations import open_operations
from pipelines.settings import Settings
from tests.actions.conftest import PREFIX, ada, dfw, socal
from tests.console.visitor import Page, Visitor
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company

__all__ = ["ada", "dfw", "socal"]
HOSTILE = '<img src=x onerror=alert(1)>{{7*7}}</script>"onfocus='
LEAD = {"tenant": "socal", "name": "Ada Lovelace", "phone": "213-555-2823", "summary": "Wants a new roof"} | {
    "campaign_id": 3301,
    "call_reason_id": 7,
}


@pytest.fixture
def twin(socal: Company, ada: int) -> int:  # noqa: ARG001
    return socal.add_customer("Bob Stone", phone="(213) 555-2823", email="bob@mail.example.net")


def send(url: str, **fields: Any) -> str:
    """Its id here, once it waits for a person."""
    headers = {"authorization": "Bearer simulator-token", "idempotency-key": str(uuid4())}
    with httpx.Client(base_url=url + PREFIX, headers=headers, trust_env=False) as api:
        lead_id: str = api.post("/webhooks/leads", json=LEAD | fields).json()["id"]
        tenant = {"tenant": fields.get("tenant", "socal")}
        for _ in range(200):
            if api.get(f"/webhooks/leads/{lead_id}", params=tenant).json()["status"] == "needs_review":
                return lead_id
            time.sleep(0.05)
    raise AssertionError("nobody has to review it")


def ends(visitor: Visitor, path: str, status: str) -> Page:
    for _ in range(200):
        if status in (page := visitor.page(path)).words:
            return page
        time.sleep(0.05)
    raise AssertionError(page.words)


def decisions(settings: Settings) -> list[Any]:
    with open_operations(settings.operations) as con:
        return con.execute("select tenant_id, subject, action, reason, decided_by from decisions").fetchall()


def test_candidates_stand_side_by_side_and_the_chosen_one_gets_the_lead(
    url: str, ola: Visitor, settings: Settings, socal: Company, ada: int, twin: int
) -> None:
    lead_id = send(url)
    page = ola.page("/console/leads")
    assert "1 lead waits for a person" in page.words
    assert f"Customer {ada} Customer {twin} Name Ada Lovelace Ada Lovelace same Bob Stone another" in page.words
    assert "Phone +12135552823 +12135552823 same +12135552823 same" in page.words
    assert "ada@example.com bob@mail.example.net" in page.words
    assert f"/console/customers/socal/{twin}" in page.links
    path = f"/console/leads/{lead_id}"
    refused = ola.act(f"{path}/decision", customer_id=str(twin), create="true")
    assert (refused.status_code, "exactly one of" in refused.text) == (422, True)
    assert ola.act(f"{path}/decision", customer_id=str(twin), reason=" ").status_code == 422
    unknown = ola.act(f"{path}/decision", customer_id="7")
    assert (unknown.status_code, "has no customer 7" in unknown.text) == (404, True)
    assert decisions(settings) == []
    chosen = ola.act(f"{path}/decision", customer_id=str(twin), reason="called him")
    assert (chosen.status_code, chosen.headers["location"]) == (303, path)
    page = ends(ola, path, "done")
    assert "by ola: called him" in page.words
    assert [lead["customerId"] for lead in socal.records("leads")] == [twin]
    told = (410387862, f"lead {lead_id}", f"given to customer {twin}", "called him", "ola")
    assert decisions(settings) == [told]
    assert f"lead {lead_id}" in ola.page("/console/decisions").words
    again = ola.act(f"{path}/decision", discard="true")
    assert (again.status_code, "the lead is done" in again.text) == (409, True)
    assert decisions(settings) == [told]


@pytest.mark.parametrize(
    ("way", "status", "action"),
    [("create", "done", "taken as a new customer's"), ("discard", "discarded", "discarded")],
)
def test_it_may_be_new_or_nobodys(
    url: str, ola: Visitor, settings: Settings, twin: int, way: str, status: str, action: str
) -> None:
    lead_id = send(url)
    answer = ola.act(f"/console/leads/{lead_id}/decision", **{way: "true"})
    if way == "create":
        asked = Page(answer.text)
        assert "Name Ada Lovelace Phone +12135552823 E-mail" in asked.words
        assert "Address Unknown" in asked.words
        assert decisions(settings) == []
        fields = asked.fields(f"/console/leads/{lead_id}/decision")
        assert fields["reason"] == "as a test"
        answer = ola.post(f"/console/leads/{lead_id}/decision", data=fields)
    assert answer.status_code == 303
    ends(ola, f"/console/leads/{lead_id}", status)
    assert [(one[1], one[2]) for one in decisions(settings)] == [(f"lead {lead_id}", action)]
    assert twin


def test_a_number_that_nobody_can_have_is_shown_as_typed(url: str, ola: Visitor) -> None:
    page = ola.page(f"/console/leads/{send(url, phone='213-555-7777')}")
    assert "Phone 213-555-7777 cannot be read as a number" in page.words
    assert "create the customer in ServiceTitan, and say below which it is" in page.words
    assert "servicetitan-flow leads" not in page.words


def test_leads_of_another_tenant_are_not_there(url: str, ola: Visitor, dfw: Company) -> None:
    for name in ("Eve Moss", "Max Moss"):
        dfw.add_customer(name, phone="(213) 555-2823")
    lead_id = send(url, tenant="dfw", name="Carol Reed", phone="213-555-2823")
    assert "Carol Reed" in ola.page("/console/leads").words
    with Visitor(url, "sol") as sol:
        page = sol.page("/console/leads")
        assert "Carol" not in page.words
        assert "for a person" not in page.words.removeprefix("What web forms sent")[200:]
        for path in (f"/console/leads/{lead_id}", "/console/leads?tenant=dfw", f"/console/leads/{uuid4()}"):
            assert sol.get(path).status_code == 404
        assert sol.act(f"/console/leads/{lead_id}/decision", discard="true").status_code == 404


def test_what_a_form_sent_is_text_and_its_status_may_be_asked_for(url: str, ola: Visitor, socal: Company) -> None:
    for name in (HOSTILE[:40], "Bob"):
        socal.add_customer(name, phone="(213) 555-2823", email="x@example.com")
    lead_id = send(url, name=HOSTILE, summary=HOSTILE)
    for path in ("/console/leads", f"/console/leads/{lead_id}", "/console/leads?status=needs_review&tenant=socal"):
        page = ola.page(path)
        assert HOSTILE in page.words
        assert "<img" not in page.html
        assert '"onfocus=' not in page.html
    assert "There is none" in ola.page("/console/leads?status=discarded").words
    assert ola.get("/console/leads?status=x").status_code == 404


def test_where_servicetitan_does_not_answer_it_says_so(
    url: str, ola: Visitor, simulator: ServiceTitan, twin: int
) -> None:
    lead_id = send(url)
    simulator.faults.order("status", "/customers", method="GET", status=500, times=20)
    page = ola.page(f"/console/leads/{lead_id}")
    assert "for ServiceTitan was not read" in page.words
    assert twin
