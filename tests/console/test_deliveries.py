"""What was sent and what was not, and a person's decisions about it: asked before many are touched."""

import re

from tests.console.front_office import ADA, Office, office
from tests.console.visitor import Page, Visitor
from tests.flow_builder.marts import DFW, NOW

__all__ = ["office"]
LIST = "/console/deliveries"


def test_messages_are_listed_with_names_and_why_there_is_no_mail(office: Office, ola: Visitor) -> None:
    booked = office.marts.enters(2.0)
    office.sync()
    office.becomes(booked, "delivered")
    office.marts.edit("customers", ADA, is_do_not_mail=True)
    office.marts.enters(3.0, event_id="estimate:1:created", occurred_at=office.now)
    office.sync()
    office.publish()
    said = ola.page(LIST).words
    assert "Ada Lovelace" in said
    assert "What to Expect sent" in said
    assert "no mail: the customer is marked “do not mail”" in said
    assert "sent 1 dead: given up 0 held for a person 0" in said
    for params, count in (
        ({"status": "delivered"}, 1),
        ({"flow": "What to Expect"}, 1),
        ({"reason": "do_not_mail"}, 1),
        ({"reason": "stale"}, 0),
        ({"tenant": "socal"}, 2),
        ({"day": f"{NOW:%Y-%m-%d}"}, 2),
        ({"day": "2026-11-21"}, 0),
        ({"status": "delivered", "reason": "do_not_mail"}, 0),
        ({"page": "2"}, 0),
    ):
        assert len(messages(ola.page(LIST, **params))) == count, params
    for wrong in ({"status": "gone"}, {"day": "yesterday"}, {"day": "0001-01-01"}):
        assert ola.get(LIST, params=wrong).status_code == 422
    assert "expected one of the list: waits, is on its way" in ola.get(LIST, params={"status": "gone"}).text
    no_batch = ola.get(LIST, params={"batch": "zzz"})
    assert (no_batch.status_code, LIST in Page(no_batch.text).links) == (404, True)
    choices = re.findall(r'<option value="\w+">([^<]+)</option>', ola.page(LIST).html)
    assert "it waited for so long that it would have come too late" in choices
    assert len(choices) == len({*choices})


def messages(page: Page) -> list[str]:
    return [link for link in page.links if link.startswith(f"{LIST}?id=")]


def test_a_message_shows_its_body_as_it_was_sent_and_each_answer(office: Office, ola: Visitor) -> None:
    booked = office.marts.enters(2.0)
    office.sync()
    office.run(
        "insert into attempts (webhook_id, started_at, ended_at, http_status, milliseconds, answer)"
        " values (?, '2026-11-22T15:12:00.000000Z', '2026-11-22T15:12:01.000000Z', 503, 900, 'come again <b>')",
        booked,
    )
    office.publish()
    page = ola.page(LIST, id=booked)
    assert "503 900 ms come again <b>" in page.words
    assert '"type": "servicetitan.customer_state.changed"' in page.words
    assert "Ada Lovelace" in page.words
    assert ola.get(LIST, params={"id": "nothing"}).status_code == 404


def test_one_message_is_decided_about_at_once(office: Office, ola: Visitor) -> None:
    booked = office.marts.enters(2.0)
    office.sync()
    done = ola.act(f"{LIST}/cancel", id=booked)
    assert done.headers["location"] == f"{LIST}?id={booked}"
    assert office.statuses() == ["canceled"]
    assert "Canceled: 1 message. " in ola.page(LIST, id=booked).words
    assert office.ask("select webhook_id, action, decided_by, reason from decisions") == [
        (booked, "canceled", "ola", "as a test")
    ]
    again = ola.act(f"{LIST}/cancel", id=booked)
    assert (again.status_code, "it is canceled" in again.text) == (409, True)


