"""The stand-in Flow Builder: it verifies, fails to order, and shows what came."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from tests.simulator.clock import ManualClock
from tests.simulator.environment import SIGNING_SECRET
from tests.simulator.flow_builder.inbox import OUT_OF_REACH, gate_at
from tests.simulator.flow_builder.receiver import Receiver, Reply
from tests.simulator.servicetitan import ServiceTitan

OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtb2YtMjQtYnl0ZXMhIQ=="
BODY = (
    '{"type":"servicetitan.customer_state.changed","data":{"tenant_name":"socal","customer_id":1001,'
    '"from_state":1.0,"from_state_name":"Lead","to_state":2.0,"to_state_name":"Sales Appointment Booked",'
    '"flow_name":"What to Expect","customer":{"name":"Ada <Oak>"}}}'
)


def post(
    receiver: Receiver, secret: str = SIGNING_SECRET, at: datetime | None = None, body: str = BODY, name: str = "msg-1"
) -> httpx.Response:
    at = at or datetime.now(UTC)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, body),
    }
    return httpx.post(f"{receiver.url}/trigger", content=body, headers=headers, verify=False)


def test_a_signed_delivery_is_verified_and_kept(receiver: Receiver) -> None:
    assert post(receiver).status_code == 200
    (one,) = httpx.get(f"{receiver.url}/received.json").json()
    assert (one["id"], one["verified"], one["body"]["data"]["customer_id"]) == ("msg-1", True, 1001)
    assert datetime.fromisoformat(one["received_at"]).tzinfo is UTC


def test_a_delivery_is_verified_by_any_of_several_secrets(receiver: Receiver) -> None:
    receiver.secrets = [OTHER_SECRET, SIGNING_SECRET]
    post(receiver)
    post(receiver, secret=OTHER_SECRET)
    assert [one.verified for one in receiver.received] == [True, True]


def test_a_wrong_secret_a_changed_body_and_an_old_stamp_are_not_verified(receiver: Receiver) -> None:
    post(receiver, secret=OTHER_SECRET)
    post(receiver, at=datetime.now(UTC) - timedelta(minutes=6))
    httpx.post(receiver.url, content=BODY)
    assert [one.verified for one in receiver.received] == [False, False, False]


def test_with_a_clock_signed_times_must_fit_it(receiver: Receiver) -> None:
    then = datetime(2026, 3, 2, tzinfo=UTC)
    receiver.clock = ManualClock(then)
    post(receiver, at=then)
    post(receiver)
    assert [one.verified for one in receiver.received] == [True, False]


def test_the_next_deliveries_are_answered_as_told_and_attempts_counted(receiver: Receiver) -> None:
    receiver.reply(503, Reply(429, {"retry-after": "3"}), Reply(drop=True))
    assert post(receiver).status_code == 503
    assert post(receiver).headers["retry-after"] == "3"
    with pytest.raises(httpx.TransportError):
        post(receiver)
    assert post(receiver).status_code == 200
    assert [(one.attempt, one.status) for one in receiver.received] == [(1, 503), (2, 429), (3, None), (4, 200)]
    assert [one.attempt for one in receiver.delivered()] == [4]


def test_replies_can_be_ordered_from_another_process(receiver: Receiver) -> None:
    replies: list[dict[str, Any]] = [{"status": 410}]
    assert httpx.post(f"{receiver.url}/_control/replies", json=replies).status_code == 204
    assert post(receiver).status_code == 410


def test_the_page_shows_who_went_where_newest_first(receiver: Receiver) -> None:
    post(receiver)
    post(receiver, secret=OTHER_SECRET, body=BODY.replace("Ada <Oak>", "Ben"), name="msg-2")
    page = httpx.get(receiver.url).text
    for words in ("Ada &lt;Oak&gt;", "Sales Appointment Booked", "What to Expect", "✓ verified", "✗ not verified"):
        assert words in page
    assert page.index("Ben") < page.index("Ada")


def test_the_page_says_why_a_message_starts_no_flow_and_what_is_told_again_and_leads_to_the_message(
    receiver: Receiver,
) -> None:
    told = BODY.replace('"flow_name":"What to Expect"', '"transition_id":"t1","flow_name":null,"suppressed":"past"')
    post(receiver, body=told, name="t1")
    page = httpx.get(receiver.url).text
    assert "starts no flow: the visit is over (past)" in page
    assert "told again" not in page
    post(receiver, body=told, name="t1-again-1")
    assert ", told again" in httpx.get(receiver.url).text
    assert httpx.get(f"{receiver.url}/received/2.json").json()["id"] == "t1-again-1"
    assert [httpx.get(f"{receiver.url}/received/{one}.json").status_code for one in (0, 3)] == [404, 404]


def test_the_page_loads_nothing_from_elsewhere(receiver: Receiver) -> None:
    post(receiver)
    assert "http" not in httpx.get(receiver.url).text.replace("http-equiv", "")


def test_a_body_that_is_no_json_is_kept_as_bytes(receiver: Receiver) -> None:
    post(receiver, body="{")
    assert (receiver.received[0].body, receiver.received[0].raw) == (None, b"{")
    assert httpx.get(receiver.url).status_code == 200


def test_the_page_is_paged_and_searched_and_what_comes_meanwhile_moves_nothing(receiver: Receiver) -> None:
    for number in range(23):
        post(receiver, body=BODY.replace("Ada <Oak>", f"No. {number:02}"), name=f"msg-{number}")
    first = httpx.get(receiver.url).text
    assert names(first) == [f"No. {number:02}" for number in range(22, 2, -1)]
    post(receiver, name="later")
    [older] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = httpx.get(receiver.url + "/" + unescape(older)).text
    assert names(second) == [f"No. {number:02}" for number in range(2, -1, -1)]
    assert names(httpx.get(receiver.url, params={"q": "07 1001"}).text) == ["No. 07"]
    assert "Nothing was found." in httpx.get(receiver.url, params={"q": "nobody", "page": "99"}).text
    assert httpx.get(receiver.url, params={"page": "-1", "until": "²"}).status_code == 200


def names(page: str) -> list[str]:
    return re.findall(r"No\. \d\d", page)


def test_a_gate_that_does_not_answer_is_asked_again_later_and_one_that_knows_nothing_says_none(
    simulator: ServiceTitan,
) -> None:
    assert gate_at("http://127.0.0.1:9", "token")("t1") == OUT_OF_REACH
    assert gate_at(simulator.url, "token")("t1") is None
