"""Who is found by what, and why somebody got no mail."""

import pytest

from tests.console.front_office import ADA, BOB, Office, office
from tests.console.visitor import Page, Visitor
from tests.flow_builder.marts import SOCAL

__all__ = ["office"]
LIST = "/console/customers"
HOSTILE = """<img src=x onerror=alert(1)>{{7*7}}</script>"onfocus="x"""


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("213-373-4253", [ADA]),
        ("+1 (213) 373 4253", [ADA]),
        ("BOB@mail.example.net", [BOB]),
        ("J-5551", [ADA]),
        ("job J-5551", [ADA]),
        ("#J-5551", [ADA]),
        ("Lovelace, Ada", [ADA]),
        ("Job # 1002", [BOB]),
        (",", []),
        ("1002", [BOB]),
        ("1003", [ADA]),
        ("lovel", [ADA]),
        ("moss bób", [BOB]),
        ("373-4253", []),
        ("%", []),
        ("99999999999999999999", []),
    ],
)
def test_a_customer_is_found_by_whatever_somebody_on_the_phone_says(
    office: Office, ola: Visitor, typed: str, found: list[int]
) -> None:
    office.publish()
    page = ola.page(LIST, q=typed)
    assert customers(page.links) == found


def test_without_a_question_those_come_first_whose_state_changed_last(office: Office, ola: Visitor) -> None:
    office.marts.enters(2.0, customer_id=BOB)
    office.sync()
    office.publish()
    assert customers(ola.page(LIST).links) == [BOB, ADA]
    assert customers(ola.page(LIST, state="2").links) == [BOB]
    assert customers(ola.page(LIST, state="2", q="ada").links) == []
    assert customers(ola.page(LIST, tenant="socal").links) == [BOB, ADA]
    assert ola.get(LIST, params={"tenant": "nobody"}).status_code == 404
    no_state = ola.get(LIST, params={"state": "99"})
    assert (no_state.status_code, "found &#39;99&#39;; expected one of 0, 1" in no_state.text) == (422, True)
    assert LIST in Page(no_state.text).links


def customers(links: list[str]) -> list[int]:
    return [int(link.rpartition("/")[2]) for link in links if link.startswith(f"{LIST}/socal/")]


def test_before_the_first_sync_the_page_says_so(ola: Visitor) -> None:
    assert "Nothing is known of any customer yet" in ola.page(LIST).words
    assert ola.get(f"{LIST}/socal/{ADA}").status_code == 404


def test_the_timeline_says_what_happened_what_came_of_it_and_what_comes_next(office: Office, ola: Visitor) -> None:
    office.marts.edit("customers", ADA, is_do_not_mail=True)
    office.marts.enters(2.0)
    office.sync()
    office.publish(
        {
            "event_id": "estimate:9:created",
            "event_name": "estimate_created",
            "rule": "ignore",
            "source_table": "estimates",
            "source_id": "9",
        }
    )
    said = ola.page(f"{LIST}/socal/{ADA}").words
    assert "Ada Lovelace" in said
    assert "2 Sales Appointment Booked since" in said
    assert "Sales appointment booked appointment 777, job 5551 0 Contact Record → 2 Sales Appointment Booked" in said
    assert "Estimate written estimate 9 No change: does not change a customer in this state." in said
    assert "No mail: the customer is marked “do not mail”." in said
    assert "The message that tells “2 Sales Appointment Booked” is due now" in said
    assert "Goes to 0 Contact Record on" in said
    assert said.index("Message: tells “2 Sales Appointment Booked”") < said.index(
        "Sales appointment booked appointment 777"
    )


def test_a_flow_that_runs_is_named_until_it_must_end(office: Office, ola: Visitor) -> None:
    booked = office.marts.enters(2.0)
    office.sync()
    office.becomes(booked, "delivered")
    office.publish()
    assert "What to Expect since" in ola.page(f"{LIST}/socal/{ADA}").words
    office.marts.enters(3.0, event_id="estimate:1:created", occurred_at=office.now, job_id=None)
    office.sync()
    office.publish()
    said = ola.page(f"{LIST}/socal/{ADA}").words
    assert "What to Expect since" in said
    assert "a message that ends it is on its way" in said
    assert "Unsold Estimates since" not in said
    assert "“Unsold Estimates” is due once a sync that begins after" in said