def test_what_speaks_against_sending_is_said_and_may_be_overridden(office: Office, ola: Visitor) -> None:
    office.marts.enters(2.0, is_reclassified=True)
    office.marts.edit("customers", ADA, is_do_not_mail=True)
    office.sync()
    [(webhook_id,)] = office.ask("select webhook_id from deliveries")
    refused = ola.act(f"{LIST}/replay", id=webhook_id)
    assert (refused.status_code, "marked do not mail; tick" in refused.text) == (409, True)
    assert office.statuses() == ["not_sent"]
    assert ola.act(f"{LIST}/replay", id=webhook_id, anyway="yes").status_code == 303
    assert office.statuses() == ["pending"]


def test_a_held_batch_says_why_and_how_many_and_is_released_after_a_question(office: Office, ola: Visitor) -> None:
    batch = office.holds(3)
    office.publish()
    assert "sent 0 dead: given up 0 held for a person 3" in ola.page(LIST, batch=batch).words
    office.run("update deliveries set status = 'delivered', batch = null where sequence = 1")
    page = ola.page(LIST, batch=batch)
    assert "sent 0 dead: given up 0 held for a person 2" in page.words, "not everybody's"
    office.run("update deliveries set status = 'held', batch = ? where sequence = 1", batch)
    page = ola.page(LIST, batch=batch)
    assert "above 500 (FLOW_BUILDER_HOLD_ABOVE)" in page.words
    assert "What to Expect 3" in page.words
    assert "Held 0" in page.words
    assert "Cancel 3 messages" in page.words
    question = ola.act(f"{LIST}/release", **fields(page, "release"))
    assert question.status_code == 200
    assert "Release 3 messages?" in Page(question.text).words
    assert office.statuses() == ["held"] * 3
    done = ola.act(f"{LIST}/release", **fields(Page(question.text), "release"))
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}?batch={batch.replace(':', '%3A')}")
    assert office.statuses() == ["pending"] * 3
    assert "Released: 3 messages." in ola.page("/console/decisions").words
    nothing = ola.act(f"{LIST}/release", batch=batch)
    assert (nothing.status_code, "there is nothing here that can be released" in nothing.text) == (409, True)


def fields(page: Page, action: str) -> dict[str, str]:
    return page.fields(f"{LIST}/{action}") | {"reason": "they are right"}


def test_a_set_that_has_changed_is_asked_about_anew(office: Office, ola: Visitor) -> None:
    batch = office.holds(3)
    question = Page(ola.act(f"{LIST}/cancel", batch=batch, status="held").text)
    [first, *_] = [row.webhook_id for row in office.rows()]
    ola.act(f"{LIST}/release", id=first)
    anew = ola.act(f"{LIST}/cancel", **fields(question, "cancel"))
    assert anew.status_code == 200
    assert "Other messages are selected now" in Page(anew.text).words
    assert sorted(office.statuses()) == ["held", "held", "pending"]
    assert ola.act(f"{LIST}/cancel", **fields(Page(anew.text), "cancel")).status_code == 303
    assert sorted(office.statuses()) == ["canceled", "canceled", "pending"]


def test_several_ids_are_asked_about_and_a_yes_without_the_set_counts_as_no_answer(
    office: Office, ola: Visitor
) -> None:
    batch = office.holds(2)
    ids = [row.webhook_id for row in office.rows()]
    for answer in ({"id": ids}, {"id": ids, "confirm": "yes"}, {"batch": batch, "confirm": "yes"}):
        question = ola.act(f"{LIST}/release", **answer)
        assert (question.status_code, "Release 2 messages?" in Page(question.text).words) == (200, True)
    assert office.statuses() == ["held"] * 2
    snapshot = fields(Page(question.text), "release")["snapshot"]
    assert ola.act(f"{LIST}/release", snapshot=snapshot, confirm="yes").status_code == 303
    assert office.statuses() == ["pending"] * 2
    again = Page(ola.act(f"{LIST}/cancel", id=ids).text)
    assert ola.act(f"{LIST}/cancel", **(fields(again, "cancel") | {"id": ids})).status_code == 303
    assert office.statuses() == ["canceled"] * 2


