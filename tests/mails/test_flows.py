"""The stand-in Flow Builder: which mails leave when, in each manner, for the messages that came."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator.flow_builder.flows import FlowBuilder, Manner
from tests.simulator.flow_builder.mails import DELAYS, Mail

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG = NOW + 100 * DAY
VISIT = {
    **{"id": 777, "start": "2026-06-05T16:00:00Z", "end": "2026-06-05T17:00:00Z"},
    **{"start_local": "2026-06-05T09:00:00-07:00", "end_local": "2026-06-05T10:00:00-07:00"},
}
Body = dict[str, Any]


def message(transition_id: str = "t1", flow: str | None = "Email Followup", *ends: str, **changes: Any) -> Body:
    data: Body = {
        "transition_id": transition_id,
        "tenant_id": 1,
        "customer_id": 1001,
        "flow_name": flow,
        "ends": [{"transition_id": one, "flow_name": "…"} for one in ends],
        "job_id": None,
        "cause": {"event_name": "lead_created", "source_table": "leads", "source_id": "31"},
        "customer": {"email": "ada@example.com"},
    }
    return {"type": "servicetitan.customer_state.changed", "data": data | changes}


def days(mails: list[Mail]) -> list[float]:
    return [(mail.at - NOW) / DAY for mail in mails]


def heard(manner: Manner, *messages: Body, gate: Any = None) -> FlowBuilder:
    flows = FlowBuilder(manner, gate)
    for number, body in enumerate(messages):
        flows.take(str(number), body, NOW)
    return flows


def test_a_flow_mails_on_its_days_and_each_mail_says_of_what_it_speaks() -> None:
    mails = list(heard(Manner.NAIVE, message()).due(LONG))
    assert [mail.at - NOW for mail in mails] == [*DELAYS]
    assert [mail.number for mail in mails] == [0, 1, 2, 3, 4]
    assert {(mail.email, mail.customer_id, mail.source_id, mail.transition_id) for mail in mails} == {
        ("ada@example.com", 1001, 31, "t1")
    }


def test_a_message_that_comes_again_starts_nothing() -> None:
    flows = FlowBuilder(Manner.NAIVE)
    for _ in range(2):
        flows.take("one", message(), NOW)
    assert len([*flows.due(LONG)]) == len(DELAYS)


def test_without_a_flow_or_an_address_nobody_is_mailed() -> None:
    assert [*heard(Manner.NAIVE, message(flow=None)).due(LONG)] == []
    flows = heard(Manner.NAIVE, message(customer={"email": None}))
    assert [*flows.due(LONG)] == []
    assert flows.unreachable == len(DELAYS)


@pytest.mark.parametrize(("manner", "left"), [(Manner.NAIVE, ["t1"] * 3), (Manner.HEEDING, [])])
def test_what_a_message_ends_is_mailed_by_the_naive_only(manner: Manner, left: list[str]) -> None:
    flows = heard(manner, message())
    assert [mail.number for mail in flows.due(NOW + 3 * DAY)] == [0, 1]
    flows.take("end", message("t2", None, "t1"), NOW + 3 * DAY)
    assert [mail.transition_id for mail in flows.due(LONG)] == left


def test_a_flow_that_is_started_anew_ends_first() -> None:
    mails = [*heard(Manner.HEEDING, message(), message("t1", "Email Followup", "t1")).due(NOW + 3 * DAY)]
    assert [mail.number for mail in mails] == [0, 1]


def test_a_product_that_names_no_ends_ends_all_that_ran_for_the_customer() -> None:
    later, other = message("t2", None), message("t3")
    del later["data"]["ends"]
    other["data"]["customer_id"] = 1002
    mails = heard(Manner.HEEDING, message(), other, later).due(LONG)
    assert {mail.customer_id for mail in mails} == {1002}


def test_a_visit_that_moves_is_the_one_that_the_next_mail_names_and_the_last_mail_is_before_it() -> None:
    visit = message(flow="What to Expect", appointment=VISIT, job_id=5)
    flows = heard(Manner.HEEDING, visit)
    first = [mail.day.start.day for mail in flows.due(NOW) if mail.day]
    moved = visit["data"] | {
        "flow_name": None,
        "appointment": VISIT | {"start": "2026-06-08T16:00:00Z", "start_local": "2026-06-08T09:00:00-07:00"},
    }
    moved["appointment"]["end"] = "2026-06-08T17:00:00Z"
    flows.take("moved", {"type": "servicetitan.appointment.changed", "data": moved}, NOW)
    assert first == [5]
    assert [(mail.at.day, mail.day.start.day) for mail in flows.due(LONG) if mail.day] == [(3, 8), (5, 8)]


def test_of_a_visit_without_a_day_nothing_is_mailed() -> None:
    visit = message(flow="What to Expect", appointment=VISIT, job_id=5)
    gone = {
        "type": "servicetitan.appointment.changed",
        "data": visit["data"] | {"flow_name": None, "appointment": None},
    }
    assert [*heard(Manner.HEEDING, visit, gone).due(LONG)] == []
    assert len([*heard(Manner.NAIVE, visit, gone).due(LONG)]) == len(DELAYS)


def test_who_asks_mails_what_the_gate_says_and_only_where_it_may() -> None:
    answers: list[Mapping[str, Any] | None] = [
        {"may_send": True, "reasons": [], "data": message(customer={"email": "new@example.com"})["data"]},
        {"may_send": False, "reasons": ["left"], "data": None},
        None,
    ]
    flows = heard(Manner.ASKING, message(), gate=lambda _: answers.pop(0) if answers else None)
    assert [mail.email for mail in flows.due(LONG)] == ["new@example.com"]


def test_who_asks_asks_again_where_the_data_are_stale_and_gives_up_after_a_day() -> None:
    asked = []

    def gate(transition_id: str) -> Mapping[str, Any]:
        asked.append(transition_id)
        is_fresh = len(asked) == 4
        reasons = [] if is_fresh else ["stale_data"]
        return {"may_send": is_fresh, "reasons": reasons, "data": message()["data"]}

    flows = heard(Manner.ASKING, message(), gate=gate)
    assert days([*flows.due(NOW + DAY)]) == [1.5 / 24]
    assert days([*flows.due(NOW + 5 * DAY)]) == []
    assert len(asked) == 4 + 2 * 49


def test_a_flow_that_it_does_not_have_and_a_test_start_nothing() -> None:
    assert [*heard(Manner.NAIVE, message(flow="Birthday"), message(test=True)).due(LONG)] == []


def test_only_who_asks_has_a_gate() -> None:
    with pytest.raises(ValueError, match="a gate belongs to the asking one"):
        FlowBuilder(Manner.ASKING)