def test_who_was_merged_away_is_shown_as_who_is_left(office: Office, ola: Visitor) -> None:
    office.publish()
    assert ola.get(f"{LIST}/socal/1003").headers["location"] == f"{LIST}/socal/{ADA}"
    assert ola.get(f"{LIST}/socal/77").status_code == 404
    assert ola.get(f"{LIST}/dfw/{ADA}").status_code == 404
    no_number = ola.get(f"{LIST}/dfw/abc")
    assert (no_number.status_code, "expected digits only, found &#39;abc&#39;" in no_number.text) == (404, True)


def test_a_state_that_is_set_starts_no_flow_unless_that_is_ticked(office: Office, ola: Visitor) -> None:
    office.publish()
    path = f"{LIST}/socal/{ADA}"
    for ticked in ({}, {"start_flow": "yes"}):
        assert ola.act(f"{path}/state", state="3", **ticked).headers["location"] == path
    assert office.ask(
        "select customer_id, to_state, start_flow, set_by, reason from state_updates order by set_at"
    ) == [
        (ADA, 3.0, 0, "ola", "as a test"),
        (ADA, 3.0, 1, "ola", "as a test"),
    ]
    assert office.ask("select action, subject, decided_by, reason, tenant_id from decisions") == [
        ("state set", f"customer {ADA} to 3 Estimates Created, without its flow", "ola", "as a test", SOCAL),
        ("state set", f"customer {ADA} to 3 Estimates Created, with its flow", "ola", "as a test", SOCAL),
    ]
    said = ola.page(path).words
    assert "3 Estimates Created is set with the next sync, with its flow." in said
    assert "With the next sync: 3 Estimates Created, set by ola: as a test" in said


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"state": "3", "reason": " "}, 422, "The reason"),
        ({"state": "7"}, 422, "expected one of 0, 1"),
        ({"state": "3", "reason": "x" * 2001}, 422, "found 2,001 characters; expected at most 2,000"),
        ({"state": "3", "expected_state": "2"}, 409, "nothing was changed"),
    ],
    ids=["without a reason", "no such state", "a long reason", "another state"],
)
def test_a_state_that_cannot_be_set_is_refused_in_words(
    office: Office, ola: Visitor, fields: dict[str, str], status: int, said: str
) -> None:
    office.publish()
    refused = ola.act(f"{LIST}/socal/{ADA}/state", **fields)
    assert (refused.status_code, said in refused.text) == (status, True)
    assert f"{LIST}/socal/{ADA}" in Page(refused.text).links
    assert office.ask("select count(*) from state_updates") == [(0,)]
    assert office.ask("select count(*) from decisions") == [(0,)]


def test_somebody_of_another_tenant_sees_and_does_nothing(office: Office, url: str) -> None:
    office.publish()
    with Visitor(url, "sol") as sol:
        assert customers(sol.page(LIST).links) == [ADA, BOB] or customers(sol.page(LIST).links) == [BOB, ADA]
    office.marts.con.execute("update staging.stg_servicetitan__customers set tenant_id = 1116148646")
    office.publish()
    with Visitor(url, "sol") as sol:
        assert customers(sol.page(LIST, q="Ada").links) == []
        assert sol.get(f"{LIST}/dfw/{ADA}").status_code == 404
        assert sol.act(f"{LIST}/dfw/{ADA}/state", state="3").status_code == 404
    with Visitor(url, "vic") as vic:
        assert vic.act(f"{LIST}/dfw/{ADA}/state", state="3").status_code == 403


def test_words_from_outside_are_words(office: Office, ola: Visitor) -> None:
    office.marts.edit("customers", ADA, name=HOSTILE)
    office.marts.enters(2.0, source_id=HOSTILE, event_name=HOSTILE)
    office.sync()
    office.run("update deliveries set reason = ?, last_error = ?, flow_name = ?", HOSTILE, HOSTILE, HOSTILE)
    office.publish()
    for path, params in ((LIST, {"q": HOSTILE}), (f"{LIST}/socal/{ADA}", {}), ("/console/deliveries", {})):
        page = ola.page(path, **params)
        assert "<img src=x" not in page.html
        assert "{{7*7}}" in page.html
        assert "</script>" not in page.html
        assert '"onfocus=' not in page.html