def test_a_selection_of_nothing_or_of_what_cannot_be_is_refused(office: Office, ola: Visitor) -> None:
    office.holds(2)
    for wrong in ({}, {"status": "held"}, {"tenant": "socal", "status": "delivered"}, {"batch": "", "snapshot": "x"}):
        assert ola.act(f"{LIST}/release", **wrong).status_code == 422, wrong
    assert ola.act(f"{LIST}/release", batch="no such").status_code == 404
    assert ola.act(f"{LIST}/release", id="no such").status_code == 404
    assert ola.act(f"{LIST}/release", tenant="socal", status="held").status_code == 200
    assert office.statuses() == ["held"] * 2


def test_somebody_of_another_tenant_sees_counts_and_decides_nothing(office: Office, url: str) -> None:
    batch = office.holds(2)
    [first, *_] = [row.webhook_id for row in office.rows()]
    office.run("update deliveries set tenant_id = ?", DFW)
    with Visitor(url, "sol") as sol:
        page = sol.page(LIST)
        assert "held for a person 0" in page.words
        assert messages(page) == []
        assert sol.get(LIST, params={"batch": batch}).status_code == 404
        assert sol.get(LIST, params={"id": first}).status_code == 404
        for fields in ({"id": first}, {"batch": batch}, {"tenant": "dfw", "status": "held"}):
            assert sol.act(f"{LIST}/release", **fields).status_code == 404
    assert office.statuses() == ["held"] * 2


def test_what_waits_behind_a_held_message_says_so_and_so_does_who_releases_it(office: Office, ola: Visitor) -> None:
    office.holds(2)
    [(first,)] = office.ask("select webhook_id from deliveries where customer_id = 2000")
    office.configure(flow_builder_hold_above=500)
    office.marts.enters(3.0, event_id="estimate:1:created", customer_id=2000, occurred_at=office.now)
    office.sync()
    office.publish()
    waits = "an earlier message of the customer is held, and has to go first"
    assert ola.page(LIST, status="pending").words.count(waits) == 1
    said = ola.page("/console/customers/socal/2000").words
    assert "waits for an earlier one, which is held" in said
    assert "is due now" not in said
    office.run("update deliveries set status = 'held' where status = 'pending' and customer_id = 2000")
    [(later,)] = office.ask("select webhook_id from deliveries where customer_id = 2000 order by sequence desc limit 1")
    ola.act(f"{LIST}/release", id=later)
    assert "1 of them wait for an earlier message of their customer, which is held" in ola.page(LIST).words
    ola.act(f"{LIST}/release", id=first)
    assert waits not in ola.page(LIST).words


def test_a_question_names_the_flows_that_start(office: Office, ola: Visitor) -> None:
    batch = office.holds(2)
    asked = ola.act(f"{LIST}/release", batch=batch, status="held")
    assert "2 messages: start “What to Expect”" in Page(asked.text).words


def test_while_a_tenant_is_paused_every_page_and_question_says_so(office: Office, ola: Visitor) -> None:
    batch = office.holds(2)
    office.publish()
    ola.act("/console/tenants/socal/pause", reason="a strange Monday")
    for page in (LIST, "/console/customers", "/console/leads", "/console/integrations", "/console/decisions"):
        assert "socal: paused since" in ola.page(page).words, page
        assert "by ola: a strange Monday" in ola.page(page).words, page
    asked = ola.act(f"{LIST}/release", batch=batch, status="held")
    assert "socal: paused since" in Page(asked.text).words
    office.run("update deliveries set status = 'pending', settles_at = null")
    assert "the tenant is paused" in ola.page(LIST, status="pending").words


def test_what_one_person_did_at_once_is_one_decision(office: Office, ola: Visitor) -> None:
    batch = office.holds(3)
    for number in range(55):
        ola.act("/console/pause-all" if number % 2 else "/console/resume-all", reason=f"number {number}")
        if number == 3:
            asked = Page(ola.act(f"{LIST}/cancel", batch=batch, status="held").text)
            ola.post(f"{LIST}/cancel", data=asked.fields(f"{LIST}/cancel") | {"reason": "by mistake"})
    page = ola.page("/console/decisions")
    assert page.words.count("number ") == 50
    [older] = [link for link in page.links if "before=" in link]
    rest = ola.page(older).words
    assert "ola canceled 3 messages, the last" in rest
    assert rest.count("by mistake") == 1
